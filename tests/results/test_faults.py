"""Every operation on the disk fails in turn, and the process dies at each: SQLite's method."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import results
from results.errors import ResultsError
from tests.results import faults
from tests.results.rows import ROOT, Fake, final, runs_of
from tests.results.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """Return the final tables that each scenario is to end in: they are the same ones."""
    path = tmp_path_factory.mktemp("untouched") / "r"
    Fake().run(path, history=True)
    return final(path)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("how", ["once", "forever"])
def test_every_operation_fails_in_turn(how, name, untouched, tmp_path, monkeypatch):
    begin, work, kept = SCENARIOS[name]
    begin(tmp_path / "begun")
    for nth in range(1, 1000):
        path = tmp_path / str(nth)
        if (tmp_path / "begun").exists():
            shutil.copytree(tmp_path / "begun", path)
        with monkeypatch.context() as patch:
            faulty = faults.install(patch, nth, how)
            try:
                work(path)
            except ResultsError as error:
                message = str(error)
                assert "\n" not in message and str(path.parent) in message
                assert "cannot be written" in message
        if not faulty.fired:
            assert nth > 25
            return
        if name == "run":
            assert final(path).items() <= untouched.items()
        if kept:
            assert len(results.load(path)) >= kept
        if how == "once" and (path / "tmp").exists():
            assert not list((path / "tmp").iterdir())
        work(path)
        ends_well(path, name, untouched)
    pytest.fail("a sweep never passed untouched")


# A power cut does all that a kill does, and more.
@pytest.mark.parametrize(("how", "name"), [("kill", "run"), *(("power", s) for s in SCENARIOS)])
def test_killed_at_every_operation(how, name, untouched, tmp_path):
    begin, work, kept = SCENARIOS[name]
    begin(tmp_path / "begun")
    subprocess.run(
        [sys.executable, Path(__file__).with_name("killed.py"), how, name, tmp_path],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
    )
    attempts = [path for path in tmp_path.iterdir() if path.name.isdigit()]
    assert len(attempts) > 25
    for path in attempts:
        noted = path.with_suffix(".kept")
        appended = {int(run) for run in noted.read_text().split()} if noted.exists() else set()
        if kept:
            assert len(results.load(path)) >= kept
        with Fake().open(path, extend=name == "extend") as store:
            done = runs_of(store.done())
            assert appended <= done and len(done) >= kept
        work(path)
        ends_well(path, name, untouched)


def ends_well(path, name, untouched):
    """Hold a directory against one that nothing happened to."""
    assert final(path) == untouched
    assert not list((path / "tmp").iterdir())
    aside = path / "set-aside"
    assert len(list(aside.iterdir()) if aside.exists() else []) == (2 if name == "set-aside" else 0)
