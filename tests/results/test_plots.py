"""Pictures hold what the table holds, and nothing in them overlaps."""

import itertools
import re
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import STEP_LOOKUP_MAP
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import results
from results.cells.best import contrast, front, where
from results.cells.summary import summary
from results.errors import ResultsError
from results.labels import number, place
from results.pictures.album import KINDS, album
from results.pictures.maps.colours import colours_of_differences
from results.pictures.style import drawn, save, style
from results.plane import lay_out, plane, said, value_of
from tests.results.grids import ORDERS, WEIGHTS, log, table
from tests.results.rows import Fake
from tests.results.test_scale import luminance

matplotlib.use("Agg")

#: Before the names of elements of an SVG.
SVG = "{http://www.w3.org/2000/svg}"

SIZES = [2, 3, 5, 7, 8, 13, 31, 100]
LAYERS = [f"sparsity_{name}" for name in WEIGHTS]


@pytest.fixture
def ax():
    with style():
        yield Figure((4.8, 4.2)).add_subplot()


def child(ax, gid):
    (found,) = [artist for artist in ax.get_children() if artist.get_gid() == gid]
    return found


def mesh_of(ax):
    return ax.collections[0].get_array().filled(np.nan)


def lines_of(cells, **fixed):
    """Rows of a summary at these values, in grid order."""
    for name, value in fixed.items():
        cells = cells[cells[name] == value]
    return cells


@pytest.mark.parametrize("metric", ["val_loss", "sparsity_w2", "train_accuracy"])
def test_a_heat_map_shows_the_means(metric, ax):
    runs = table(log(6), log(4), seeds=3)
    results.heatmap(runs, metric, ax=ax)
    wanted = runs.pivot_table(metric, "l2", "l1", "mean")
    np.testing.assert_allclose(mesh_of(ax), wanted, rtol=1e-12)
    texts = {text.get_text() for text in ax.texts}
    assert len(texts) > 5 and len(ax.texts) == 24
    shown = sorted(float(text.get_text()) for text in ax.texts)
    np.testing.assert_allclose(shown, np.sort(wanted.to_numpy().ravel()), rtol=6e-3)


def test_a_heat_map_marks_the_chosen_cells(ax):
    cells = summary(table(log(12), log(9), seeds=6, noise=0.05))
    results.heatmap(cells, ax=ax)
    for rule in ("min", "one-se"):
        chosen = results.best(cells, rule).iloc[0]
        x, y = child(ax, rule).get_xydata()[0]
        assert (log(12)[int(x)], log(9)[int(y)]) == (chosen.l1, chosen.l2)


def test_cells_without_a_value_stay_open_and_those_that_lost_runs_are_crossed(ax):
    runs = table(log(4), log(3), seeds=3)
    empty = (runs.l1 == 0.1) & (runs.l2 == 0.1)
    runs.loc[empty, "status"] = "diverged"
    some = (runs.l1 == 0.1) & (runs.l2 == 0) & (runs.seed == 1)
    runs.loc[some, "status"] = "diverged"
    results.heatmap(runs, ax=ax)
    assert np.argwhere(np.isnan(mesh_of(ax))).tolist() == [[2, 3]]
    assert np.rint(child(ax, "diverged").get_xydata()).tolist() == [[3, 0]]
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"some runs diverged", "diverged"} <= set(said)
    runs.loc[(runs.l1 == 0) & (runs.l2 == 0.1), "val_accuracy"] = np.nan
    other = Figure().add_subplot()
    results.heatmap(runs, "val_accuracy", ax=other)
    said = [text.get_text() for text in other.get_legend().get_texts()]
    assert said[-2:] == ["some runs diverged", "diverged or no value"]
    for there, said in (
        ((runs.l1 > 0) | (runs.l2 > 0), "diverged or not in the table"),
        (~empty, "not in the table"),
    ):
        other = Figure().add_subplot()
        results.heatmap(runs[there], ax=other)
        assert said in [text.get_text() for text in other.get_legend().get_texts()]


def test_differences_are_white_at_0_and_of_either_sign_alike_but_for_grey():
    signed, size = colours_of_differences(), np.linspace(0, 0.5, 6)
    assert signed(0.5) == (1, 1, 1, 1)
    below, above = luminances(signed(0.5 - size)), luminances(signed(0.5 + size))
    assert (np.diff(below) < 0).all() and (np.diff(above) < 0).all()
    assert (above[3:] > 1.5 * below[3:]).all()
    assert luminance(signed(-0.1)[:3]) < below[-1] and luminance(signed(1.1)[:3]) < above[-1]


