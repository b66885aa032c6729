"""What intervals and standard errors cover, by hand, and where they end; how the runs stood."""

import math

import numpy as np
import pytest
from scipy import stats

import results
from results.cells.intervals import wilson
from results.cells.summary import covers
from results.columns import summarised
from results.labels import called
from tests import naive
from tests.results.grids import log, table


def test_an_interval_by_hand():
    """Three splits, 80 rows train and 20 are held out: (1/3 + 20/80) s^2, t(2) = 4.302653."""
    runs = table(l1=(0.0,), l2=(0.0,), seeds=3, rows=(80, 20))
    runs["val_loss"] = [0.5, 0.6, 0.7]
    cell = results.summary(runs).iloc[0]
    half = 4.302653 * math.sqrt((1 / 3 + 1 / 4) * 0.01)
    assert cell.covers == "new data and seeds"
    assert cell.high_val_loss - 0.6 == pytest.approx(0.6 - cell.low_val_loss) == half
    assert cell.se_val_loss == pytest.approx(math.sqrt((1 / 3 + 1 / 4) * 0.01))


def test_folds_of_one_seed_give_an_interval_for_new_data_and_the_error_of_glmnet():
    """Folds 0.1, 0.2, ..., 0.5 of 100 rows, by hand: s^2 = 0.025, t(4) = 2.776445."""
    runs = table(l1=(0.0,), l2=(0.0,), seeds=1, folds=5, rows=(80, 20))
    runs["val_loss"] = [0.1, 0.2, 0.3, 0.4, 0.5]
    cell = results.summary(runs).iloc[0]
    assert cell.covers == "new data" and math.isnan(cell.std_val_loss)
    half = 2.776445 * math.sqrt((1 / 5 + 1 / 4) * 0.025)
    assert cell.high_val_loss == pytest.approx(0.3 + half, rel=1e-6)
    assert cell.se_val_loss == pytest.approx(math.sqrt(0.025 / 5))
    del runs["val_rows"], runs["train_rows"]  # as an earlier version had it
    cell = results.summary(runs).iloc[0]
    assert cell.covers == "" and math.isnan(cell.high_val_loss)
    assert cell.se_val_loss == pytest.approx(math.sqrt(0.025 / 5))


def test_folds_tell_of_the_data_and_seeds_of_their_own_luck():
    """Two seeds of two folds: B = 0.02, W = (0.02 + 0.08) / 2, and the folds' ratio is 1."""
    runs = table(l1=(0.0,), l2=(0.0,), seeds=2, folds=2, rows=(50, 50))
    runs["val_loss"] = [1.0, 1.2, 1.1, 1.5]
    cell = results.summary(runs).iloc[0]
    luck, data = 0.02 / 2, 0.05
    freedom = (luck + data) ** 2 / (luck**2 / 1 + data**2 / 2)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(luck + data)
    assert cell.high_val_loss == pytest.approx(1.2 + half)
    assert cell.se_val_loss == pytest.approx(math.sqrt(0.05 / 2))


def test_what_is_not_known_of_the_rows_is_not_covered():
    """Nothing held out, the article, an older directory: Student's t over the seeds."""
    for runs in (table(), table(held_out=False), table(rows=(80, 20)).assign(val_rows=np.nan)):
        cell = results.summary(runs).iloc[0]
        assert cell.covers == "seeds"
        values = runs[(runs.l1 == 0) & (runs.l2 == 0)].final_loss
        half = stats.t.ppf(0.975, 4) * values.std() / math.sqrt(5)
        assert cell.high_final_loss - cell.mean_final_loss == pytest.approx(half)


def test_the_training_part_tells_nothing_of_new_data():
    """Its rows are most of those that any other split trains on."""
    found = results.summary(table(rows=(80, 20)), ["train_loss", "val_loss"])
    without = results.summary(table(), ["train_loss", "val_loss"])
    for column in ("high_train_loss", "high_train_loss_from_best"):
        np.testing.assert_array_equal(found[column], without[column])
        assert covers(found.iloc[0], column.removeprefix("high_")) == "seeds"
    assert (found.high_val_loss > without.high_val_loss).all()
    assert covers(found.iloc[0], "val_loss") == "new data and seeds"


