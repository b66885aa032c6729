"""A network of the chosen cell on all rows: which rows, how many epochs, whose seed."""

import json

import numpy as np
import pytest

import results
from sweep import Sweep, load_model
from sweep.data.splits import apart
from sweep.errors import InputError
from sweep.models.best import save_best
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
    ],
    ids=["split", "folds", "patience", "test", "outer", "halving", "nothing", "float32"],
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
        l1_method=spec.l1_method, test=spec.test, val_fraction=0,
    )  # fmt: skip
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
    ],
)
def test_it_says_which_rows_how_long_and_what_was_held_out(typed, options, said):
    words = ["--data", "wine", "--l1", 0, "--l2", "0,0.01", "--seeds", "2:5", "--epochs", 6]
    typed("run", *words, *options, "--out", "r")
    status, _, told = typed("best", "r", "--save", "m.npz", "--refit", "all")
    told = " ".join(told.split())
    assert status == 0 and said in told and "with seed 2, the smallest" in told
    assert "Nothing was held out from it" in told
    assert load_model("m.npz").trained_on["how"] in told


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
    assert f"its mean over 3 seeds is test_loss {mine.test_loss.mean():.4g} and" in printed
    assert "On the 36 rows of the test part" in printed
    assert "kept the weights of its lowest val_loss, which therefore looks better" in printed
    typed("run", *words, "--out", "plain")
    assert len(typed("best", "plain")[1].split(". ")) == 1


def test_what_makes_no_sense_is_refused(typed):
    words = ["--data", "wine", "--l1", 0, "--l2", 0, "--seeds", 1, "--epochs", 1]
    typed("run", *words, "--out", "r")
    assert "give --save too" in typed("best", "r", "--refit", "all")[2]
    status, _, told = typed("best", "r", "--save", "m.npz", "--refit", "some")
    assert status == 2 and told == "sweep: --refit should be run or all; it is 'some'\n"


def test_other_data_than_the_sweep_saw_are_refused(tmp_path):
    lines = [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(["u,v,kind", *lines]))
    Sweep(data=tmp_path / "d.csv", l1=0, l2=0, seeds=1, epochs=1).run(out=tmp_path / "r")
    (tmp_path / "d.csv").write_text("\n".join(["u,v,kind", *lines, "1,1,a"]))
    with pytest.raises(InputError, match="the data are not those"):
        save_best(tmp_path / "r", tmp_path / "m.npz", refit="all")