def luminances(colours):
    return np.array([luminance(colour[:3]) for colour in colours])


@pytest.mark.parametrize("against", ["none", "best"])
def test_differences_are_the_paired_ones_and_unclear_ones_are_hatched(against, ax):
    cells = summary(table(log(6), log(5), seeds=4, noise=0.05))
    results.differences(cells, against=against, ax=ax)
    found = plane(cells)
    name = f"val_loss_from_{against}"
    np.testing.assert_array_equal(mesh_of(ax), found.matrix(cells[f"mean_{name}"]))
    low, high = cells[f"low_{name}"], cells[f"high_{name}"]
    unclear = cells[(low <= 0) & (high >= 0) & (cells[f"mean_{name}"] != 0)]
    assert 0 < len(unclear) < len(cells) - 1
    hatched = [one for one in ax.collections if str(one.get_gid()).startswith("unclear")]
    paths = [path for some in hatched for path in some.get_paths()]
    middles = {tuple(path.vertices[:4].mean(axis=0)) for path in paths}
    assert len(paths) == len(middles)
    assert middles == {found.find(row)[::-1] for row in unclear.index}
    low, high = ax.collections[0].get_clim()
    assert low == -high and high == abs(cells[f"mean_{name}"]).max()


def test_a_path_shows_means_and_bands(ax):
    cells = summary(table(log(6), log(4), seeds=3), ["val_loss", "sparsity", *LAYERS])
    results.path(cells, LAYERS, along="l1", at={"l2": 1e-4}, ax=ax)
    line = lines_of(cells, l2=1e-4)
    for name in LAYERS:
        short = name.removeprefix("sparsity_")
        x, y = child(ax, short).get_xydata().T
        np.testing.assert_allclose(x, np.log10(log(6)[1:]))
        np.testing.assert_array_equal(y, line[f"mean_{name}"][1:])
        edge = child(ax, f"{short} band").get_paths()[0].vertices
        wanted = {*line[f"low_{name}"][1:], *line[f"high_{name}"][1:]}
        assert wanted <= set(edge[:, 1])
    alone = [one for one in ax.lines if len(one.get_xdata()) == 1 and one.get_xdata()[0] < -4]
    alone = [one for one in alone if one.get_gid() not in ("gap", "break")]
    zeros = {one.get_ydata()[0] for one in alone}
    assert zeros == {line[f"mean_{name}"].iloc[0] for name in LAYERS}
    assert "l2 = 1e-4" in ax.get_title()


def test_a_path_has_a_line_for_each_order(ax):
    cells = summary(table(log(6), log(4), seeds=3, path=ORDERS)[:-1])  # one has lost a seed
    results.path(cells, "val_loss", at={"l2": 1e-4}, ax=ax)
    for order in ORDERS:
        line = lines_of(cells, l2=1e-4, path=order)
        np.testing.assert_array_equal(child(ax, order).get_ydata(), line.mean_val_loss[1:])
    assert ax.get_title() == "digits: val_loss at l2 = 1e-4"
    assert [text.get_text() for text in ax.get_legend().get_texts()[:3]] == [*ORDERS]


def test_a_path_of_layers_or_where_told_is_of_one_order(ax):
    cells = summary(table(log(6), (0.0,), seeds=3, path=ORDERS), ["val_loss", *LAYERS])
    results.path(cells, LAYERS, ax=ax)
    line = lines_of(cells, path="up")
    np.testing.assert_array_equal(child(ax, "w2").get_ydata(), line.mean_sparsity_w2[1:])
    assert ax.get_title() == "digits: sparsity by layer at path = up"
    other = ax.figure.add_subplot()
    results.path(cells, "val_loss", at={"path": "cold"}, ax=other)
    line = lines_of(cells, path="cold")
    np.testing.assert_array_equal(child(other, "val_loss").get_ydata(), line.mean_val_loss[1:])
    assert other.get_title() == "digits: val_loss at path = cold"


