"""What is measured once for many runs, or by all lanes of one, is the loss of a run to the bit."""

import numpy as np
import pytest

from kernels import evaluation
from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.training import measures
from sweep.training.batch import Batch
from sweep.training.measures import first_loss, loss_of


@pytest.mark.parametrize("samples", [7, 64, 300])
def test_it_is_that_of_every_run(samples, monkeypatch):
    draw = np.random.RandomState(samples)
    data = draw.standard_normal((samples, 4)), np.arange(samples) % 3
    spec = Sweep(data=data, hidden="5", l1=[0, 0.01, 0.1], l2=[0, 0.1], seeds="0:2", val_fraction=0)
    _, dataset, plan = prepare(spec)
    batch = Batch(plan, dataset, np.arange(plan.grid.total), lambda: False)
    ((_, group),) = batch._groups(np.arange(plan.grid.total))
    state = batch.drawn()
    packs = group.pack(np.arange(group.size), state)
    one_by_one = loss_of(packs, group.spec)
    monkeypatch.setattr(measures, "evaluate", None)  # no run is measured by itself
    np.testing.assert_array_equal(first_loss(packs, group.spec, state.draw), one_by_one)
    monkeypatch.setattr(measures, "loss_of_one", None)  # the next task need not measure again
    np.testing.assert_array_equal(first_loss(packs, group.spec, state.draw), one_by_one)


@pytest.mark.parametrize("samples", [511, 2500])
def test_that_of_a_run_alone_is_that_beside_others(samples, monkeypatch):
    """Its lanes share the samples out, some at a time; what two have no lane has time for."""
    draw = np.random.RandomState(samples)
    data = draw.standard_normal((samples, 4)), np.arange(samples) % 3
    spec = Sweep(data=data, hidden="5", l1=[0.01, 0.1], l2=0, seeds=0, val_fraction=0)
    _, dataset, plan = prepare(spec)
    batch = Batch(plan, dataset, np.arange(2), lambda: False)
    ((_, group),) = batch._groups(np.arange(2))
    state = batch.drawn()
    both = loss_of(group.pack(np.arange(2), state), group.spec)
    packs = group.pack(np.arange(1), state.take(np.arange(1)))
    monkeypatch.setattr(evaluation, "_SHARED_OUT", 32 * packs.weights.shape[-1])
    if samples == 2500:
        monkeypatch.setattr(measures, "evaluate", None)
    assert loss_of(packs, group.spec) == both[:1]
