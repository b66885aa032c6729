"""The loss before training, measured once for a seed and fold, is that of every run to the bit."""

import numpy as np
import pytest

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
