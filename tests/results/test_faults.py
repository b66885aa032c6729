"""Every operation on the disk fails in turn, and the process dies at each: SQLite's method."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import results
from results.errors import ResultsError
from tests.results import faults
from tests.results.rows import ROOT, Fake, final, runs_of


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    path = tmp_path_factory.mktemp("untouched") / "r"
    Fake().run(path, history=True)
    return final(path)


@pytest.mark.parametrize("how", ["once", "forever"])
def test_every_operation_fails_in_turn(how, untouched, tmp_path, monkeypatch):
    for nth in range(1, 1000):
        path = tmp_path / str(nth)
        with monkeypatch.context() as patch:
            faulty = faults.install(patch, nth, how)
            try:
                Fake().run(path, history=True)
            except ResultsError as error:
                message = str(error)
                assert "\n" not in message and str(path.parent) in message
                assert "cannot be written" in message
        if not faulty.fired:
            assert nth > 40
            return
        assert final(path).items() <= untouched.items()
        if how == "once" and (path / "tmp").exists():
            assert not list((path / "tmp").iterdir())
        Fake().run(path, history=True)
        assert final(path) == untouched
        assert not list((path / "tmp").iterdir())
    pytest.fail("a sweep never passed untouched")


@pytest.mark.parametrize(("how", "extended"), [("kill", ""), ("power", ""), ("power", "extended")])
def test_killed_at_every_operation(how, extended, untouched, tmp_path):
    subprocess.run(
        [sys.executable, Path(__file__).with_name("killed.py"), how, tmp_path, extended],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
    )
    attempts = [path for path in tmp_path.iterdir() if path.name.isdigit()]
    assert len(attempts) > 40
    for path in attempts:
        kept = path.with_suffix(".kept")
        appended = {int(run) for run in kept.read_text().split()} if kept.exists() else set()
        if extended:
            assert len(results.load(path)) >= 6
        with Fake().open(path, extend=bool(extended)) as store:
            done = runs_of(store.done())
            assert appended <= done and (not extended or len(done) >= 6)
            Fake().work(store, 12, history=True)
        assert final(path) == untouched
        assert not (path / "set-aside").exists()
