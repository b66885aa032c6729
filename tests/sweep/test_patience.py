"""Patience: what a sweep with stops costs, and what becomes of a run that never was any good."""

import threading
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.training import loop
from sweep.training.task import run_task
from tests.sweep.console import rows

#: 360 runs of all kinds; they stop after 2 to 49 epochs, and on the average after 21.
SPEC = Sweep(
    data="wine",
    hidden="8",
    l1=[0, 1e-4, 1e-3, 1e-2, 0.1],
    l2=[0, 1e-3, 0.1],
    lr=[0.01, 0.1],
    seeds=range(12),
    epochs=60,
    patience=4,
    batch_size=16,
)


@pytest.fixture
def computed(monkeypatch):
    """Count the epochs that lanes are given, whether a run is in them or not."""
    lock, found = threading.Lock(), []
    whole = loop.train

    def train(net, runs, samples, step, batch, epochs, **options):
        packs, _, width = runs.parameters.shape
        with lock:
            found.append(packs * width * epochs * samples.order.shape[1])
        whole(net, runs, samples, step, batch, epochs, **options)

    monkeypatch.setattr(loop, "train", train)
    return lambda spec: sum(found) / prepare(spec).plan.samples


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("seconds", [0.2, 1e-9])
@pytest.mark.parametrize("room", [2**26, 1])
def test_a_sweep_with_stops_costs_what_it_trains(precision, seconds, room, computed, monkeypatch):
    """Within 15 %, also where one run would be enough work for a task, or memory holds 16."""
    monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", seconds)
    monkeypatch.setattr("sweep.plan.tasks._EPOCH_SECONDS", seconds)
    monkeypatch.setattr("sweep.plan.cost._ROOM", room)
    spec = SPEC.replace(precision=precision)
    assert prepare(spec).plan.tasks.lanes == (16 if room == 1 else prepare(spec).plan.tasks.runs)
    table = spec.run()
    assert table.epochs.min() < 10 and table.epochs.max() > 40
    assert table.epochs.sum() <= computed(spec) < 1.15 * table.epochs.sum()


def test_a_large_network_has_as_many_runs_and_few_of_them_in_lanes():
    """128 copies of a million weights, and as many of their velocities, would be gigabytes."""
    small = prepare(Sweep(data="digits", hidden="64", epochs=10**6, patience=3)).plan
    large = prepare(Sweep(data="digits", hidden="1000,1000", patience=3)).plan
    assert small.tasks.runs == small.tasks.lanes == large.tasks.runs == 128
    assert large.tasks.lanes == 16 and large.tasks.bytes < 1.5 * 2**30


def test_a_small_sweep_has_tasks_for_several_cores():
    plan = prepare(Sweep(data="digits", hidden="300", l1=0, l2=0, seeds=range(64), patience=3)).plan
    assert plan.tasks.count == 4


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_a_task_takes_the_room_of_its_lanes(method, monkeypatch):
    """However many runs wait; what `sweep plan` says of it is not far off."""
    monkeypatch.setattr("sweep.plan.tasks._SHARES", 1)
    x = np.random.RandomState(0).standard_normal((40, 300))
    spec = Sweep(
        data=(x, np.arange(40) % 4), hidden="300,100", l1=0, l2=0, lr=[1e-3, 0.01], patience=1
    )
    spec = spec.replace(seeds=range(64), epochs=4, l1_method=method, permutations=0)
    plan, dataset = (experiment := prepare(spec)).plan, experiment.dataset
    assert (plan.tasks.runs, plan.tasks.lanes) == (128, 64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.plan.cost._ROOM", 1)
        run_task(plan, dataset, [(0, 1)])
        tracemalloc.start()
        try:
            run_task(plan, dataset, [(0, 128)])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert plan.tasks.lanes == 16 and plan.tasks.bytes / 2 < peak < plan.tasks.bytes, peak


def test_it_asks_whether_to_stop_at_every_epoch(monkeypatch):
    plan, dataset = (experiment := prepare(SPEC)).plan, experiment.dataset
    monkeypatch.setattr("sweep.plan.cost._ROOM", 1)
    asked = iter([False] * 30 + [True])
    with pytest.raises(loop.Stopped):
        run_task(plan, dataset, [(0, 128)], lambda: next(asked))


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    options=st.fixed_dictionaries(
        {
            "path": st.sampled_from([None, "l1", "l2"]),
            "folds": st.sampled_from([0, 5]),
            "l1_method": st.sampled_from(["subgradient", "proximal"]),
            "optimizer": st.sampled_from(["nesterov", "momentum", "adam", "rmsprop"]),
            "batch_size": st.sampled_from([16, "full"]),
            "epochs": st.sampled_from([2, 12]),
        }
    ),
    width=st.sampled_from([1, 2, 4, 8, 16]),
    quantum=st.sampled_from([4, 7, 16]),
    room=st.sampled_from([1, 10**4, 2**26]),
    waiting=st.sampled_from([20, 1000]),
)
def test_a_row_does_not_depend_on_when_its_lane_was_freed(
    options, width, quantum, room, waiting, tmp_path_factory
):
    """Nor does what is recorded on the way: whatever fits a pack, the lanes, a task."""
    spec = SPEC.replace(
        lr=[0.01, 0.5], seeds=range(2), l1=[0, 1e-3, 0.1], l2=[0, 0.1], history=2, **options
    )
    whole, path = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("small")
    expected = spec.run(out=whole / "r", jobs=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWEEP_LANES", str(width))
        patch.setattr("sweep.plan.tasks.QUANTUM", quantum)
        patch.setattr("sweep.plan.cost._ROOM", room)
        patch.setattr("sweep.plan.tasks._WAITING", waiting)
        patch.setattr("sweep.plan.tasks._EPOCH_SECONDS", 0)
        found = spec.run(out=path / "r", jobs=1)
    assert rows(found) == rows(expected)
    past = [pd.read_parquet(folder / "r/history.parquet") for folder in (whole, path)]
    assert past[0].equals(past[1])


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_a_run_that_diverges_at_once_has_diverged(method):
    spec = SPEC.replace(l1=0.01, l2=0, lr=[0.01, 1e200], seeds=[1, 2], l1_method=method)
    table = spec.run()
    assert (table.status == np.where(table.lr > 1, "diverged", "done")).all()
    wild = table[table.lr > 1]
    assert (wild.epochs == 1 + spec.patience).all() and (wild.best_epoch == 1).all()


def test_a_run_that_diverges_later_keeps_what_was_good():
    """As any other run does whose validation loss goes up."""
    spec = Sweep(data="wine", hidden="8", l1=0, l2=0, lr=3.0, seeds=range(8), epochs=40, finish=0)
    spec = spec.replace(patience=5)
    table = spec.run()
    assert (table.status == "done").any()
    best = table[table.status == "done"].iloc[0]
    alone = spec.replace(seeds=best.seed, patience="off", epochs=best.best_epoch).run()
    assert alone.val_loss[0] == best.val_loss
