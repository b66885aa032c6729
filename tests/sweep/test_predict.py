"""`sweep predict`: rows from a file or a pipe, beside each its id, and what it is all worth."""

import gzip
import hashlib
import io
import json
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn import metrics

from sweep.models.predicting import predict
from tests.sweep.test_evaluate import TABLE, model

#: Ids as files have them: zeros in front, a comma, a formula, none.
NEW = TABLE.assign(customer=[*"=01,", "007", "a,b", None, *map(str, range(1000, 1083))])


@pytest.fixture
def piped(monkeypatch):
    """Give some bytes through standard input."""

    def give(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def in_format(name):
    held = io.BytesIO()
    if name == "parquet":
        NEW.to_parquet(held)
    elif name == "json":
        NEW.to_json(held, orient="records", lines=True)
    else:
        NEW.to_csv(held, index=False, sep=";" if name == "semicolons" else ",")
    return gzip.compress(held.getvalue()) if name == "gz" else held.getvalue()


@pytest.mark.parametrize("name", ["csv", "semicolons", "gz", "json", "parquet"])
def test_what_comes_through_a_pipe_is_told_by_its_first_bytes(name, typed, piped):
    model().save("m.npz")
    piped(in_format(name))
    status, out, err = typed("predict", "m.npz", "-", "--id", "customer")
    found = pd.read_csv(io.StringIO(out), dtype={"customer": str}, keep_default_na=False)
    assert status == 0, err
    assert list(found)[:2] == ["customer", "predicted"]
    ids = NEW.customer.fillna("")  # no cell runs as a formula in a spreadsheet
    assert found.customer.tolist() == [f"'{id_}" if id_ == "=" else id_ for id_ in ids]
    assert (found.predicted == model().predict(TABLE)).all()
    right = metrics.accuracy_score(TABLE.kind, model().predict(TABLE))
    assert f"standard input: accuracy {right:.4g} over the 90 rows whose target is there" in err


def test_ids_are_json_too_and_none_where_there_is_none(typed, piped):
    model().save("m.npz")
    piped(in_format("parquet"))
    found = json.loads(typed("predict", "m.npz", "-", "--id", "customer", "--json")[1])
    assert found["customer"] == [*NEW.customer[:6], None, *NEW.customer[7:]]
    NEW.assign(n=np.arange(90)).to_csv("new.csv", index=False)
    assert predict("m.npz", "new.csv", "n")["n"].tolist() == [*range(90)]


@pytest.mark.parametrize(
    "ids",
    [
        ("1.10", "1.1", "12E4", "", "0.5"),
        ("12345678901234567890", "12345678901234567891", "7", "8", "9"),
        ("+491", "2", "1e3", "3.", "04"),
        ("-1.5", "-2", "-1e-3", "-.5", "-04"),
        ("7", "NA", "", "N/A", "8"),
        ("a", "nan", "", "1.#IND", "b"),
    ],
)
def test_ids_stay_as_the_file_spells_them(ids, typed, piped):
    model().save("m.npz")
    piped(TABLE[:5].assign(id=ids).to_csv(index=False, sep=";").encode())
    status, out, err = typed("predict", "m.npz", "-", "--id", "id")
    assert status == 0, err
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == list(ids)


def test_a_number_to_predict_may_be_the_id_and_is_scored(typed, piped):
    model("numbers").save("m.npz")
    piped(TABLE.to_csv(index=False).encode())
    _, out, err = typed("predict", "m.npz", "-", "--id", "y", "--json")
    assert json.loads(out)["y"] == list(map(repr, TABLE.y.tolist()))
    assert "r2" in err and "over the 90 rows whose targets are there" in err


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (pa.array([1.5, np.nan, np.inf, None]), ["1.5", "", "inf", ""]),
        (pa.array([0, None] * 2, pa.timestamp("us")), ["1970-01-01 00:00:00", ""] * 2),
        (pa.array([2**60 + 1, None] * 2), [str(2**60 + 1), ""] * 2),
        (pa.array([Decimal("1.10")] * 4), ["1.10"] * 4),
        (pa.array([True, False, None, True]), ["true", "false", "", "true"]),
    ],
)
def test_ids_of_a_type_are_one_thing_in_csv_and_json(ids, told, typed):
    model().save("m.npz")
    table = pa.Table.from_pandas(TABLE[["x0", "x1"]][:4]).append_column("id", ids)
    parquet.write_table(table, "new.parquet")
    command = ("predict", "m.npz", "new.parquet", "--id", "id")
    assert [line.split(",")[0] for line in typed(*command)[1].splitlines()[1:]] == told

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    found = json.loads(typed(*command, "--json")[1], parse_constant=refused)["id"]
    said = ["" if one is None else str(one) for one in found]
    assert [one.lower() for one in said] == ["" if one == "inf" else one.lower() for one in told]


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_score_on_rows_that_trained_says_so(words, typed, piped):
    data = in_format("csv")
    model(specification={"data_sha256": hashlib.sha256(data).hexdigest()}).save("m.npz")
    for rows, trained in ((data, True), (data + data.splitlines(keepends=True)[1], False)):
        piped(rows)
        err = typed("predict", "m.npz", "-", *words)[2]
        assert "standard input: accuracy" in err
        assert ("was trained on rows of these very data" in err) == trained


def test_evaluate_reads_a_pipe_and_knows_what_it_learnt_from(typed, piped):
    data = in_format("csv")
    model(specification={"data_sha256": hashlib.sha256(data).hexdigest()}).save("m.npz")
    piped(data)
    status, out, err = typed("evaluate", "m.npz", "-", "--bootstrap", 100)
    assert status == 0 and out.startswith("standard input: 90 rows, kind"), err
    assert "trained on rows of these very data" in " ".join(out.split())
    piped(data[:-200])
    assert "these very data" not in " ".join(typed("evaluate", "m.npz", "-")[1].split())


@pytest.mark.parametrize(
    ("words", "data", "message"),
    [
        (["--id", "custmer"], NEW, "has no column 'custmer' for --id; did you mean 'customer'?"),
        (["--id", "x0"], NEW, "column 'x0': the model takes it for an input"),
        (["--id", "predicted"], NEW.assign(predicted=1), "a column of this name: rename it"),
        ([], NEW.drop(columns="x1"), "standard input has no column 'x1'"),
        ([], NEW.assign(x1=["0.5"] * 3 + ["?"] * 87), "'x1', line 5: '?' is not a"),
        ([], None, "standard input is empty"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(words, data, message, typed, piped):
    model().save("m.npz")
    piped(b"" if data is None else data.to_csv(index=False).encode())
    status, out, err = typed("predict", "m.npz", "-", *words)
    assert (status, out, err.count("\n")) == (2, "", 1) and message in err