def test_a_path_with_holes_keeps_its_places(ax):
    cells = summary(table(log(6), (0.0,), seeds=3, path=ORDERS))
    some = cells[(cells.path != "down") | (cells.l1 < 0.01)]
    results.path(some, "val_loss", ax=ax)
    x, y = child(ax, "down").get_xydata().T
    np.testing.assert_array_equal(x, child(ax, "up").get_xdata())
    assert np.isnan(y).tolist() == (log(6)[1:] >= 0.01).tolist()


def test_the_orders_are_beside_one_another_where_one_penalty_varies(ax):
    runs = table(log(6), (0.0,), seeds=3, path=ORDERS)
    results.heatmap(runs, ax=ax)
    np.testing.assert_allclose(mesh_of(ax), runs.pivot_table("val_loss", "path", "l1", "mean"))
    FigureCanvasAgg(ax.figure).draw()
    labels = {text.get_position()[1]: text.get_text() for text in ax.get_yticklabels()}
    assert labels == dict(enumerate(ORDERS))
    assert ax.get_ylabel() == "order of the path"
    figures = dict(album(summary(runs, ["val_loss", "sparsity", *LAYERS]), ["val_loss"]))
    maps = {"heatmap-val_loss", "differences-val_loss", "axes-val_loss", "importance-val_loss"}
    assert {*figures} == maps | {"path-l1", "pareto-val_loss", "left-val_loss"}
    (lines,) = figures["heatmap-val_loss"].axes
    assert [text.get_text() for text in lines.get_legend().get_texts()[:3]] == [*ORDERS]


def test_a_path_goes_through_the_best_cell_unless_told(ax):
    cells = summary(table(log(6), log(4), seeds=3))
    results.path(cells, "val_loss", along="l2", ax=ax)
    wanted = lines_of(cells, l1=results.best(cells).l1.item()).mean_val_loss[1:]
    np.testing.assert_array_equal(child(ax, "val_loss").get_ydata(), wanted)


def test_the_pareto_front_is_that_of_the_cells(ax):
    cells = summary(table(log(9), log(9), seeds=3, noise=0.05))
    results.pareto(cells, ax=ax)
    points = cells[["mean_sparsity", "mean_val_loss"]].to_numpy()
    np.testing.assert_array_equal(child(ax, "cells").get_xydata(), points)
    rows = front(*points.T)
    np.testing.assert_array_equal(child(ax, "front").get_xydata(), points[rows])
    steps = STEP_LOOKUP_MAP[child(ax, "front").get_drawstyle()](*points[rows].T)
    assert len(rows) > 2
    for left, right, loss in zip(steps[0][:-1], steps[0][1:], steps[1][1:], strict=True):
        if left < right:
            wanted = (left + right) / 2  # zeros; the front says at which loss they are to be had
            assert loss == points[points[:, 0] >= wanted, 1].min()
    best = results.best(cells).iloc[0]
    assert child(ax, "min").get_xydata()[0].tolist() == [best.mean_sparsity, best.mean_val_loss]


def history():
    runs = table((0.1,), (0.0,), seeds=4, folds=2)
    draw = np.random.default_rng(0)
    frames = [
        runs[["run", "seed", "fold", "l1", "l2", "lr", "momentum"]].assign(
            epoch=epoch, loss=1.0, train_loss=draw.random(len(runs)) / epoch,
            val_loss=draw.random(len(runs)) + 1,
        )
        for epoch in (2, 4, 6)
    ]  # fmt: skip
    return pd.concat(frames)


def test_learning_curves_average_folds_then_seeds(ax):
    past = history()
    results.curves(past, ax=ax)
    for name in ("train_loss", "val_loss"):
        seeds = past.groupby(["epoch", "seed"])[name].mean().groupby("epoch")
        line = child(ax, name)
        assert line.get_xdata().tolist() == [2, 4, 6]
        np.testing.assert_allclose(line.get_ydata(), seeds.mean(), rtol=1e-12)
        half = 3.182446305284263 * seeds.sem()  # t of 3 degrees of freedom
        edge = child(ax, f"{name} band").get_paths()[0].vertices[:, 1]
        foot = ax.get_ylim()[0]  # on a logarithmic axis a band that holds 0 ends at the axis
        for wanted in (*np.maximum(seeds.mean() - half, foot), *(seeds.mean() + half)):
            assert np.isclose(edge, wanted).any()


