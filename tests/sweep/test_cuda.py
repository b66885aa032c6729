"""``--backend cuda``: the same tables, where a stand-in on the processor runs the code of a GPU."""

import json
import os
import re
import signal
import sys
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.cuda import NoDevice, training
from sweep import InputError, Sweep
from sweep.commands import bench_gpu
from sweep.commands.fixed_work import PRECISIONS, Work, flops
from sweep.gpus import Gpus, OnGpu
from sweep.plan.experiment import prepare
from sweep.plan.plan import Plan
from sweep.plan.tasks import QUANTUM
from sweep.running import driver, worker
from sweep.running.backends import WorkerDied
from sweep.training import loop
from sweep.training.batch import Batch
from tests.sweep.console import parts, rows
from tests.sweep.gpus import Stand, stand_ins

RANDOM = np.random.RandomState(0)

#: 10 rows, of which 8 are trained on in batches of 2.
DATA = RANDOM.standard_normal((10, 2)), np.arange(10) % 2

#: Networks of which one code is made, and another one where batches are full.
FEW = {"data": DATA, "hidden": "2", "batch_size": 2, "l1": [0, 0.01], "l2": [0, 0.1], "epochs": 6}

SWEEPS = {
    "finish": {"history": 2, "seeds": range(12)},
    "dropout": {"dropout": [0, 0.4], "batch_size": 3, "seeds": range(2), "finish": 0},
    "patience": {"patience": 2, "seeds": range(3), "history": 1},
    "path": {"path": "l1", "path_order": "up,down", "seeds": range(12), "finish": 0},
    "patient path": {"path": "l1", "patience": 2, "seeds": range(3)},
    "groups": {"l21": [0, 0.05], "seeds": range(2), "history": 3},
    "folds": {
        "folds": 5,
        "seeds": [1, 2],
        "finish": 0,
        "schedule": "cosine",
        "precision": "float32",
    },
    "race": {"halving": 2, "epochs": 8, "seeds": range(12), "finish": 0},
}


def spec_of(name):
    return Sweep(**FEW | SWEEPS[name])


@pytest.fixture
def gpu():
    with stand_ins():
        yield


@pytest.fixture(scope="module")
def on_the_processor():
    """Give the rows of a sweep as the processor trains it."""
    found = {}

    def expected(name):
        if name not in found:
            found[name] = rows(spec_of(name).run())
        return found[name]

    return expected


@pytest.mark.parametrize("name", SWEEPS)
def test_the_table_is_that_of_the_processor(name, on_the_processor, gpu, monkeypatch):
    expected = on_the_processor(name)
    monkeypatch.setattr(loop, "train", None)  # nothing is trained there
    assert rows(spec_of(name).run(backend="cuda", jobs=2)) == expected


@contextmanager
def interrupted_after(calls, monkeypatch):
    """Have Ctrl-C pressed when the GPU has been called so often."""
    train, done = OnGpu.train, []

    def counted(self, *some, **more):
        train(self, *some, **more)
        if some[5]:  # epochs: else it is only compiled
            done.append(1)
            if len(done) == calls:
                os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(OnGpu, "train", counted)
        yield


@pytest.mark.parametrize(("name", "calls"), [("finish", 7), ("race", 5), ("path", 3)])
def test_what_a_gpu_has_begun_the_processor_goes_on_with(
    name, calls, on_the_processor, gpu, monkeypatch, tmp_path
):
    monkeypatch.setattr("sweep.plan.tasks._FILL_A_GPU", 1)
    spec, expected = spec_of(name), on_the_processor(name)
    with interrupted_after(calls, monkeypatch):
        spec.run(out=tmp_path / "r", backend="cuda", jobs=1)
    assert not (tmp_path / "r/runs.csv").exists()
    kept = tmp_path / "r/checkpoints"
    assert parts(tmp_path / "r") or list(kept.iterdir())
    assert rows(spec.run(out=tmp_path / "r")) == expected


def test_a_sweep_is_begun_on_the_processor_and_joined_by_gpus(on_the_processor, gpu, tmp_path):
    spec = spec_of("finish")
    spec.replace(seeds=[1]).run(out=tmp_path / "r")
    found = spec.run(out=tmp_path / "r", backend="cuda", join=True, extend=True)
    assert rows(found) == on_the_processor("finish")


