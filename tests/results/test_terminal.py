"""What is printed: in 60 columns, plain where it should be, and true to the table."""

import io
import os
import re

import pytest

import results
from results.terminal.look import WIDTH
from results.terminal.show import show
from tests.results.grids import ORDERS, log, table

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


def words_of(text):
    """A text without its line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize(("across", "up"), SIZES)
def test_everything_fits_sixty_columns(across, up, a_colour_terminal):
    vary = {"l1_w1": (0.0, 1.2345e-7), "l2_b2": (1.2345e-7, 0.1)} if across < 9 else {}
    some = {"vary": vary, "diverged": [0, 1, 2], "path": ORDERS if across < 9 else ()}
    runs = table(log(across), log(up), seeds=2, lr=(0.01, 0.015), **some)
    for file in (io.StringIO(), Terminal()):
        for metric in (None, "sparsity_w2"):
            text = re.sub(r"\x1b\[[\d;]*m", "", printed(runs, file, metric=metric))
            assert max(map(len, text.splitlines())) <= WIDTH
    assert len(text.splitlines()) < 95


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


def test_the_table_holds_the_figures_of_the_best_cells():
    cells = results.summary(table(seeds=4))
    lines = printed(cells).splitlines()
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
    lines = printed(cells).splitlines()
    last = [line for line in lines[: lines.index("")] if line.startswith("o")]
    assert last[0].split()[:2] == ["o", str(sparsest.rank_val_loss.item())]


VARIED = {"vary": {"l1_w1": (0.0, 1e-3)}, "lr": (0.01, 0.015)}


def header(text):
    return next(line for line in text.splitlines() if line.split()[:1] == ["#"]).split()


@pytest.mark.parametrize("width", [40, 50, 60, 72, 80, 200])
def test_columns_are_left_out_where_there_is_no_room_and_only_there(width, monkeypatch):
    runs = table(seeds=3, **VARIED)
    monkeypatch.setenv("COLUMNS", "999")
    all_of_them = header(printed(runs))
    needed = max(map(len, printed(runs).splitlines()[1:7]))
    assert all_of_them[-4:] == ["val_loss", "±95%", "sparsity", "accuracy"]
    monkeypatch.setenv("COLUMNS", str(width))
    text = printed(runs)
    there = header(text)
    assert max(map(len, text.splitlines())) <= width
    assert there == [name for name in all_of_them if name in there] and "val_loss" in there
    lost = [name for name in all_of_them if name not in there]
    said = f"No room here for {', '.join(lost)}: all take {needed} columns." if lost else ""
    assert bool(lost) == (width < needed) == ("No room" in text)
    assert said in words_of(text)
    order = [
        "accuracy",
        "sparsity",
        "±95%",
        *reversed([n for n in all_of_them if n in VARIED_AXES]),
    ]
    assert set(lost) == set(order[: len(lost)])


#: Axes of `VARIED` and of the plain grid.
VARIED_AXES = ("l1", "l2", "l1_w1", "lr")


def test_a_terminal_is_as_wide_as_it_is(a_colour_terminal, monkeypatch):
    runs = table(seeds=3, **VARIED)
    monkeypatch.setattr("shutil.get_terminal_size", lambda fallback: os.terminal_size((80, 24)))
    assert "accuracy" in printed(runs, Terminal()) and "accuracy" not in header(printed(runs))
    for nonsense in ("", "0", "wide", "-3"):
        monkeypatch.setenv("COLUMNS", nonsense)
        assert max(map(len, printed(runs).splitlines())) <= WIDTH


def test_axes_held_choose_the_cells_of_the_table_too():
    runs = table(seeds=3, lr=(0.01, 0.015))
    cells = results.summary(runs)
    slow = cells[cells.lr == 0.015].sort_values("rank_val_loss")
    lines = printed(cells, at={"lr": 0.015}).splitlines()
    assert lines[0] == "Best of 6 cells with lr = 0.015, mean over 3 seeds"
    assert "lr" not in lines[1].split()
    assert [line.lstrip("*o@ ").split()[0] for line in lines[2:7]] == list("12345")
    told = [float(line.lstrip("*o@ ").split()[3]) for line in lines[2:7]]
    assert told == pytest.approx(slow.mean_val_loss[:5].tolist(), rel=1e-3)
    assert "val_loss over l1 (across) and l2, lr = 0.015" in lines
    assert printed(cells, at={"momentum": 0.9}) == printed(cells), "all have it"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": 3}, "Best of 6 cells, mean over 3 seeds"),
        ({"seeds": 3, "folds": 4}, "Best of 6 cells, mean over 3 seeds of 4 folds"),
        ({"seeds": 1, "folds": 4}, "Best of 6 cells, mean over 4 folds of one seed"),
        ({"seeds": 1}, "Best of 6 cells, one seed"),
        ({"l1": (0.0,), "l2": (0.1,)}, "The only cell, mean over 5 seeds"),
        (
            {"l2": (0.0,), "seeds": 3, "diverged": [0]},
            "Best of 2 cells (1 lacks seeds), mean over 2 to 3 seeds",
        ),
    ],
)
def test_the_title_says_over_what_the_means_are(options, said):
    assert printed(table(**options)).splitlines()[0] == said


def test_a_seed_whose_folds_are_not_all_there_counts_neither_as_seed_nor_as_folds():
    runs = table(seeds=3, folds=3)
    some = runs[(runs.seed < 2) | (runs.fold < 2)]
    assert printed(some).splitlines()[0] == "Best of 6 cells, mean over 2 seeds of 3 folds"


def test_rows_over_fewer_seeds_say_so():
    text = printed(table(l1=(0.0, 0.1), seeds=3, diverged=[0, 1, 6]))
    seeds = header(text).index("seeds")
    rows = [line.lstrip("*o@ ").split() for line in text.splitlines()[2:6]]
    assert sorted(row[seeds] for row in rows) == ["2", "2", "2", "3"]
    assert rows[0][seeds] == "3", "those with all seeds come first"
    assert "over fewer than 3 seeds: 3 cells of this map" in text


def test_without_a_standard_error_nothing_is_within_one():
    text = printed(table(seeds=1))
    assert text.splitlines()[-1] == "* best" and "SE" not in text and "±" not in text
    assert "SE" in printed(table(seeds=2))
    only = printed(table((0.0,), (0.0,), seeds=2))
    assert "best" not in only and "@" not in only and "*" not in only


def test_a_mark_is_explained_wherever_it_is():
    runs = table(log(5), log(4), seeds=4, noise=0, lr=(0.01, 0.0101))
    assert set(printed(runs).splitlines()[-1].split()) & set("*@")
    runs.loc[runs.lr == 0.0101, "sparsity"] = 1.0
    lines = printed(runs).splitlines()
    assert lines[-1] == "* best   o sparsest within 1 SE (not on this map)"
    assert [line[0] for line in lines[2:7]] == ["*", "o", " ", " ", " "]
    assert sum("o" in line[5:] and "·" in line for line in lines) == 0
    best = results.best(results.summary(runs)).iloc[0]
    no_map = printed(runs, at={"l1": best.l1, "l2": best.l2, "momentum": best.momentum})
    assert "across" in no_map and no_map.splitlines()[-1] == "* best   o sparsest within 1 SE"
    no_map = printed(runs, at={"l1": best.l1, "l2": best.l2, "lr": 0.01})
    assert "across" not in no_map and no_map.startswith("The only cell with l1 = ")


def test_runs_that_all_diverged_are_said_to_and_the_mend():
    said = "All 30 runs diverged (lr = 0.01): try a lower learning rate. "
    assert words_of(printed(table(diverged=range(30)))) == said.strip()
    rates = {"lr": (1.0, 10.0), "diverged": range(60)}
    assert words_of(printed(table(**rates))).startswith("All 60 runs diverged (lr = 1, 10): ")
    held = words_of(printed(table(**rates), at={"lr": 10.0}))
    assert held == "All 30 runs with lr = 10 diverged: try a lower learning rate."
    one = printed(table((0.0,), (0.0,), seeds=1, diverged=range(1)))
    assert words_of(one).startswith("The only run diverged (lr = 0.01): ")
    many = table((0.0,), (0.0,), seeds=1, lr=tuple(range(1, 9)), diverged=range(8))
    assert "All 8 runs diverged (lr = 1 to 8): " in printed(many)
    some = words_of(printed(table((0.0,), (0.0,), seeds=2, folds=2, diverged=[0, 3])))
    said = "2 of 4 runs diverged, some of each seed of each cell (lr = 0.01): try a lower"
    assert some.startswith(said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rows": (80, 20)}, "±95% is for new data and other seeds."),
        ({"rows": (80, 20), "seeds": 1, "folds": 5}, "±95% is for new data, of one seed."),
        ({}, "±95% is for other seeds, not for new data."),
        ({"held_out": False}, "±95% is for other seeds."),
        ({"seeds": 1}, None),
    ],
)
def test_what_an_interval_is_for_is_said(options, said):
    lines = printed(table(**options)).splitlines()
    assert (said in lines) if said else not any("±95%" in line for line in lines)


def test_half_an_interval_is_its_longer_side():
    """Where it ends at what is possible, the other side says how sure the mean is."""
    cells = results.summary(table(seeds=3))
    best = cells.rank_val_loss == 1
    cells.loc[best, ["low_val_loss", "mean_val_loss", "high_val_loss"]] = [0.0, 0.01, 0.05]
    assert printed(cells).splitlines()[2].split()[4:6] == ["0.01", "0.04"]


@pytest.mark.parametrize(
    ("above", "spread", "seeds", "said"),
    [
        (0.01, 0.05, 3, ": the best cell is no better."),
        (-0.01, 0.05, 3, ": the best cell may be no better, as the interval of the difference"),
        (-0.3, 0.05, 3, "."),
        (0.01, 0.05, 1, ": the best cell is no better."),
        (-0.01, 0.05, 1, "."),
    ],
)
def test_a_best_cell_that_is_no_better_than_guessing_is_said_to_be(above, spread, seeds, said):
    runs = table(seeds=seeds, rows=(80, 20))
    luck = spread * (runs.seed - runs.seed.mean())
    runs["val_loss"] = runs.baseline_loss + above + luck + 10 * (runs.l1 + runs.l2)
    text = words_of(printed(runs))
    loss, accuracy = runs.baseline_loss.mean(), runs.baseline_accuracy.mean()
    guess = f"Class shares alone give val_loss {loss:.3g}, val_accuracy {accuracy:.3g}"
    assert f"{guess}{said}" in text


def test_a_loss_that_contains_the_penalties_is_said_to():
    said = "Nothing was held out: final_loss contains the penalties, and favours small ones."
    assert said in words_of(printed(table(held_out=False)))
    assert "held out" not in printed(table())
    assert "held out" not in printed(table((0.0,), (0.1,), held_out=False))