def test_learning_curves_are_of_one_cell(ax):
    past = history()
    mixed = pd.concat([past, past.assign(l1=0.2)])
    with pytest.raises(ResultsError, match="here l1 varies"):
        results.curves(mixed, ax=ax)


def test_the_history_of_a_cell_is_read(tmp_path):
    fake = Fake()
    fake.run(tmp_path / "d", history=True)
    whole = results.load_history(tmp_path / "d")
    some = results.load_history(tmp_path / "d", {"l1": 1e-4, "l2": 0.5})
    wanted = whole[(whole.l1 == 1e-4) & (whole.l2 == 0.5)]
    assert 0 < len(some) < len(whole)
    pd.testing.assert_frame_equal(some, wanted.reset_index(drop=True))
    fake.run(tmp_path / "e")
    with pytest.raises(ResultsError, match=r"e holds no history\.parquet: it is written"):
        results.load_history(tmp_path / "e")
    (tmp_path / "d" / "history.parquet").write_bytes(b"PAR1nonsense")
    with pytest.raises(ResultsError, match="is damaged"):
        results.load_history(tmp_path / "d")


def test_matrices_show_the_weights_and_leave_blank_what_is_zero():
    draw = np.random.default_rng(0)
    before = {"w1": draw.random((3, 5)), "b1": np.zeros(3), "w2": draw.random((4, 3))}
    after = {name: array - 0.3 for name, array in before.items()}
    after["w1"][1, 2] = 5e-4
    tolerance = {"w1": 1e-3, "w2": 1e-3}
    figure = results.weights(before, after, zero_tol=tolerance, figure=Figure((8, 4)))
    by_name = {ax.get_gid(): ax for ax in figure.axes}
    for when, part in (("before", before), ("after", after)):
        for name, array in part.items():
            image = by_name[f"{name} {when}"].images[0]
            drawn, wanted = image.get_array(), array.reshape(len(array), -1)
            zero = abs(wanted) <= (1e-3 if when == "after" and name != "b1" else 0)
            np.testing.assert_array_equal(drawn.mask, zero)
            np.testing.assert_array_equal(drawn.data[~zero], wanted[~zero])
            size = max(abs(some).max() for some in (*before.values(), *after.values()))
            assert (image.norm.vmin, image.norm.vmax) == (-size, size)
            colours = image.cmap(image.norm(drawn))
            assert (colours[zero] == 1).all() and (luminances(colours[~zero]) < 0.75).all()
    said = "blank: 0, and after training up to 0.001 in size, which counts as zero: then 2 of 27"
    assert sum((abs(after[name]) <= 1e-3).sum() for name in tolerance) == 2
    assert figure.get_supxlabel() == f"{said} weights"


def test_every_weight_is_a_line(ax):
    matrices = {"w1": np.random.default_rng(0).random((2, 3, 5)), "w2": np.ones((1, 2, 5))}
    results.weight_path(log(5), matrices, ax=ax)
    drawn = [line for line in ax.lines if line.get_gid() == "w1"]
    assert len(drawn) == 6
    for line, wanted in zip(drawn, matrices["w1"].reshape(6, 5), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), wanted[1:])


def boxes(figure):
    """Where the visible texts are, in pixels, but those that belong to other texts."""
    FigureCanvasAgg(figure).draw()
    found = []
    for text in figure.findobj(Text):
        box = text.get_window_extent()
        if text.get_visible() and text.get_text().strip() and box.width and _drawn(text):
            found.append((text.get_text(), box))
    return found


def _drawn(text):
    """Whether an axis shows this label of a tick: it keeps labels that are out of sight."""
    for axes in text.figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            labels = [label for tick in ticks for label in (tick.label1, tick.label2)]
            if any(label is text for label in labels):
                shown = axis.get_ticklabels()
                low, high = sorted(axis.get_view_interval())
                return any(label is text for label in shown) and low <= _at(text, axis) <= high
    return True


def _at(text, axis):
    return text.get_position()[0 if axis.axis_name == "x" else 1]


