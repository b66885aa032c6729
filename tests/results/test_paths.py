"""Paths: seeds as dots, the chosen cells, weights left at the top, a 0 apart, paired bands."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import results
from results.cells.summary import summary
from results.labels import place
from results.pictures.album import album
from results.pictures.along.seeds import of_seeds
from results.pictures.style import style
from results.plane import lay_out
from tests.results.grids import log, table
from tests.results.test_captions import labels
from tests.results.test_legible import caption
from tests.results.test_plots import child, gids


@pytest.fixture
def ax():
    with style():
        yield Figure((4.8, 4.2)).add_subplot()


@pytest.mark.parametrize("other", ["", "best", "none", "baseline"])
@pytest.mark.parametrize("folds", [1, 3])
def test_the_mean_of_the_dots_is_the_mean(other, folds, ax):
    runs = table(log(5), log(3), seeds=4, folds=folds, rows=(80, 20), noise=0.1, diverged=[7])
    cells = summary(runs)
    metric = f"val_loss_from_{other}" if other else "val_loss"
    known = cells[f"mean_{metric}"].notna().to_numpy()
    found = of_seeds(runs, cells, np.arange(len(cells))[known], metric)
    assert found.shape == (known.sum(), 4) and np.isnan(found).sum() in (1, 2)
    np.testing.assert_allclose(
        np.nanmean(found, axis=1), cells[f"mean_{metric}"][known], atol=1e-12
    )
    results.path(cells, metric, at={"l2": log(3)[1]}, runs=runs, ax=ax)
    name = next(one for one in gids(ax) if str(one).endswith(" seeds"))
    x, y = child(ax, name).get_xydata().T
    wanted = found[(cells.l2[known] == log(3)[1]).to_numpy()]
    np.testing.assert_array_equal(y, wanted[np.isfinite(wanted)])
    nearest = abs(x[:, None] - lay_out("l1", log(5)).at).argmin(axis=1)
    assert (np.bincount(nearest) == np.isfinite(wanted).sum(axis=1)).all()
    assert len(set(x)) == len(x) and "each seed" in labels(ax)


def test_dots_of_one_seed_are_its_folds_and_many_seeds_have_none(ax):
    runs = table(log(4), (0.0,), seeds=1, folds=5, rows=(80, 20))
    results.path(runs, "val_loss", ax=ax)
    assert sorted(child(ax, "val_loss seeds").get_ydata()) == sorted(runs.val_loss)
    assert "each fold" in labels(ax)
    many = Figure().add_subplot()
    results.path(table((0.0, 0.1), (0.0,), seeds=31), "val_loss", ax=many)
    assert "val_loss seeds" not in gids(many) and "no dots of 31 seeds" in caption(many)


def test_dots_are_seeds_on_a_line_of_one_seed_too_where_other_cells_have_several(ax):
    runs = table(log(4), (0.0, 0.1), seeds=2, folds=3, rows=(80, 20))
    runs = runs[(runs.l2 == 0.0) | (runs.seed == 0)]
    results.path(runs, "val_loss", at={"l2": 0.1}, ax=ax)
    means = runs[runs.l2 == 0.1].groupby("l1").val_loss.mean()
    np.testing.assert_allclose(child(ax, "val_loss seeds").get_ydata(), means)
    assert "each seed" in labels(ax)


def test_a_path_has_lines_where_the_chosen_cells_are_or_says_where(ax):
    runs = table(log(12), log(9), seeds=6, noise=0.05)
    cells = summary(runs, ["val_loss", "sparsity", "nonzero"])
    least, sparsest = (results.best(cells, rule).iloc[0] for rule in ("min", "one-se"))
    assert least.l2 != sparsest.l2
    axis = lay_out("l1", log(12))
    for shown, other, rule, text in (
        (least, sparsest, "min", "sparsest within 1 SE"),
        (sparsest, least, "one-se", "lowest val_loss"),
    ):
        one = ax.figure.add_subplot()
        results.path(cells, "val_loss", at={"l2": shown.l2}, ax=one)
        assert {"min", "one-se"} & gids(one) == {rule}
        assert set(child(one, rule).get_xdata()) == {axis.at[log(12).tolist().index(shown.l1)]}
        elsewhere = f"l1 = {place(other.l1, log(12))}, l2 = {place(other.l2, log(9))}"
        assert f"not on this line: {text} at {elsewhere}" in caption(one)


def test_how_many_weights_are_left_stands_at_the_top(ax):
    runs = table(log(6), log(3), seeds=3)
    results.path(runs, "val_loss", at={"l2": 0.0}, ax=ax)
    FigureCanvasAgg(ax.figure).draw()
    (top,) = [one for one in ax.figure.axes if one is not ax]
    assert top.get_xlim() == ax.get_xlim() and top.get_xlabel() == "weights left, mean"
    left = runs[runs.l2 == 0].groupby("l1").nonzero.mean()
    places = zip(top.get_xticks(), top.get_xticklabels(), strict=True)
    ticks = {at: text.get_text() for at, text in places}
    assert len(ticks) == 6
    for at, value in zip(lay_out("l1", log(6)).at, left, strict=True):
        assert float(ticks[at].replace(",", "")) == pytest.approx(value, rel=5e-3)
    unknown = Figure().add_subplot()
    results.path(summary(runs, ["val_loss", "sparsity"]), "val_loss", ax=unknown)
    assert unknown.figure.axes[1].get_xlabel() == "% of the weights left, mean"


def test_a_0_beside_many_values_stands_apart_behind_a_break(ax):
    dense = np.concatenate(([0.0], np.geomspace(1e-5, 0.1, 60)))
    axis = lay_out("l1", dense)
    assert axis.at[1] - axis.at[0] == pytest.approx(4 / 16) and np.diff(axis.at[1:]).max() < 0.07
    results.path(table(dense, (0.0,), seeds=2), "val_loss", ax=ax)
    for gid in ("gap", "break"):
        (at,) = {one.get_xdata()[0] for one in ax.lines if one.get_gid() == gid}
        assert axis.at[0] < at < axis.at[1]
    other = Figure().add_subplot()
    results.path(table(dense[1:], (0.0,), seeds=2), "val_loss", ax=other)
    assert not {"gap", "break"} & gids(other)


def test_the_picture_of_a_path_says_which_band_is_of_paired_differences():
    runs = table(log(6), log(3), seeds=4, folds=2, rows=(80, 40))
    cells = summary(runs, ["val_loss", "sparsity", "nonzero"])
    figures = dict(album(cells, ["val_loss"], ["path"], runs=runs))
    _, plain, paired = (one for one in figures["path-l1"].axes if one.get_legend())
    sure = "for new data and other seeds"
    means = "mean over 4 seeds of 2 folds; 95 % band"
    assert caption(plain).startswith(f"{means} of each mean, {sure}")
    assert caption(paired).startswith(f"{means} of the difference, paired by seed and fold, {sure}")
    best = results.best(cells).iloc[0]
    line = cells[cells.l2 == best.l2]
    drawn = child(paired, "val_loss against the best cell").get_ydata()
    np.testing.assert_array_equal(drawn, line.mean_val_loss_from_best[1:])
    widths = (line.high_val_loss - line.low_val_loss).to_numpy()
    assert ((line.high_val_loss_from_best - line.low_val_loss_from_best) <= widths).all()


def test_the_loss_against_the_weights_left_is_in_logarithm_and_sets_none_apart(ax):
    runs = table(log(9), log(9), seeds=3, noise=0.05)
    runs.loc[runs.l1 == 0.1, ["sparsity", "nonzero"]] = 1.0, 0.0
    cells = summary(runs, ["val_loss", "sparsity", "nonzero"])
    results.pareto(cells, across="left", ax=ax)
    left, losses = cells.mean_nonzero.to_numpy(), cells.mean_val_loss.to_numpy()
    x, y = child(ax, "cells").get_xydata().T
    np.testing.assert_array_equal(y, losses)
    np.testing.assert_allclose(x[left > 0], np.log10(left[left > 0]))
    (none,) = set(x[left == 0])
    assert none < x[left > 0].min() - 0.2
    breaks = {one.get_xdata()[0] for one in ax.lines if one.get_gid() == "break"}
    assert len(breaks) == 1 and none < breaks.pop() < x[left > 0].min()
    at, height = child(ax, "front").get_xydata().T
    assert len(at) > 3 and (np.diff(at) < 0).all() and (np.diff(height) > 0).all()
    for few, loss in zip(at, height, strict=True):  # no cell with as few weights has less
        assert loss == losses[x <= few].min()
    FigureCanvasAgg(ax.figure).draw()
    ticks = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    texts = {float(text.get_text().replace(",", "")): tick for tick, text in ticks}
    assert texts.pop(0.0) == none and {100.0, 200.0} <= set(texts)
    np.testing.assert_allclose(list(texts.values()), np.log10(list(texts)))
    empty = Figure().add_subplot()
    results.pareto(cells[left == 0].reset_index(drop=True), across="left", ax=empty)
    assert empty.get_xlabel() == "weights left"
