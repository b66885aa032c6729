"""Optimizers: PyTorch's trajectories, those of an independent twin, and minima with exact zeros."""

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.network import network
from kernels.samples import Samples
from sweep.specification import schedule
from sweep.specification.spec import Specification
from tests import naive
from tests.kernels import torch_trajectories as recorded
from tests.kernels.kinds import EITHER_STEP
from tests.kernels.packing import (
    LANES,
    OPTIMIZERS,
    Experiment,
    Run,
    experiment,
    experiments,
    train_runs,
    weights_of,
    with_room,
)

OTHERS = st.sampled_from(OPTIMIZERS[1:])
TORCH = json.loads(recorded.FILE.read_text())


@pytest.mark.parametrize("how", [0, recorded.L2, *recorded.SCHEDULES])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_are_those_of_pytorch(optimizer, how):
    """Without L2 and with it; with it also along each schedule."""
    x, y, order, start = recorded.problem()
    net = network(recorded.WIDTHS)
    options, *_ = recorded.CASES[optimizer]
    nothing = np.zeros(len(net.names))
    l2 = recorded.L2 if how else 0
    run = Run(start, nothing, nothing + l2, **{"momentum": 0.0, **options})
    rates = None
    if how in recorded.SCHEDULES:
        warmup, *_ = recorded.SCHEDULES[how]
        spec = Specification(data="iris", schedule=how, warmup=warmup, epochs=20)
        rates = schedule.factors(spec, np.arange(20), len(x))
    order = np.ascontiguousarray(order[:, :, None])
    samples = Samples(x, y.astype(float), np.ones(len(x)), order)
    for epochs, expected in zip(recorded.EPOCHS, TORCH[f"{optimizer} {how}"], strict=True):
        trained = Experiment(net, [run], samples, recorded.BATCH, epochs, False)
        chosen = {"optimizer": optimizer, "factors": None if rates is None else rates[:epochs]}
        (found,) = weights_of(trained._replace(**chosen), width=8)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@settings(deadline=None, max_examples=60)
@given(
    optimizer=st.sampled_from(OPTIMIZERS),
    proximal=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    l1=st.sampled_from([0, 0.01, 0.1]),
    l2=st.sampled_from([0, 0.02]),
    taken=st.fixed_dictionaries(
        {
            "momentum": st.sampled_from([0.0, 0.5, 0.9]),
            "beta2": st.sampled_from([0.9, 0.999]),
            "epsilon": st.sampled_from([1e-5, 0.1]),
        }
    ),
)
def test_steps_are_those_of_the_twin(optimizer, proximal, seed, l1, l2, taken):
    """Of softmax regression in full batches, one number after another."""
    random = np.random.RandomState(seed)
    x, y = random.normal(size=(12, 4)), random.randint(3, size=12)
    net, start = network((4, 3)), random.normal(size=15)

    def gradient(flat):
        p = np.exp(x @ flat[:12].reshape(3, 4).T + flat[12:])
        delta = (p / p.sum(axis=1, keepdims=True) - np.eye(3)[y]) / len(x)
        return np.concatenate([(delta.T @ x).ravel(), delta.sum(axis=0)])

    run = Run(start, np.array([l1, l1]), np.array([l2, l2]), 0.05, **taken)
    samples = Samples(x, y.astype(float)[:, None], np.ones(12), np.arange(12)[None, :, None])
    (found,) = weights_of(
        Experiment(net, [run], samples, 12, 9, proximal, optimizer=optimizer), width=8
    )
    if optimizer == "rmsprop":
        taken = {**taken, "momentum": 0}
    expected = naive.descent(optimizer, gradient, start, 9, 0.05, l1, l2, proximal, **taken)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


@settings(deadline=None, max_examples=60)
@given(experiments(optimizer=OTHERS))
def test_a_lane_is_a_run_of_the_reference(drawn):
    found = weights_of(drawn, width=8)
    for i in range(len(drawn.runs)):
        expected, room = with_room(drawn, i)
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=room)


#: Each step, in lanes of one width beside the eight of the others: more would be compiled for long.
#: Of an optimizer the second step is proximal, and every width is tried with both kinds.
WIDTHS = list(zip(product(OPTIMIZERS[1:], (False, True)), (1, 2, 4, 16, 2, 1, 16, 4), strict=True))


def test_each_width_is_tried_with_either_step():
    tried = {(proximal, width) for (_, proximal), width in WIDTHS}
    assert tried == set(product((False, True), (1, 2, 4, 16)))


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(WIDTHS), st.data())
def test_neither_lanes_nor_neighbours_change_a_bit(chosen, data):
    (optimizer, proximal), width = chosen
    kind = {"optimizer": optimizer, "proximal": proximal}
    drawn = data.draw(experiments(kind=kind))
    together = train_runs(drawn, width=8)
    assert train_runs(drawn, width).hash() == together.hash()
    order = data.draw(st.permutations(range(len(drawn.runs))))
    moved = train_runs(drawn._replace(runs=[drawn.runs[i] for i in order]), width)
    for place, i in enumerate(order):
        assert moved.bytes(place) == together.bytes(i)


@pytest.mark.parametrize("kind", EITHER_STEP, ids=str)
def test_frozen_code_and_wide_lanes_change_no_bit(kind):
    drawn = experiment(8, (3, 4, 2), 5, 6, batch_size=2, epochs=20, streams=2, **kind)
    width = LANES[kind["precision"]]
    expected = train_runs(drawn, width)
    assert np.isfinite(expected.loss).all()
    assert train_runs(drawn, width, freeze=True).hash() == expected.hash()
    assert train_runs(drawn, width=2).hash() == expected.hash()
