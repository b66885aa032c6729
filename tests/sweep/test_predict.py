"""`sweep predict`: rows from a file or a pipe, beside each its id, and what it is all worth."""

import gzip
import hashlib
import io
import json
import sys

import numpy as np
import pandas as pd
import pytest
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
