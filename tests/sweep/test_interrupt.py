"""Ctrl-C and SIGTERM in the middle of a sweep: what is finished is kept, and the rest goes on."""

import os
import re
import select
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from sweep import Sweep
from sweep.running import driver
from sweep.running.interrupt import Interrupt, Interrupted
from tests.sweep.console import LONG, Watch, call, csv, environment, parts, start, wait

#: Tasks of about 0.2 s by the dozen; the interrupts come after the first.
WORDS = ("run", "--data", "digits", "--l1", "0,1e-4:1e-1:log7", "--l2", "0,0.01", "--epochs", "25")
#: Tasks that would take hours.
ENDLESS = ("run", "--data", "digits", "--l1", "0,0.1", "--l2", "0,0.1", "--epochs", "1000000")
#: How long an interrupted sweep may take to say so, and to end, in seconds of a `Watch`: twice what
#: is promised, for whatever else it has to share with others.
AT_ONCE, SOON = 1, 4


def interrupted(words, cwd, *signals, begun=lambda process: parts(process.cwd + "/r"), **changes):
    """Start a sweep into r, send it signals once it has begun: how it ended.

    Returns its exit status, what it wrote, and its children. Holds that the first signal was
    answered at once, that it ended soon, and that no process is left.
    """
    process = start(*words, "--out", "r", cwd=cwd, **changes)
    process.cwd = str(cwd)
    said = b""

    def stopping():
        nonlocal said
        if select.select([process.stderr], [], [], 0)[0]:
            said += os.read(process.stderr.fileno(), 1 << 16)
        return b"stopping" in said

    try:
        wait(lambda: begun(process) or process.poll() is not None)
        with Watch() as watch:
            assert process.poll() is None, process.communicate()
            children = left(process)[1:]
            watch.begin()
            for number in signals:
                process.send_signal(number)
                if number != signal.SIGKILL:
                    watch.wait(stopping, AT_ONCE)
            watch.wait(lambda: process.poll() is not None, SOON)
            watch.wait(lambda: not left(process), 2 * SOON)
        out, err = process.communicate(timeout=LONG)
    finally:
        for other in left(process):
            other.kill()
        process.communicate()
    return process.returncode, out, said.decode() + err, children


