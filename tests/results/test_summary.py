"""Over seeds: against SciPy and a loop over cells, and what a cell must be to be chosen."""

import math
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from results.cells.best import contrast, front
from results.cells.by_seed import BySeed
from results.cells.summary import axis_names, no_penalty
from results.columns import summarised
from results.errors import ResultsError
from results.labels import number
from tests import naive
from tests.results.grids import ORDERS, log, table

CELL = ["data", "l1", "l2", "lr", "momentum"]


@st.composite
def tables(draw):
    """Tables in any order, with folds, with runs that diverged, failed or are missing."""
    found = table(
        l1=[0, 0.1, 0.2][: draw(st.integers(1, 3))],
        l2=[0, 0.5][: draw(st.integers(1, 2))],
        seeds=draw(st.integers(1, 4)),
        folds=draw(st.integers(1, 3)),
        lr=[0.01, 0.1][: draw(st.integers(1, 2))],
        noise=draw(st.sampled_from([0.0, 0.05])),
        rows=draw(st.sampled_from([None, (80, 20), (30, 20)])),
    )
    statuses = st.sampled_from(["done"] * 8 + ["diverged", "error", "missing"])
    found["status"] = draw(st.lists(statuses, min_size=len(found), max_size=len(found)))
    found = found[found.status != "missing"]
    found.loc[found.status == "error", "val_loss"] = np.nan
    return found.sample(frac=1, random_state=draw(st.integers(0, 9)))


def by_seed(runs, metric):
    """Values at the folds of the seeds of each cell, by a loop."""
    folds = runs.fold.nunique()
    found = {}
    for place, group in runs.groupby(CELL):
        found[place] = {
            seed: one.sort_values("fold")[metric].to_numpy()
            for seed, one in group.groupby("seed")
            if len(one) == folds and (one.status == "done").all() and one[metric].notna().all()
        }
    return found


def held_out(runs):
    """Rows held out for each that trains; 0 where nobody knows."""
    known = "val_rows" in runs and len(runs)
    return runs.val_rows.iloc[0] / runs.train_rows.iloc[0] if known else 0


@settings(max_examples=25, deadline=None)
@given(tables())
def test_the_summary_is_that_of_a_loop_over_cells_with_scipy(runs):
    runs = runs[runs.status != "error"]
    found = results.summary(runs.sample(frac=1, random_state=1))
    assert found[CELL].to_numpy().tolist() == sorted(found[CELL].to_numpy().tolist())
    for metric in ("val_loss", "sparsity"):
        seeds = by_seed(runs, metric)
        for row in found.to_dict("records"):
            place = tuple(row[name] for name in CELL)
            values = np.array(list(seeds[place].values()))
            means = [np.mean(folds) for folds in values]
            group = runs[(runs[CELL] == list(place)).all(axis=1)]
            assert row["runs"] == len(group)
            assert row["diverged"] == (group.status == "diverged").sum()
            assert row["share_diverged"] == pytest.approx((group.status == "diverged").mean())
            mean = np.mean(means) if means else math.nan
            std = np.std(means, ddof=1) if len(means) > 1 else math.nan
            close = dict(rel=1e-9, abs=1e-9, nan_ok=True)
            assert row[f"mean_{metric}"] == pytest.approx(mean, **close)
            assert row[f"std_{metric}"] == pytest.approx(std, **close)
            middle = np.median(means) if means else math.nan
            assert row[f"median_{metric}"] == pytest.approx(middle, **close)
            low, high = naive.interval(values, held_out(runs))
            if metric == "val_loss" and held_out(runs) > 0 and high - low <= 1e-9:
                if not np.ptp(values):  # what all splits give alike is sure of no new data
                    assert np.isnan(row["low_val_loss"]) and np.isnan(row["high_val_loss"])
                continue
            low, high = max(low, 0), min(high, 1 if metric == "sparsity" else math.inf)
            assert row[f"low_{metric}"] == pytest.approx(low, **close)
            assert row[f"high_{metric}"] == pytest.approx(high, **close)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_differences_are_paired_by_seed(runs):
    found = results.summary(runs)
    runs = runs[runs.status != "error"]
    if not len(found):
        return
    first = found.rank_val_loss.idxmin() if found.rank_val_loss.notna().any() else None
    for metric in ("val_loss", "sparsity"):
        seeds = by_seed(runs, metric)
        for row in found.to_dict("records"):
            none = (row["data"], 0.0, 0.0, row["lr"], row["momentum"])
            best = () if first is None else tuple(found.loc[first, CELL])
            here = seeds[tuple(row[name] for name in CELL)]
            for name, other in (("best", best), ("none", none)):
                there = seeds.get(other, {})
                values = [here[seed] - there[seed] for seed in here if seed in there]
                column = f"{metric}_from_{name}"
                mean = np.mean(values) if values else math.nan
                close = dict(rel=1e-9, abs=1e-9, nan_ok=True)
                assert row[f"mean_{column}"] == pytest.approx(mean, **close)
                if values and np.ptp(values) > 1e-9:
                    low, high = naive.interval(values, held_out(runs))
                    if metric == "sparsity":
                        low, high = max(low, -1), min(high, 1)
                    assert row[f"low_{column}"] == pytest.approx(low, **close)
                    assert row[f"high_{column}"] == pytest.approx(high, **close)


