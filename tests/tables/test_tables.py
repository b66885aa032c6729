"""From files as people have them to a sweep: what is understood, said, trained and refused.

`tests/tables/made.py` makes the files. The README shows the first nine, each with its command.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

import results
from sweep import Sweep
from sweep.data.fold import fold_of
from sweep.plan.experiment import prepare
from tests.tables import made

README = Path(__file__).parents[2] / "README.md"


class Table(NamedTuple):
    """A file, the options that it takes beside its name, and what is said of it."""

    file: str
    make: Callable[[Path], None]
    options: str
    said: str


HALF = "classes of label: 0 50%, 1 50%; held out: 24 rows to choose by"
NUMBERS = f"120 rows, 3 features, all numbers; {HALF}"

SHOWN = (
    Table(
        *("titanic.csv", made.titanic),
        "--target Survived --drop PassengerId,Name,Ticket,Cabin --missing impute",
        "CSV: 120 rows, 11 features: 4 numbers, 5 from 2 categories (Sex 2, Embarked 3), 2 for "
        "where cells are missing; classes of Survived: 0 66.7%, 1 33.3%; left out: 4 columns "
        "(PassengerId, Name, Ticket, Cabin); filled in: 25 missing cells (Age 24, Embarked 1); "
        "held out: 24 rows to choose by",
    ),
    Table(
        *("penguins.csv", made.penguins, "--target species --missing drop"),
        "CSV: 117 rows, 6 features: 2 numbers, 4 from 2 categories (island 2, sex 2); classes of "
        "species: Adelie 32.5%, Chinstrap 34.2%, Gentoo 33.3%; left out: 3 rows with missing "
        "cells; held out: 24 rows to choose by",
    ),
    Table(
        *("adult.data", made.adult, "--no-header --missing-values ? --missing impute"),
        "CSV, no names: 120 rows, 7 features: 2 numbers, 4 from 2 categories (1 2, 3 2), 1 for "
        "where cells are missing; classes of 4: <=50K 75%, >50K 25%; filled in: 30 missing cells "
        "(1 30); held out: 24 rows to choose by",
    ),
    Table(
        *("bank-full.csv", made.bank, "--class-weight balanced --metrics auc,balanced_accuracy"),
        "CSV with semicolons: 180 rows, 5 features: 2 numbers, 3 from 1 category (job 3); classes "
        "of y: no 88.9%, yes 11.1%; held out: 36 rows to choose by",
    ),
    Table(
        *("winequality-red.csv", made.wine_quality, "--folds 5"),
        "CSV with semicolons: 120 rows, 3 features, all numbers; classes of quality: 4 25%, 5 25%, "
        "6 25%, 7 25% (numbers taken as classes); held out: each of 5 folds once, 24 rows, to "
        "choose by",
    ),
    Table(
        *("mnist.csv.gz", made.mnist, "--target label --scale none"),
        "CSV, gz: 120 rows, 16 features, all numbers; classes of label: 0 10%, 1 10%, 2 10%, 3 "
        "10%, 4 10%, 5 10% and 4 more (numbers taken as classes); held out: 24 rows to choose by",
    ),
    Table(
        *("sonar.all-data", made.sonar, "--no-header"),
        "CSV, no names: 120 rows, 6 features, all numbers; classes of 6: M 50%, R 50%; held out: "
        "24 rows to choose by",
    ),
    Table(
        *("churn.csv", made.churn, "--drop customerID --missing impute"),
        "CSV: 120 rows, 7 features: 3 numbers, 3 from 1 category (Contract 3), 1 for where cells "
        "are missing; classes of Churn: No 75%, Yes 25%; left out: 1 column (customerID); filled "
        "in: 3 missing cells (TotalCharges 3); held out: 24 rows to choose by",
    ),
    Table(
        *("creditcard.csv", made.fraud, "--class-weight balanced --metrics auc,f1"),
        "CSV: 5,000 rows, 3 features, all numbers; classes of Class: 0 99.8%, 1 0.2%; held out: "
        "1,000 rows to choose by",
    ),
)

COUNTS = " (the unnamed first column, which counts the rows, is left out)"

READ = (
    Table("index.csv", made.index_of_pandas, "", f"CSV{COUNTS}: {NUMBERS}"),
    Table(
        *("r.csv", made.row_names_of_r, ""),
        f"CSV{COUNTS}: 120 rows, 3 features, all numbers; classes of label: setosa 50%, virginica "
        "50%; held out: 24 rows to choose by",
    ),
    Table(
        *("french.csv", made.french, ""),
        "CSV with semicolons, decimal commas, Windows-1252: 120 rows, 6 features: 3 numbers, 3 "
        f"from 1 category (ville 3); {HALF}",
    ),
    Table(
        *("unicode.txt", made.unicode_text_of_excel, ""),
        "CSV with tabs, UTF-16: 120 rows, 4 features: 2 numbers, 2 from 1 category (ville 2); "
        f"{HALF}",
    ),
    Table("bom.csv", made.byte_order_mark, "", f"CSV: {NUMBERS}"),
    Table("tabs.tsv", made.tabs, "", f"CSV with tabs: {NUMBERS}"),
    Table("pipes.txt", made.pipes, "", f"CSV with bars: {NUMBERS}"),
    Table(
        *("german.data", made.german, "--no-header"),
        "CSV with spaces, no names: 120 rows, 6 features: 1 number, 5 from 2 categories (0 3, 2 "
        "2); classes of 3: 1 66.7%, 2 33.3%; held out: 24 rows to choose by",
    ),
    Table("windows.csv", made.windows_lines, "", f"CSV: {NUMBERS}"),
    Table(
        *("notes.csv", made.notes_of_several_lines, ""),
        f"CSV: 120 rows, 5 features: 3 numbers, 2 from 1 category (note 2); {HALF}",
    ),
    Table("table.xlsx", made.spreadsheet, "", f"spreadsheet: {NUMBERS}"),
    Table("table.feather", made.feather, "", f"Feather: {NUMBERS}"),
    Table(
        *("table.parquet", made.parquet_with_categories, ""),
        f"Parquet: 120 rows, 4 features: 1 number, 3 from 1 category (size 3); {HALF}",
    ),
    Table(
        *("weather.arff", made.arff, ""),
        "ARFF: 120 rows, 3 features: 1 number, 2 from 1 category (outlook 2); classes of play: no "
        "41.7%, yes 58.3%; held out: 24 rows to choose by",
    ),
    Table("rows.jsonl", made.json_lines, "", f"JSON lines: {NUMBERS}"),
    Table("table.zip", made.zipped, "", f"CSV, zip: {NUMBERS}"),
    Table("table.csv.bz2", made.bzipped, "", f"CSV, bz2: {NUMBERS}"),
    Table("table.csv.xz", made.xzipped, "", f"CSV, xz: {NUMBERS}"),
    Table("table.csv.zst", made.zstandard, "", f"CSV, zst: {NUMBERS}"),
    Table(
        *("countries.csv", made.countries, "--missing impute"),
        "CSV: 120 rows, 5 features: 1 number, 3 from 1 category (country 3), 1 for where cells are "
        "missing; classes of label: 0 50%, 1 50%; filled in: 1 missing cell (size 1); held out: 24 "
        "rows to choose by",
    ),
    Table(
        *("maybe.csv", made.true_false_maybe, ""),
        f"CSV: 120 rows, 4 features: 1 number, 3 from 1 category (member 3); {HALF}",
    ),
    Table(
        *("truth.csv", made.shouted_truth, ""),
        "CSV: 120 rows, 3 features, all numbers; classes of label: FALSE 50%, TRUE 50%; held out: "
        "24 rows to choose by",
    ),
    Table(
        *("zeros.csv", made.leading_zeros, ""),
        "CSV: 120 rows, 3 features, all numbers; classes of label: 006 50%, 007 50%; held out: 24 "
        "rows to choose by",
    ),
    Table(
        *("minus.csv", made.minus_999, "--missing-values -999 --missing impute"),
        "CSV: 120 rows, 4 features: 3 numbers, 1 for where cells are missing; classes of label: 0 "
        "50%, 1 50%; filled in: 12 missing cells (v2 12); held out: 24 rows to choose by",
    ),
    Table(
        *("months.csv", made.months, "--categories month"),
        f"CSV: 120 rows, 15 features: 3 numbers, 12 from 1 category (month 12); {HALF}",
    ),
    Table(
        *("patients.csv", made.patients, "--groups patient"),
        "CSV: 120 rows, 3 features, all numbers; classes of label: 0 50%, 1 50%; groups: 20, by "
        "patient; held out: about 24 rows to choose by",
    ),
    Table(
        *("survey.csv", made.survey, "--weight persons"),
        "CSV: 120 rows, 3 features, all numbers; classes of label: 0 50%, 1 50%; weight: persons; "
        "held out: 24 rows to choose by",
    ),
    Table(
        *("turbine.csv", made.turbine, "--order when"),
        "CSV: 120 rows, 3 features, all numbers; classes of label: 0 50%, 1 50%; order: when; held "
        "out: about 24 rows to choose by",
    ),
)

#: What is refused, with a line that has these words in it.
REFUSED = (
    Table("rows.json", made.json_document, "", "one JSON document: write one object for each row"),
    Table("thousands.csv", made.thousands, "", "'1,000' and the others read like numbers with"),
    Table("prices.csv", made.prices, "", "'$1.00' and the others read like amounts of money"),
    Table("percent.csv", made.percentages, "", "'0%' and the others read like percentages"),
    Table("commas.csv", made.decimal_commas_in_quotes, "", "decimal comma"),
    Table("dates.csv", made.dates, "", "'2020-01-31' and the others read like dates or times"),
    Table("surnames.csv", made.surnames, "", "'said': 120 different texts, such as 'Smith0'"),
    Table("each.csv", made.each_its_own_class, "", "120 classes, such as 'id0'"),
    Table("twice.csv", made.names_twice, "", "column 'a': another has the same name"),
    Table("sparse.arff", made.sparse_arff, "", "ARFF in its sparse form"),
    Table("adult.data", made.adult, "", "--no-header takes that line for a row"),
    Table("sonar.all-data", made.sonar, "", "--no-header takes that line for a row"),
    Table("churn.csv", made.churn, "", "in all 3 cells in 1 column and 3 rows of 120 have none"),
)

#: What is no class.
NUMBERED = (
    Table(
        *("houses.csv", made.house_prices, ""),
        "CSV: 120 rows, 3 features, all numbers; numbers of price: 8060 to 1.426e4, mean 1.102e4 "
        "(taken as numbers); held out: 24 rows to choose by",
    ),
    Table(
        *("counts.csv", made.counts_to_predict, "--loss poisson"),
        "CSV: 120 rows, 3 features, all numbers; numbers of rentals: 0 to 96, mean 46.28; held "
        "out: 24 rows to choose by",
    ),
)


@pytest.mark.parametrize("table", SHOWN + READ, ids=lambda table: table.file)
def test_a_table_is_read_said_trained_and_predicted(table, typed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "2000")
    table.make(Path(table.file))
    words = ["--data", table.file, *table.options.split()]
    status, out, err = typed("plan", *words)
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == f"{table.file}, {table.said}"
    found = json.loads(typed("plan", *words, "--json")[1])["table"]
    assert f"{found['rows']:,} rows, {found['features']} feature" in table.said

    small = ["--l1", "0,1e-3", "--l2", "0", "--seeds", "0:2", "--epochs", "3", "--hidden", "4"]
    status, _, err = typed("run", *words, *small, "--out", "r", "--quiet")
    assert status == 0, err
    runs = results.load("r")
    assert (runs.status == "done").all() and runs.val_loss.notna().all() and len(runs) % 4 == 0
    assert typed("best", "r", "--save", "m.npz")[0] == 0
    status, out, err = typed("predict", "m.npz", table.file)
    if "--missing drop" in table.options:  # a row that training left out has no prediction
        assert status == 2 and "no value" in err and err.count("\n") == 1
        return
    assert status == 0, err
    Path("p.csv").write_text(out)
    told = pd.read_csv("p.csv", dtype={"predicted": str}, keep_default_na=False)
    assert set(told.predicted) <= set(found["classes"])
    assert len(told) == found["rows"]


@pytest.mark.parametrize("table", NUMBERED, ids=lambda table: table.file)
def test_a_table_of_numbers_to_predict_is_read_said_and_trained(table, typed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "2000")
    table.make(Path(table.file))
    words = ["--data", table.file, *table.options.split()]
    status, out, err = typed("plan", *words)
    assert (status, err) == (0, "") and out.splitlines()[0] == f"{table.file}, {table.said}"
    small = ["--l1", "0,1e-3", "--l2", "0", "--seeds", "0:2", "--epochs", "3", "--hidden", "4"]
    status, _, err = typed("run", *words, *small, "--out", "r", "--quiet")
    assert status == 0, err
    runs = results.load("r")
    assert (runs.status == "done").all() and runs.val_rmse.notna().all() and len(runs) == 4


@pytest.mark.parametrize("table", REFUSED, ids=lambda table: table.file)
def test_a_table_is_refused_with_the_mend(table, typed):
    table.make(Path(table.file))
    status, out, err = typed("plan", "--data", table.file, *table.options.split())
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert table.said in line and table.file in line


@pytest.mark.parametrize("table", SHOWN + NUMBERED, ids=lambda table: table.file)
def test_the_readme_shows_it(table):
    command = f"`sweep run --data {table.file} {table.options}".rstrip() + "`"
    row = next(line for line in README.read_text().splitlines() if command in line)
    rows, features, *_ = table.said.split(": ", 1)[1].split(", ")
    assert f"| {rows}, {features.partition(':')[0]}" in row


def test_a_model_that_imputes_fills_in_what_only_new_rows_lack(typed):
    made.titanic(Path("titanic.csv"))
    words = "--target Survived --drop PassengerId,Name,Ticket,Cabin --missing impute --l1 0 --l2 0"
    fit = [*words.split(), "--seeds", "0:1", "--epochs", "3", "--hidden", "4", "--out", "r"]
    assert typed("run", "--data", "titanic.csv", *fit)[0] == 0
    table = pd.read_csv("titanic.csv")
    median, kept = table.Fare[trained_on("r")].median(), table.index > 9
    table.assign(Fare=table.Fare.where(kept, median)).to_csv("known.csv", index=False)
    table.assign(Fare=table.Fare.where(kept)).to_csv("new.csv", index=False)
    for name in ("m.npz", "m.safetensors", "m.onnx"):
        assert typed("best", "r", "--save", name)[0] == 0
        status, out, err = typed("predict", name, "new.csv")
        assert status == 0, err
        assert out == typed("predict", name, "known.csv")[1]


def trained_on(directory):
    """Return which rows the first run of a directory was trained on."""
    experiment = prepare(Sweep.from_toml(Path(directory) / "sweep.toml"))
    return fold_of(*experiment[:2], 0, 0).train