@pytest.mark.parametrize(
    ("size", "path"), [*((size, ()) for size in SIZES), *((size, ORDERS) for size in SIZES[:5])]
)
@pytest.mark.parametrize("kind", ["heatmap", "differences", "path", "pareto"])
def test_no_texts_overlap_at_any_size(kind, size, path):
    diverged = [size * size - 1, 2 * size * size - 1]
    runs = table(log(size), log(size), seeds=3, diverged=diverged, path=path)
    cells = summary(runs, ["val_loss", "sparsity", "final_loss", "val_accuracy", *LAYERS])
    for _, figure in album(cells, ["val_loss"], [kind]):
        found = boxes(figure)
        assert len(found) > 5
        width, height = figure.canvas.get_width_height()
        for text, box in found:
            assert box.x0 >= -1 and box.y0 >= -1, text
            assert box.x1 <= width + 1 and box.y1 <= height + 1, text
        for (one, a), (two, b) in itertools.combinations(found, 2):
            apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
            assert apart, f"{one!r} and {two!r} overlap"


@pytest.mark.parametrize("size", range(2, 8))
def test_marks_leave_the_numbers_readable(size, ax):
    runs = table(log(size), log(size), seeds=3, diverged=range(size * size))
    results.heatmap(runs, ax=ax)
    FigureCanvasAgg(ax.figure).draw()
    marks = [child(ax, gid).get_window_extent() for gid in ("min", "one-se")]
    crosses = child(ax, "diverged").get_xydata()
    half = 2.5 / 72 * ax.figure.dpi
    marks += [Bbox([at - half, at + half]) for at in ax.transData.transform(crosses)]
    assert len(ax.texts) == size * size
    for text, mark in itertools.product(ax.texts, marks):
        assert not text.get_window_extent().overlaps(mark), text.get_text()


@pytest.mark.parametrize("size", SIZES)
def test_axes_are_labelled_by_their_values_and_the_zero(size, ax):
    results.heatmap(table(log(size), log(size), seeds=1), ax=ax)
    FigureCanvasAgg(ax.figure).draw()
    labels = [(tick.get_position()[0], tick.get_text()) for tick in ax.get_xticklabels()]
    assert (0.0, "0") in labels and len(labels) >= 2
    for at, text in labels:
        low, high = log(size)[int(at)], log(size)[int(np.ceil(at))]
        assert low * 0.95 <= float(text) <= high * 1.05
    assert ax.get_xlabel() == "L1 penalty" and ax.get_ylabel() == "L2 penalty"


def test_axes_stand_for_logarithms_where_the_values_do():
    assert lay_out("l1", np.array([0, 1e-3, 1e-1])).at.tolist() == [-5, -3, -1]
    assert lay_out("l1", np.array([0.0, 0.5])).has_zero
    assert not lay_out("momentum", np.array([0, 0.5, 0.9])).logarithmic
    assert lay_out("l1", np.array([0.0])).at.tolist() == [0]


def test_a_map_lies_in_the_plane_of_the_best_cell_or_where_told():
    cells = summary(table(log(4), log(3), lr=(0.01, 0.1), vary={"l1_w1": (0.0, 5.62341e-4)}))
    found = plane(cells)
    assert (found.x.name, found.y.name, found.fixed["lr"]) == ("l1", "l2", 0.01)
    told = plane(cells, {"lr": 0.1, "l1": 0.1})
    assert (told.x.name, told.y.name) == ("l2", "l1_w1")
    assert (cells.loc[told.rows.ravel(), ["lr", "l1"]] == [0.1, 0.1]).all(axis=None)
    assert value_of(cells, "l1_w1", 5.623e-4) == 5.62341e-4
    with pytest.raises(ResultsError, match=r"lr is never 0\.3; its values are 0\.01, 0\.1"):
        plane(cells, {"lr": 0.3})


@pytest.mark.parametrize("steps", [7, 13, 40])
def test_a_value_is_found_by_whatever_was_printed_of_it(steps):
    values = np.array([0.0, *np.geomspace(1e-5, 10, steps)])
    cells = summary(table(tuple(values), (0.0,)))
    for value, digits in itertools.product(values, (2, 3, 4)):
        assert value_of(cells, "l1", float(number(value, digits))) == value
        assert value_of(cells, "l1", float(place(value, values))) == value


def test_a_place_is_written_alike_wherever_it_is_named():
    axis = (0.0, *np.geomspace(1e-4, 1e-1, 7))
    cells = summary(table(axis, (0.0, 10**-1.5)))
    found = plane(cells, {"momentum": 0.9})
    assert {text for _, text in found.y.labels()} == {"0", "0.0316"}
    assert "0.00316" in {text for _, text in found.x.labels()}
    assert said({"l1": axis[4], "l2": axis[6]}, cells) == "l1 = 0.00316, l2 = 0.0316"
    assert where(cells, cells.iloc[9]) == "l1 = 0.00316, l2 = 0.0316"


