"""Commands about a cell that the page shows: what they name, and that a shell takes them whole."""

import subprocess
from pathlib import Path

import pytest

from results import columns
from results.cells.summary import summary
from results.labels import option
from results.page.commands import commands
from sweep.commands.command_line import app
from tests.results.grids import ORDERS, log, table
from tests.results.test_report import made

#: The values of a cell's axes.
VALUES = "(cell) => page.axes.map((axis, i) => [axis.name, axis.values[places(cell)[i]]])"

#: What names no axis of the grid.
REPEATED = {*columns.REPEATED, "<varied>"}


def test_every_axis_has_an_option_of_run():
    known = {flag for one in app.commands["run"].params for flag in one.opts}
    axes = {column.name for column in columns._PLACE} - REPEATED
    assert {option(axis).split()[0] for axis in (*axes, "l1_w1")} <= known
    assert option("l1_w1") == "--vary l1_w1="


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("runs/a", "runs/a"),
        ("-a", "./-a"),
        (".", "../here"),
        ("in/..", "../here"),
        ("..", "../../up"),
    ],
)
def test_a_directory_has_a_name_whatever_it_was_given_as(given, named, tmp_path, monkeypatch):
    (tmp_path / "up" / "here" / "in").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "up" / "here")
    parts = commands(given, summary(table()), {})
    assert parts["directory"] == named
    assert not named.startswith("..") or Path(named).samefile(given)


def split(line):
    """The words of a command as a shell takes them."""
    told = subprocess.run(
        ["sh", "-c", f"set -- {line}; printf '%s\\n' \"$@\""], capture_output=True, text=True
    )
    return told.stdout.splitlines()


def shown(page, cell):
    """The commands about a cell, by their words."""
    told = page.evaluate(f"commandsOf({cell})")
    return [split(line) for _, text in told for line in text.splitlines()]


def of(words, flag):
    """What is given with a flag."""
    return [words[i + 1] for i, word in enumerate(words) if word == flag]


def test_commands_name_the_cell_by_all_its_digits(visit, tmp_path):
    folder = tmp_path / "it's $HOME; a 'sweep'"
    runs = table(log(4), log(3), seeds=2, lr=(0.01, 0.1), vary={"l1_w1": (0.0, 1 / 3)})
    page = visit(made(folder, runs))
    for number in (0, 17, 47):
        cell = dict(page.evaluate(VALUES, number))
        *_, train, save, plot = shown(page, number)
        assert train[:3] == ["sweep", "run", f"{folder}/sweep.toml"]
        for axis in ("l1", "l2", "lr"):
            assert [float(value) for value in of(train, f"--{axis}")] == [cell[axis]]
        (varied,) = of(train, "--vary")
        assert varied.startswith("l1_w1=") and float(varied[6:]) == cell["l1_w1"]
        assert of(train, "--out") == [f"{folder}-cell"]
        assert save == ["sweep", "best", f"{folder}-cell", "--save", f"{folder}-cell.npz"]
        held = dict(value.split("=") for value in of(plot, "--at"))
        assert plot[2] == str(folder)
        assert {axis: float(value) for axis, value in held.items()} == {
            axis: cell[axis] for axis in ("lr", "l1_w1")
        }
    page.evaluate("choose(page.best)")
    first = page.locator("#commands pre").first
    assert split(first.inner_text()) == [*("sweep", "best", str(folder), "--save", f"{folder}.npz")]
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("#commands button").first.click()
    assert page.evaluate("String(getSelection())").strip() == first.inner_text().strip()
    assert page.locator("#copied").inner_text().startswith(("Copied", "Selected"))


@pytest.mark.parametrize("toml", ["path = 'l1'", "sample = 12", "halving = 3"])
def test_a_path_a_sample_and_a_race_are_not_repeated_for_one_cell(visit, tmp_path, toml):
    runs = table(log(3), log(2), seeds=2, path=ORDERS if "path" in toml else ())
    page = visit(made(tmp_path / "d", runs, toml))
    train = next(words for words in shown(page, 7 % len(runs)) if words[1] == "run")
    assert bool(of(train, "--l1")) == ("path" not in toml)
    assert ("--path-order" in train) == ("path" in toml)
    assert of(train, "--halving") == (["off"] if "halving" in toml else [])
    assert train[2].endswith("-cell.toml" if "sample" in toml else "/sweep.toml")
