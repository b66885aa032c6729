"""The trainer: pauses, stops, and legs of one way change nothing in what is trained."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.specification.choices import OPTIMIZERS
from sweep.training import chosen_kernels, loop
from sweep.training.batch import Batch


def batch(stopped=lambda: False, **options):
    few = {"data": "iris", "hidden": "5", "l1": [0, 0.01], "l2": 0.001, "seeds": 3, "finish": 0}
    options = few | options
    experiment = prepare(Sweep(**options))
    plan = experiment.plan
    return Batch(plan, experiment.dataset, np.arange(plan.grid.total), stopped)


def trained(batch, *legs):
    """Train in legs, each to so many epochs: the last columns, and the state."""
    index = np.arange(len(batch.columns["run"]))
    state = batch.drawn()
    for epochs in legs:
        columns, end = batch.train(index, state, epochs)
        state = end()
    return columns, state


@settings(deadline=None, max_examples=15)
@given(
    legs=st.lists(st.integers(1, 9), min_size=2, max_size=4, unique=True).map(sorted),
    method=st.sampled_from(["subgradient", "proximal"]),
    size=st.sampled_from([1, 50, "full"]),
    precision=st.sampled_from(["float64", "float32"]),
    optimizer=st.sampled_from([*OPTIMIZERS]),
    dropout=st.sampled_from([0, 0.4, [0.2, 0.6]]),
    schedule=st.sampled_from(["constant", "cosine", "exponential:0.8", "step:2:0.5"]),
    warmup=st.sampled_from([0, 4]),
)
def test_legs_of_one_way_end_where_the_whole_does(legs, method, size, precision, **how):
    runs = batch(epochs=9, batch_size=size, precision=precision, l1_method=method, **how)
    in_legs, at_once = trained(runs, *legs), trained(runs, legs[-1])
    for name, column in at_once[0].items():
        np.testing.assert_array_equal(in_legs[0][name], column)
    for one, other in zip(in_legs[1], at_once[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_states_are_taken_apart_and_joined():
    _, state = trained(batch(epochs=2, l2=[0, 0.1, 0.2]), 2)
    first, rest = state.take(np.array([0, 3])), state.take(np.array([1, 2, 4, 5]))
    again = loop.State.join([first, rest]).take(np.array([0, 2, 3, 1, 4, 5]))
    for one, other in zip(again, state, strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_asks_whether_to_stop_between_calls(monkeypatch):
    """However long the training, calls of a kernel last no longer than a breath."""
    calls, asked = [], []

    def train(net, runs, samples, step, size, epochs, **_):
        calls.append(epochs * samples.order.shape[1])

    def stopped():
        asked.append(len(calls))
        return len(asked) == 4

    monkeypatch.setattr(loop, "train", train)
    experiment = prepare(Sweep(data="digits", epochs=10**6, l1=0, l2=0, seeds=range(16)))
    runs = Batch(experiment.plan, experiment.dataset, np.arange(16), stopped)
    with pytest.raises(loop.Stopped):
        trained(runs, 10**6)
    assert asked == [0, 1, 2, 3]
    seconds = np.array(calls) / 1437 * experiment.plan.cost.seconds / 10**6 * 16
    assert (seconds <= 2 * loop._BREATH).all()


@pytest.mark.parametrize("dropout", [0, 0.4])
def test_one_epoch_that_is_longer_than_a_breath_is_divided_by_batches(monkeypatch, dropout):
    options = {"epochs": 2, "batch_size": 7, "dropout": dropout}
    whole = trained(batch(**options), 2)
    monkeypatch.setattr(loop, "_BREATH", 1e-12)
    calls = []
    train = loop.train
    monkeypatch.setattr(
        loop,
        "train",
        lambda *some, **more: calls.append(some[2].order.shape[1]) or train(*some, **more),
    )
    divided = trained(batch(**options), 2)
    assert set(calls) == {7, 120 % 7} and len(calls) == 2 * 18
    np.testing.assert_array_equal(divided[1].parameters, whole[1].parameters)

    calls.clear()
    asked = iter([False, False, True])
    with pytest.raises(loop.Stopped):
        trained(batch(**options, stopped=lambda: next(asked)), 2)
    assert calls == [7, 7]


@pytest.mark.parametrize("halves", [False, True])
def test_packs_are_half_as_wide_where_that_leaves_fewer_lanes_idle(halves, monkeypatch):
    monkeypatch.setattr(chosen_kernels, "computes_halves", lambda: halves)
    monkeypatch.setattr(chosen_kernels, "lanes", lambda precision, vectors=1: int(8 * vectors))

    def width(hidden, runs, freeze=False):
        spec = Sweep(hidden=hidden, batch_size=1)
        return chosen_kernels.shape_of(spec, (5, *spec.hidden, 4), 1, freeze, runs)[1]

    half = 4 if halves else 8
    assert (width("8", 4), width("8", 5), width("64,64", 100)) == (half, 8, half)
    assert width("3,5", 4, freeze=True) >= 8
