"""A network of the chosen cell on all rows: which rows, how many epochs, whose seed."""

import json

import numpy as np
import pandas as pd
import pytest

import results
from results.cells.honest import said_of_patience
from results.cells.intervals import wilson
from sweep import Sweep, load_model
from sweep.data.splits import apart
from sweep.errors import InputError
from sweep.models.best import save_best
from sweep.models.refitting import on_all_rows
from sweep.plan.experiment import prepare
from tests.sweep.trained import trained

GIVEN = {"data": "wine", "hidden": "6", "l1": [0, 1e-3], "l2": [0, 0.01], "seeds": [5, 3, 9]}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"folds": 2},
        {"patience": 2, "epochs": 40, "lr": 0.1},
        {"test": 0.3},
        {"outer_folds": 3, "patience": 2, "lr": 0.1},
        {"halving": 2},
        {"val_fraction": 0},
        {"precision": "float32", "l1_method": "proximal"},
        {"schedule": "cosine", "warmup": 3, "patience": 2, "epochs": 40, "lr": 0.1},
        {"schedule": "step:9:0.5", "tol": 0.03, "epochs": 200, "lr": 0.1},
    ],
    ids=[
        *("split", "folds", "patience", "test", "outer", "halving", "nothing", "float32"),
        *("cosine", "tol"),
    ],
)
@pytest.mark.parametrize("rule", ["min", "one-se"])
def test_it_is_a_run_of_its_own_on_all_rows(options, rule, tmp_path):
    spec = Sweep(**{"epochs": 9, **GIVEN, **options})
    runs = spec.run(out=tmp_path / "r")
    model = save_best(tmp_path / "r", tmp_path / "m.npz", rule, refit="all")
    chosen = results.best(runs, rule).iloc[0]
    own = runs[(runs.l1 == chosen.l1) & (runs.l2 == chosen.l2)]
    epochs = int(np.round(np.median(own.best_epoch if spec.patience else own.epochs)))
    alone = Sweep(
        **{**GIVEN, "l1": chosen.l1, "l2": chosen.l2, "seeds": 3},
        epochs=epochs - spec.finish, finish=spec.finish, lr=spec.lr, precision=spec.precision,
        l1_method=spec.l1_method, test=spec.test, val_fraction=0, warmup=spec.warmup,
        schedule="cosine:40" if spec.schedule == "cosine" else spec.schedule,
    )  # fmt: skip
    assert epochs < spec.epochs or spec.schedule == "constant"
    assert np.array_equal(model.parameters, _flat(alone))
    data = prepare(alone).dataset
    rest = apart(data, spec.test or 0).train
    assert model.mean == pytest.approx(data.X[rest].mean(axis=0), rel=1e-12)
    assert model.scale == pytest.approx(data.X[rest].std(axis=0), rel=1e-12)
    told = load_model(tmp_path / "m.npz").trained_on
    assert told == model.trained_on
    expected = {"refit": "all", "rows": len(rest), "held_out": 0, "seed": 3, "epochs": epochs}
    assert expected.items() <= told.items()
    assert not {"run", "val_loss", "outer"} & told.keys()
    assert ("test_loss" in told) == bool(spec.test)
    right = model.predict(data.X[rest]) == np.array(data.classes)[data.y[rest]]
    assert right.mean() == pytest.approx(told["train_accuracy"])


def _flat(spec):
    parameters = trained(spec)[1][0]
    return np.concatenate([values.ravel() for values in parameters.values()])


