"""A picture for each value of a third axis: the same scales, what is left out, seeds as dots."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import results
from results.cells.summary import summary
from results.errors import ResultsError
from results.labels import number
from results.pictures.album import album
from results.pictures.drawn_values import DrawnValues
from results.pictures.style import style
from results.pictures.svg import description_of, title_of
from tests.results.cells_of import drawn, grid, runs_of
from tests.results.grids import ORDERS, WEIGHTS, log, table
from tests.results.test_plots import LAYERS, boxes, child, gids, history

METRICS = ["val_loss", "sparsity", "nonzero", *LAYERS]
RATES = (0.003, 0.01, 0.1)


@pytest.fixture(scope="module")
def runs():
    return table(log(5), log(4), seeds=3, lr=RATES, noise=0.05)


@pytest.fixture(scope="module")
def cells(runs):
    return summary(runs, METRICS)


def facets(cells, **options):
    with style():
        return results.facets(cells, figure=Figure((9, 4)), **options)


def maps(figure):
    """The map of each value that is in a title."""
    found = {ax.get_title(): ax for ax in figure.axes if " = " in ax.get_title()}
    return {title.split(" = ")[1]: ax for title, ax in found.items()}


def legend(figure):
    (found,) = figure.legends
    return found.get_title().get_text(), [text.get_text() for text in found.get_texts()]


@pytest.mark.parametrize("against", [None, "none", "best"])
def test_each_map_is_of_its_value_and_all_have_the_same_colours(against, cells):
    figure = facets(cells, against=against)
    column = f"mean_val_loss_from_{against}" if against else "mean_val_loss"
    found = maps(figure)
    assert [float(value) for value in found] == [*RATES]
    meshes = {value: ax.collections[0] for value, ax in found.items()}
    for value, mesh in meshes.items():
        wanted = cells[cells.lr == float(value)].pivot_table(column, "l2", "l1")
        np.testing.assert_allclose(mesh.get_array().filled(np.nan), wanted, atol=1e-15)
    assert len({mesh.get_clim() for mesh in meshes.values()}) == 1
    low, high = next(iter(meshes.values())).get_clim()
    assert high == abs(cells[column]).max() and low == (-high if against else cells[column].min())
    assert len([ax for ax in figure.axes if ax.get_label() == "<colorbar>"]) == 1
    best = results.best(cells).iloc[0]
    assert [value for value, ax in found.items() if "min" in gids(ax)] == [f"{best.lr:g}"]
    assert legend(figure)[1][:2] == ["lowest val_loss", "sparsest within 1 SE"]
    labelled = [ax.yaxis.get_tick_params().get("labelleft", True) for ax in found.values()]
    assert labelled == [bool(ax.get_ylabel()) for ax in found.values()] == [True, False, False]


def test_further_axes_are_held_where_told_or_where_the_best_cell_is():
    cells = summary(table(log(3), log(3), lr=RATES, vary={"l1_w1": (0.0, 1e-3)}, seeds=2))
    figure = facets(cells)
    assert figure.get_suptitle() == "digits: val_loss for each value of l1_w1, lr = 0.01"
    by_rate = facets(cells, at={"l1_w1": 1e-3})
    assert by_rate.get_suptitle() == "digits: val_loss for each value of lr, l1_w1 = 0.001"
    for value, ax in maps(by_rate).items():
        some = cells[(cells.lr == float(value)) & (cells.l1_w1 == 1e-3)]
        wanted = some.pivot_table("mean_val_loss", "l2", "l1")
        np.testing.assert_allclose(ax.collections[0].get_array(), wanted)
    with pytest.raises(ResultsError, match="no third axis varies there"):
        facets(cells, at={"l1_w1": 0, "lr": 0.1})
    with pytest.raises(ResultsError, match="no axis 'speed'; there are l1, l2"):
        facets(cells, by="speed")
    with pytest.raises(ResultsError, match="lr is held at one value"):
        facets(cells, by="lr", at={"lr": 0.1})


@given(
    st.sets(st.floats(1e-6, 1e3), min_size=1, max_size=30), st.integers(0, 29), st.integers(3, 9)
)
@settings(max_examples=50, deadline=None)
def test_a_few_of_many_values_hold_the_best_and_both_ends(values, first, most):
    values = np.array(sorted(values))
    best = values[first % len(values)]
    rank = 1.0 + abs(np.arange(len(values)) - first % len(values))
    columns = {"lr": values, "mean_val_loss": rank, "rank_val_loss": rank}
    columns |= {"seeds": 1, "runs": 1, "diverged": 0}
    found = DrawnValues.among(pd.DataFrame(columns), np.arange(len(values)), "lr", "val_loss", most)
    assert len(found.shown) == min(most, len(values)) and found.shown == sorted(found.shown)
    assert {values[0], values[-1], best} <= set(found.shown) <= set(values)


def test_a_sample_has_no_map():
    cells = summary(runs_of(drawn(40).drop(columns="dropout")), METRICS)
    assert not list(album(cells, ["val_loss"], ["heatmap", "differences"]))
    assert [name for name, _ in album(cells, ["val_loss"], ["pairs"])] == ["pairs-val_loss"]


def test_the_map_of_a_sample_from_lists_says_of_holes_that_they_are_not_in_the_table():
    runs = table(log(3), log(3), seeds=2)
    runs = runs[(runs["l1"] == 0) | (runs["l2"] == 0)]
    ax = Figure().add_subplot()
    results.heatmap(runs, ax=ax)
    assert "not in the table" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_words_for_a_picture_name_all_its_parts_and_drop_none(runs):
    figure, alike = facets(summary(runs.assign(lr=0.1 + (runs["lr"] > 0.05)))), "colours for"
    first, second = (ax.collections[0].get_array() for ax in maps(figure).values())
    second[:] = first
    assert description_of(figure).count(alike) == 2
    assert description_of(figure).count("lowest val_loss") == 1
    cells = summary(runs[runs["lr"] == 0.1], METRICS)
    _, figure = next(album(cells, ["val_loss"], ["path"]))
    assert title_of(figure).split("; ")[1].startswith("digits: val_loss at l2 = ")


def test_a_layer_that_a_network_lacks_is_no_line_and_nothing_that_is_missing():
    cells = summary(runs_of(grid()), METRICS)
    _, figure = next(album(cells, ["val_loss"], ["path"]))
    drawn = {ax.get_title(): {*WEIGHTS} & gids(ax) for ax in figure.axes[:3]}
    layers = {"16": {"w1", "w2"}, "32,16": {"w1", "w2", "w3"}, "none": {"w1"}}
    assert drawn == {f"hidden = {words}": names for words, names in layers.items()}
    assert not any("missing" in gids(ax) for ax in figure.axes)


def test_what_has_no_room_is_counted():
    rates = tuple(np.linspace(0.01, 0.12, 12))
    cells = summary(table(log(3), log(3), seeds=2, lr=rates), METRICS)
    figure = facets(cells)
    assert len(maps(figure)) == 9
    assert figure.get_suptitle() == "digits: val_loss for 9 of 12 values of lr"
    assert legend(figure)[0] == "no room for 3 values of lr: --at lr=VALUE draws one"
    _, path = next(album(cells, ["val_loss"], ["path"]))
    assert len([ax for ax in path.axes if " = " in ax.get_title()]) == 4
    assert "no room for 8 values of lr" in legend(path)[0]


def test_paths_side_by_side_share_their_upright_axes(runs, cells):
    figures = dict(album(cells, ["val_loss"], ["path"], runs=runs))
    best = results.best(cells).iloc[0]
    grid = np.reshape(figures["path-l1"].axes, (3, 3))
    assert [ax.get_title() for ax in grid[0]] == [f"lr = {rate:g}" for rate in RATES]
    for row in grid:
        assert len({ax.get_ylim() for ax in row}) == 1
    names = {"val_loss": "val_loss", "val_loss_from_best": "val_loss against the best cell"}
    for row, (metric, name) in zip(grid[1:], names.items(), strict=True):
        for ax, rate in zip(row, RATES, strict=True):
            line = cells[(cells.lr == rate) & (cells.l2 == best.l2)]
            wanted = line[f"mean_{metric}"][1:]
            np.testing.assert_array_equal(child(ax, name).get_ydata(), wanted)
            assert f"{name} seeds" in gids(ax)
    assert len(figures["path-lr"].axes) < 9, "a path along the third axis is one line"
    assert "not on these lines" not in legend(figures["path-l1"])[0]


def test_orders_of_a_path_are_maps_but_lines_of_one_picture():
    cells = summary(table(log(4), log(3), seeds=2, path=ORDERS), METRICS)
    figures = dict(album(cells, ["val_loss"], ["heatmap", "path"]))
    assert list(maps(figures["heatmap-val_loss"])) == [*ORDERS]
    assert {*ORDERS} <= gids(figures["path-l1"].axes[1])


def test_an_order_whose_runs_all_diverged_is_a_line_that_is_crossed_out(runs):
    runs = table(log(4), (0.0,), seeds=2, path=ORDERS)
    lost = runs["path"] == "cold"
    runs.loc[lost, "status"] = "diverged"
    runs.loc[lost, ["val_loss", "final_loss"]] = np.nan
    ax = Figure().add_subplot()
    results.path(runs, "val_loss", ax=ax)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {*ORDERS, "diverged", "each seed"} <= {*texts}
    assert len(child(ax, "missing").get_xdata()) == 4


def test_a_value_that_halving_stopped_is_counted_among_those_that_are_not_drawn():
    runs = table(log(3), log(3), seeds=2, vary={"hidden": ("16", "32", "none")})
    cells = summary(runs.assign(rung=(runs["hidden"] != "none").astype(int)), METRICS)
    figures = dict(album(cells, ["val_loss"], ["heatmap", "path"]))
    for name in ("heatmap-val_loss", "path-l1"):
        assert "for 2 of 3 values of hidden" in figures[name].get_suptitle()
        told = legend(figures[name])[0].replace("\n", " ")
        assert "nothing here at 1 value of hidden: stopped by halving" in told


def test_the_best_of_those_that_are_held_is_shown():
    rates = tuple(np.geomspace(1e-3, 1, 12))
    runs = table(log(3), log(3), seeds=2, lr=rates, vary={"l1_w1": (0.0, 1e-3)})
    factor = np.where(runs["l1_w1"] == 0, 1, np.where(runs["lr"] == rates[9], 10, 1000))
    figures = dict(
        album(
            summary(runs.assign(val_loss=runs["val_loss"] * factor), METRICS),
            *(["val_loss"], ["heatmap", "path"]),
            at={"l1_w1": 1e-3},
        )
    )
    for name in ("heatmap-val_loss", "path-l1"):
        assert f"lr = {rates[9]:.3g}" in {ax.get_title() for ax in figures[name].axes}


@pytest.mark.parametrize("against", [None, "best"])
def test_values_that_halving_stopped_take_no_room_from_others(against):
    rates = tuple(np.geomspace(1e-3, 1, 12))
    left = np.delete(rates, [3, 7])
    runs = table(log(3), log(3), seeds=2, lr=rates)
    cells = summary(runs.assign(rung=runs["lr"].isin(left).astype(int)))
    figure = facets(cells, against=against)
    assert not any("stopped" in gids(ax) for ax in maps(figure).values())
    what = "val_loss against the best cell" if against else "val_loss"
    assert figure.get_suptitle() == f"digits: {what} for 9 of 12 values of lr"
    sure = "95 % interval, for other seeds " if against else ""
    assert legend(figure)[0].replace("\n", " ") == (
        f"{sure}nothing here at 2 values of lr: stopped by halving; no room for 1 value of lr: "
        "--at lr=VALUE draws one"
    )


def test_curves_side_by_side_show_all_of_each():
    past = history()
    worse = past.assign(val_loss=9 * past["val_loss"])
    cells = summary(table(log(2), (0.0,)), METRICS)
    _, figure = next(album(cells, ["val_loss"], ["curves"], history={"a": past, "b": worse}))
    tops = [child(ax, "val_loss seeds").get_ydata() for ax in figure.axes]
    low, high = figure.axes[1].get_ylim()
    assert np.nanmax(tops[1]) < high == figure.axes[0].get_ylim()[1]
    assert low < min(np.nanmin(child(ax, "train_loss").get_ydata()) for ax in figure.axes)


@pytest.mark.parametrize("across", ["sparsity", "left"])
@pytest.mark.parametrize("folds", [1, 3])
def test_the_mean_of_a_cells_dots_is_the_cell(across, folds):
    runs = table(
        log(4), log(3), seeds=4 if folds == 1 else 1, folds=folds, rows=(80, 20), noise=0.1
    )
    draw = np.random.default_rng(0)
    for name in ("sparsity", "nonzero"):
        runs[name] *= draw.uniform(0.5, 1, len(runs))
    ax = Figure().add_subplot()
    results.pareto(runs, across=across, ax=ax)
    x, y = child(ax, "seeds").get_xydata().T
    metric = "sparsity" if across == "sparsity" else "nonzero"
    places = runs[metric] if across == "sparsity" else np.log10(runs[metric])
    at = dict(zip(np.round(x, 9), y, strict=True))
    assert [at[place] for place in np.round(places, 9)] == runs["val_loss"].tolist()
    cells = child(ax, "cells").get_xydata().T
    for own, means in zip((x, y), cells, strict=True):
        if across == "left" and own is x:
            own, means = 10**own, 10**means
        np.testing.assert_allclose(own.reshape(len(means), -1).mean(axis=1), means)
    low, high = ax.get_xlim()
    assert low <= x.min() and x.max() <= high


@pytest.mark.parametrize(("seeds", "values", "drawn"), [(31, 2, 0), (30, 13, 0), (30, 12, 4320)])
def test_too_many_dots_are_said_not_to_be_there(seeds, values, drawn):
    ax = Figure().add_subplot()
    results.pareto(table(log(values), log(values), seeds=seeds), ax=ax)
    told = f"no dots of {seeds} seeds of {values**2} cells"
    assert (told in ax.get_legend().get_title().get_text().replace("\n", " ")) == (not drawn)
    assert ("seeds" in gids(ax)) == bool(drawn)
    assert not drawn or len(child(ax, "seeds").get_xdata()) == drawn


def test_each_seed_is_a_thin_line_of_the_learning_curves():
    past = history()
    ax = Figure().add_subplot()
    results.curves(past, ["val_loss"], ax=ax)
    x, y = child(ax, "val_loss seeds").get_xydata().T
    wanted = past.pivot_table("val_loss", "seed", "epoch").to_numpy()
    np.testing.assert_allclose(y.reshape(4, 4)[:, :3], wanted)
    assert np.isnan(y.reshape(4, 4)[:, 3]).all() and x[:3].tolist() == [2, 4, 6]
    one = Figure().add_subplot()
    results.curves(past[(past.seed == 0)], ["val_loss"], ax=one)
    assert "each fold" in [text.get_text() for text in one.get_legend().get_texts()]


@pytest.mark.parametrize(("kind", "rates"), [("heatmap", 12), ("differences", 2), ("path", 5)])
def test_no_texts_overlap_in_pictures_side_by_side(kind, rates):
    lr = tuple(np.geomspace(0.001, 1, rates))
    runs = table(log(5), log(4), seeds=2, lr=lr, diverged=[19, 59])
    _, figure = next(album(summary(runs, METRICS), ["val_loss"], [kind]))
    width, height = figure.canvas.get_width_height()
    found = boxes(figure)
    assert len(found) > 20
    for text, box in found:
        assert min(box.x0, box.y0) >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1, text
    for (one, a), (two, b) in itertools.combinations(found, 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
        assert apart, f"{one!r} and {two!r} overlap"


def test_seeds_beyond_the_axis_are_no_dots_at_its_ends_but_counted():
    runs = table(log(4), (0.0,), seeds=4, noise=0.0)
    factor = np.select([runs["seed"] == 0, runs["l1"] == 0], [1e-12, 1e3], 1.0)
    runs["val_loss"] *= factor
    cells = summary(runs, METRICS)
    for draw in (results.path, results.pareto):
        ax = Figure().add_subplot()
        draw(*(cells, "val_loss"), runs=runs, ax=ax)
        foot, roof = ax.get_ylim()
        beyond = ((runs["val_loss"] < foot) | (runs["val_loss"] > roof)).sum()
        y = np.asarray(next(a for a in ax.lines if "seeds" in (a.get_gid() or "")).get_ydata())
        inside = y[np.isfinite(y)]
        assert 0 < beyond == 16 - len(inside) and set(inside) <= set(runs["val_loss"])
        assert f"{beyond} seeds beyond the axis" in ax.get_legend().get_title().get_text()


def test_one_arrowhead_of_a_row_says_how_far_the_furthest_mean_is(runs):
    worse = np.select([runs["l1"] < runs["l1"].max(), runs["lr"] < 0.01], [1.0, 1e9], 1e12)
    cells = summary(runs.assign(val_loss=runs["val_loss"] * worse), METRICS)
    _, figure = next(album(cells, ["val_loss"], ["path"]))
    means = cells[cells["l2"] == results.best(cells)["l2"].iloc[0]]["mean_val_loss"]
    found = [text for text in legend(figure)[1] if "beyond the axis of val_loss, to" in text]
    assert found == [f"beyond the axis of val_loss, to {number(means.max(), 3)}"]