def test_a_value_that_may_be_two_is_asked_for():
    cells = summary(table((0.00316, 0.00322, 0.00385), (0.0,)))
    assert value_of(cells, "l1", 0.0039) == 0.00385
    with pytest.raises(
        ResultsError, match=r"= 0\.0032 may be any of 0\.00316, 0\.00322: say which"
    ):
        value_of(cells, "l1", 0.0032)
    with pytest.raises(ResultsError, match=r"l1 is never 0\.0033; its values are"):
        value_of(cells, "l1", 0.0033)


def test_an_order_is_held_like_any_axis():
    cells = summary(table(log(4), log(3), path=ORDERS))
    assert plane(cells).fixed == {"path": "up"}
    told = plane(cells, {"path": "cold"})
    assert told.fixed == {"path": "cold"} and told.rows.shape == (3, 4)
    assert (cells.loc[told.rows.ravel(), "path"] == "cold").all()
    for name, value in (("path", "left"), ("path", 3), ("l1", "x")):
        with pytest.raises(
            ResultsError, match=rf"{name} is never {value}; its values are (cold|0)"
        ):
            plane(cells, {name: value})
    words = lay_out("path", np.array(ORDERS))
    assert words.labels() == [(0, "cold"), (2, "up"), (1, "down")] and not words.logarithmic
    assert sorted(words.even().labels()) == [(0, "cold"), (1, "down"), (2, "up")]
    with pytest.raises(ResultsError, match="no axis 'speed'"):
        plane(cells, {"speed": 1})


def test_pictures_that_can_be_drawn_are_drawn(tmp_path):
    runs = table(log(3), log(3), seeds=2)
    cells = summary(runs, ["val_loss", "sparsity", "final_loss", "val_accuracy", *LAYERS])
    past = {"a": history(), "b": history()}
    names = [name for name, _ in album(cells, ["val_loss"], KINDS, history=past)]
    wanted = ["heatmap", "differences", "axes", "importance"]
    assert names[:-5] == [f"{name}-val_loss" for name in wanted]
    assert names[-5:] == ["path-l1", "path-l2", "pareto-val_loss", "left-val_loss", "curves"]


@pytest.mark.parametrize(
    "odd",
    [
        table((0.0,), log(5)),
        table((0.0,), (0.0,)),
        table(log(3), (0.0,), seeds=1),
        table(log(3), log(2), held_out=False, data="article"),
        table(log(3), log(2), diverged=range(30)),
        table((0.1, 0.2), (0.3,), seeds=2),
    ],
    ids=["a row", "one cell", "one seed", "article", "diverged", "no cell without penalties"],
)
def test_odd_tables_make_pictures_too(odd, tmp_path):
    cells = summary(odd, ["val_loss", "sparsity", "final_loss", "val_accuracy", *LAYERS])
    for name, figure in album(cells, ["val_loss", "final_loss"], runs=odd):
        (path,) = save(figure, tmp_path / name, ["png"])
        assert path.read_bytes().startswith(b"\x89PNG")


def test_what_tells_most_is_the_best_cell_and_no_penalty():
    cells = summary(table(log(4), log(3), lr=(0.01, 0.1)))
    found = list(contrast(cells).values())
    best = results.best(cells).iloc[0]
    assert found[0] == {name: best[name] for name in ("l1", "l2", "lr", "momentum")}
    assert found[1] == {"l1": 0, "l2": 0, "lr": best.lr, "momentum": 0.9}


def test_files_are_the_same_bytes_each_time(tmp_path):
    def draw(name):
        with style():
            figure = Figure((4.8, 4.2))
            results.heatmap(table(), ax=figure.add_subplot())
        return [path.read_bytes() for path in save(figure, tmp_path / name, ["png", "svg", "pdf"])]

    png, svg, pdf = draw("a")
    assert draw("b") == [png, svg, pdf]
    assert b"<svg" in svg and pdf.startswith(b"%PDF")
    assert not re.search(rb"<dc:date>", svg)


