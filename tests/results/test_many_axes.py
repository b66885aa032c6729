"""Sweeps with many axes, of numbers and words, on a grid or drawn: tables, pictures, the page."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import results
from results.cells.notes import edges
from results.cells.summary import summary
from results.errors import ResultsError
from results.pictures.album import album
from results.pictures.along import axes as picture_of_axes
from results.pictures.maps import pairs as picture_of_pairs
from results.pictures.style import style
from results.plane import lay_out, plane, value_of
from tests.results.cells_of import AXES, HIDDEN, drawn, grid, runs_of
from tests.results.grids import WEIGHTS
from tests.results.test_plots import boxes
from tests.results.test_report import made, read

matplotlib.use("Agg")

LAYERS = [f"sparsity_{name}" for name in WEIGHTS]


@pytest.fixture(scope="module")
def cells():
    return summary(runs_of(grid()), ["val_loss", "sparsity", "final_loss", *LAYERS])


@pytest.fixture(scope="module")
def sample():
    return summary(runs_of(drawn(90)), ["val_loss", "sparsity", "final_loss", *LAYERS])


def figure_of(draw, cells, size=(9, 6), **options):
    with style():
        figure = draw(cells, figure=Figure(size, layout="constrained"), **options)
        FigureCanvasAgg(figure).draw()
    return figure


def child(ax, gid):
    (found,) = [artist for artist in ax.get_children() if artist.get_gid() == gid]
    return found


def test_cells_are_told_apart_by_words(cells):
    assert len(cells) == 72 and cells["hidden"].value_counts().to_dict() == dict.fromkeys(
        HIDDEN, 24
    )
    best = results.best(cells).iloc[0]
    assert (best["hidden"], best["lr"], best["l1"]) == ("32,16", 0.01, 1e-3)
    assert "hidden = 32,16" in best["why"]
    assert cells[cells["hidden"] == "none"]["mean_sparsity_w3"].isna().all()
    assert cells[cells["hidden"] == "none"]["mean_sparsity_w1"].notna().all()


def test_any_axis_is_held_as_it_is_typed(cells):
    assert value_of(cells, "hidden", "16") == value_of(cells, "hidden", 16.0) == "16"
    assert value_of(cells, "hidden", "32,16") == "32,16"
    assert value_of(cells, "l1", "1e-3") == value_of(cells, "l1", 1e-3) == 1e-3
    held = plane(cells, {"hidden": "none", "lr": "0.1"})
    assert (held.x.name, held.y.name) == ("l1", "activation") and held.rows.shape == (2, 4)
    for name, value in (("hidden", "64"), ("activation", "0.5"), ("lr", "relu")):
        with pytest.raises(ResultsError, match=f"{name} is never {value}; its values are"):
            plane(cells, {name: value})


def test_the_ends_of_what_was_drawn_are_no_ends_of_a_grid(sample):
    chosen = sample.iloc[int(sample["l1"].argmax())]
    assert not list(edges(sample, chosen))


def test_an_option_is_written_as_one_types_it():
    runs = runs_of(grid({"batch_size": (16, 32), "lr": (0.01, 0.02)}), [0.4, 0.3, 0.2, 0.1])
    found = summary(runs.astype({"batch_size": "int64"}))
    said = " ".join(edges(found, found.iloc[3]))
    assert "batch_size = 32 is the largest" in said and "try --batch-size 64,128 too" in said


def test_what_was_drawn_evenly_is_laid_out_evenly():
    some = np.sort(np.random.default_rng(0).uniform(1e-3, 0.5, 99))
    assert not lay_out("dropout", some).logarithmic
    assert {text for _, text in lay_out("dropout", some).labels()} == {"0.2", "0.4"}
    assert lay_out("l1", np.geomspace(1e-3, 0.5, 99)).logarithmic


def test_each_axis_shows_the_cells_and_their_median(cells):
    figure = figure_of(picture_of_axes.axes, cells)
    panels = [ax for ax in figure.axes if ax.get_xlabel()]
    assert [ax.get_xlabel() for ax in panels] == [
        "L1 penalty",
        "learning rate",
        "hidden layers",
        "activation",
    ]
    for ax, name in zip(panels, AXES, strict=True):
        by_value = cells.groupby(name)["mean_val_loss"]
        np.testing.assert_allclose(child(ax, "median").get_ydata(), by_value.median())
        assert sorted(child(ax, "cells").get_ydata()) == sorted(cells["mean_val_loss"])
        lowest = np.concatenate([a.get_ydata() for a in ax.lines if a.get_gid() == "best"])
        assert set(lowest[np.isfinite(lowest)]) == set(by_value.min())
        ends = by_value.quantile([0.1, 0.9]).to_numpy()
        bars = np.concatenate(
            [path.vertices[:, 1] for path in child(ax, "bars").get_paths()] or [[]]
        )
        edge = [
            y
            for a in ax.collections
            if a.get_gid() == "band"
            for y in a.get_paths()[0].vertices[:, 1]
        ]
        there = np.concatenate((bars, edge))
        assert all(np.isclose(there, end).any() for end in ends)
    words = [text.get_text() for text in panels[2].get_xticklabels()]
    assert sorted(words) == sorted(HIDDEN)


def test_pairs_are_means_over_all_else(cells):
    figure = figure_of(picture_of_pairs.pairs, cells)
    maps = {mesh.get_gid(): mesh for ax in figure.axes for mesh in ax.collections if mesh.get_gid()}
    names = ["l1", "lr", "hidden", "activation"]
    assert {*maps} == {f"{a} x {b}" for a, b in itertools.combinations(names, 2)}
    for pair, mesh in maps.items():
        x, y = pair.split(" x ")
        wanted = cells.pivot_table("mean_val_loss", y, x)
        np.testing.assert_allclose(mesh.get_array().reshape(wanted.shape), wanted)


def test_bins_hold_every_cell_that_was_drawn(sample):
    figure = figure_of(picture_of_axes.axes, sample)
    panels = [ax for ax in figure.axes if ax.get_xlabel()]
    middle = child(panels[0], "median").get_ydata()
    order = np.argsort(sample["l1"].to_numpy())
    bins = np.array_split(sample["mean_val_loss"].to_numpy()[order], len(middle))
    assert 4 <= len(middle) <= 12
    np.testing.assert_allclose(
        np.sort(middle), np.sort([np.median(some) for some in bins]), rtol=0.2
    )
    text = figure.legends[0].get_texts()
    assert "median of the cells there, in bins" in [one.get_text() for one in text]


def test_bars_are_the_shares(cells):
    with style():
        ax = results.importance(cells, ax=Figure((6, 4)).add_subplot())
    table = results.shares(cells).set_index("axes")["share"]
    widths = {
        text.get_text(): bar.get_width()
        for text, bar in zip(ax.get_yticklabels(), ax.patches, strict=True)
    }
    for name in ("l1", "hidden", "lr"):
        assert widths[name] == pytest.approx(table[name])
    assert sum(widths.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", ["grid", "lost", "sample", "long words"])
def test_no_texts_overlap_in_pictures_of_many_axes(name):
    table = {
        "grid": lambda: runs_of(grid()),
        "lost": lambda: runs_of(grid(), diverged=range(30)),
        "sample": lambda: runs_of(drawn(90)),
        "long words": lambda: runs_of(
            grid(
                AXES
                | {
                    "activation": ("identity", "leaky_relu", "logistic", "relu", "tanh"),
                    "optimizer": ("adamw", "momentum", "nesterov", "rmsprop"),
                }
            )
        ),
    }[name]()
    shown = summary(table, ["val_loss", "sparsity", "final_loss", *LAYERS])
    figures = dict(album(shown, ["val_loss"], ["axes", "pairs", "importance"]))
    assert {*figures} == {"axes-val_loss", "pairs-val_loss", "importance-val_loss"}
    for kind, figure in figures.items():
        found = boxes(figure)
        width, height = figure.canvas.get_width_height()
        for text, box in found:
            assert min(box.x0, box.y0) >= -1, (kind, text)
            assert box.x1 <= width + 1 and box.y1 <= height + 1, (kind, text)
        for (one, a), (two, b) in itertools.combinations(found, 2):
            apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
            slanted = {one, two} & {"leaky_relu", "logistic", "identity"}  # boxes of these are wide
            assert apart or slanted, f"{kind}: {one!r} and {two!r} overlap"


def test_a_sample_is_a_list_on_the_page(tmp_path, sample):
    page = read(made(tmp_path / "d", runs_of(drawn(90))))
    assert page.data["listed"] and page.data["shown"] == page.data["cells"] == 90
    np.testing.assert_allclose(page.arrays["mean val_loss"], sample["mean_val_loss"], rtol=1e-6)
    for axis in page.data["axes"]:
        place = page.arrays[f"place {axis['name']}"].astype(int)
        assert [axis["values"][at] for at in place] == sample[axis["name"]].tolist()
    assert page.data["best"] == results.best(sample).index[0]
    assert "Which axes matter" in page.texts and "The cells" in page.texts
    assert not read(made(tmp_path / "e", runs_of(grid()))).data["listed"]
