"""Patience: what a sweep with stops costs, and what becomes of a run that never was any good."""

import threading

import numpy as np
import pytest

from sweep import Sweep, trainer
from sweep.experiment import prepare

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
    whole = trainer.train

    def train(net, runs, samples, batch, epochs, **options):
        packs, _, width = runs.parameters.shape
        with lock:
            found.append(packs * width * epochs * samples.order.shape[1])
        whole(net, runs, samples, batch, epochs, **options)

    monkeypatch.setattr(trainer, "train", train)
    return lambda spec: sum(found) / prepare(spec).plan.samples


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("seconds", [0.2, 1e-9])
def test_a_sweep_with_stops_costs_what_it_trains(precision, seconds, computed, monkeypatch):
    """Within 15 %, also where one run would be enough work for a task."""
    monkeypatch.setattr("sweep.plan.TASK_SECONDS", seconds)
    spec = SPEC.replace(precision=precision)
    table = spec.run()
    assert table.epochs.min() < 10 and table.epochs.max() > 40
    assert table.epochs.sum() <= computed(spec) < 1.15 * table.epochs.sum()


def test_large_networks_are_not_taken_by_the_hundred():
    """128 copies of a million weights, and as many of their velocities, would be gigabytes."""
    plan = prepare(Sweep(data="digits", hidden="1000,1000", patience=3)).plan
    assert plan.task_bytes < 2**30
    assert (
        prepare(Sweep(data="digits", hidden="64", epochs=10**6, patience=3)).plan.task_runs == 128
    )


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_a_run_that_diverges_at_once_has_diverged(method):
    spec = SPEC.replace(l1=0.01, l2=0, lr=[0.01, 1e200], seeds=[1, 2], l1_method=method)
    table = spec.run()
    assert (table.status == np.where(table.lr > 1, "diverged", "done")).all()
    wild = table[table.lr > 1]
    assert (wild.epochs == 1 + spec.patience).all() and (wild.best_epoch == 1).all()


def test_a_run_that_diverges_later_keeps_what_was_good():
    """As any other run does whose validation loss goes up."""
    spec = Sweep(data="wine", hidden="8", l1=0, l2=0, lr=3.0, seeds=range(8), epochs=40, patience=5)
    table = spec.run()
    assert (table.status == "done").any()
    best = table[table.status == "done"].iloc[0]
    alone = spec.replace(seeds=best.seed, patience="off", epochs=best.best_epoch).run()
    assert alone.val_loss[0] == best.val_loss
