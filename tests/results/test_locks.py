import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from results.directory import locks
from results.errors import ResultsError
from tests.results.rows import ROOT, final
from tests.results.worker import FAKE


@contextlib.contextmanager
def process(*arguments):
    """Another process at work; it has the directory open when this returns."""
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("worker.py"), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as found:
        try:
            assert found.stdout.readline() == "open\n"
            yield found
        finally:
            found.kill()


def noted(log):
    return [int(run) for run in log.read_text().split()]


@pytest.fixture
def patience(monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE_S", 0.1)


@pytest.mark.parametrize(("theirs", "ours"), [("hold", False), ("hold", True), ("join", False)])
def test_the_second_process_says_who_is_at_work(theirs, ours, tmp_path, patience):
    with process(theirs, tmp_path / "r", tmp_path / "log") as other:
        with pytest.raises(ResultsError) as caught:
            FAKE.open(tmp_path / "r", join=ours)
        assert f"in use by process {other.pid} on {socket.gethostname()}" in str(caught.value)
        assert ("--join" in str(caught.value)) == (theirs == "join")
        other.kill()
        other.wait()
        FAKE.open(tmp_path / "r", join=ours).close()  # a dead process holds nothing


def test_whether_somebody_works_in_a_directory_is_seen_without_a_lock(tmp_path, patience):
    assert not locks.in_use(tmp_path / "r")
    for theirs in ("hold", "join"):
        with process(theirs, tmp_path / "r", tmp_path / "log") as other:
            assert locks.in_use(tmp_path / "r")
            other.kill()
            other.wait()
        assert not locks.in_use(tmp_path / "r")
    with FAKE.open(tmp_path / "r"):
        assert locks.in_use(tmp_path / "r"), "it is this process"
        with pytest.raises(AssertionError), process("hold", tmp_path / "r", tmp_path / "log"):
            pass  # which keeps its lock when it asks


def test_a_process_does_not_open_a_directory_twice(tmp_path):
    with FAKE.open(tmp_path / "r"):
        (tmp_path / "link").symlink_to(tmp_path / "r")
        for path in (tmp_path / "r", tmp_path / "link"):
            with pytest.raises(ResultsError, match="by this very process"):
                FAKE.open(path)
    FAKE.open(tmp_path / "r").close()


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    """A worker that outlives its killed parent must not block the directory."""
    code = (
        "import os, sys, time; from pathlib import Path; from tests.results.worker import FAKE\n"
        "FAKE.open(Path(sys.argv[1]))\n"
        "child = os.fork()\n"
        "if not child: os.close(1); time.sleep(600)\n"
        "print(child, flush=True); os.kill(os.getpid(), 9)"
    )
    parent = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "r"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    child = int(parent.stdout)
    try:
        FAKE.open(tmp_path / "r").close()
    finally:
        os.kill(child, 9)


def test_joined_processes_share_the_runs_and_do_none_twice(tmp_path):
    FAKE.run(tmp_path / "whole")
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    # Tasks of different sizes overlap in every way.
    with (
        process("share", tmp_path / "r", logs[0], 5) as first,
        process("share", tmp_path / "r", logs[1], 7) as second,
    ):
        for each in (first, second):  # neither is done before the other is there
            print("begin", file=each.stdin, flush=True)
        assert first.wait() == second.wait() == 0
    did = [noted(log) for log in logs]
    assert sorted(did[0] + did[1]) == list(range(FAKE.total))
    assert did[0] and did[1]
    assert final(tmp_path / "r") == final(tmp_path / "whole")


def test_what_a_dead_process_had_claimed_is_done_by_another(tmp_path):
    FAKE.run(tmp_path / "whole")
    with process("stall", tmp_path / "r", tmp_path / "a.log") as first:
        assert first.stdout.readline() == "stalled\n"
        with FAKE.open(tmp_path / "r", join=True) as store:
            with store.claim(3, 8) as ours:
                assert not ours  # 5 to 9 are held
            with store.claim(0, 5) as ours:
                assert not ours  # done
            with store.claim(10, 15) as ours:
                assert ours
            first.kill()
            first.wait()
            with store.claim(3, 8) as ours:
                assert ours
                assert store.missing(3, 8) == [(5, 8)]
        FAKE.run(tmp_path / "r", join=True)
    assert final(tmp_path / "r") == final(tmp_path / "whole")


def test_a_joined_sweep_is_not_enlarged_under_the_others(tmp_path):
    with (
        process("join", tmp_path / "r", tmp_path / "log"),
        pytest.raises(ResultsError, match="in use"),
    ):
        FAKE.but(l2=(0.0, 0.1, 0.5)).open(tmp_path / "r", extend=True, join=True)


def test_what_a_living_process_is_writing_is_left_alone(tmp_path):
    with process("join", tmp_path / "r", tmp_path / "log"):
        beside = tmp_path / "r" / "tmp" / f"sweep.toml.{32 * '0'}"
        beside.write_bytes(b"")
        FAKE.open(tmp_path / "r", join=True).close()
        assert beside.exists()
    FAKE.open(tmp_path / "r", join=True).close()
    assert not beside.exists()


def test_without_record_locks_one_line_says_so(tmp_path):
    code = "import sys; sys.modules['fcntl'] = None; from sweep.__main__ import main; main()"
    words = ["run", "--seeds", "0:1", "--out", str(tmp_path / "out")]
    told = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert told.returncode == 2 and told.stdout == ""
    (line,) = told.stderr.splitlines()
    assert line.startswith("sweep: ") and "on Windows use WSL" in line
    assert not list(tmp_path.rglob("*.*"))
