"""What is printed: in 60 columns, plain where it should be, and true to the table."""

import io
import re

import numpy as np
import pytest

import results
from results.plane import plane
from results.scale import Scale, viridis
from results.terminal import WIDTH, Look, best_cells, block_map, show
from tests.results.grids import ORDERS, log, table

PLAIN = Look(colour=False, blocks=True)
SIZES = [(1, 1), (2, 2), (1, 8), (8, 1), (6, 9), (20, 5), (31, 31), (100, 100), (137, 3)]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def a_colour_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


def printed(runs, file=None, **options):
    file = file or io.StringIO()
    show(runs, file=file, **options)
    return file.getvalue()


@pytest.mark.parametrize(("across", "up"), SIZES)
def test_everything_fits_sixty_columns(across, up, a_colour_terminal):
    vary = {"l1_w1": (0.0, 1.2345e-7), "l2_b2": (1.2345e-7, 0.1)} if across < 9 else {}
    some = {"vary": vary, "diverged": [0, 1, 2], "path": ORDERS if across < 9 else ()}
    runs = table(log(across), log(up), seeds=2, lr=(0.01, 0.015), **some)
    for file in (io.StringIO(), Terminal()):
        for metric in (None, "sparsity_w2"):
            text = re.sub(r"\x1b\[[\d;]*m", "", printed(runs, file, metric=metric))
            assert max(map(len, text.splitlines())) <= WIDTH
    assert len(text.splitlines()) < 80


def test_colour_is_for_terminals_that_want_it(a_colour_terminal, monkeypatch):
    runs = table()
    plain = printed(runs)
    assert "\x1b" not in plain and "█" in plain
    assert "48;2;" in printed(runs, Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed(runs, Terminal()) == plain
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert printed(runs, Terminal()) == plain


def test_a_stream_that_knows_no_blocks_gets_ascii():
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    show(table(), file=file)
    file.flush()
    text = file.buffer.getvalue().decode("ascii")
    assert "#" in text and "+-95%" in text


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
    blocks = rows_of(block_map(cells, metric, PLAIN), found)
    values = found.matrix(cells[f"mean_{metric}"])
    scale = Scale.of(values, metric)
    places = np.vectorize(scale.place)(values)
    for row, line in enumerate(blocks):
        for column in range(7):
            shade = line[4 * column]
            assert shade == "·░▒▓█"[min(int(places[row, column] * 5), 4)]


def test_the_coloured_map_has_the_colours_of_the_values():
    cells = results.summary(table(log(5), log(4), seeds=3))
    found = plane(cells)
    values = found.matrix(cells.mean_val_loss)
    scale = Scale.of(values, "val_loss")
    lines = block_map(cells, "val_loss", Look(colour=True, blocks=True))
    for row, line in enumerate(reversed(lines[1:5])):
        assert len(line.spans) == 5
        for column, span in enumerate(line.spans):
            red, green, blue = viridis(scale.place(values[row, column]))
            assert str(span.style).endswith(f"on rgb({red},{green},{blue})")


def test_the_marks_stand_where_the_cells_are():
    cells = results.summary(table(log(9), log(7), seeds=6, noise=0.05))
    found = plane(cells)
    blocks = rows_of(block_map(cells, "val_loss", PLAIN), found)
    for rule, mark in (("min", "*"), ("one-se", "o")):
        row, column = found.find(results.best(cells, rule).index[0])
        assert mark in blocks[row][4 * column : 4 * column + 4]
        assert sum(line.count(mark) for line in blocks) == 1


def test_cells_without_a_value_are_crossed_out():
    runs = table(log(3), log(3), seeds=2)
    runs.loc[(runs.l1 == 0.1) & (runs.l2 == 0.1), ["status", "val_loss"]] = ["diverged", np.nan]
    lines = block_map(results.summary(runs), "val_loss", PLAIN)
    assert str(lines[1]).count("x") == 1 and "x diverged or missing" in str(lines[-1])


def test_a_large_grid_is_shown_by_means_of_blocks_and_says_so():
    runs = table(log(100), log(100), seeds=1, noise=0)
    cells = results.summary(runs)
    lines = [str(line) for line in block_map(cells, "val_loss", PLAIN)]
    assert "one block is the mean of neighbouring cells" in lines
    assert len(lines) < 30


def test_the_table_holds_the_figures_of_the_best_cells():
    cells = results.summary(table(seeds=4))
    lines = best_cells(cells)
    first = cells.sort_values("rank_val_loss").iloc[0]
    words = lines[2].split()
    assert words[0] in "*@" and words[1] == "1"
    assert float(words[2]) == pytest.approx(first.l1, rel=1e-2)
    assert float(words[4]) == pytest.approx(first.mean_val_loss, rel=1e-3)
    half = (first.high_val_loss - first.low_val_loss) / 2
    assert float(words[5]) == pytest.approx(half, rel=0.06)
    assert [line.split()[0 if line[0] == " " else 1] for line in lines[2:7]] == list("12345")


def test_the_sparsest_cell_is_in_the_table_however_it_ranks():
    cells = results.summary(table(log(30), log(2), seeds=3, noise=0.002))
    sparsest = results.best(cells, "one-se")
    assert sparsest.rank_val_loss.item() > 5
    assert best_cells(cells)[-1].split()[:2] == ["o", str(sparsest.rank_val_loss.item())]


def test_orders_of_a_path_are_told_and_shown():
    lines = printed(table(log(6), (0.0,), seeds=3, path=ORDERS)).splitlines()
    place = lines[1].index("path")
    assert lines[2][place : place + 4].strip() == "up"
    assert [line.split()[0] for line in lines if "█" in line or "·" in line][:3] == [
        *reversed(ORDERS)
    ]
    assert "val_loss over l1 (across) and path" in lines
    held = printed(table(log(6), log(4), seeds=3, path=ORDERS), at={"path": "down"})
    assert "val_loss over l1 (across) and l2, path = down" in held


def test_nothing_finite_is_said():
    text = printed(table(diverged=range(30)))
    assert text.startswith("None of 6 cells has a finite final_loss")