@pytest.mark.parametrize("outer", [2, 5])
def test_folds_are_counted_within_an_outer_fold(outer):
    """That outer folds hold the same rows out once more makes nothing surer: glmnet's, of one."""
    runs = table(l1=(0.0,), l2=(0.0,), seeds=1, outer=outer, folds=3, rows=(50, 25))
    runs["val_loss"] = 0.1 + 0.05 * runs.fold
    alone = runs[runs.outer == 0].drop(columns="outer")
    cell, once = (results.summary(one).iloc[0] for one in (runs, alone))
    assert (cell.outer_folds, cell.folds, cell.covers) == (outer, 3, "new data")
    assert cell.se_val_loss == pytest.approx(once.se_val_loss) == math.sqrt(0.05**2 / 3)
    half = stats.t.ppf(0.975, outer * 2) * 0.05 * math.sqrt(1 / 3 + 25 / 50)
    assert cell.high_val_loss == pytest.approx(0.15 + half)
    assert "outer_folds" not in once


def test_folds_of_outer_folds_and_seeds_by_hand():
    """W is averaged over the outer folds; how these differ is no part of it, nor of B."""
    runs = table(l1=(0.0,), l2=(0.0,), seeds=2, outer=2, folds=2, rows=(50, 50))
    runs["val_loss"] = [1.0, 1.2, 3.1, 3.5, 1.2, 1.2, 3.4, 3.4]
    cell = results.summary(runs).iloc[0]
    assert cell.mean_val_loss == pytest.approx(2.25)
    luck, data = (2.3 - 2.2) ** 2 / 2 / 2, (0.02 + 0.08 + 0 + 0) / 4
    assert cell.se_val_loss == pytest.approx(math.sqrt(data / 2))
    freedom = (luck + data) ** 2 / (luck**2 / 1 + data**2 / 4)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(luck + data)
    assert cell.high_val_loss == pytest.approx(2.25 + half)


def test_outer_folds_without_folds_are_random_splits():
    """They hold the same rows out now and then, as the splits of seeds do."""
    runs = table(l1=(0.0,), l2=(0.0,), seeds=1, outer=4, rows=(60, 20))
    seeds = runs.assign(seed=runs.outer, outer=0).drop(columns="outer")
    cell, other = (results.summary(one).iloc[0] for one in (runs, seeds))
    assert (cell.outer_folds, cell.folds) == (4, 1)
    for name in ("mean_val_loss", "se_val_loss", "low_val_loss", "high_val_loss"):
        assert cell[name] == pytest.approx(other[name])
    assert (cell.covers, other.covers) == ("new data", "new data and seeds")


def test_seeds_of_outer_folds_without_folds_by_hand():
    runs = table(l1=(0.0,), l2=(0.0,), seeds=2, outer=2, rows=(60, 20))
    runs["val_loss"] = [1.0, 1.2, 1.1, 1.5]
    cell = results.summary(runs).iloc[0]
    luck, data = 0.02 / 2, 0.05 * 20 / 60
    assert cell.se_val_loss == pytest.approx(math.sqrt(luck + data))
    freedom = (luck + data) ** 2 / (luck**2 / 1 + data**2 / 2)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(luck + data)
    assert cell.high_val_loss == pytest.approx(1.2 + half)


def test_an_outer_fold_that_is_not_there_yet_leaves_its_seed_out():
    runs = table(seeds=2, outer=2, folds=2, rows=(50, 50))
    found = results.summary(runs[(runs.seed == 0) | (runs.outer == 0)])
    assert (found.seeds == 1).all() and (found.runs == 6).all()


