"""Where tasks run: threads, processes, dask, several commands at once; and workers that die."""

import json
import logging
import re
import signal
import sys
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, nullcontext
from subprocess import DEVNULL, Popen

import psutil
import pytest

from sweep.running import backends
from tests.sweep.console import LONG, call, csv, environment, parts, start, wait

#: A few dozen tasks of a few tenths of a second.
WORDS = ("run", "--data", "digits", "--l1", "0,1e-3,1e-2", "--l2", "0,0.01", "--epochs", "20")
WORDS = (*WORDS, "--seeds", "0:20")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Run the sweep in threads: the lines of its table."""
    folder = tmp_path_factory.mktemp("threads")
    assert call(*WORDS, "--out", "r", cwd=folder)[0] == 0
    return csv(folder / "r")


@contextmanager
def running(*words, cwd):
    process = Popen(
        [sys.executable, "-m", *words], cwd=cwd, env=environment(), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Cluster:
    """A dask scheduler and its workers, each a process of its own."""

    def __init__(self, stack, folder):
        self.stack, self.folder = stack, folder
        self.file = folder / "scheduler.json"
        self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        wait(self.file.exists)
        self.address = json.loads(self.file.read_text())["address"]

    def worker(self):
        return self._start("dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def wait_for(self, workers):
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=LONG)

    def _start(self, program, *words):
        where = ("--scheduler-file", str(self.file))
        command = running(f"distributed.cli.{program}", *words, *where, cwd=self.folder)
        return self.stack.enter_context(command)


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed")
    with ExitStack() as stack:
        yield Cluster(stack, tmp_path)


def test_dask_workers_come_and_go(cluster, expected, tmp_path):
    """One is killed and one is added in the middle; the table is that of threads."""
    first = cluster.worker()
    cluster.worker()
    cluster.wait_for(2)
    options = ("--backend", "dask", "--scheduler", cluster.address, "--out", "r", "--json")
    sweep = start(*WORDS, *options, cwd=tmp_path)
    wait(lambda: parts(tmp_path / "r") or sweep.poll() is not None)
    first.kill()
    cluster.worker()
    out, err = sweep.communicate(timeout=LONG)
    assert sweep.returncode == 0, err
    assert json.loads(out)["trained"] == 120
    assert csv(tmp_path / "r") == expected


def test_one_dask_worker_is_enough(cluster, expected, tmp_path):
    cluster.worker()
    cluster.wait_for(1)
    options = ("--backend", "dask", "--scheduler", cluster.address, "--out", "r")
    status, _, err = call(*WORDS, *options, cwd=tmp_path)
    assert status == 0, err
    assert csv(tmp_path / "r") == expected


def test_a_scheduler_that_dies_is_said_and_the_rest_goes_on(cluster, expected, tmp_path):
    cluster.worker()
    cluster.worker()
    cluster.wait_for(2)
    options = ("--backend", "dask", "--scheduler", cluster.address, "--out", "r")
    sweep = start(*WORDS, *options, cwd=tmp_path)
    wait(lambda: parts(tmp_path / "r") or sweep.poll() is not None)
    cluster.stack.close()
    out, err = sweep.communicate(timeout=LONG)
    assert (sweep.returncode, out, err.count("\n")) == (1, "", 1), err
    assert err.startswith("sweep: work was lost on the dask cluster (")
    assert err.endswith(
        f"sweep run r/sweep.toml --out r --backend dask --scheduler {cluster.address}\n"
    )
    assert call("run", "r/sweep.toml", "--out", "r", cwd=tmp_path)[0] == 0
    assert csv(tmp_path / "r") == expected


def test_an_interrupted_sweep_leaves_the_cluster_to_others(cluster, expected, tmp_path):
    workers = [cluster.worker(), cluster.worker()]
    cluster.wait_for(2)
    options = ("--backend", "dask", "--scheduler", cluster.address, "--out", "r")
    sweep = start(*WORDS, *options, cwd=tmp_path)
    wait(lambda: parts(tmp_path / "r") or sweep.poll() is not None)
    sweep.send_signal(signal.SIGINT)
    out, err = sweep.communicate(timeout=LONG)
    assert (sweep.returncode, out) == (130, ""), err
    said = err.splitlines()
    assert len(said) == 4 and said[1] == "stopping: what is finished is kept", err
    command = said[-1].partition("go on with: sweep ")[2]
    assert command.endswith(f"--backend dask --scheduler {cluster.address}")
    assert [worker.poll() for worker in workers] == [None, None]
    assert call(*command.split(), cwd=tmp_path)[0] == 0
    assert csv(tmp_path / "r") == expected


def test_ray_gives_the_same_table(expected, tmp_path):
    pytest.importorskip("ray")
    options = ("--backend", "ray", "--jobs", "2", "--out", "r")
    status, _, err = call(*WORDS, *options, cwd=tmp_path, RAY_USAGE_STATS_ENABLED="0")
    assert (status, err.count("\n")) == (0, 1), err
    assert csv(tmp_path / "r") == expected


def test_a_ray_worker_that_dies_is_said_in_a_line(tmp_path):
    pytest.importorskip("ray")
    words = (*WORDS[:-1], "0:100", "--backend", "ray", "--jobs", "2", "--out", "r")
    sweep = start(*words, cwd=tmp_path)
    wait(lambda: parts(tmp_path / "r") or sweep.poll() is not None)
    children = psutil.Process(sweep.pid).children(recursive=True)
    next(c for c in children if "ray::PoolActor" in " ".join(c.cmdline())).kill()
    out, err = sweep.communicate(timeout=LONG)
    assert (sweep.returncode, out, err.count("\n")) == (1, "", 1), err
    assert err.startswith("sweep: work was lost on ray (") and "go on with: sweep run" in err


@pytest.mark.parametrize("error", [CancelledError, ConnectionError])
def test_a_cluster_that_ends_is_said(error, monkeypatch, caplog):
    pytest.importorskip("distributed")
    monkeypatch.setattr("distributed.Client", lambda *_, **__: nullcontext())
    with (
        pytest.raises(backends.WorkerDied, match=r"lost on the dask cluster \(gone\)"),
        backends._started("dask", "tcp://127.0.0.1:9", 1),
    ):
        for name in ("distributed.client", "tornado.application"):
            logging.getLogger(name).error("a page about what is said in one line")
        raise error("gone")
    assert not caplog.records


def test_a_scheduler_that_does_not_answer(typed, monkeypatch, tmp_path):
    pytest.importorskip("distributed")
    monkeypatch.setattr("sweep.running.backends.PATIENCE", 0.5)
    address = ("--scheduler", "tcp://127.0.0.1:9")
    status, out, err = typed(*WORDS, "--backend", "dask", *address, "--out", "r")
    assert (status, out, err.count("\n")) == (2, "", 1) and "tcp://127.0.0.1:9" in err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("package", ["ray", "distributed"])
def test_a_backend_that_is_not_installed(package, typed, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    backend = {"distributed": "dask"}.get(package, package)
    status, _, err = typed(*WORDS, "--backend", backend)
    assert status == 2 and err.count("\n") == 1 and "pip install" in err


def test_a_killed_worker_is_said_and_the_rest_goes_on(expected, tmp_path):
    sweep = start(*WORDS, "--backend", "loky", "--jobs", "2", "--out", "r", cwd=tmp_path)
    wait(lambda: parts(tmp_path / "r") or sweep.poll() is not None)
    children = psutil.Process(sweep.pid).children()
    next(c for c in children if "popen_loky" in " ".join(c.cmdline())).kill()
    out, err = sweep.communicate(timeout=LONG)
    assert (sweep.returncode, out, err.count("\n")) == (1, "", 1), err
    again = "sweep run r/sweep.toml --out r --backend loky --jobs 2"
    assert re.match(rf"sweep: a worker process died.*; go on with: {again}\n", err)
    assert not (tmp_path / "r/runs.csv").exists() and parts(tmp_path / "r")
    assert call("run", "r/sweep.toml", "--out", "r", cwd=tmp_path)[0] == 0
    assert csv(tmp_path / "r") == expected


class TestTwoCommands:
    def test_the_second_says_who_is_there_and_leaves(self, tmp_path):
        first = start(*WORDS, "--epochs", "100000", "--out", "r", cwd=tmp_path)
        try:
            wait(lambda: (tmp_path / "r/parts").is_dir())
            words = (*WORDS, "--epochs", "100000", "--out", "r")
            status, out, err = call(*words, cwd=tmp_path)
            assert (status, out, err.count("\n")) == (2, "", 1)
            assert f"r is in use by process {first.pid}" in err
        finally:
            first.kill()
            first.communicate()

    def test_those_that_join_share_the_work(self, expected, tmp_path):
        words = (*WORDS, "--out", "r", "--join", "--jobs", "1", "--json")
        sweeps = [start(*words, cwd=tmp_path) for _ in range(2)]
        ends = [sweep.communicate(timeout=LONG) for sweep in sweeps]
        assert [sweep.returncode for sweep in sweeps] == [0, 0], ends
        assert sum(json.loads(out)["trained"] for out, _ in ends) == 120
        assert csv(tmp_path / "r") == expected
