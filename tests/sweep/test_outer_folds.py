"""Nested cross-validation: each outer fold is once the test part, and nothing else sees it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import results
from results import columns
from results.cells import streamed
from results.cells.honest import nested, said_of_folds
from results.columns import TEST
from sweep import Sweep
from sweep.data.splits import apart
from sweep.errors import InputError
from sweep.plan.experiment import prepare
from sweep.running.merging import merge
from sweep.specification import axes
from tests.results.grids import table
from tests.sweep.console import rows
from tests.sweep.test_splits import dataset, labels
from tests.sweep.trained import accuracy, cross_entropy, samples, trained

RANDOM = np.random.RandomState(5)
X, Y = RANDOM.standard_normal((61, 4)), np.arange(61) % 3
SPEC = Sweep(
    data=(X, Y), hidden="5", seeds=[1, 2], l1=[0, 0.03], l2=[0, 0.1], epochs=6, finish=0, lr=0.1,
    outer_folds=3,
)  # fmt: skip


@given(labels(smallest=5), st.integers(2, 5))
def test_each_row_is_once_in_the_test_part(y, folds):
    parts = [apart(dataset(y), 0, outer, folds) for outer in range(folds)]
    assert sorted(np.concatenate([part.val for part in parts])) == list(range(len(y)))
    for rest, test in parts:
        assert sorted([*rest, *test]) == list(range(len(y)))
        share = np.bincount(np.array(y)[test], minlength=max(y) + 1) - np.bincount(y) / folds
        assert (np.abs(share) < 1).all()


@pytest.mark.parametrize("options", [{}, {"folds": 2}, {"folds": 2, "precision": "float32"}])
def test_what_is_measured_is_that_of_the_parts(options):
    spec = SPEC.replace(**options)
    told, parameters = trained(spec)
    table = spec.run()
    assert len(table) == 2 * 3 * max(spec.folds, 1) * 4
    close = 1e-4 if spec.precision == "float32" else 1e-12
    for run, p in enumerate(parameters):
        place = [int(told[name][run]) for name in ("seed", "fold", "outer")]
        assert place == [table[name][run] for name in ("seed", "fold", "outer")]
        for name in ("train", "val", "test"):
            part = samples(spec, *place[:2], name, place[2])
            assert table[f"{name}_rows"][run] == len(part[1])
            assert table[f"{name}_loss"][run] == pytest.approx(cross_entropy(p, part), rel=close)
            assert table[f"{name}_accuracy"][run] == pytest.approx(accuracy(p, part))


@pytest.mark.parametrize(
    "options", [{}, {"folds": 2}, {"patience": 1}, {"path": "l1"}, {"path": "l2", "patience": 2}]
)
def test_an_outer_fold_is_the_sweep_on_the_rest_of_the_rows(options):
    spec = SPEC.replace(**options)
    table = spec.run()
    for outer in range(3):
        rest, _ = apart(prepare(spec).dataset, 0, outer, 3)
        alone = spec.replace(data=(X[rest], Y[rest]), outer_folds=0).run()
        seen = [name for name in alone if name != "run"]
        assert rows(table[table.outer == outer][seen]) == rows(alone[seen])


def test_runs_are_in_the_order_of_seeds_outer_folds_folds_and_cells():
    table = SPEC.replace(folds=2).run()
    places = [list(row) for row in zip(table.seed, table.outer, table.fold, strict=True)]
    assert places == sorted(places)
    assert table.groupby(["seed", "outer", "fold"]).size().tolist() == [4] * 12
    assert table.outer.dtype == np.int32


def test_folds_are_no_part_of_a_cell():
    assert set(axes.REPEATED) == set(columns.REPEATED)
    plan = prepare(SPEC.replace(folds=2)).plan
    assert (plan.grid.cells, plan.grid.total) == (4, 48)


def test_the_automatic_penalties_are_those_of_all_outer_folds():
    spec = SPEC.replace(hidden="none", l1="auto:log3", folds=2, seeds=1)
    tops = []
    for outer in range(3):
        rest, _ = apart(prepare(spec).dataset, 0, outer, 3)
        alone = spec.replace(data=(X[rest], Y[rest]), outer_folds=0)
        tops.append(prepare(alone).spec.l1[-1])
    assert len(set(tops)) == 3 and tops[0] < max(tops)
    assert prepare(spec).spec.l1[-1] == max(tops)


def test_a_summary_takes_the_mean_over_all_folds_of_a_seed(tmp_path):
    table = SPEC.replace(folds=2, history=3).run(out=tmp_path / "r")
    metrics = ["val_loss", "test_loss", "sparsity"]
    cells = results.summary(table, metrics)
    by_seed = table.groupby(["l1", "l2", "seed"]).test_loss.mean().groupby(["l1", "l2"])
    assert cells.mean_test_loss.tolist() == pytest.approx(by_seed.mean().tolist())
    assert cells.std_test_loss.tolist() == pytest.approx(by_seed.std().tolist())
    assert cells.runs.tolist() == [12] * 4
    pd.testing.assert_frame_equal(streamed.summary(tmp_path / "r", metrics), cells, rtol=1e-12)
    history = results.load_history(tmp_path / "r")
    last = history[history.epoch == 6]
    assert last.outer.tolist() == table.outer.tolist()
    assert last.val_loss.tolist() == table.val_loss.tolist()
    assert not set(TEST) & set(history.columns), "nobody looks at the test part on the way"


def test_nested_chooses_in_each_fold_by_its_own_runs():
    table = SPEC.replace(folds=2, seeds="0:4").run()
    found = nested(table)
    assert found.outer.tolist() == [0, 1, 2]
    for row in found.itertuples():
        some = table[table.outer == row.outer].groupby(["l1", "l2"])
        losses = some.val_loss.mean()
        assert (row.l1, row.l2) == losses.idxmin()
        assert row.test_loss == pytest.approx(some.test_loss.mean()[row.l1, row.l2])
        assert row.test_accuracy == pytest.approx(some.test_accuracy.mean()[row.l1, row.l2])


def test_nested_follows_the_rule():
    table = SPEC.replace(seeds="0:4").run()
    table["sparsity"] = table.l1 + table.l2
    for row in nested(table, "one-se").itertuples():
        chosen = results.best(table[table.outer == row.outer], "one-se").iloc[0]
        assert (row.l1, row.l2) == (chosen.l1, chosen.l2)


def test_test_figures_never_choose():
    table = SPEC.run()
    before = results.best(table), nested(table)
    table["test_loss"] = -table.test_loss
    table["test_accuracy"] = 1 - table.test_accuracy
    assert results.best(table)["why"].item() == before[0]["why"].item()
    places = ["outer", "l1", "l2"]
    assert nested(table)[places].equals(before[1][places])


def test_the_lowest_val_loss_of_noise_is_too_low_and_the_honest_one_is_not():
    """Where nothing can be learnt, the best of many cells still seems to be better than a guess."""
    draw = np.random.RandomState(1)
    noise = Sweep(
        data=(draw.normal(size=(60, 10)), draw.randint(0, 2, 60)), hidden="none", seeds=0,
        l1=0, l2=0, vary={f"l2_{name}": [0, 0.1, 1, 10] for name in ("w1", "b1")},
        lr="1e-3:1e-1:log7", momentum=[0, 0.5, 0.9], epochs=20, outer_folds=5,
    )  # fmt: skip
    table = noise.run()
    seen = [results.best(some).mean_val_loss.item() for _, some in table.groupby("outer")]
    assert np.mean(seen) < table.baseline_loss.mean() - 0.01
    assert nested(table).test_loss.mean() > np.mean(seen) + 0.02


def test_what_is_said_is_the_mean_and_the_range():
    found = pd.DataFrame({"outer": range(4), "test_loss": [0.1, 0.2, 0.6, np.nan]})
    found = found.assign(test_accuracy=[0.9, 0.8, 1, np.nan], rule="min", l1=[0.1, 0, 0.1, np.nan])
    cells = results.summary(table((0.0, 0.1), (0.0,)))
    said = said_of_folds(found, cells, "min")
    assert "each of 3 outer folds" in said and "1 fold without a cell to choose left out" in said
    assert "the cell is l1 = 0.1 in 2; l1 = 0 in 1;" in said
    assert "mean test_loss is 0.3, from 0.1 to 0.6 among the folds" in said
    assert "mean test_accuracy is 0.9, from 0.8 to 1 among the folds" in said
    assert "standard error" not in said
    assert "there is no figure" in said_of_folds(found[3:], cells, "min")


def test_many_cells_that_folds_chose_are_not_all_named():
    values = np.arange(7) / 10
    cells = results.summary(table(values, (0.0,)))
    found = pd.DataFrame({"outer": range(8), "l1": [*values, 0.3], "rule": "min"})
    said = said_of_folds(found.assign(test_loss=1.0, test_accuracy=0.5), cells, "min")
    assert "the cell is l1 = 0.3 in 2; l1 = 0 in 1;" in said and "; others in 2." in said
    assert said.count("l1 = ") == 5


@pytest.mark.parametrize(
    ("options", "rule", "lacking"),
    [
        ({"seeds": 1}, "one-se", True),
        ({"seeds": 1}, "min", False),
        ({"seeds": 2}, "one-se", False),
        ({"seeds": 1, "folds": 2}, "one-se", False),
    ],
)
def test_a_rule_that_could_not_be_followed_in_a_fold_is_told(options, rule, lacking):
    runs = table(outer=4, rows=(60, 20), **options).assign(test_loss=0.5, test_accuracy=0.5)
    found = nested(runs, rule)
    assert found.rule.tolist() == ["min" if lacking else rule] * 4
    said = said_of_folds(found, results.summary(runs), rule)
    assert ("In 4 of 4 outer folds one seed on one split gave no standard error" in said) == lacking


def test_a_fold_in_which_everything_diverged_has_no_figure():
    table = SPEC.run()
    gone = table.outer == 1
    table.loc[gone, "status"] = "diverged"
    table.loc[gone, ["val_loss", "final_loss", "test_loss"]] = np.nan
    assert nested(table).test_loss.isna().tolist() == [False, True, False]


def test_directories_grow_and_merge(tmp_path):
    first = SPEC.replace(data="iris", seeds="0:2")
    first.run(out=tmp_path / "a")
    first.replace(seeds="2:4").run(out=tmp_path / "b")
    whole = first.replace(seeds="0:4").run()
    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    assert rows(results.load(tmp_path / "both")) == rows(whole)
    first.replace(seeds="0:4").run(out=tmp_path / "a", extend=True)
    assert rows(results.load(tmp_path / "a")) == rows(whole)
    with pytest.raises(ValueError, match="outer_folds: 3 -> 2"):
        first.replace(seeds="0:4", outer_folds=2).run(out=tmp_path / "a", extend=True)


def test_processes_give_the_same():
    assert rows(SPEC.run(jobs=2, backend="loky")) == rows(SPEC.run(jobs=1))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"outer_folds": 1}, "0 .none. or at least 2"),
        ({"test": 0.2}, "exclude each other: each outer fold"),
        ({"val_fraction": 0}, "above 0 or `folds`"),
        ({"halving": 2}, "one race over all of them"),
        ({"data": "article", "val_fraction": None}, "article draws one sample"),
        ({"outer_folds": 21}, "`outer_folds` is 21, and class .* has 20 rows: lower `outer_folds`"),
    ],
)
def test_what_cannot_be_nested_is_refused(options, match):
    with pytest.raises(InputError, match=match):
        SPEC.replace(**options).run()


def test_best_says_both_and_gives_the_folds_as_json(typed):
    words = ["--data", "iris", "--l1", "0,0.01", "--l2", 0, "--seeds", "0:2", "--epochs", 3]
    assert typed("run", *words, "--outer-folds", 3, "--out", "r")[0] == 0
    printed = typed("best", "r")[1]
    assert "Chosen anew in each of 3 outer folds" in " ".join(printed.split())
    assert '"outer_folds": [{"outer": 0, "l1":' in typed("best", "r", "--json")[1]
    assert "5 outer" in typed("plan", *words, "--outer-folds", 5)[1]
    for command in (["summary", "r", "--metric", "test_loss"], ["report", "r"], ["plot", "r"]):
        assert typed(*command)[0] == 0