def test_pairing_takes_out_what_seeds_share():
    """Seeds differ by far more than cells, and yet every difference shows."""
    found = results.summary(table(noise=1e-4, seeds=6))
    width = found.high_val_loss - found.low_val_loss
    paired = found.high_val_loss_from_none - found.low_val_loss_from_none
    others = found[(found.l1 > 0) | (found.l2 > 0)].index
    assert (paired[others] < width[others] / 50).all()
    clear = (found.low_val_loss_from_none > 0) | (found.high_val_loss_from_none < 0)
    assert clear[others].all()


def test_a_difference_is_from_the_cell_with_the_same_rate_and_order():
    found = results.summary(table(lr=(0.01, 0.1), vary={"l1_w1": (0.0, 0.2)}, path=ORDERS))
    reference = found.iloc[no_penalty(found)]
    assert (reference[["lr", "path"]].to_numpy() == found[["lr", "path"]].to_numpy()).all()
    assert (reference[["l1", "l2", "l1_w1"]] == 0).all(axis=None)
    without = results.summary(table(l1=(0.1, 0.2)))
    assert without.mean_val_loss_from_none.isna().all() and (no_penalty(without) == -1).all()


def test_the_columns_of_the_interface():
    found = results.summary(table())
    parts = ("mean", "std", "low", "high", "se", "median")
    wanted = [f"{part}_{metric}" for metric in summarised(table()) for part in parts]
    assert {*CELL, "runs", "diverged", *wanted, "rank_val_loss"} <= set(found.columns)
    assert sorted(found.rank_val_loss) == list(range(1, len(found) + 1))
    assert found.set_index("rank_val_loss").sort_index().mean_val_loss.is_monotonic_increasing


def test_any_metric_can_be_asked_for_and_only_metrics():
    found = results.summary(table(), ["sparsity_w2", "train_loss"])
    assert {"mean_sparsity_w2", "std_train_loss"} <= set(found) and "mean_sparsity" not in found
    with pytest.raises(ResultsError, match=r"no metric 'speed' in this table; there are epochs, "):
        results.summary(table(), ["speed"])


def test_a_cell_that_lost_seeds_ranks_behind_however_low_its_mean_is():
    runs = table(l1=(0.0, 0.01), l2=(0.0,), seeds=4)
    lucky = runs.l1 == 0.01
    runs.loc[lucky, "val_loss"] = 1e-6
    assert results.best(runs).l1.item() == 0.01
    runs.loc[runs.index[lucky][0], "status"] = "diverged"
    found = results.best(runs)
    assert found.l1.item() == 0
    assert "; 1 cell with fewer seeds finished and finite does not compete." in found.why.item()


def test_only_cells_on_the_last_rung_of_halving_compete():
    runs = table(l1=(0.0, 0.01), l2=(0.0,))
    runs["rung"] = np.where(runs.l1 == 0, 2, 1)
    runs.loc[runs.l1 > 0, "val_loss"] = 1e-6
    assert results.best(runs).l1.item() == 0


def test_the_rule_of_one_standard_error():
    """Checked against its definition, by a loop."""
    runs = table(l1=np.geomspace(1e-5, 1e-1, 12), l2=(0.0, 1e-3), noise=0.05, seeds=8)
    found = results.summary(runs)
    lowest = found.loc[found.mean_val_loss.idxmin()]
    limit = lowest.mean_val_loss + lowest.std_val_loss / math.sqrt(8)
    near = [row for row in found.to_dict("records") if row["mean_val_loss"] <= limit]
    sparsest = max(near, key=lambda row: (row["mean_sparsity"], -row["mean_val_loss"]))
    chosen = results.best(found, "one-se").iloc[0]
    assert (chosen.l1, chosen.l2) == (sparsest["l1"], sparsest["l2"]) != (lowest.l1, lowest.l2)
    assert f"of the lowest, {lowest.mean_val_loss:.3g} at" in chosen.why


def test_the_order_of_a_path_places_a_cell():
    runs = table(path=ORDERS, seeds=3)
    found = results.summary(runs.sample(frac=1, random_state=1))
    assert found.path.tolist() == [*ORDERS] * 6 and axis_names(found)[-1] == "path"
    for (l1, l2, path), some in runs.groupby(["l1", "l2", "path"]):
        cell = found[(found.l1 == l1) & (found.l2 == l2) & (found.path == path)]
        assert cell.mean_val_loss.item() == pytest.approx(some.val_loss.mean())
    best = results.best(found)
    assert best.index[0] == found.mean_val_loss.idxmin() and "path = up: " in best.why.item()
    (first, none) = contrast(found).values()
    assert first["path"] == none["path"] == "up" and none["l1"] == none["l2"] == 0