class TestDevices:
    def test_threads_share_all_gpus(self, monkeypatch):
        """Each next thread has the next one."""
        used = []

        class Noted(Stand):
            def run(self, program, arrays, counts):
                used.append(self.number)
                super().run(program, arrays, counts)

        monkeypatch.setattr("sweep.plan.tasks._FILL_A_GPU", 1)
        with stand_ins(2, Noted):
            spec_of("finish").run(backend="cuda", jobs=2)
        assert set(used) == {0, 1}

    def test_there_are_a_few_threads_for_each(self, monkeypatch):
        monkeypatch.setattr("joblib.cpu_count", lambda: 16)
        with stand_ins(2):
            assert Gpus.here(-1) == (8, Stand.memory // 8)
            assert Gpus.here(3) == (3, Stand.memory // 4)
        with stand_ins(8):
            assert Gpus.here(-1) == (16, Stand.memory // 4)

    def test_each_dask_worker_has_its_own(self, on_the_processor, monkeypatch, recwarn):
        """Here both are this process, in which the stand-ins are."""
        distributed = pytest.importorskip("distributed")
        monkeypatch.setattr("sweep.plan.tasks._FILL_A_GPU", 1)
        expected = on_the_processor("finish")
        monkeypatch.setattr(loop, "train", None)
        options = {"processes": False, "threads_per_worker": 1, "dashboard_address": None}
        with stand_ins(), distributed.LocalCluster(n_workers=2, **options) as cluster:
            address = cluster.scheduler_address
            found = spec_of("finish").run(backend="cuda", scheduler=address)
            assert rows(found) == expected
        with (
            without("no driver"),
            distributed.LocalCluster(n_workers=1, **options) as cluster,
            pytest.raises(InputError, match=r"^the dask worker inproc://.*GPU: no driver$"),
        ):
            spec_of("finish").run(backend="cuda", scheduler=cluster.scheduler_address)


def without(reason):
    """Have no GPU."""

    def count():
        raise NoDevice(reason)

    return mock.patch("kernels.cuda.driver.count", count)


class TestErrors:
    WORDS = ("run", "--backend", "cuda", "--epochs", 3, "--out", "r")

    @pytest.mark.parametrize("command", ["run", "plan"])
    def test_without_the_package(self, command, typed, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "cuda", None)
        status, out, err = typed(command, "--backend", "cuda")
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "pip install 'regsweep[cuda]'" in err and not list(tmp_path.iterdir())

    def test_without_a_gpu(self, typed, tmp_path):
        with stand_ins(0):
            status, out, err = typed(*self.WORDS)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "no GPU" in err and not list(tmp_path.iterdir())

    @pytest.mark.parametrize("command", ["run", "plan"])
    def test_what_cannot_be_trained_is_refused_before_anything_is_compiled(
        self, command, gpu, typed, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(driver, "compile_kernels", None)
        file = tmp_path / "many.csv"
        file.write_text("x,y\n" + "".join(f"{i},c{i % 300}\n" for i in range(900)))
        words = "--data", file, "--most-levels", "300"
        status, out, err = typed(command, *self.WORDS[1:], *words)
        assert (status, out) == (2, "") and "takes up to 256 outputs" in err.splitlines()[-1]
        assert list(tmp_path.iterdir()) == [file]

    def test_code_that_a_gpu_does_not_take(self, typed, tmp_path):
        class Strange(Stand):
            def run(self, *_):
                raise NoDevice("the CUDA driver failed in cuModuleLoadData: invalid PTX")

        with stand_ins(1, Strange):
            status, out, err = typed(*self.WORDS)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "invalid PTX" in err and not list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["finish", "race", "path"])
    def test_a_gpu_that_is_lost(self, name, on_the_processor, typed, tmp_path, monkeypatch):
        """What is finished is kept, and the rest is no row in error."""
        train, called = OnGpu.train, []

        def lost(self, *some, **more):
            if some[5]:
                called.append(1)
                if len(called) == 4:
                    raise NoDevice("out of memory")
            train(self, *some, **more)

        monkeypatch.setattr("sweep.plan.tasks._FILL_A_GPU", 1)
        monkeypatch.setattr(OnGpu, "train", lost)
        spec, expected = spec_of(name), on_the_processor(name)
        with stand_ins(), pytest.raises(WorkerDied, match=r"GPU of a worker.*\(out of memory\)"):
            spec.run(out=tmp_path / "r", backend="cuda", jobs=1)
        assert rows(spec.run(out=tmp_path / "r")) == expected

    def test_the_command_that_goes_on_is_said(self, typed, monkeypatch):
        def run_task(*_):
            raise NoDevice("out of memory")

        monkeypatch.setattr(worker, "run_task", run_task)
        monkeypatch.setattr(driver, "compile_kernels", lambda plan: None)
        with stand_ins():
            status, out, err = typed(*self.WORDS)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert err.endswith("go on with: sweep run r/sweep.toml --out r --backend cuda\n")


class TestWhatIsSaid:
    def test_info_names_the_gpus(self, typed):
        with stand_ins(2):
            _, text, _ = typed("info")
            found = json.loads(typed("info", "--json")[1])
        one = f"{Stand.name}, 1 GiB, 2 processors, compute capability 9.0"
        assert re.search(rf"^gpu +{one}; {one}$", text, re.MULTILINE)
        gpu = {"name": Stand.name, "capability": 9.0, "processors": 2, "memory_bytes": 2**30}
        assert found["gpus"] == [gpu] * 2 and found["no_gpu"] is None

    def test_info_says_why_there_is_none(self, typed):
        with without("no driver"):
            _, text, _ = typed("info")
            found = json.loads(typed("info", "--json")[1])
        assert re.search("^gpu +none: no driver$", text, re.MULTILINE)
        assert (found["gpus"], found["no_gpu"]) == ([], "no driver")

    def test_a_plan_leaves_out_the_time(self, gpu, typed):
        words = ("plan", "--seeds", "0:1000", "--json")
        on_gpu = json.loads(typed(*words, "--backend", "cuda", "--jobs", 3)[1])
        beside = json.loads(typed(*words)[1])
        assert "seconds" in beside and "seconds" not in on_gpu
        assert on_gpu["runs"] == beside["runs"] == 64000
        assert (on_gpu["workers"], on_gpu["runs_a_task"]) == (3, 64000 // 6 // 16 * 16)
        status, _, err = typed(*words, "--backend", "cuda", "--scheduler", "tcp://first:8786")
        assert (status, err.count("\n")) == (2, 1)


def test_a_bench_has_the_gpu_beside_the_processor(monkeypatch):
    """It counts the time that the kernels say; a stand-in has no peak of its own."""
    monkeypatch.setitem(sys.modules, "kernels.cuda.peak", mock.Mock(peak=lambda *_: 1e12))
    monkeypatch.setattr(bench_gpu, "_RUNS", 20)
    monkeypatch.setattr(training, "train", mock.create_autospec(training.train, return_value=0.25))
    work = Work("tiny", (2, 2, 2), samples=8, batch=2)
    with stand_ins():
        found = bench_gpu.measure((work,))
    assert [row["gflops"] for row in found["peak"]] == [1e3, 1e3]
    for row, precision in zip(found["work"], PRECISIONS, strict=True):
        assert (row["precision"], row["unit"], row["runs"]) == (precision, "epochs", 20)
        assert row["a_second"] == 20 / 0.25
        assert row["gflops"] * 1e9 == pytest.approx(20 / 0.25 * 8 * flops(work.widths))
        assert row["of_peak"] == pytest.approx(row["gflops"] / 1e3)
    lines = bench_gpu.tables(found)
    assert max(map(len, lines)) <= 100
    assert lines[-1].split() == ["tiny", "float32", "20", "80", "0.0", "0%"]
    with without("no driver"):
        assert bench_gpu.measure((work,)) is None


@settings(max_examples=40)
@given(
    seeds=st.integers(1, 10**4),
    widths=st.sampled_from([(4, 3), (5, 3, 5, 4), (784, 300, 100, 10)]),
    gpus=st.builds(Gpus, workers=st.integers(1, 40), room=st.integers(2**28, 2**36)),
    patience=st.sampled_from([None, 2]),
    path=st.sampled_from([None, "l1"]),
)
def test_tasks_fill_a_gpu_and_fit_into_it(seeds, widths, gpus, patience, path):
    spec = Sweep(data="iris", seeds=range(seeds), patience=patience, path=path)
    plan = Plan(spec, widths, 120, "iris").on(gpus)
    tasks = plan.tasks
    side_by_side = tasks.lanes if patience else tasks.abreast
    together = min(2**10, plan.grid.total // tasks.steps)
    each = Plan(spec, widths, 120, "iris").on(Gpus(1, 1)).tasks
    if side_by_side > 2 * QUANTUM:
        assert tasks.bytes <= gpus.room
    if 2 * together * each.bytes / each.abreast <= gpus.room:
        assert side_by_side > together - QUANTUM


class Clock:
    """Goes only while a GPU trains: half a millisecond, and the fourth part for each epoch."""

    def __init__(self):
        self.now, self.calls = 0.0, []

    def __call__(self):
        return self.now

    def train(self, device, net, runs, samples, step, size, epochs, **_):
        took = 5e-4 * (1 + epochs * samples.order.shape[1] / 32)
        self.calls.append(took)
        self.now += took


@pytest.mark.parametrize(("epochs", "calls"), [(4000, range(3, 6)), (1, [1])])
def test_calls_are_as_long_as_a_breath_once_it_is_known_what_that_is(
    epochs, calls, gpu, monkeypatch
):
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    monkeypatch.setattr("kernels.cuda.training.train", clock.train)
    experiment = prepare(Sweep(**FEW | {"epochs": epochs, "finish": 0, "seeds": [1]}))
    plan = experiment.plan.on(Gpus.here(1))
    runs = Batch(plan, experiment.dataset, np.arange(4), lambda: False)
    runs.train(np.arange(4), runs.drawn(), epochs)
    assert max(clock.calls) <= loop._BREATH * 1.01
    assert len(clock.calls) in calls, clock.calls
