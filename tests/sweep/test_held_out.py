"""What the chosen cell predicts of rows held out: their own rows, and figures of the table."""

import base64
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error

import results
from results.cells.summary import runs_of
from results.errors import ResultsError
from sweep import Sweep
from sweep.commands.pictures import predicted
from sweep.models.held_out import held_out

COLUMNS = list("abcd")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Write d.csv into an empty folder that is the current one, and return its table."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(90, 4)).round(3), columns=COLUMNS)
    frame["price"] = (100 + 30 * frame.a + 5 * random.normal(size=90)).round(2)
    frame["size"] = (frame.b + random.normal(size=90) / 3).round(3)
    frame["kind"] = np.where(frame.a + frame.b > 0, "big", "small")
    frame["wet"] = np.where(frame.c > 0, "yes", "no")
    frame.to_csv("d.csv", index=False)
    return frame


KINDS = {"numbers": "price", "two": "price,size", "classes": "kind", "answers": "wet,kind"}


def run(kind, **options):
    default = {"l1": "0,1e-2", "l2": 0, "seeds": "3:5", "epochs": 4, "hidden": 4, "data": "d.csv"}
    shutil.rmtree("run", ignore_errors=True)
    spec = Sweep(**default | {"target": KINDS[kind], "columns": ",".join(COLUMNS)} | options)
    runs = spec.run(out="run")
    return runs_of(runs, results.best(runs).iloc[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"folds": 3}, {"test": 0.2}, {"test": 0.2, "folds": 2}])
def test_predictions_give_the_figures_of_the_table(table, kind, options):
    own = run(kind, **options)
    found = held_out("run", own)
    first = own[own["seed"] == 3]
    parts = list(found.parts.items())
    assert [target.name for target in found.targets] == (
        ["class"] if kind == "classes" else KINDS[kind].split(",")
    )
    rows, (truth, said) = parts[0]
    assert rows == f"{first['val_rows'].sum()} rows held out" and len(truth) == len(said)
    sizes = first["val_rows"].to_numpy().cumsum()[:-1]
    pieces = zip(np.split(truth, sizes), np.split(said, sizes), first.iterrows(), strict=True)
    for true, given, (_, row) in pieces:
        if kind in ("numbers", "two"):
            assert root_mean_squared_error(true, given) == pytest.approx(row["val_rmse"], rel=1e-12)
            assert r2_score(true, given) == pytest.approx(row["val_r2"], rel=1e-9)
        else:
            assert accuracy_score(true, given) == pytest.approx(row["val_accuracy"])
    if "folds" in options and kind != "classes" and "test" not in options:
        column = "price" if kind != "answers" else "wet"
        values = table[column] if kind != "answers" else (table[column] == "yes").astype(float)
        assert sorted(truth[:, 0]) == sorted(values), "each row is held out once"
    assert len(parts) == 1 + ("test" in options)
    if "test" in options:
        rows, (true, given) = parts[1]
        row = first.iloc[0]
        assert rows == f"{row['test_rows']} rows of the test part"
        if kind in ("numbers", "two"):
            assert root_mean_squared_error(true, given) == pytest.approx(row["test_rmse"])
        else:
            assert accuracy_score(true, given) == pytest.approx(row["test_accuracy"])


def test_it_is_said_whose_predictions_they_are(table):
    own = run("numbers")
    number = own[own["seed"] == 3]["run"].iloc[0]
    assert held_out("run", own).whose == f"seed 3, run {number}"
    assert held_out("run", own[own["seed"] == 4]).whose.startswith("seed 4, run ")
    assert not held_out("run", own).stopped
    own = run("numbers", folds=3, test=0.2, patience=2)
    number = own[own["seed"] == 3]["run"].iloc[0]
    assert held_out("run", own).stopped
    assert held_out("run", own).whose == (
        "seed 3, each of its 3 runs on the fold that it held out, and run "
        f"{number} on the test part"
    )
    own = own[~((own["seed"] == 3) & (own["fold"] == 1))]  # one has diverged
    assert held_out("run", own).whose.startswith("seed 4, each of its 3 runs")
    with pytest.raises(ResultsError, match="no seed of that cell has all its runs done"):
        held_out("run", own[own["fold"] == 1].query("seed == 3"))


def test_outer_folds_say_what_the_first_of_them_held_out(table):
    own = run("numbers", outer_folds=3)
    found = held_out("run", own)
    (row,) = own[(own["seed"] == 3) & (own["outer"] == 0)].itertuples()
    ((rows, (truth, said)),) = found.parts.items()
    assert rows == f"{row.val_rows} rows held out"
    assert root_mean_squared_error(truth, said) == pytest.approx(row.val_rmse, rel=1e-12)


def test_of_the_only_cell_no_choice_is_told(table):
    run("numbers", l1=0)
    runs = results.load("run")
    told = predicted("run", runs, results.summary(runs)).says
    assert told.endswith("18 rows held out.") and "better than it is" not in told


def test_with_halving_it_is_a_run_that_reached_the_end(table):
    own = run("classes", halving=2, l1="0,1e-3,1e-2,1e-1", epochs=8, finish=0)
    ((_, (truth, said)),) = held_out("run", own).parts.items()
    row = own[own["seed"] == 3].iloc[0]
    assert accuracy_score(truth, said) == pytest.approx(row["val_accuracy"])


def test_the_commands_draw_it_and_say_what_it_shows(table, typed):
    own = run("numbers", test=0.2)
    number = own[own["seed"] == 3]["run"].iloc[0]
    status, said, _ = typed("plot", "run", "--picture", "predictions", "--at", "l1=0.01")
    assert (status, said) == (0, "run/predictions-l1=0.01.png\n")
    assert typed("plot", "run", "--picture", "predictions")[1] == "run/predictions.png\n"
    assert typed("report", "run", "--predictions")[:2] == (0, "run/report.html\n")
    page = Path("run/report.html").read_text()
    (picture,) = re.findall(r'<img class="picture" src="data:image/png;base64,([^"]+)"', page)
    assert base64.b64decode(picture) == Path("run/predictions.png").read_bytes()
    l1 = f"{own['l1'].iloc[0]:g}"
    told = (
        f"Predicted against true at l1 = {l1}, seed 3, run {number}: 15 rows held out and 18 rows "
        "of the test part. By the rows held out the cell was chosen: on them it looks better than "
        "it is."
    )
    assert page.count(told) == 2, "below the heading, and for who sees no picture"
    assert typed("report", "run")[0] == 0
    assert "What the best cell predicts" not in Path("run/report.html").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--val-fraction", "0"), "nothing was held out to be predicted"),
        ((), "does not repeat: its data or regsweep have changed"),
    ],
)
def test_what_cannot_be_predicted_is_said_in_a_line(table, typed, options, message):
    typed(
        *("run", "--data", "d.csv", "--target", "price", "--columns", "a,b", "--l1", "0,0.1"),
        *("--l2", 0, "--seeds", 1, "--epochs", 2, "--out", "r", "--quiet", *options),
    )
    table.assign(price=table.price[::-1].to_numpy()).to_csv("d.csv", index=False)
    for command in (("plot", "r", "--picture", "predictions"), ("report", "r", "--predictions")):
        status, said, note = typed(*command)
        assert (status, said, note.count("\n")) == (2, "", 1) and message in note


def test_nothing_is_trained_unless_it_is_asked_for(table, typed, monkeypatch):
    run("numbers")
    table.drop(columns="a").to_csv("d.csv", index=False)
    assert typed("plot", "run")[0] == typed("report", "run")[0] == 0