def test_reasons_are_one_sentence():
    for rule in ("min", "one-se"):
        for runs in (table(), table(seeds=1), table(held_out=False, data="article")):
            why = results.best(runs, rule).why.item()
            assert why.endswith(".") and "\n" not in why and "nan" not in why


def test_where_nothing_is_held_out_the_final_loss_decides():
    runs = table(held_out=False, data="article")
    found = results.summary(runs)
    assert results.best(runs).index[0] == found.mean_final_loss.idxmin()
    assert found.rank_val_loss.isna().all()


def test_one_seed_has_no_interval_and_the_rule_without_an_error_is_said():
    found = results.summary(table(seeds=1, rows=(80, 20)))
    assert found[["std_val_loss", "low_val_loss", "high_val_loss"]].isna().all(axis=None)
    assert set(found.covers) == {""} and found.se_val_loss.isna().all()
    chosen = results.best(found, "one-se")
    assert chosen.index[0] == results.best(found).index[0] and chosen.rule.item() == "min"
    assert "There is no standard error, which takes several seeds" in chosen.why.item()


def test_nothing_to_choose_from_is_said():
    runs = table(diverged=range(30))
    with pytest.raises(ResultsError, match="none of its runs has a finite loss"):
        results.best(runs)
    with pytest.raises(ResultsError, match=r"no rule 'most'; there are min, one-se"):
        results.best(table(), "most")


def test_a_part_of_the_summary_can_be_chosen_from():
    found = results.summary(table())
    some = found[found.l1 > 0]
    assert results.best(some).index[0] == some.mean_val_loss.idxmin()


def test_infinite_losses_do_not_count():
    runs = table(l1=(0.0, 0.1), l2=(0.0,), seeds=3)
    runs.loc[runs.l1 == 0.1, "val_loss"] = math.inf
    found = results.summary(runs)
    assert found.seeds.tolist() == [3, 0] and math.isnan(found.mean_val_loss[1])


def test_a_seed_counts_with_all_its_folds():
    runs = table(l1=(0.0,), l2=(0.0,), seeds=2, folds=3).drop(index=4)
    found = BySeed(runs, np.zeros(len(runs), dtype=int), 1).values("val_loss")
    assert found[0, 0] == pytest.approx(runs.val_loss[:3].mean()) and np.isnan(found[0, 1])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_no_cell_beats_one_on_the_front_and_each_other_one_is_beaten(points):
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    found = set(front(x, y).tolist())
    for i, (a, b) in enumerate(points):
        better = [j for j, (c, d) in enumerate(points) if c >= a and d <= b and (c, d) != (a, b)]
        if i in found:
            assert not better
        else:
            assert better or (a, b) in [points[j] for j in found]
    assert (np.diff(x[front(x, y)]) > 0).all()


@given(st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-12))
def test_numbers_are_written_shortly_and_read_back(value):
    text = number(value)
    assert float(text) == pytest.approx(value, rel=5.01e-4) and len(text) <= 10
    assert not text.startswith("-0e") and text != "-0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((0, "0"), (-0.0, "0"), (1e-4, "1e-4"), (5.623413e-4, "5.623e-4"), (0.01, "0.01")),
        ("down", "down"),
        *((0.1 + 0.2, "0.3"), (12345.6, "1.235e4"), (9999.9, "1e4")),
        *((math.nan, "-"), (math.inf, "inf"), (-math.inf, "-inf")),
    ],
)
def test_numbers_look_as_typed(value, text):
    assert number(value) == text


def test_no_loop_runs_over_cells_or_runs():
    """A hundred times the cells take no more calls of Python functions."""

    def calls(across, up):
        runs, count = table(log(across), log(up), seeds=2), 0

        def note(frame, event, _):
            nonlocal count
            count += event == "call"

        sys.setprofile(note)
        try:
            results.best(runs, "one-se")
        finally:
            sys.setprofile(None)
        return count

    calls(3, 3)  # what is imported at first
    assert calls(60, 50) <= 1.1 * calls(6, 5)


def test_the_public_names_are_there():
    for name in results.__all__:
        assert callable(getattr(results, name)), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        results.nothing  # noqa: B018


def test_polars_and_pandas_types_of_the_summary():
    found = results.summary(table())
    assert isinstance(found, pd.DataFrame) and isinstance(results.best(found), pd.DataFrame)
    assert str(found.rank_val_loss.dtype) == "Int64" and found.runs.dtype.kind == "i"
