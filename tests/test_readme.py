"""The README agrees with the program: examples are run, tables are compared, figures come out."""

import contextlib
import inspect
import io
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from results.columns import FURTHER, OF_METRIC, RUNS
from sweep import Sweep
from sweep.commands.command_line import app, command_line
from sweep.specification.choices import TABLES
from sweep.specification.validators import WORDS
from sweep.specification.values import automatic, interval, parse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


class Block(NamedTuple):
    """A fenced block: its language, its text, the line it begins at, and the section it is in."""

    language: str
    text: str
    line: int
    section: str


def blocks():
    found, language, begun, section = [], None, 0, ""
    lines = README.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            if language is None:
                language, begun = line[3:], number
            else:
                found.append(Block(language, "\n".join(lines[begun : number - 1]), begun, section))
                language = None
        elif language is None and re.match("##+ ", line):
            section = line.lstrip("# ")
    assert language is None, "a fence is open"
    return found


def output_of(block):
    """Return the text printed below a block, if the README shows what it prints."""
    below = README.splitlines()[block.line + len(block.text.splitlines()) + 1 :]
    if below[:2] != ["", "```text"]:
        return None
    return "\n".join(below[2 : below.index("```", 2)])


def rows(heading):
    """Return the rows of the table whose first column has this heading, as lists of cells."""
    table = README.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        for row in table
    ]


def test_each_example_runs_and_prints_what_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks():
        if block.language not in ("sh", "python") or block.section == "Two commands":
            continue
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            if block.language == "python":
                exec(compile(block.text, f"README.md, line {block.line}", "exec"), names)
            else:
                for line in block.text.splitlines():
                    if words := shlex.split(line, comments=True):
                        assert words[0] == "sweep", line
                        assert command_line(words[1:]) == 0, line
        shown = output_of(block)
        if shown is not None:
            assert printed.getvalue().rstrip() == shown, f"README.md, line {block.line}"
    for picture in re.findall(r'src="\.github/images/(\S+)"', README):
        data, name = picture.split("/")
        assert (tmp_path / f"runs/{data}-1" / name).is_file(), f"no command made {picture}"


def test_the_two_commands_are_where_they_are_looked_for():
    install, test = (b.text for b in blocks() if b.section == "Two commands")
    assert install.endswith("-m sweep") and "[test]" in test and "-m pytest" in test
    assert len(install.splitlines()) == len(test.splitlines()) == 1, "each is pasted in one go"


def test_every_command_has_an_example():
    text = "\n".join(block.text for block in blocks() if block.language == "sh")
    shown = set(re.findall(r"^sweep (\w+)", text, re.MULTILINE))
    assert set(app.commands) - shown == {"bench"} and "`sweep bench`" in README


def test_the_columns_are_those_of_the_table():
    # Those of metrics that may be asked for are told together.
    asked = [metric.name for metric in FURTHER]
    of = {name: f"{part}_<metric>" for (of, part), name in OF_METRIC.items() if of in asked}
    told = [(of[c.name], c.dtype, "") if c.name in of else (c.name, c.dtype, c.unit) for c in RUNS]
    found = rows("column")
    assert [row[:3] for row in found] == [[f"`{n}`", *rest] for n, *rest in dict.fromkeys(told)]
    meanings = {f"`{c.name}`": c.meaning for c in RUNS}
    assert all(row[3] == meanings.get(row[0], row[3]) for row in found)


def test_the_metrics_are_those_that_may_be_asked_for():
    told = [[f"`{metric.name}`", metric.better] for metric in FURTHER]
    assert sorted(row[:2] for row in rows("metric")) == sorted(told)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_the_options_are_those_of_the_program(command):
    told = [re.match(r"`(--[\w-]+)( [^`]+)?`$", row[0]).groups() for row in rows("option")]
    found = [
        (option.opts[0], None if option.is_flag else f" {option.metavar}")
        for option in app.commands[command].params
        if option.opts[0].startswith("--") and option.opts[0] != "--columns-found"
    ]
    assert sorted(told) == sorted(found)


@pytest.mark.parametrize(("data", "place"), [("iris", 1), ("article", 2)])
def test_the_defaults_are_those_of_the_program(data, place):
    running = inspect.signature(Sweep.run).parameters
    plain = Sweep(data=data)
    checked = 0
    for row in rows("option"):
        name = re.match(r"`--([\w-]+)", row[0])[1].replace("-", "_")
        default = row[place] or row[1]
        if name in ("data", "out", "target", "vary", "json", "most_levels", "task", "loss"):
            continue
        if not default.startswith("`"):
            assert default in ("off", "none"), row
            assert not (getattr(plain, name) if name in WORDS else None)
        elif name in running:
            assert default == f"`{running[name].default}`"
        else:
            taken = {"path_order": {"path": "l1"}, "leak": {"activation": "leaky_relu"}}
            taken |= {option: {"optimizer": "adam"} for option in ("beta2", "epsilon")}
            taken["sampler"] = {"sample": 2}
            there = plain.replace(**taken.get(name, {}))
            assert there.replace(**{name: default.strip("`")}) == there, row
            checked += 1
    assert checked > 15


def test_every_choice_is_told():
    told = {
        row[0].split()[0].strip("`-").replace("-", "_"): " ".join(row) for row in rows("option")
    }
    helps = {one.name: one.help for one in app.commands["run"].params if one.name in TABLES}
    for option, table in TABLES.items():
        assert all(f"`{word}`" in told[option] and word in helps[option] for word in table)


def test_the_values_are_in_the_grammar():
    (block,) = (b for b in blocks() if b.section == "VALUES")
    shown = [text for line in block.text.splitlines() for text in re.split("  +", line)[:-1]]
    assert len(shown) == 10
    for text in shown:
        assert automatic(text) == text or len(interval(text) or parse(text)) > 1


def test_what_it_points_to_is_there():
    anchors = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in README.splitlines()
        if line.startswith("#")
    }
    links = re.findall(r'\]\(([^)\s]+)\)|src="([^"]+)"', README)
    for link in filter(None, (part for pair in links for part in pair)):
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("https://"):
            assert (ROOT / link).is_file(), link
    for path in re.findall(r"`((?:tests|kernels|results|sweep)/\S+\.py)`", README):
        assert (ROOT / path).is_file(), path
    for picture in (ROOT / ".github/images").rglob("*.png"):
        assert str(picture.relative_to(ROOT)) in README and picture.stat().st_size < 200_000
