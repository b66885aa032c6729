"""The benchmarks' peers train the same runs as regsweep; those that are installed are tried."""

import importlib
import warnings

import numpy as np
import pytest

from kernels import reference
from sweep.sweep import Sweep
from tests.benchmarks.problem import Problem, problem


@pytest.fixture(scope="module", params=["article", "digits"])
def work(request) -> Problem:
    if request.param == "article":
        return problem("article", Sweep(l1="0,1e-3,1e-2", l2="0,1e-2", seeds=3), epochs=30)
    random = np.random.RandomState(0)
    data = (random.standard_normal((24, 12)), np.arange(24) % 3)
    spec = Sweep(data=data, val_fraction=0, hidden=(9, 5), l1="0,1e-3,1e-2", l2="0,1e-2", seeds=3)
    return problem("data", spec.replace(batch_size=8, l1_method="subgradient"), epochs=4)


@pytest.mark.parametrize(
    "peer",
    ["regsweep", "document", "numpy_loop", "scalar_loop", "torch_loop", "torch_vmap", "jax_vmap"],
)
def test_peers_train_the_same_runs(peer, work):
    if peer.startswith(("torch", "jax")):
        pytest.importorskip(peer.partition("_")[0])
    expected = work.losses(_trained(work))
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # those of other packages
        module = importlib.import_module(f"tests.benchmarks.{peer}")
        for _, runs, run in module.candidates(work):
            some = work.take(runs)
            losses = some.losses(run())
            np.testing.assert_allclose(losses, expected[some.runs], rtol=1e-9)
            break  # of one way, others only differ in size


def _trained(work: Problem) -> np.ndarray:
    """Train each run with the reference."""
    names = work.net.names
    start = dict(zip(names, work.initial, strict=True))
    order = work.order.reshape(work.epochs, -1)
    found = []
    for l1, l2 in zip(work.l1, work.l2, strict=True):
        penalties = (dict(zip(names, own.tolist(), strict=True)) for own in (l1, l2))
        settings = reference.Settings(*penalties, work.rate, work.momentum)
        data = work.x, work.y, np.ones(len(work.y))
        trained = reference.train(start, settings, data, order, work.order.shape[1], work.epochs)
        found.append(work.flat(list(trained.values())))
    return np.stack(found)
