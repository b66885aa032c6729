"""Activations other than ReLU: against the reference, finite differences, and each other."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kernels import reference
from kernels.choice import Choice
from kernels.prediction import predict
from tests import naive
from tests.kernels.packing import (
    Experiment,
    experiment,
    experiments,
    named,
    reference_run,
    train_runs,
)


def leaky(precisions=("float64",)):
    leaks = st.sampled_from([0.0, 0.01, 0.3, 1.0])
    drawn = experiments(precisions, activation=st.just("leaky_relu"), leak=leaks)
    return drawn.filter(lambda one: len(one.net.widths) > 2).map(_slower)


def _slower(drawn: Experiment) -> Experiment:
    """Take smaller steps: what never saturates diverges sooner."""
    return drawn._replace(runs=[run._replace(rate=run.rate / 20) for run in drawn.runs])


@settings(deadline=None, max_examples=30)
@given(leaky())
def test_a_lane_is_a_run_of_the_reference(drawn):
    outcome = train_runs(drawn, width=8)
    chosen = reference.Settings({}, {}, activation="leaky_relu", leak=drawn.leak)
    for i, run in enumerate(drawn.runs):
        expected = reference_run(drawn, i)
        np.testing.assert_allclose(outcome.parameters[i], expected, rtol=0, atol=1e-11)
        rows = drawn.samples.order[0, :, run.stream]
        p = named(drawn.net, outcome.parameters[i])
        *hidden, logits = reference.forward(p, drawn.samples.x[rows], chosen)
        y, v = drawn.samples.y[rows, 0].astype(int), drawn.samples.weight[rows]
        assert outcome.loss[i] == pytest.approx(reference.cross_entropy(logits, y, v), abs=1e-11)
        # What is at most 0 is told by its size: a unit that leaks is not dead.
        largest = np.concatenate([abs(a).max(axis=0) for a in hidden[1:]])
        inner = slice(drawn.net.unit[1], drawn.net.unit[drawn.net.layers])
        np.testing.assert_allclose(outcome.largest[i][inner], largest, rtol=0, atol=1e-11)


@settings(deadline=None, max_examples=10)
@given(leaky(precisions=("float64", "float32")))
def test_every_lane_width_gives_the_same_bytes(drawn):
    expected = train_runs(drawn, width=8)
    for width in (1, 2, 16):
        assert train_runs(drawn, width).hash() == expected.hash()


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    leak=st.floats(0, 1),
)
def test_gradients_are_central_differences(seed, hidden, leak):
    """A step without momentum at learning rate 1 moves every parameter by its gradient."""
    drawn = experiment(seed, (7, *hidden, 4), n=20, activation="leaky_relu", leak=leak)
    run = drawn.runs[0]._replace(rate=1.0, momentum=0.0)
    batch = drawn._replace(runs=[run], batch_size=20, epochs=1)
    after = train_runs(batch, width=8).parameters[0]
    gradients = named(drawn.net, run.parameters - after).values()
    x, y, v = drawn.samples[:3]
    p = list(named(drawn.net, run.parameters).values())
    differences, steps_to_a_kink = naive.differences(
        p, x, y[:, 0].astype(int), v, run.l1, run.l2, drawn.leak
    )
    assume(steps_to_a_kink > 100)
    for gradient, difference in zip(gradients, differences, strict=True):
        error = np.abs(gradient - difference).max()
        assert error < 1e-6 * np.abs(difference).max() + 1e-14


@pytest.mark.parametrize("proximal", [False, True])
def test_without_a_leak_it_is_relu(proximal):
    same = {"seed": 3, "widths": (5, 7, 6, 3), "runs": 4, "proximal": proximal}
    found = train_runs(experiment(**same, activation="leaky_relu"), width=8)
    np.testing.assert_array_equal(found.parameters, train_runs(experiment(**same), 8).parameters)


@pytest.mark.parametrize("proximal", [False, True])
def test_code_for_one_network_gives_the_same_bytes(proximal):
    drawn = experiment(
        *(8, (5, 3, 5, 4), 5, 2),
        batch_size=1,
        epochs=20,
        proximal=proximal,
        activation="leaky_relu",
        leak=0.2,
    )
    expected = train_runs(drawn, 8)
    assert train_runs(drawn, 8, freeze=True).hash() == expected.hash()
    assert train_runs(drawn._replace(leak=0.1), 8, freeze=True).hash() != expected.hash()


def test_predictions_leak_too():
    drawn = experiment(seed=2, widths=(4, 6, 5, 3), n=30, activation="leaky_relu", leak=0.25)
    parameters, x = drawn.runs[0].parameters, drawn.samples.x
    chosen = reference.Settings({}, {}, activation="leaky_relu", leak=0.25)
    logits = reference.forward(named(drawn.net, parameters), x, chosen)[-1]
    found = predict(drawn.net, parameters, x, (0.25,))
    np.testing.assert_allclose(found, reference.softmax(logits), rtol=0, atol=1e-13)
    assert not np.allclose(found, predict(drawn.net, parameters, x, (0.0,)), atol=1e-3)


def test_a_choice_is_a_kernel_module():
    with pytest.raises(ValueError, match=r"^a choice is a kernel module, and 'json' is none"):
        Choice("json")
