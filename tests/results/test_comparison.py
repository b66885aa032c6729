"""Two sweeps side by side: differences by hand, what is paired, and that no more is claimed."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import results
from results.cells.comparison.said import said
from results.errors import ResultsError
from tests.results.grids import table

ROWS = 80, 20
NAMES = "one", "other"


def pair(shift=0.05, **options):
    """Two tables of the same grid, whose second has its own luck and is worse by a shift."""
    first = table(rows=ROWS, **options)
    luck = np.random.default_rng(1).normal(scale=0.01, size=len(first))
    second = first.assign(val_loss=first["val_loss"] + shift + luck)
    return first, second


def text(first, second, **options):
    return " ".join(said(results.compare(first, second, **options), NAMES))


def test_a_difference_is_that_of_pairs_with_the_corrected_interval():
    """Nadeau and Bengio's formula, with scipy's t."""
    first, second = pair(seeds=6)
    found = results.compare(first, second)
    cells = [results.best(runs).iloc[0] for runs in (first, second)]
    losses = [
        runs[(runs["l1"] == cell["l1"]) & (runs["l2"] == cell["l2"])].set_index("seed")["val_loss"]
        for runs, cell in zip((first, second), cells, strict=True)
    ]
    difference = losses[1] - losses[0]
    error = difference.std(ddof=1) * (1 / 6 + ROWS[1] / ROWS[0]) ** 0.5
    low, high = scipy.stats.t.interval(0.95, 5, difference.mean(), error)
    row = found.chosen.iloc[0]
    np.testing.assert_allclose(row[["difference", "low", "high"]].tolist(),
                               [difference.mean(), low, high], rtol=1e-9)  # fmt: skip
    assert (row["seeds"], row["covers"]) == (6, "new data and seeds")
    each = (second["val_loss"] - first["val_loss"]).groupby([first["l1"], first["l2"]]).mean()
    np.testing.assert_allclose(found.cells["difference"], each, rtol=1e-9)
    assert found.common["difference"].item() == pytest.approx(each.mean())


def test_cells_that_are_not_compared_are_told():
    first, second = pair(seeds=4)
    cells = len(first.drop_duplicates(["l1", "l2"]))
    lost = (first["l1"] == first["l1"].iloc[0]) & (first["l2"] == first["l2"].iloc[0])
    first.loc[lost & (first["seed"] == first["seed"].iloc[0]), "status"] = "diverged"
    assert f"Over {cells - 1} of the {cells} cells that both have (the other does not compete" in (
        text(first, second)
    )


def test_folds_pair_too_and_rows_in_any_order():
    first, second = pair(seeds=3, folds=4)
    found = results.compare(first, second.sample(frac=1, random_state=0))
    whole = results.compare(first, second)
    pd.testing.assert_frame_equal(found.cells, whole.cells)
    assert whole.chosen["splits"].item() == 4
    assert "over 3 pairs of the same seed of 4 folds each" in text(first, second)


def test_what_one_sweep_has_alone_takes_no_part_and_is_named():
    first, second = pair(seeds=5)
    alone = text(first[first["seed"] > 0], second[second["seed"] < 4])
    assert "over 3 pairs" in alone
    assert "Left out: seed 4, in one alone; seed 0, in other alone." in alone
    lost = first.copy()
    lost.loc[lost["seed"] == 1, ["status", "val_loss"]] = ["diverged", np.nan]
    assert "1 seed not finished and finite in both chosen cells" in text(lost, second)


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [(0.5, "one is better."), (-0.15, "other is better."), (0.0, "cannot be told apart.")],
)
def test_the_better_one_is_named_only_where_the_interval_says_so(shift, verdict):
    first, second = pair(shift, seeds=8)
    row = results.compare(first, second).chosen.iloc[0]
    assert (row["low"] <= 0 <= row["high"]) == verdict.startswith("cannot")
    assert verdict in text(first, second)
    flipped = [runs.assign(val_accuracy=-runs["val_loss"]) for runs in (first, second)]
    assert verdict in text(*flipped, by="accuracy")


def test_equal_sweeps_and_lone_seeds_show_nothing():
    first, second = pair(seeds=4)
    assert "All pairs are equal." in text(first, first)
    one = results.compare(first[first["seed"] == 0], second[second["seed"] == 0])
    assert one.chosen[["low", "high"]].isna().all(axis=None)
    assert "tells nothing of luck" in " ".join(said(one, NAMES))


def test_cells_are_the_same_that_agree_where_either_varies():
    first, second = pair(seeds=3)
    fewer = second[second["l1"] > 0].assign(lr=0.1)
    found = results.compare(first, fewer)
    assert set(found.cells["l1"]) == {1e-4, 1e-2} and "lr" not in found.cells
    assert found.picked_from == (6, 4) and "that of 6 the more" in text(first, fewer)
    assert results.compare(first, second[second["l1"] == 0].assign(l1=9.0)).cells.empty


def test_a_test_part_is_told_and_that_of_outer_folds_is_chosen_anew():
    first, second = (runs.assign(test_loss=runs["val_loss"]) for runs in pair(seeds=4, outer=3))
    found = results.compare(first, second)
    assert found.folds["outer"].tolist() == [0, 1, 2] and len(found.chosen) == 1
    mean = found.folds["second"].mean() - found.folds["first"].mean()
    assert f"on the test parts: mean test_loss +{mean:.4g}, from" in text(first, second)
    fewer = second[second["seed"] < 2]
    paired = results.compare(first[first["seed"] < 2], fewer)
    pd.testing.assert_frame_equal(results.compare(first, fewer).folds, paired.folds)
    first, second = (runs.assign(test_loss=runs["val_loss"]) for runs in pair(seeds=4))
    assert results.compare(first, second).chosen["covers"].tolist() == [
        "new data and seeds",
        "seeds",
    ]
    assert "On the test part, which chose nothing, other less one and its 95 % interval" in text(
        first, second
    )


def test_what_cannot_be_paired_is_refused():
    first, second = pair(seeds=2)
    for other, why in (
        (second.assign(seed=second["seed"] + 5), "no seed is in both"),
        (second.assign(val_rows=30), "held out different rows"),
        (pair(seeds=2, folds=3)[1], "held out different rows"),
        (second.assign(val_loss=np.nan), "ranked by val_loss and the other by final_loss"),
    ):
        with pytest.raises(ResultsError, match=why):
            results.compare(first, other)


def test_a_comparison_shows_itself_in_a_notebook():
    shown = results.compare(*pair(seeds=3))._repr_html_()
    assert shown.count("<table") == 4 and "val_loss, the second less the first" in shown


def test_seeds_alone_show_less_and_halving_has_picked_too():
    first, second = pair(0.5, seeds=6)
    by_time = [runs.assign(val_from="2020-01-01") for runs in (first, second)]
    assert "one is better, as far as seeds alone tell." in text(*by_time)
    raced = second.assign(rung=np.where(second["l1"] > 0, 0, 1))
    assert results.compare(first, raced).picked_from == (6, 6)
    assert set(results.compare(first, raced).cells.query("competes")["l1"]) == {0.0}