def left(process):
    """List the processes of a command, itself first, wherever its children went."""
    found = []
    for other in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getsid(other.pid) == process.pid and other.status() != psutil.STATUS_ZOMBIE:
                found.append(other)
    return sorted(found, key=lambda other: other.pid != process.pid)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Run the sweep without an interruption: the lines of its table."""
    folder = tmp_path_factory.mktemp("whole")
    assert call(*WORDS, "--seeds", "0:10", "--out", "r", cwd=folder)[0] == 0
    return csv(folder / "r")


@pytest.mark.parametrize(
    ("number", "backend"),
    [
        (signal.SIGINT, "threading"),
        (signal.SIGTERM, "threading"),
        (signal.SIGINT, "loky"),
        (signal.SIGINT, "dask"),
        (signal.SIGHUP, "threading"),
    ],
    ids=["Ctrl-C", "SIGTERM", "Ctrl-C with processes", "Ctrl-C with dask", "SIGHUP"],
)
def test_it_stops_soon_and_goes_on_to_the_same_table(number, backend, whole, tmp_path):
    if backend == "dask":
        pytest.importorskip("distributed")
    words = [*WORDS, "--seeds", "0:10", "--backend", backend]
    status, out, err, _ = interrupted(words, tmp_path, number)
    assert (status, out) == (128 + number, "")
    said = err.splitlines()
    assert said[1] == "stopping: what is finished is kept"
    left, command = re.fullmatch(r"(\d+) runs are left; go on with: sweep (.+)", said[-1]).groups()
    assert 0 < int(left) < 160 and not (tmp_path / "r/runs.csv").exists()
    assert len(said) == 4 and "Traceback" not in err

    status, _, err = call(*shlex.split(command), cwd=tmp_path)
    assert status == 0 and f"{left} trained now" in err
    assert csv(tmp_path / "r") == whole


def training(process):
    """Whether the sweep, or a worker of it, has been at work for longer than a start takes."""
    main = psutil.Process(process.pid)
    opened = Path(process.cwd, "r/parts").is_dir()
    return opened and any(p.cpu_times().user > 2.5 for p in [main, *main.children(recursive=True)])


@pytest.mark.parametrize(
    ("number", "backend"),
    [(signal.SIGHUP, name) for name in ("loky", "dask", "ray")] + [(signal.SIGTERM, "ray")],
)
def test_a_signal_to_all_processes_leaves_nothing_behind(number, backend, tmp_path):
    """A terminal that closes tells each of them, and more than once: helpers do not heed it."""
    pytest.importorskip({"dask": "distributed", "loky": "joblib"}.get(backend, backend))
    words = (*WORDS, "--seeds", "0:40", "--jobs", "2", "--backend", backend, "--out", "r")
    process = start(*words, cwd=tmp_path)
    wait(lambda: parts(tmp_path / "r") or process.poll() is not None)
    if number == signal.SIGHUP:
        os.killpg(process.pid, number)
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=LONG)
    assert (process.returncode, out) == (128 + number, ""), err
    said = err.splitlines()
    assert len(said) == 4 and said[1] == "stopping: what is finished is kept", err
    assert "go on with" in said[-1]
    assert not [name for name in os.listdir("/dev/shm") if str(process.pid) in name]


def test_nohup_is_heeded(tmp_path):
    """What began with the signal ignored ignores it."""
    command = [sys.executable, "-m", "sweep", *WORDS, "--seeds", "0:10", "--out", "r"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    wait(lambda: parts(tmp_path / "r") or process.poll() is not None)
    process.send_signal(signal.SIGHUP)
    assert process.wait(LONG) == 0 and (tmp_path / "r/runs.csv").is_file()


@pytest.mark.parametrize("backend", ["threading", "loky", "dask"])
def test_the_longest_task_is_left(backend, tmp_path):
    """Nothing is finished within it; it stops within a second or two all the same."""
    if backend == "dask":
        pytest.importorskip("distributed")
    words = [*ENDLESS, "--seeds", "0:4", "--backend", backend]
    status, _, err, _ = interrupted(words, tmp_path, signal.SIGINT, begun=training)
    assert status == 130
    assert "stopping" in err and "go on with" in err and "Traceback" not in err


def test_the_second_time_it_ends_at_once_and_takes_its_workers_along(tmp_path):
    words = [*ENDLESS, "--seeds", "0:4", "--backend", "loky", "--jobs", "2"]
    signals = (signal.SIGINT, signal.SIGINT)
    status, _, err, children = interrupted(words, tmp_path, *signals, begun=training)
    assert status in (130, -signal.SIGINT) and "stopping" in err
    assert len(children) > 1, "there were workers, and they have ended"


def test_a_killed_sweep_goes_on_to_the_same_table(whole, tmp_path):
    words = [*WORDS, "--seeds", "0:10"]
    status, *_ = interrupted(words, tmp_path, signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert call(*words, "--out", "r", cwd=tmp_path)[0] == 0
    assert csv(tmp_path / "r") == whole


def test_before_there_is_anything_to_keep(tmp_path):
    """Wherever in its start it is hit: no traceback, no table, and the same command works."""
    for worked in (0.3, 0.6, 0.9, 1.2):
        process = start(*ENDLESS, "--seeds", "1", "--out", "r", cwd=tmp_path)
        wait(lambda: sum(psutil.Process(process.pid).cpu_times()[:2]) > worked)  # noqa: B023
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=LONG)
        assert process.returncode in (143, -signal.SIGTERM) and out == ""
        assert "Traceback" not in err


def test_a_signal_is_not_lost_while_kernels_are_compiled(monkeypatch):
    """LLVM calls Python back then, and what is raised in there is printed and forgotten."""
    compiled = []

    def compile_kernels(plan):
        os.kill(os.getpid(), signal.SIGTERM)
        compiled.append(plan)

    monkeypatch.setattr(driver, "compile_kernels", compile_kernels)
    with pytest.raises(Interrupted):
        Sweep(l1=0, l2=0, seeds=[1], epochs=1).run()
    assert compiled


class TestHandler:
    """The handler alone, in this process."""

    def test_it_raises_and_says_so(self, capfd):
        with pytest.raises(Interrupted) as caught, Interrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGTERM)
        assert caught.value.args == (signal.SIGTERM,) and interrupt.signal == signal.SIGTERM
        assert capfd.readouterr().err == "\nstopping: what is finished is kept\n"

    def test_it_is_only_noted_where_somebody_asks(self, capfd):
        with pytest.raises(Interrupted), Interrupt() as interrupt:
            with interrupt.noted():
                with interrupt.noted():
                    os.kill(os.getpid(), signal.SIGINT)
                    assert interrupt.requested()
                raised = False
            raised = True
        assert not raised and "stopping" in capfd.readouterr().err

    def test_the_handlers_are_given_back(self):
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        with Interrupt():
            assert signal.getsignal(signal.SIGINT) != before[0]
        assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before

    def test_from_python_it_is_a_keyboard_interrupt(self, small, tmp_path, monkeypatch, capfd):
        from sweep.running import worker

        whole = worker.run_task

        def run_task(plan, dataset, ranges, stopped):
            found = whole(plan, dataset, ranges, stopped)
            os.kill(os.getpid(), signal.SIGINT)
            return found

        spec = small(seeds=range(64))
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(worker, "run_task", run_task)
            patch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)
            spec.run(out=tmp_path / "r", jobs=1)
        assert "stopping" in capfd.readouterr().err
        assert 0 < parts(tmp_path / "r") < 8 and not (tmp_path / "r/runs.parquet").exists()
        assert len(spec.run(out=tmp_path / "r")) == 64
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_killed_a_hundred_times_at_random_moments(tmp_path):
    """What is finished is never lost, and the tables are those of a sweep that nobody killed."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("killed.py"), tmp_path, "100"],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        start_new_session=True,
    )
    kills = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert len(kills) == 100 and kills == sorted(kills), "no part is lost by a kill"
    assert len({found for _, found in kills}) > 10, "they hit in the middle of the work"
    whole = tmp_path / "whole"
    for sweep in {sweep for sweep, _ in kills}:
        path = tmp_path / str(sweep)
        assert csv(path) == csv(whole)
        assert (path / "history.parquet").read_bytes() == (whole / "history.parquet").read_bytes()
        assert not list((path / "tmp").iterdir())
