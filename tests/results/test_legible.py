"""Pictures can be read: marks stand out, axes have ticks, nothing is cut off in silence."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import results
from results.cells.summary import summary
from results.pictures.album import album
from results.pictures.maps.colours import colours, norm_of_differences
from results.pictures.style import LINES, MARKS, Apart, entitle, legend_outside, style
from results.pictures.upright import Upright
from tests.results.grids import WEIGHTS, log, table
from tests.results.test_plots import boxes, child, mesh_of
from tests.results.test_scale import contrast

LAYERS = [f"sparsity_{name}" for name in WEIGHTS]
METRICS = ["val_loss", "sparsity", "final_loss", *LAYERS]
GROUNDS = [*map(to_rgb, (colours()(place) for place in np.linspace(0, 1, 9)))]
GROUNDS += [to_rgb(colours().get_under()), to_rgb(colours().get_over())]


@pytest.fixture
def ax():
    with style():
        yield Figure((4.8, 4.2)).add_subplot()


def with_corner(value, size=5, bad=1):
    """A sweep whose losses differ by little, but for a corner."""
    runs = table(log(size), log(size), seeds=3, noise=0.001)
    runs["val_loss"] = 0.25 + 0.1 * (runs["val_loss"] - 0.2)
    edge = log(size)[-bad]
    runs.loc[(runs.l1 >= edge) & (runs.l2 >= edge), "val_loss"] = value
    return runs


def ticks_of(axis):
    """Texts of the ticks within an axis."""
    low, high = sorted(axis.get_view_interval())
    places = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [text.get_text() for at, text in places if low <= at <= high]


def caption(ax):
    """What stands over a legend, in one line."""
    return ax.get_legend().get_title().get_text().replace("\n", " ")


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("mark", ["min", "one-se", "diverged"])
def test_marks_stand_out_from_any_colour_of_a_map(mark, ground, ax):
    results.heatmap(table(log(40), log(3), seeds=3, diverged=range(60)), ax=ax)
    look = dict(MARKS).get(mark)
    if look is None:
        line = child(ax, "diverged")
        look = {name: getattr(line, f"get_{name}")() for name in ("marker", "markersize", "color")}
        look |= {"markeredgecolor": line.get_markeredgecolor(), "linestyle": "none"}
        look |= {"markeredgewidth": line.get_markeredgewidth()}
    figure = Figure((1, 1), facecolor=ground, dpi=200)
    figure.add_artist(Line2D([0.5], [0.5], **look))
    found = np.unique(pixels(figure).reshape(-1, 3), axis=0, return_counts=True)
    clear = sum(n for colour, n in zip(*found, strict=True) if contrast(colour, ground) >= 3)
    assert clear >= 12


@pytest.mark.parametrize("draw", [results.heatmap, results.differences])
@pytest.mark.parametrize("worst", [1.1, 2e34])
def test_numbers_and_hatching_stand_out_from_their_cells(draw, worst, ax):
    draw(with_corner(worst), ax=ax)
    assert len(ax.texts) == 25
    for text in ax.texts:
        ground = text.get_bbox_patch().get_facecolor()
        assert contrast(to_rgb(text.get_color()), ground) >= 4.5, text.get_text()
    mesh = ax.collections[0]
    drawn = mesh.cmap(mesh.norm(mesh.get_array()))
    hatched = [one for one in ax.collections if str(one.get_gid()).startswith("unclear")]
    assert bool(hatched) == (draw is results.differences)
    for some in hatched:
        for path in some.get_paths():
            column, row = np.rint(path.vertices[:4].mean(axis=0)).astype(int)
            assert contrast(some.get_edgecolor()[0], drawn[row, column]) >= 3


def test_lines_stand_out_from_paper():
    assert min(contrast(to_rgb(colour), (1, 1, 1)) for colour in LINES) >= 3


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_a_map_says_how_far_cells_lie_beyond_its_colours(bad, ax):
    results.heatmap(with_corner(2e34, 6, bad), ax=ax)
    bar = ax.figure.axes[1]
    FigureCanvasAgg(ax.figure).draw()
    assert child(bar, "beyond").get_text() == "to 2e34"
    assert sum(text.get_text() == "2e34" for text in ax.texts) == bad**2
    low, high = ax.collections[0].get_clim()
    rest = mesh_of(ax)[mesh_of(ax) < 1]
    assert (low, high) == (rest.min(), rest.max())
    assert 2 <= len(ticks_of(bar.yaxis)) == len(set(ticks_of(bar.yaxis)))
    assert all(low * 0.99 <= float(text) <= high * 1.01 for text in ticks_of(bar.yaxis))


def test_a_map_whose_colours_reach_everything_has_no_arrow(ax):
    results.heatmap(with_corner(1.1), ax=ax)
    assert not [one for one in ax.figure.axes[1].texts if one.get_gid() == "beyond"]
    mesh = ax.collections[0]
    places = mesh.norm(np.sort(mesh_of(ax).ravel()))
    assert places[-1] == 1 and places[-2] > 0.2 and (np.diff(places) >= 0).all()


@pytest.mark.parametrize("worst", [0.3, 1.1, 40, 1e5, 2e34, 1e200])
@pytest.mark.parametrize("kind", ["heatmap", "differences", "path", "pareto"])
def test_axes_have_ticks_that_differ_and_texts_that_do_not_touch(kind, worst):
    cells = summary(with_corner(worst, bad=3), METRICS)
    at = {"l2": 0.1} if kind == "path" else None
    for name, figure in album(cells, ["val_loss", "sparsity"], [kind], at=at):
        found = boxes(figure)
        for ax in figure.axes:
            for axis in (ax.xaxis, ax.yaxis):
                texts = ticks_of(axis)
                if axis.get_visible() and (ax is figure.axes[0] or axis is ax.yaxis):
                    assert 2 <= len(texts) == len(set(texts)) < 13, (name, texts)
        for i, (one, a) in enumerate(found):
            for two, b in found[:i]:
                apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
                assert apart, f"{one!r} and {two!r} overlap"


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([0.25, 0.2525, 0.255], ["0.25", "0.2525", "0.255"]),
        ([1e-4, 0.01, 1], ["1e-4", "0.01", "1"]),
        ([0, 0.1, 0.70321], ["0", "0.1", "0.703"]),
        ([0.1234567], ["0.123"]),
        ([0, 0.1, 0.2, 0.30000000000000004], ["0", "0.1", "0.2", "0.3"]),
    ],
)
def test_ticks_are_written_where_they_stand(ticks, texts):
    assert Apart().format_ticks(ticks) == texts


@pytest.mark.parametrize("size", range(2, 6))
def test_a_few_columns_are_all_labelled(size, ax):
    values = (1.234e-4, 0.00345, 0.0123, 0.0456, 0.789)[:size]
    results.heatmap(table(values, (0.0, 1.234e-4)), ax=ax)
    FigureCanvasAgg(ax.figure).draw()
    assert len(ticks_of(ax.yaxis)) == 2 and len(ticks_of(ax.xaxis)) == size
    assert [float(text) for text in sorted(ticks_of(ax.xaxis), key=float)] == [
        float(f"{value:.3g}") for value in values
    ]


def test_a_scale_of_alike_values_has_ticks_that_tell_them_apart(ax):
    runs = table(log(3), log(3), seeds=1, noise=0)
    runs["val_loss"] = 0.2536 + 1e-7 * np.arange(9)
    results.heatmap(runs, ax=ax)
    FigureCanvasAgg(ax.figure).draw()
    texts = ticks_of(ax.figure.axes[1].yaxis)
    assert 2 <= len(texts) == len(set(texts))


@pytest.mark.parametrize("picture", ["path", "pareto"])
def test_explosions_lie_beyond_the_axis_and_are_said_to(picture, ax):
    runs = with_corner(2e34, bad=2)
    if picture == "path":
        results.path(runs, "val_loss", at={"l2": 0.1}, ax=ax)
    else:
        results.pareto(runs, ax=ax)
    FigureCanvasAgg(ax.figure).draw()
    low, high = ax.get_ylim()
    cells = summary(runs)
    means = cells.mean_val_loss[(cells.l2 == 0.1) | (picture == "pareto")]
    assert low < means.min() and means[means < 1].max() < high < 1
    assert set(child(ax, "beyond").get_ydata()) == {1} and len(ticks_of(ax.yaxis)) > 1
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "beyond the axis, to 2e34" in said


def test_an_exploded_difference_leaves_the_others_the_axis():
    means, lows = np.array([0.05, 0.1, 0.0, 4e24]), np.array([0.0, 0.05, 0.0, -7e24])
    upright = Upright.of(means, lows, "val_loss_from_best")
    assert -0.2 < upright.foot < 0 and 0.1 < upright.roof < 0.2 and upright.cuts(lows)


def test_a_difference_has_no_logarithmic_axis_and_rounding_is_no_noise():
    means, lows = np.array([0.01, 0.5]), np.array([-0.1, 0.4])
    assert not Upright.of(means, lows, "val_loss_from_best").logarithmic
    assert Upright.of(means, lows, "val_loss").logarithmic
    exact = norm_of_differences(means, np.array([1e-17, 0.0]), "val_loss")
    assert (exact.vmin, exact.vmax) == (-0.5, 0.5) and exact(0.25) == pytest.approx(0.75)


def test_a_legend_of_many_entries_stays_inside_the_picture():
    with style():
        figure = Figure((9.2, 3))
        ax = figure.add_subplot()
        for text in ("a cell", "the middle 80 % of them", "median of the cells there",
                     "the lowest of them", "lowest val_loss", "beyond the axis, to 2.08e95",
                     "cells without a mean"):  # fmt: skip
            ax.plot([0], [0], "o", label=text)
        legend_outside(figure, ax.lines)
        FigureCanvasAgg(figure).draw()
        box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and figure.legends[0]._ncols > 2


def test_bands_that_hold_0_end_at_a_logarithmic_axis_which_says_so(ax):
    runs = table(log(6), (0.0,), seeds=3, noise=0)
    runs["val_loss"] = runs.l1 + 0.01 * (1 + 1.9 * (runs.seed - 1) * (runs.l1 < 0.01))
    cells = summary(runs)
    assert (cells.low_val_loss == 0).any() and (cells.low_val_loss > 0).any()
    results.path(cells, "val_loss", ax=ax)
    assert ax.get_yscale() == "log"
    foot = ax.get_ylim()[0]
    assert 0 < foot < cells.mean_val_loss.min()
    edges = child(ax, "val_loss band").get_paths()[0].vertices[:, 1]
    wanted = np.maximum(cells.low_val_loss[1:], foot)
    assert edges.min() == foot and set(wanted) <= set(edges)
    assert "where the axis cuts it off, it goes on below" in caption(ax)
    even = ax.figure.add_subplot()
    results.path(cells[cells.l1 > 0.01].reset_index(drop=True), "val_loss", ax=even)
    assert "cuts" not in caption(even)


def test_titles_are_broken_where_they_would_be_cut(ax):
    vary = {"l1_w1": (0.0, 1e-3), "l2_b2": (0.0, 1e-3)}
    runs = table(log(3), log(3), lr=(0.01, 0.1), vary=vary, data="a long name of a file.csv")
    cells = summary(runs, METRICS)
    figures = [*album(cells, ["val_loss"], ["heatmap", "differences", "pareto"])]
    for _, figure in [*figures, next(album(cells, ["val_loss"], ["path"]))]:
        for text, box in boxes(figure):
            width, height = figure.canvas.get_width_height()
            assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, text
    entitle(ax, "$\\foo{$", "val_loss, l1_w1 = 0.001, l2_b2 = 1e-4, lr = 0.01, momentum = 0.9")
    lines = ax.get_title().split("\n")
    assert " ".join(lines).startswith(r"\$\foo{\$: val_loss, l1_w1 = 0.001")
    assert len(lines) > 1 and all(line.endswith(",") for line in lines[:-1])


def test_every_axis_of_numbers_gets_a_path():
    runs = table(log(3), log(3), seeds=2, lr=(0.01, 0.1), vary={"l1_w1": (0.0, 1e-3)})
    cells = summary(runs, METRICS)
    names = [name for name, _ in album(cells, ["val_loss"], ["path"])]
    assert names == ["path-l1", "path-l2", "path-l1_w1", "path-lr"]
    held = [name for name, _ in album(cells, ["val_loss"], ["path"], at={"lr": 0.1, "l1": 0})]
    assert held == ["path-l2", "path-l1_w1"]


def test_a_path_crosses_out_what_diverged_and_counts_the_seeds_of_the_rest(ax):
    runs = table(log(4), (0.0,), seeds=3)
    runs.loc[(runs.l1 == 0.1) | ((runs.l1 == 0) & (runs.seed == 1)), "status"] = "diverged"
    results.path(runs, "val_loss", ax=ax)
    assert child(ax, "missing").get_xdata().tolist() == [-1]
    legend = ax.get_legend()
    said = [text.get_text() for text in legend.get_texts()]
    chosen = "lowest val_loss,\nand sparsest within 1 SE"
    assert said == ["val_loss", "each seed", "some runs diverged", "diverged", chosen]
    assert caption(ax) == "mean over 2 to 3 seeds; 95 % band of each mean, for other seeds"


def test_a_point_without_neighbours_has_its_interval_as_a_bar(ax):
    runs = table(log(6), (0.0,), seeds=3)
    runs.loc[~runs.l1.isin([0, log(6)[2]]), "status"] = "diverged"
    cells = summary(runs)
    results.path(cells, "val_loss", ax=ax)
    bars = [bar[0] for bar in ax.containers]
    shown = {float(bar.get_ydata()[0]) for bar in bars}
    assert shown == set(cells.mean_val_loss.dropna()) and len(shown) == 2


def test_the_pareto_picture_holds_axes_where_told_and_counts_its_cells(ax):
    runs = table(log(5), log(3), seeds=3, lr=(0.01, 0.1))
    runs.loc[(runs.l1 == 0.1) & (runs.l2 == 0) & (runs.lr == 0.1), "status"] = "diverged"
    cells = summary(runs)
    results.pareto(cells, at={"lr": 0.1}, ax=ax)
    some = cells[(cells.lr == 0.1) & cells.mean_val_loss.notna()]
    wanted = some[["mean_sparsity", "mean_val_loss"]].to_numpy()
    np.testing.assert_array_equal(child(ax, "cells").get_xydata(), wanted)
    assert results.best(cells).lr.item() == 0.01
    assert not [line for line in ax.lines if line.get_gid() in MARKS]
    said = ax.get_title().replace("\n", " ")
    assert said.endswith("lr = 0.1, 14 of 15 cells, the others: diverged")


def test_a_map_says_over_how_many_seeds_its_means_are(ax):
    runs = table(log(3), log(2), seeds=5, lr=(0.01, 0.1))
    runs.loc[(runs.lr == 0.01) & (runs.l1 == 0.1) & (runs.seed < 2), "status"] = "diverged"
    results.heatmap(runs, at={"lr": 0.01}, ax=ax)
    assert ax.figure.axes[1].get_ylabel() == "val_loss, mean over 3 to 5 seeds"
    other = Figure().add_subplot()
    results.heatmap(runs, at={"lr": 0.1}, ax=other)
    assert other.figure.axes[1].get_ylabel() == "val_loss, mean over 5 seeds"


def test_differences_of_one_seed_have_no_interval(ax):
    results.differences(table(log(3), log(3), seeds=1), ax=ax)
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "no interval: one seed" in said and not any("holds 0" in text for text in said)
