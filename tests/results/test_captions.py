"""What pictures say of what they show: what intervals are for, what competes, what was lost."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import results
from results.cells import wording
from results.cells.best import front
from results.cells.epochs import of_orders
from results.cells.summary import folds_of, summary
from results.columns import summarised
from results.pictures.style import style
from tests.results.grids import ORDERS, log, table
from tests.results.test_legible import caption
from tests.results.test_plots import child, gids, history

#: Tables, over what their means are, and what their intervals are for.
REPEATED = {
    "seeds": ({"seeds": 3, "rows": (80, 20)}, "mean over 3 seeds", "for new data and other seeds"),
    "same rows": ({"seeds": 3}, "mean over 3 seeds", "for other seeds"),
    "folds": (
        {"seeds": 1, "folds": 5, "rows": (80, 20)},
        "mean over 5 folds of one seed",
        "for new data, of one seed",
    ),
    "both": (
        {"seeds": 2, "folds": 3, "rows": (80, 40)},
        "mean over 2 seeds of 3 folds",
        "for new data and other seeds",
    ),
    "one": ({"seeds": 1, "rows": (80, 20)}, "one seed", ""),
}


@pytest.fixture
def ax():
    with style():
        yield Figure((4.8, 4.2)).add_subplot()


def labels(ax):
    return [text.get_text().replace("\n", " ") for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(("options", "means", "sure"), REPEATED.values(), ids=REPEATED)
def test_a_path_says_what_its_band_is_for(options, means, sure, ax):
    results.path(table(log(5), (0.0,), **options), "val_loss", ax=ax)
    assert caption(ax) == (f"{means}; 95 % band of each mean, {sure}" if sure else means)


def test_what_is_measured_on_shared_rows_has_intervals_for_seeds_alone(ax):
    runs = table(log(5), (0.0,), seeds=3, rows=(80, 20))
    results.path(runs, "train_loss", ax=ax)
    assert caption(ax) == "mean over 3 seeds; 95 % band of each mean, for other seeds"
    cells = summary(runs, ["train_loss", "val_loss"])
    both = wording.intervals(cells, ["train_loss", "val_loss"])
    assert both == "for new data and other seeds, or for other seeds"


@pytest.mark.parametrize(("options", "means", "sure"), REPEATED.values(), ids=REPEATED)
def test_a_map_of_differences_says_what_they_are_and_what_its_intervals_are_for(
    options, means, sure, ax
):
    runs = table(log(5), log(4), noise=0.1, **options)
    results.differences(runs, ax=ax)
    by = [name for name in ("seed", "fold") if runs[name].nunique() > 1]
    paired = f"paired by {' and '.join(by)}" if by else "of one seed"
    bar = ax.figure.axes[1].get_ylabel()
    assert bar == f"difference of val_loss, {paired}"
    assert caption(ax) == (f"95 % interval, {sure}" if sure else "")
    assert ("95 % interval holds 0" in labels(ax)) == bool(sure)
    other = Figure().add_subplot()
    results.heatmap(runs, ax=other)
    assert other.figure.axes[1].get_ylabel() == f"val_loss, {means}"


@pytest.mark.parametrize(("options", "means", "sure"), REPEATED.values(), ids=REPEATED)
def test_the_front_shows_the_intervals_that_the_table_has(options, means, sure, ax):
    cells = summary(table(log(5), log(4), **options))
    results.pareto(cells, ax=ax)
    assert caption(ax) == (f"95 % interval, {sure}" if sure else "")
    assert ("intervals" in gids(ax)) == bool(sure)
    if sure:
        some = cells.iloc[front(cells.mean_sparsity.to_numpy(), cells.mean_val_loss.to_numpy())]
        drawn = [line[:, 1].tolist() for line in child(ax, "intervals").get_segments()]
        assert drawn == some[["low_val_loss", "high_val_loss"]].to_numpy().tolist()


def test_the_front_is_of_cells_that_compete(ax):
    runs = table(log(6), log(4), seeds=4)
    lucky = (runs.l1 == 0.1) & (runs.l2 == 0.1)
    runs.loc[lucky & (runs.seed > 0), "status"] = "diverged"
    runs.loc[lucky, "val_loss"] = 0.01  # the lowest by far, of the seed that is left
    cells = summary(runs)
    results.pareto(cells, ax=ax)
    (row,) = cells.index[cells.seeds == 1]
    point = cells.loc[row, ["mean_sparsity", "mean_val_loss"]].tolist()
    assert child(ax, "fewer seeds").get_xydata().tolist() == [point]
    assert child(ax, "fewer seeds").get_markerfacecolor() == "none"
    assert "cells with fewer seeds, which do not compete" in labels(ax)
    rest = cells.drop(row)[["mean_sparsity", "mean_val_loss"]].to_numpy()
    np.testing.assert_array_equal(child(ax, "cells").get_xydata(), rest)
    np.testing.assert_array_equal(child(ax, "front").get_xydata(), rest[front(*rest.T)])
    whole = Figure().add_subplot()
    results.pareto(cells.drop(row).reset_index(drop=True), ax=whole)
    assert "fewer seeds" not in gids(whole) and len(labels(whole)) == len(labels(ax)) - 1


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ([], "digits: val_loss against sparsity, 9 cells"),
        (["diverged"], "digits: val_loss against sparsity, 8 of 9 cells, the others: diverged"),
        (
            ["diverged", "on the first rung"],
            "digits: val_loss against sparsity, 8 of 9 cells, the others: diverged",
        ),
        (["undefined"], "digits: val_loss against sparsity, 8 of 9 cells, the others: no value"),
        (["missing"], "digits: val_loss against sparsity, 8 of 9 cells, the others: missing"),
        (
            ["stopped", "diverged"],
            "digits: val_loss against sparsity, 7 of 9 cells, the others: stopped by halving or "
            "diverged",
        ),
        (
            ["stopped", "diverged", "missing"],
            "digits: val_loss against sparsity, 6 of 9 cells, the others: stopped by halving or "
            "diverged or missing",
        ),
    ],
)
def test_a_title_names_why_cells_are_left_out(lost, said, ax):
    runs = table(log(3), log(3), seeds=2, folds=2)
    at = (runs.l1 > 0.05) & (runs.l2 > 0.05), (runs.l1 > 0.05) & (runs.l2 == 0)
    if "diverged" in lost:
        runs.loc[at[0], "status"] = "diverged"
    if "stopped" in lost:  # so did the one that diverged, before any went on
        runs["rung"] = 1 - ((runs.l2 > 0.05) & (runs.l1 < 0.05) & (runs.l1 > 0)) - at[0]
    if "on the first rung" in lost:
        runs["rung"] = 1 - at[0]
    if "undefined" in lost:
        runs.loc[at[1], "val_loss"] = np.nan
    if "missing" in lost:
        runs = runs[~at[1] | (runs.fold == 0)]
    results.pareto(runs, ax=ax)
    assert ax.get_title().replace("\n", " ") == said


def ordered(l2=(0.0,)):
    return table(log(6), l2, seeds=3, path=ORDERS)


@pytest.mark.parametrize("draw", [results.path, results.heatmap, results.differences])
def test_orders_of_a_path_are_said_to_have_had_different_epochs(draw, ax):
    runs = ordered()
    cells = summary(runs, [*summarised(runs), "epochs"])
    said = of_orders(cells, cells)
    assert said.startswith("Epochs behind the best of each order, along its path: up ")
    draw(runs, "val_loss", ax=ax)
    assert caption(ax).endswith(said)
    one = Figure().add_subplot()
    draw(runs, "val_loss", at={"path": "up"}, ax=one)
    assert "pochs" not in caption(one)


def test_captions_break_between_words_that_belong_to_no_value(ax):
    results.path(table(log(5), (0.0,), seeds=1, folds=5, rows=(80, 20)), "val_loss", ax=ax)
    results.path(ordered(), "val_loss", ax=(other := Figure((3, 3)).add_subplot()))
    lines = [line for some in (ax, other) for line in
             some.get_legend().get_title().get_text().split("\n")]  # fmt: skip
    assert len(lines) > 5 and min(map(len, lines)) > 10
    assert not any(line.startswith(("%", "=")) or line.endswith(("95", "=")) for line in lines)


def test_so_are_they_in_the_loss_against_the_sparsity(ax):
    runs = ordered()
    cells = summary(runs, [*summarised(runs), "epochs"])
    results.pareto(runs, ax=ax)
    assert caption(ax).endswith(of_orders(cells, cells))
    one = Figure().add_subplot()
    results.pareto(runs, at={"path": "up"}, ax=one)
    assert "pochs" not in caption(one)
    unknown = Figure().add_subplot()
    results.pareto(summary(ordered(log(3))), ax=unknown)
    said = "Orders of a path are compared that have had different numbers of epochs."
    assert caption(unknown).endswith(said)


def test_a_path_marks_the_cells_that_lost_runs_as_maps_do(ax):
    runs = table(log(5), (0.0,), seeds=3)
    lost = (runs.l1 == log(5)[2]) & (runs.seed == 1)
    runs.loc[lost | (runs.l1 == 0.1), "status"] = "diverged"
    cells = summary(runs)
    for metric, label in (("val_loss", "val_loss"), ("val_loss_from_none", None)):
        one = Figure().add_subplot()
        results.path(cells, metric, runs=runs, ax=one)
        mean = cells[f"mean_{metric}"][cells.l1 == log(5)[2]].item()
        wanted = [[np.log10(log(5)[2]), mean]]
        np.testing.assert_allclose(child(one, "diverged").get_xydata(), wanted)
        assert labels(one)[1:4] == ["each seed", "some runs diverged", "diverged"], label
    results.heatmap(runs, ax=ax)
    ours, theirs = (child(some, "diverged") for some in (one, ax))
    assert ours.get_marker() == theirs.get_marker() and ours.get_color() == theirs.get_color()
    clear = Figure().add_subplot()
    results.path(table(log(5), (0.0,)), "val_loss", ax=clear)
    assert not {"diverged", "missing"} & gids(clear)


def test_bands_of_learning_curves_end_at_what_is_possible(ax):
    past = history()
    past["val_loss"] = np.where(past.seed == 0, 9.0, 1.0)  # so that a plain interval goes below 0
    results.curves(past, ["val_loss"], ax=ax)
    edge = child(ax, "val_loss band").get_paths()[0].vertices[:, 1]
    assert edge.min() == 0 and edge.max() == pytest.approx(3 + 3.182446305284263 * 2)
    assert caption(ax) == "mean over 4 seeds of 2 folds; 95 % band of each mean, for other seeds"
    alone = Figure().add_subplot()
    results.curves(pd.concat([past[past.seed == 1]]), ax=alone)
    assert caption(alone) == "mean over 2 folds of one seed 1 fold partly beyond the axis"


def test_what_outer_folds_repeat_is_told_too():
    runs = table(seeds=2, folds=6)
    runs.insert(runs.columns.get_loc("fold"), "outer", runs["fold"] % 3)
    cells = summary(runs.assign(fold=runs["fold"] // 3))
    assert wording.pairs(cells) == "paired by seed and outer fold and fold"
    assert wording.means(cells["seeds"], folds_of(cells)) == (
        "mean over 2 seeds of 3 outer x 2 inner folds"
    )