def test_the_error_of_the_rule_does_not_vanish_with_many_seeds():
    """So ten seeds and four hundred choose about the same."""
    chosen = []
    for seeds in (10, 400):
        runs = table(log(30), (0.0,), seeds=seeds, noise=0, rows=(80, 20))
        runs["val_loss"] += 0.05 * (-1) ** runs.seed - 0.02 * runs.seed  # which all cells share
        found = results.summary(runs)
        errors = found.se_val_loss / found.std_val_loss
        np.testing.assert_allclose(errors, math.sqrt(1 / seeds + 1 / 4))
        lowest, sparsest = (results.best(found, rule).index[0] for rule in ("min", "one-se"))
        assert sparsest > lowest + 1
        chosen.append(sparsest)
    assert abs(chosen[0] - chosen[1]) <= 1


@pytest.mark.parametrize("rows", [1, 36, 1000])
@pytest.mark.parametrize("share", [0, 0.25, 0.9815, 1])
def test_the_interval_of_a_share_is_of_those_that_a_score_test_would_keep(share, rows):
    low, high = wilson(share, rows)
    for end in {low, high} - {share}:
        assert abs(share - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / rows))
    assert 0 <= low <= share <= high <= 1 and high - low > 0


def test_no_interval_leaves_what_is_possible():
    runs = table(seeds=2, rows=(50, 50))
    runs["val_loss"] = np.where((runs.seed == 0) == (runs.l2 == 0), 0.001, 0.4)
    runs["val_accuracy"] = np.where(runs.seed == 0, 0.7, 1.0)
    runs["sparsity"] = np.where(runs.seed == 0, 0.0, 0.9)
    runs["nonzero"] = 3 * runs.seed
    runs.loc[runs.l1 == 0, "val_accuracy"] = 1.0 - runs.val_accuracy
    found = results.summary(runs, [*summarised(runs), "nonzero"])
    assert (found.low_val_loss >= 0).all() and (found.low_nonzero == 0).all()
    for metric in ("val_accuracy", "sparsity"):
        assert (found[f"low_{metric}"] == 0).all() and (found[f"high_{metric}"] == 1).all()
    others = found[found.l1 > 0]
    assert (others.low_val_accuracy_from_none == -1).all()
    assert (others.high_val_accuracy_from_none == 1).all()
    assert (found.low_val_loss_from_best.min() < 0) and (found.high_nonzero > 3).all()


def test_runs_that_exploded_are_counted_and_do_not_carry_the_median():
    runs = table(l1=(0.0,), l2=(0.0,), seeds=5, rows=(80, 20)).assign(initial_loss=1.0)
    runs["baseline_loss"] = 1.0
    runs.loc[3, ["final_loss", "val_loss"]] = 2e39
    runs.loc[4, "val_loss"] = 1.1
    runs.loc[2, ["status", "final_loss"]] = "diverged", math.inf
    cell = results.summary(runs).iloc[0]
    assert (cell.runs, cell.diverged, cell.above_initial, cell.above_baseline) == (5, 1, 1, 2)
    left = runs.val_loss[[0, 1, 3, 4]]
    assert cell.mean_val_loss == left.mean() > 1e38
    assert cell.median_val_loss == left.median() < 1


def test_a_cell_is_compared_with_guessing_by_the_class_shares():
    runs = table(rows=(80, 20), seeds=4)
    found = results.summary(runs)
    for row in found.to_dict("records"):
        here = runs[(runs.l1 == row["l1"]) & (runs.l2 == row["l2"])]
        for name in ("loss", "accuracy"):
            apart = (here[f"val_{name}"] - here[f"baseline_{name}"]).to_numpy()[:, None]
            low, high = naive.interval(apart, 1 / 4)
            assert row[f"mean_val_{name}_from_baseline"] == pytest.approx(apart.mean())
            assert row[f"low_val_{name}_from_baseline"] == pytest.approx(low)
            assert row[f"high_val_{name}_from_baseline"] == pytest.approx(high)
    assert not [name for name in found if "sparsity_from_baseline" in name]
    assert called("val_loss_from_baseline") == "val_loss against a guess without inputs"
    runs[["baseline_loss", "baseline_accuracy"]] = np.nan  # of an earlier version
    found = results.summary(runs)
    assert found.above_baseline.isna().all() and found.mean_val_loss_from_baseline.isna().all()
    assert "above_baseline" not in results.summary(table())
