"""The map of blocks: what it shows where, in which shade, and what it says of that."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import results
from results.columns import summarised
from results.plane import lay_out, plane
from results.scale import Scale, viridis
from results.terminal.block_map import block_map
from results.terminal.blocks import Blocks, begin
from results.terminal.look import Look
from results.terminal.marks import marks
from tests.results.grids import log, table

PLAIN = Look(colour=False, blocks=True)


def map_of(cells, metric="val_loss", look=PLAIN):
    return block_map(cells, metric, plane(cells), marks(cells), look)


def texts(lines):
    return [str(line) for line in lines]


def rows_of(lines, found):
    """The map's blocks of each value of y, the label cut off."""
    count = len(found.y.values)
    body = [str(line) for line in lines[1 : 1 + count]]
    gutter = body[0].index(" ", len(body[0]) - len(body[0].lstrip())) + 1
    return [line[gutter:] for line in reversed(body)]


@pytest.mark.parametrize("metric", ["val_loss", "sparsity"])
def test_a_darker_block_is_a_higher_value(metric):
    cells = results.summary(table(log(7), log(6), seeds=3))
    found = plane(cells)
    blocks = rows_of(map_of(cells, metric), found)
    values = found.matrix(cells[f"mean_{metric}"])
    scale = Scale.of(values, metric)
    places = np.vectorize(scale.place)(values)
    for row, line in enumerate(blocks):
        for column in range(7):
            shade = line[len(line) // 7 * column]
            assert shade == "·░▒▓█"[min(int(places[row, column] * 5), 4)]


def test_the_coloured_map_has_the_colours_of_the_values():
    cells = results.summary(table(log(5), log(4), seeds=3))
    found = plane(cells)
    values = found.matrix(cells.mean_val_loss)
    scale = Scale.of(values, "val_loss")
    lines = map_of(cells, look=Look(colour=True, blocks=True))
    for row, line in enumerate(reversed(lines[1:5])):
        assert len(line.spans) == 5
        for column, span in enumerate(line.spans):
            red, green, blue = viridis(scale.place(values[row, column]))
            assert str(span.style).endswith(f"on rgb({red},{green},{blue})")


def test_the_marks_stand_where_the_cells_are():
    cells = results.summary(table(log(9), log(7), seeds=6, noise=0.05))
    found = plane(cells)
    blocks = rows_of(map_of(cells), found)
    for rule, mark in (("min", "*"), ("one-se", "o")):
        row, column = found.find(results.best(cells, rule).index[0])
        width = len(blocks[row]) // 9
        assert mark in blocks[row][width * column : width * (column + 1)]
        assert sum(line.count(mark) for line in blocks) == 1


def test_cells_without_a_value_are_crossed_out():
    runs = table(log(3), log(3), seeds=2)
    runs.loc[(runs.l1 == 0.1) & (runs.l2 == 0.1), ["status", "val_loss"]] = ["diverged", np.nan]
    text = texts(map_of(results.summary(runs)))
    assert text[1].count("x") == 1 and text[-1] == "x diverged"
    runs = runs[(runs.l1 < 0.1) | (runs.l2 < 0.1) | (runs.seed > 0)]
    text = texts(map_of(results.summary(runs)))
    assert text[-1] == "x diverged"
    runs = runs[(runs.l1 > 0) | (runs.l2 > 0)]
    runs.loc[(runs.l1 == 0) & (runs.l2 == 0.1), "val_loss"] = np.nan
    text = texts(map_of(results.summary(runs)))
    assert text[3].count("/") == 1 and text[1].count("?") == 1 and text[1].count("x") == 1
    assert text[-1] == "x diverged   ? no value   / no finished run"
    runs = table(log(3), log(3), seeds=2, folds=2)
    runs = runs[(runs.l1 > 0) | (runs.l2 > 0) | (runs.fold == 0)]
    assert texts(map_of(results.summary(runs)))[-1] == "% missing"


def test_a_large_grid_is_shown_by_means_of_blocks_and_says_so():
    cells = results.summary(table(log(100), log(100), seeds=1, noise=0))
    text = texts(map_of(cells))
    assert "one block is the mean of up to 2 x 5 cells, named by the" in text
    assert len(text) < 30 and max(map(len, text)) <= 60
    found = plane(cells)
    blocks = Blocks.of(cells, "val_loss", found, 24, 52)
    values = found.matrix(cells.mean_val_loss)
    assert blocks.up[:3].tolist() == [0, 1, 6], "a 0 is no neighbour of what is not"
    assert blocks.values[0, 0] == values[0, 0]
    assert blocks.values[2, 1] == pytest.approx(values[6:11, 1:3].mean())
    assert blocks.find((6, 2)) == (2, 1)


@given(st.integers(1, 300), st.integers(2, 120), st.booleans())
def test_blocks_fit_hold_each_place_once_and_leave_0_alone(count, room, zero):
    starts = begin(lay_out("l1", log(count + zero, zero) if count > 1 else log(2)), room)
    count = count + zero if count > 1 else 2
    sizes = np.diff(starts, append=count)
    assert len(starts) <= room and starts[0] == 0 and (sizes > 0).all() and sizes.sum() == count
    if zero and count > room:
        assert sizes[0] == 1
    assert np.ptp(sizes[1:-1]) == 0 if len(sizes) > 3 else True


@pytest.mark.parametrize(("width", "block"), [(40, 3), (60, 5), (80, 7), (120, 10), (200, 10)])
def test_a_map_is_as_wide_as_there_is_room_for_up_to_ten_columns_a_block(width, block):
    cells = results.summary(table(log(10), log(4), seeds=2))
    look = PLAIN._replace(width=width)
    body = rows_of(map_of(cells, look=look), plane(cells))
    assert {len(line) for line in body} == {10 * block}
    assert max(map(len, texts(map_of(cells, look=look))[1:5])) <= width


def test_labels_of_few_columns_all_have_room():
    axis = (0.0, 1e-3, 10**-2.5)
    lines = texts(map_of(results.summary(table(axis, axis, seeds=2))))
    assert lines[4].split() == ["0", "0.001", "0.00316"]
    assert [line.split()[0] for line in lines[1:4]] == ["0.00316", "0.001", "0"]
    body = [line[len("0.00316 ") :] for line in lines[1:4]]
    place = lines[4].index("0.00316") - len("0.00316 ")
    assert {line[place - 1 : place + 1] for line in body} >= {body[0][place - 1 : place + 1]}
    starts = [lines[4].index(f" {text}") + 1 for text in ("0", "0.001", "0.00316")]
    assert np.diff(starts).tolist() == [10, 10] and {len(line) for line in body} == {30}


def test_few_values_close_together_are_told_apart_in_the_legend():
    runs = table(seeds=2)
    runs["sparsity"] = 0.5
    cells = results.summary(runs)
    assert texts(map_of(cells, "sparsity"))[-1] == "0.5 everywhere"
    cells.loc[0, "mean_sparsity"] = 0.50001
    assert re.match(r"0\.5 \[.*\] 0\.50001", texts(map_of(cells, "sparsity"))[-1])


def test_what_lies_beyond_the_scale_says_so():
    runs = table(log(5), log(5), seeds=2, noise=0)
    runs.loc[(runs.l1 == 0.1) & (runs.l2 == 0.1), "val_loss"] = 2e34
    text = texts(map_of(results.summary(runs)))
    assert [line.count(">") for line in text[1:6]] == [1, 0, 0, 0, 0]
    assert text[1].rstrip("█").endswith(">") and text[-1] == "> more, up to 2e34"
    (scale,) = (line for line in text if "[" in line)
    assert float(scale.split()[2]) < 1
    assert len({*"".join(text[1:6])} & {*"·░▒▓█"}) == 5, "the others have all colours"


def test_a_scale_that_is_not_even_says_where_its_middle_is():
    runs = table(log(5), log(2), seeds=2, noise=0)
    runs["val_loss"] = 1 + 1e-3 * (runs.l1 > 1e-3) + 0.5 * (runs.l1 > 0.05)
    text = texts(map_of(results.summary(runs)))
    scale = next(line for line in text if "[" in line)
    middle = re.fullmatch(r"1 \[.*\] 1\.5 \(half-way (\S+)\)", scale)
    values = results.summary(runs).mean_val_loss.to_numpy()
    found = Scale.of(values, "val_loss")
    assert float(middle[1]) == pytest.approx(found.value(0.5), rel=5e-3)


def luminance(colour):
    channels = np.array(colour) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def test_a_mark_stands_out_from_every_colour():
    runs = table(np.linspace(0, 0.1, 60), (0.0,), seeds=1)
    runs["val_loss"] = np.linspace(0.5, 0.9, 60)
    cells = results.summary(runs)
    marked = dict.fromkeys(cells.index, "*")
    look = Look(colour=True, blocks=True, width=400)
    line = block_map(cells, "val_loss", plane(cells), marked, look)[1]
    ink = {"black": 0.0, "bright_white": 1.0}
    assert len(line.spans) == 60
    for span in line.spans:
        style, colour = str(span.style).split(" on rgb")
        light, dark = sorted((luminance(eval(colour)), ink[style]), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def raced(eta=3):
    """Four by three cells, of which those of a small L1 reached a second rung, and one a third."""
    runs = table((0.0, 1e-3, 1e-2, 1e-1), (0.0, 1e-3, 1e-2), seeds=3, noise=0)
    runs["rung"] = (runs.l1 < 5e-3).astype(int) + ((runs.l1 == 0) & (runs.l2 > 0))
    runs["epochs"] = 4 * eta**runs.rung
    runs.loc[runs.rung < 2, "val_loss"] -= 100  # what stopped early would win, if it competed
    return runs


def test_cells_that_halving_stopped_have_no_colour():
    cells = results.summary(raced(), [*summarised(raced()), "epochs"])
    text = texts(map_of(cells))
    assert [line.count("-") for line in text[1:4]] == [3, 3, 4]
    assert "- stopped after 4 or 12 epochs: not comparable" in text
    scale = next(line for line in text if "[" in line)
    low, high = (float(word) for word in (scale.split()[0], scale.split()[2]))
    last = cells[cells.rung == 2].mean_val_loss
    assert (low, high) == pytest.approx((last.min(), last.max()), rel=1e-2)
    assert "- stopped: not comparable" in texts(map_of(results.summary(raced())))
    held = plane(cells, {"l1": 0.1})
    (line,) = texts(block_map(cells, "val_loss", held, {}, Look(False, True, 200)))
    assert line.startswith("No map of val_loss over l2") and line.endswith("to compare.")


def test_a_block_of_some_cells_that_stopped_is_the_mean_of_the_others():
    cells = results.summary(raced())
    blocks = Blocks.of(cells, "val_loss", plane(cells), 1, 4)
    last = cells[cells.rung == 2].mean_val_loss
    assert blocks.values[0, 0] == pytest.approx(last.mean())
    assert np.isnan(blocks.values[0, 1:]).all() and set(blocks.signs[0, 1:]) == {"-"}
