"""The benchmarks' peers train the same runs as regsweep; those that are installed are tried."""

import importlib
import warnings

import numpy as np
import pytest

from kernels import reference
from sweep.plan.experiment import prepare
from sweep.sweep import Sweep
from tests.benchmarks import choices
from tests.benchmarks.problem import Problem, problem

ADAM = {"optimizer": "adam", "lr": 0.01, "momentum": 0.8, "beta2": 0.99}

#: What differs from classes, ReLU and Nesterov.
WORK = {
    "digits": {},
    "adam": ADAM,
    "regression": {"loss": "squared", "activation": "tanh", **ADAM},
}


@pytest.fixture(scope="module", params=["article", *WORK])
def work(request) -> Problem:
    if request.param == "article":
        return problem("article", Sweep(l1="0,1e-3,1e-2", l2="0,1e-2", seeds=3), epochs=30)
    chosen = {"loss": "cross_entropy", **WORK[request.param]}
    random = np.random.RandomState(0)
    x = random.standard_normal((24, 12))
    y = random.standard_normal(24) if chosen["loss"] == "squared" else np.arange(24) % 3
    spec = Sweep(data=(x, y), val_fraction=0, hidden=(9, 5), seeds=3, batch_size=8, **chosen)
    grid = {"l1": "0,1e-3,1e-2", "l2": "0,1e-2", "l1_method": "subgradient"}
    return problem(request.param, spec.replace(**grid), epochs=4)


@pytest.mark.parametrize(
    "peer",
    ["regsweep", "document", "numpy_loop", "scalar_loop", "torch_loop", "torch_vmap", "jax_vmap"],
)
def test_peers_train_the_same_runs(peer, work):
    if peer.startswith(("torch", "jax")):
        pytest.importorskip(peer.partition("_")[0])
    expected = _trained(work)
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # those of other packages
        module = importlib.import_module(f"tests.benchmarks.{peer}")
        ways = module.candidates(work)
        if (first := next(ways, None)) is None:
            pytest.skip("another network or step than this peer has")
        _, runs, run = first  # others only differ in size
        some = work.take(runs)
        found = run()
    # Rounding alone, in sums of another order.
    np.testing.assert_allclose(found, expected[some.runs], rtol=1e-9, atol=1e-12)
    losses = work.losses(expected)[some.runs]
    np.testing.assert_allclose(some.losses(found), losses, rtol=1e-9)


def _trained(work: Problem) -> np.ndarray:
    """Train each run with the reference."""
    names = work.net.names
    start = dict(zip(names, work.initial, strict=True))
    order = work.order.reshape(work.epochs, -1)
    found = []
    for l1, l2 in zip(work.l1, work.l2, strict=True):
        penalties = (dict(zip(names, own.tolist(), strict=True)) for own in (l1, l2))
        chosen = {name: getattr(work.spec, name) for name in ("activation", "loss", "optimizer")}
        hyper = {"beta2": work.beta2, "epsilon": work.epsilon}
        settings = reference.Settings(*penalties, work.rate, work.momentum, **chosen, **hyper)
        data = work.x, work.y, np.ones(len(work.y))
        trained = reference.train(start, settings, data, order, work.order.shape[1], work.epochs)
        found.append(work.flat(list(trained.values())))
    return np.stack(found)


def test_what_choices_cost_is_measured_on_networks_of_one_size():
    """Each in turn is trained and compiled beside the plain one."""
    widths = set()
    for chosen in choices.CHOICES:
        work = choices.chosen_work(choices.DIGITS, "float64", chosen)
        assert work is not None
        spec, _, plan = prepare(work)
        for name, value in chosen.items():
            assert getattr(spec, name) in (value, (value,))
        widths.add(plan.widths)
    assert widths == {choices.DIGITS.widths}


def test_the_table_of_choices_has_ratios_to_the_plain_one():
    names = [choices.label(chosen) for chosen in choices.CHOICES]
    found = {"digits": {name: 2.0 + i for i, name in enumerate(names)}, "article": {"plain": 3.0}}
    lines = choices.table(found).splitlines()
    assert lines[:3] == [
        "| | digits | article |",
        "| --- | ---: | ---: |",
        "| plain | 1.00 | 1.00 |",
    ]
    assert lines[3] == "| `--activation leaky_relu` | 1.50 | - |"
    assert "| `--l1-method proximal --l21 0.001 --l21-on units` |" in lines[-4]