def test_an_svg_says_what_it_shows_and_names_nothing_twice():
    cells = summary(table(log(4), log(3), seeds=3, data="<a & b>$"), ["val_loss", "sparsity"])
    figures = dict(album(cells, ["val_loss"], ["differences", "axes", "path"]))
    for name, figure in figures.items():
        before = {artist: artist.get_gid() for artist in figure.findobj()}
        root = ElementTree.fromstring(drawn(figure, "svg"))
        assert all(artist.get_gid() == gid for artist, gid in before.items())
        title, text = list(root)[:2]
        assert (title.tag, text.tag) == (f"{SVG}title", f"{SVG}desc"), name
        assert title.text.startswith("<a & b>$: ")
        assert root.get("role") == "img"
        assert root.get("aria-labelledby").split() == [title.get("id"), text.get("id")]
        names = [part.get("id") for part in root.iter() if part.get("id")]
        assert len(names) == len(set(names)) > 20
        assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", one) for one in names)
        for ax in figure.axes:
            for label in filter(None, (ax.get_title(), ax.get_xlabel())):
                assert " ".join(label.replace(r"\$", "$").split()) in text.text, name
    differences = cells["mean_val_loss_from_none"]
    told = f"colours for {number(differences.min(), 3)} to {number(differences.max(), 3)}"
    assert told in ElementTree.fromstring(drawn(figures["differences-val_loss"], "svg"))[1].text


def test_an_axes_of_ones_own_is_returned_or_made():
    from matplotlib import pyplot

    figure, mine = pyplot.subplots()
    assert results.pareto(table(), ax=mine) is mine
    assert results.heatmap(table()).figure is not figure
    pyplot.close("all")


def gids(ax):
    return {artist.get_gid() for artist in ax.get_children()}


@pytest.mark.parametrize("draw", [results.heatmap, results.differences, results.pareto])
def test_one_seed_has_no_sparsest_within_a_standard_error(draw, ax):
    draw(table(log(4), log(3), seeds=1), ax=ax)
    assert "min" in gids(ax) and "one-se" not in gids(ax)


def raced():
    """Two seeds of 5 x 4 cells, of which halving let the first column and two others go on."""
    runs = table(log(5), log(4), seeds=2)
    on = (runs["l1"] == 0) | ((runs["l2"] == 0) & (runs["l1"] > runs["l1"].median()))
    runs.insert(runs.columns.get_loc("status"), "rung", np.where(on, 1, 0))
    runs.loc[~on, "val_loss"] -= 10  # of no account, however good it looks
    rung = runs.pop("rung")
    return runs.assign(rung=rung), on


def test_cells_that_halving_stopped_have_no_colour(ax):
    runs, on = raced()
    results.heatmap(runs, "val_loss", ax=ax)
    going = runs["val_loss"].where(on)
    wanted = runs.assign(val_loss=going).pivot_table("val_loss", "l2", "l1", dropna=False)
    drawn = mesh_of(ax)
    np.testing.assert_array_equal(np.isnan(drawn), wanted.isna())
    assert (drawn[~np.isnan(drawn)] > 0).all() and "stopped" in gids(ax)
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "stopped by halving: fewer epochs" in told


def test_cells_of_unequal_epochs_are_not_subtracted(ax):
    runs, _ = raced()
    cells = summary(runs, ["val_loss"])
    early = (cells["rung"] == 0).to_numpy()
    assert early.any() and cells["mean_val_loss_from_best"][early].isna().all()
    assert cells["mean_val_loss_from_none"][early].isna().all()  # it went on
    assert cells["mean_val_loss_from_best"][~early].notna().all()
    results.differences(runs, "val_loss", ax=ax)
    assert np.isnan(mesh_of(ax)).sum() == early.sum()


def test_the_front_is_of_cells_of_the_last_rung(ax):
    runs, on = raced()
    results.pareto(runs, ax=ax)
    _, losses = child(ax, "cells").get_data()
    assert len(losses) == on.sum() // 2 and (losses > 0).all()
    assert "the others: stopped by halving" in ax.get_title()


def test_a_path_leaves_out_what_halving_stopped(ax):
    runs, _ = raced()
    results.path(runs, "val_loss", along="l1", at={"l2": 0.0}, ax=ax)
    line = child(ax, "val_loss")
    assert (line.get_ydata() > 0).all()
    assert "without cells that halving stopped" in ax.get_legend().get_title().get_text()