def test_the_path_leads_to_the_cell(tmp_path):
    spec = Sweep(**GIVEN | {"seeds": 1}, epochs=5, path="l2", path_order="up,cold")
    runs = spec.run(out=tmp_path / "r")
    chosen = results.best(runs).iloc[0]
    model = save_best(tmp_path / "r", tmp_path / "m.npz", refit="all")
    whole = spec.replace(val_fraction=0).run().set_index(["l1", "l2", "path"])
    row = whole.loc[(chosen.l1, chosen.l2, chosen.path)]
    assert model.trained_on["final_loss"] == row.final_loss


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--val-fraction", 0.25], "Trained on all 178 rows, for 12 epochs, as its runs had"),
        (["--test", 0.2], "outside of the test part, for 12 epochs"),
        (["--finish", 3], "for 9 epochs, as its runs had, the last 3 of them in full batches"),
        (["--finish", 0], "for 6 epochs, as its runs had, with seed 2"),
        (["--patience", 1], "the median of the epochs whose weights 3 runs of it kept"),
        (["--tol", 9], "for 6 epochs, the median of those that 3 runs of it had"),
    ],
)
def test_it_says_which_rows_how_long_and_what_was_held_out(typed, options, said):
    words = ["--data", "wine", "--l1", 0, "--l2", "0,0.01", "--seeds", "2:5", "--epochs", 6]
    typed("run", *words, *options, "--out", "r")
    status, _, told = typed("best", "r", "--save", "m.npz", "--refit", "all")
    told = " ".join(told.split())
    assert status == 0 and said in told and "with seed 2, the smallest" in told
    assert ("Nothing was held out from it" in told) == ("--test" not in options)
    assert ("it said when to stop: --test or --outer" in told) == ("--patience" in options)
    assert load_model("m.npz").trained_on["how"] in told


def test_a_test_part_tells_how_the_refitted_network_does(typed):
    words = ["--data", "wine", "--l1", 0, "--l2", "0,0.01", "--seeds", 1, "--epochs", 6]
    typed("run", *words, "--test", 0.2, "--patience", 2, "--out", "r")
    told = " ".join(typed("best", "r", "--save", "m.npz", "--refit", "all")[2].split())
    reached = load_model("m.npz").trained_on
    assert "The test part was held out from it" in told and "val_loss" not in told
    assert f"it has test_loss {reached['test_loss']:.3g} and test_accuracy" in told
    assert "95 % interval over its 36 rows" in told


def test_outer_folds_tell_it_and_not_the_val_loss(typed):
    words = ["--data", "wine", "--l1", 0, "--l2", "0,0.01", "--seeds", 1, "--epochs", 6]
    typed("run", *words, "--outer-folds", 2, "--patience", 2, "--out", "r")
    told = " ".join(typed("best", "r", "--save", "m.npz", "--refit", "all")[2].split())
    assert "give on the outer folds is an estimate" in told and "--test" not in told


@pytest.mark.parametrize(("order", "behind"), [("up", 3), ("down", 2), ("cold", 1)])
def test_the_epochs_of_the_path_before_the_cell_are_told(order, behind):
    spec = Sweep(**GIVEN | {"seeds": 1, "l1": [0, 1e-9, 0.2, 0.3]}, epochs=4, finish=1, path="l1")
    runs = pd.DataFrame({"epochs": [5, 5]})
    cell = {"l1": 0.2, "l2": 0.0, "lr": 0.01, "momentum": 0.9, "path": order}
    how = on_all_rows(spec.replace(path_order=order), cell, runs)[2]
    said = f", which makes at most {5 * behind} epochs in all"
    assert (said in how) == (behind > 1) and ("on its path" in how) == (behind > 1)


def test_the_picked_run_says_that_it_was_picked(typed):
    words = ["--data", "wine", "--l1", 0, "--l2", "0,0.01", "--seeds", "2:5", "--epochs", 6]
    typed("run", *words, "--out", "r")
    status, _, told = typed("best", "r", "--save", "m.npz")
    told = " ".join(told.split())
    assert status == 0 and "picked for the lowest val_loss of the cell's 3 runs" in told
    assert "likely lower than its loss on new rows" in told
    assert load_model("m.npz").trained_on["refit"] == "run"
    assert "likely lower" not in typed("best", "r")[2]


