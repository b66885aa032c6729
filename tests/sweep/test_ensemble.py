"""The ensemble of a sweep: who is chosen, on which rows, and what is said of it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

import results
from sweep import Sweep, load_model
from sweep.data.fold import fold_of
from sweep.models.best import again, best_run
from sweep.models.ensemble import candidates
from sweep.models.ensemble.greedy import greedy
from sweep.models.ensemble.judging import Judge
from sweep.models.ensemble.telling import best_ensemble
from sweep.models.ensemble.turns import Turns, dealt
from sweep.plan.experiment import prepare

WINE = {"data": "wine", "hidden": "6", "epochs": 8, "finish": 0, "lr": [0.05, 0.2]}
WORDS = ["--data", "wine", "--hidden", 6, "--epochs", 8, "--finish", 0, "--lr", "0.05,0.2"]


def squares(truth):
    return lambda said: ((said - truth) ** 2).mean(axis=(1, 2))


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 6), st.booleans())
def test_greedy_adds_what_helps_most(seed, candidates, picks, turns):
    random = np.random.RandomState(seed)
    said, truth = random.normal(size=(candidates, 6, 2)), random.normal(size=(6, 2))
    turn = (lambda pick: (np.arange(6) + pick) % 6) if turns else None
    found = greedy(said, squares(truth), picks, turn)
    order: list[int] = []
    for _ in range(picks):  # by brute force: every candidate, and the mean from nothing

        def cost(candidate, order=order):
            each = [
                said[c][turn(pick)] if turn else said[c]
                for pick, c in enumerate([*order, candidate])
            ]
            return ((np.mean(each, axis=0) - truth) ** 2).mean()

        order.append(min(range(candidates), key=cost))
        last = cost(order[-1], order[:-1])
    assert found.order == order
    assert found.cost == pytest.approx(last, rel=1e-12)


def test_equal_candidates_give_way_to_the_first_and_undefined_ones_to_all():
    said = np.ones((3, 2, 1)) * np.array([2.0, 1.0, 1.0])[:, None, None]
    assert greedy(said, squares(1), 3).order == [1, 1, 1]
    nowhere = greedy(said, lambda some: np.where(some[:, 0, 0] == 2, 0.0, np.nan), 1)
    assert nowhere.order == [0]


@given(st.lists(st.sets(st.integers(0, 8), min_size=1), min_size=1, max_size=4), st.integers(0, 9))
def test_each_row_is_told_by_the_splits_that_held_it_out_in_turn(held_out, pick):
    rows = [np.array(sorted(some)) for some in held_out]
    places = [(split, row) for split, some in enumerate(rows) for row in some]
    found = Turns(rows)(pick)
    for (split, row), place in zip(places, found, strict=True):
        who = [i for i, some in enumerate(held_out) if row in some]
        assert places[place] == (who[(who.index(split) + pick) % len(who)], row)


def test_picks_are_dealt_to_the_splits_in_turn():
    assert dealt([7, 7, 3, 7, 7], 2) == {(7, 0): 2, (7, 1): 2, (3, 0): 1}


def tables():
    random = np.random.RandomState(0)
    x = random.normal(size=(90, 3))
    table = pd.DataFrame(x, columns=list("abc")).assign(
        counts=np.exp(x[:, 0] + random.normal(size=90) / 3).round(),
        price=x[:, 1] * 50 + 3 + random.normal(size=90),
        wet=np.where(x[:, 0] > 0, "t", "f"),
        warm=np.where(x[:, 1] + random.normal(size=90) > 0, "t", "f"),
        many=random.randint(1, 4, 90),
    )
    weighed = {"weight": "many", "columns": "a,b,c"}
    return {
        "classes": {
            **{"data": "wine", "metrics": "auc,f1,brier,log_loss,balanced_accuracy"},
            **{"class_weight": "balanced", "folds": 2},
        },
        "counts": {
            **{"data": table, "target": "counts", "task": "numbers", "loss": "poisson"},
            **{"metrics": "mae,deviance", **weighed},
        },
        "numbers": {"data": table, "target": "price,counts", "task": "numbers", **weighed},
        "huber": {"data": table, "target": "price", "loss": "huber", "columns": "a,b,c"},
        "answers": {
            **{"data": table, "target": "wet,warm", "metrics": "auc,brier", "test": 0.2},
            "columns": "a,b,c",
        },
    }


@pytest.mark.parametrize("case", list(tables()))
def test_of_one_network_the_judge_says_what_the_table_does(case, tmp_path):
    spec = Sweep(**{**WINE, "l1": 0, "l2": 0, "seeds": [3]} | tables()[case])
    runs = spec.run(out=tmp_path / "r")
    experiment = prepare(spec)
    told = set()
    for model, (_, row) in zip(again(experiment, runs, "r"), runs.iterrows(), strict=True):
        fold = fold_of(experiment.spec, experiment.dataset, row.seed, row.fold)
        for part in ("val", "test"):
            rows = getattr(fold, part)
            if len(rows):
                judge = Judge(experiment.spec, fold, rows)
                found = judge.figures(model.outputs(experiment.dataset.X[rows]))
                told |= {f"{part}_{name}" for name in found}
                for name, value in found.items():
                    assert value == pytest.approx(row[f"{part}_{name}"], rel=1e-9), name
    assert told == {name for name in runs if name.startswith(("val_", "test_"))} - {
        *("val_rows", "test_rows", "val_from", "test_size")
    }


def typed_ensemble(typed, *words):
    status, out, err = typed("best", "r", "--json", *words)
    assert status == 0, err
    return json.loads(out)["ensemble"]


def test_what_is_saved_is_what_was_chosen_and_judged_on_rows_held_out(typed, monkeypatch):
    words = ["--lr", "0.05,0.4", "--l1", "0,0.01", "--l2", "0,0.01", "--seeds", 3]
    typed("run", *WORDS[:-2], *words, "--out", "r")
    told = typed_ensemble(typed, "--ensemble", 5, "--save", "e.npz")
    ensemble, runs = load_model("e.npz"), results.load("r")
    experiment = prepare(Sweep.from_toml("r/sweep.toml"))
    dataset, fold = experiment.dataset, fold_of(experiment.spec, experiment.dataset, 3, 0)
    X, y = dataset.X[fold.val], dataset.y[fold.val]
    # The choice by brute force, from what scikit-learn says that the runs are worth.
    each = [model.outputs(X) for model in again(experiment, runs, "r")]
    order: list[int] = []
    for _ in range(5):
        costs = [log_loss(y, np.mean([each[i] for i in [*order, run]], axis=0)) for run in runs.run]
        order.append(int(np.argmin(costs)))
    counts = {run: order.count(run) for run in order}
    assert {one["run"]: one["weight"] for one in told["members"]} == pytest.approx(
        {run: count / 5 for run, count in counts.items()}
    )
    assert len(counts) > 1 and min(costs) < runs.val_loss.min() - 1e-3
    assert told["val_loss"] == pytest.approx(min(costs), rel=1e-9)
    assert told["val_loss_of_best_cell"] == runs.val_loss.min()
    assert (told["cells"], told["of_cells"], told["splits"]) == (8, 8, 1)
    mean = np.mean([each[run] for run in order], axis=0)
    np.testing.assert_allclose(ensemble.outputs(X), mean, rtol=1e-12)
    assert [member.trained_on["run"] for member in ensemble.members] == [
        one["run"] for one in told["members"]
    ]
    status, out, _ = typed("best", "r", "--ensemble", 5)
    lines = " ".join(out.split())
    assert (
        status == 0 and "from the best 8 of 8 cells" in lines and f"In all an {ensemble}" in lines
    )
    assert f"the val_loss {min(costs):.3g}; the best cell alone has" in lines
    assert all(f"{one['weight']:.3f} run {one['run']}: l1 = " in lines for one in told["members"])
    assert typed("predict", "e.npz", "wine")[1].startswith("predicted,p_class_0,p_class_1,")
    # Members for which there was no room are trained once more.
    monkeypatch.setattr(candidates, "_PARAMETERS", 0)
    assert typed_ensemble(typed, "--ensemble", 5, "--save", "again.npz") == told
    assert Path("again.npz").read_bytes() == Path("e.npz").read_bytes()


def test_of_several_seeds_and_folds_each_member_is_another_run(typed):
    words = ["--l1", 0, "--l2", "0,0.1", "--seeds", "1:3", "--folds", 3, "--test", 0.2]
    typed("run", *WORDS, *words, "--metrics", "auc", "--out", "r")
    told = typed_ensemble(typed, "--ensemble", 6, "--save", "e.npz", "--metric", "auc")
    runs, ensemble = results.load("r"), load_model("e.npz")
    places = [(one["seed"], one["fold"]) for one in told["members"]]
    assert sorted(places) == [(seed, fold) for seed in (1, 2) for fold in range(3)]
    assert told["splits"] == 6 and set(ensemble.times) == {1}
    best = results.best(runs, by="auc").iloc[0]
    assert told["val_auc_of_best_cell"] == pytest.approx(best.mean_val_auc)
    assert typed_ensemble(typed, "--ensemble", 1, "--metric", "auc")["val_auc"] == pytest.approx(
        best.mean_val_auc, rel=1e-12
    )
    # The test part: what the file says there, and the run that --save alone would save.
    experiment = prepare(Sweep.from_toml("r/sweep.toml"))
    rows = fold_of(experiment.spec, experiment.dataset, 1, 0).test
    said, y = ensemble.outputs(experiment.dataset.X[rows]), experiment.dataset.y[rows]
    ours, single = told["test"]["ensemble"], told["test"]["single"]
    assert ours["test_loss"] == pytest.approx(log_loss(y, said), rel=1e-9)
    assert ours["test_accuracy"] == accuracy_score(y, said.argmax(axis=1))
    typed("best", "r", "--save", "s.npz", "--metric", "auc")
    alone = load_model("s.npz").trained_on
    assert single == {name: alone[name] for name in ("test_loss", "test_accuracy", "test_auc")}
    lines = " ".join(typed("best", "r", "--ensemble", 6, "--metric", "auc")[1].split())
    assert f"it has test_loss {ours['test_loss']:.3g} and test_accuracy" in lines
    assert f"Run {alone['run']}, which --save alone would save, has test_loss" in lines


def test_numbers_have_their_own_unit_and_outer_folds_their_own_choice(tmp_path):
    random = np.random.RandomState(1)
    x = random.normal(size=(120, 3))
    table = pd.DataFrame(x, columns=list("abc")).assign(
        price=np.where(x[:, 0] > 0, 90, 30) * x[:, 1] + 500 + random.normal(size=120)
    )
    table.to_csv(tmp_path / "d.csv", index=False)
    spec = Sweep(**{**WINE, "data": tmp_path / "d.csv"}, l1=0, l2=0, seeds=[1], outer_folds=2)
    runs = spec.run(out=tmp_path / "r")
    told = best_ensemble(tmp_path / "r", 3)
    experiment = prepare(spec)
    dataset, losses = experiment.dataset, {"ensemble": [], "single": []}
    figures = {name: {"test_rmse": [], "test_r2": []} for name in losses}
    for outer in range(2):
        own = runs[runs.outer == outer]
        fold = fold_of(experiment.spec, dataset, 1, 0, outer)
        each = [model.outputs(dataset.X) for model in again(experiment, own, "r")]
        order: list[int] = []
        for _ in range(3):
            costs = [
                ((np.mean([each[k] for k in [*order, i]], axis=0) - dataset.y)[fold.val] ** 2).sum()
                for i in range(len(each))
            ]
            order.append(int(np.argmin(costs)))
        single = int(best_run(own, "val_loss").run.iloc[0]) - int(own.run.iloc[0])
        said = {"ensemble": np.mean([each[i] for i in order], axis=0), "single": each[single]}
        for who, values in said.items():
            truth, found = dataset.y[fold.test], values[fold.test]
            figures[who]["test_rmse"].append(root_mean_squared_error(truth, found))
            figures[who]["test_r2"].append(r2_score(truth, found))
            losses[who].append(((truth - found) ** 2).mean() / fold.unit.scale[0] ** 2)
    for who, values in losses.items():
        expected = {name: np.mean(of) for name, of in figures[who].items()}
        expected["test_loss"] = np.mean(values)
        assert told.data["test"][who] == pytest.approx(expected, rel=1e-9)
    lower = sum(a < b - 1e-6 for a, b in zip(*losses.values(), strict=True))
    assert f"test_loss is the lower one in {lower} of 2 outer folds." in told.lines[-1]


@pytest.mark.parametrize(
    "options",
    [
        {"path": "l1", "l1": [0, 1e-3, 0.3]},
        {"patience": 2, "epochs": 30},
        {"halving": 2, "l2": [0, 0.01]},
    ],
    ids=["path", "patience", "halving"],
)
def test_it_is_made_of_any_runs_that_end(options, tmp_path):
    spec = Sweep(**{**WINE, "l1": [0, 1e-3], "l2": [0], "seeds": [1]} | options)
    runs = spec.run(out=tmp_path / "r").set_index("run")
    told = best_ensemble(tmp_path / "r", 3)
    competing = len(runs) if "rung" not in runs else int((runs.rung == runs.rung.max()).sum())
    assert told.data["cells"] == told.data["of_cells"] == competing
    for member in told.ensemble.members:
        assert member.trained_on["val_loss"] == runs.val_loss[member.trained_on["run"]]


def test_runs_that_diverged_and_cells_beyond_the_best_are_left_aside(tmp_path, monkeypatch):
    spec = Sweep(**WINE | {"lr": [0.05, 0.1, 1e150]}, l1=0, l2=0, seeds="1:3")
    spec.run(out=tmp_path / "r")
    told = best_ensemble(tmp_path / "r", 2)
    assert (told.data["cells"], told.data["of_cells"]) == (2, 2)
    monkeypatch.setattr(candidates, "MOST_CELLS", 1)
    told = best_ensemble(tmp_path / "r", 2)
    assert "from the best 1 of 2 cells" in told.lines[0]
    assert {one["seed"] for one in told.data["members"]} == {1, 2}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--ensemble", 0], "--ensemble should be from 1 to 1,000; it is 0"),
        (["--ensemble", -3], "--ensemble should be from 1 to 1,000; it is -3"),
        (["--ensemble", 5000], "--ensemble should be from 1 to 1,000; it is 5,000"),
        (["--ensemble", 2, "--save", "e.txt"], "a model file should end in .npz"),
        (["--ensemble", 2, "--save", "no/e.npz"], "there is no folder no"),
        (["--ensemble", 2, "--refit", "all", "--save", "e.npz"], "leave --refit out"),
        (["--ensemble", 2, "--metric", "auc"], "was not measured"),
        (["--ensemble", "two"], "'two' is not a valid integer"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(typed, words, problem):
    typed("run", *WORDS, "--l1", 0, "--l2", 0, "--seeds", 1, "--out", "r")
    status, out, err = typed("best", "r", *words)
    assert (status, out) == (2, "") and problem in err and len(err.splitlines()) == 1


def test_without_rows_held_out_there_is_nothing_to_choose_by(typed):
    typed("run", *WORDS, "--l1", 0, "--l2", 0, "--seeds", 1, "--val-fraction", 0, "--out", "r")
    status, out, err = typed("best", "r", "--ensemble", 3, "--save", "e.npz")
    assert (status, out) == (2, "") and err == (
        "sweep: --ensemble chooses by rows that were held out, and r holds out none: run it with "
        "--val-fraction or --folds\n"
    )
