"""Strangers' directories and models: a line within bounds, and nothing else is opened or run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import pytest

from sweep.commands.command_line import command_line
from tests.hostile import models, specifications, tables
from tests.hostile.case import STAGE, outside
from tests.hostile.watching import Watch
from tests.results.rows import ROOT

CASES = dict([*specifications.cases(), *tables.cases(), *models.cases()])

#: Seconds of this process' own time that a command may take.
SECONDS = 10

#: Characters of a line on standard error.
LONGEST = 1000


@pytest.fixture(scope="session")
def watch():
    return Watch()


def words(command, path):
    """Type a command on a directory or a model; what is made lies beside it."""
    more = {"predict": ["iris"], "merge": ["--out", str(path.with_name("merged"))]}
    first, *others = command.split()
    return [first, str(path), *others, *more.get(first, [])]


def prepared(case, folder):
    """Copy what a case is about into a folder, and damage it."""
    outside(folder / case.base).parent.mkdir()
    outside(folder / case.base).write_text("a,b\n1,2\n")
    path = folder / case.base
    copy = shutil.copytree if (STAGE / case.base).is_dir() else shutil.copy
    copy(STAGE / case.base, path)
    case.damage(path)
    return path


def test_there_are_hundreds():
    assert len(CASES) >= 200


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", CASES)
def test_a_line_within_bounds(name, watch, tmp_path, monkeypatch, capsys, caplog):
    case = CASES[name]
    path = prepared(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    for command in case.commands:
        capsys.readouterr()
        caplog.clear()
        begun = time.process_time()
        with watch.over(tmp_path) as seen:
            status = command_line(words(command, path))
        assert time.process_time() - begun < SECONDS, command
        said = capsys.readouterr().err.splitlines()
        warned = [record.getMessage() for record in caplog.records]
        check(status, said, warned, command)
        assert seen == [], command
        assert not (tmp_path / "executed").exists()
        assert (tmp_path / "outside" / "secret").read_text() == "a,b\n1,2\n"


def check(status, said, warned, command):
    """Hold what was said to the promise: an error is one line, and nothing is said twice."""
    assert status in (0, 2), command
    errors = [line for line in said if "not complete" not in line]
    assert len(errors) <= 1, (command, said)
    assert len(errors) == 1 or status == 0, command
    for line in (*said, *warned):
        assert line.isprintable() and len(line) < LONGEST, (command, line)
    assert len(set(warned)) == len(warned), (command, warned)


#: What takes the most memory to look at.
HEAVY = (
    "sweep.toml, ten million seeds",
    "sweep.toml, a grid of more points than there are numbers",
    "a part, of one text many times",
    "runs.parquet, of one text many times",
    "runs.parquet, of long texts",
)

#: Types commands, and says how much memory it had at its peak, in KiB.
PEAK = """
import json
import sys
from sweep.commands.command_line import command_line
for words in json.loads(sys.argv[1]):
    command_line(words)
with open("/proc/self/status") as lines:
    print(next(line for line in lines if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory as Linux counts it")
@pytest.mark.parametrize("name", HEAVY)
def test_it_takes_less_than_a_gibibyte(name, tmp_path):
    path = prepared(CASES[name], tmp_path)
    typed = json.dumps([words(command, path) for command in CASES[name].commands])
    command = [sys.executable, "-c", PEAK, typed]
    out = subprocess.check_output(command, cwd=ROOT, stderr=subprocess.DEVNULL, text=True)
    assert int(out.split()[-1]) < 2**20