def test_the_test_part_and_patience_are_told(typed):
    words = ["--data", "wine", "--l1", 0, "--l2", "0,0.01", "--seeds", "2:5", "--epochs", 6]
    typed("run", *words, "--test", 0.2, "--patience", 2, "--out", "r")
    runs = results.load("r")
    printed = " ".join(typed("best", "r")[1].split())
    found = json.loads(typed("best", "r", "--json")[1])
    mine = runs[runs.l2 == found["l2"]]
    assert found["mean_test_loss"] == pytest.approx(mine.test_loss.mean())
    assert f"its mean over 3 seeds is test_loss {mine.test_loss.mean():.3g} and" in printed
    assert "On the 36 rows of the test part" in printed
    low, high = wilson(found["mean_test_accuracy"], 36)
    assert f"95 % interval over its 36 rows {low:.3g} to {high:.3g}." in printed
    assert "kept the weights of its lowest val_loss, which therefore looks better" in printed
    typed("run", *words, "--out", "plain")
    assert len(typed("best", "plain")[1].split(". ")) == 1


def test_runs_that_the_last_epoch_cut_short_are_told():
    """Of four runs with a patience of 3 and 10 epochs, the second and the third would go on."""
    runs = pd.DataFrame({"epochs": [9, 10, 10, 10], "best_epoch": [6, 8, 10, 7]})
    said = "2 of the 4 runs here had not stopped by epoch 10: give more --epochs."
    assert said_of_patience(runs, 3, 10, "constant") == said
    assert said_of_patience(runs[::3], 3, 10, "constant") == ""


@pytest.mark.parametrize(("patience", "cut"), [(6, True), (1, False)])
def test_epochs_that_were_too_few_for_patience_are_told(patience, cut, typed):
    words = ["--data", "wine", "--l1", 0, "--l2", "0,0.01", "--seeds", "0:3", "--lr", 0.2]
    typed("run", *words, "--epochs", 6 if cut else 50, "--patience", patience, "--out", "r")
    _, printed, told = typed("best", "r", "--save", "m.npz", "--refit", "all")
    said = "3 of the 3 runs here had not stopped by epoch 6: give more --epochs."
    assert (said in " ".join(printed.split())) == cut
    said = "(likely too few, as 3 of them had not stopped by epoch 6)"
    assert (said in " ".join(told.split())) == cut
    assert cut or "had not stopped" not in printed + told


def test_what_makes_no_sense_is_refused(typed):
    words = ["--data", "wine", "--l1", 0, "--l2", 0, "--seeds", 1, "--epochs", 1]
    typed("run", *words, "--out", "r")
    assert "give --save too" in typed("best", "r", "--refit", "all")[2]
    status, _, told = typed("best", "r", "--save", "m.npz", "--refit", "some")
    assert status == 2 and told == "sweep: --refit should be run or all; it is 'some'\n"


def test_rates_that_hung_on_the_losses_of_a_run_are_not_repeated():
    spec = Sweep(data="wine", schedule="adaptive", tol=1e-3, seeds=1)
    with pytest.raises(InputError, match="with --schedule adaptive the losses of each said how"):
        on_all_rows(spec, {"l1": 0.0, "l2": 0.0}, pd.DataFrame({"epochs": [7]}))


def test_other_data_than_the_sweep_saw_are_refused(tmp_path):
    lines = [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(["u,v,kind", *lines]))
    Sweep(data=tmp_path / "d.csv", l1=0, l2=0, seeds=1, epochs=1).run(out=tmp_path / "r")
    (tmp_path / "d.csv").write_text("\n".join(["u,v,kind", *lines, "1,1,a"]))
    with pytest.raises(InputError, match="the data are not those"):
        save_best(tmp_path / "r", tmp_path / "m.npz", refit="all")


@pytest.mark.parametrize(
    ("best_epoch", "few"), [([20, 28, 36, 58, 60], False), ([20, 28, 58, 59, 60], True)]
)
def test_a_median_is_said_to_be_too_small_only_where_longer_runs_would_move_it(best_epoch, few):
    spec = Sweep(**GIVEN | {"seeds": range(5)}, epochs=60, patience=5)
    runs = pd.DataFrame({"epochs": 60, "best_epoch": best_epoch})
    cell = {"l1": 0.0, "l2": 0.0, "lr": 0.01, "momentum": 0.9}
    _, _, how = on_all_rows(spec, cell, runs)
    assert ("likely too few" in how) == few
