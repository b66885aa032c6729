"""What hidden units give: against the reference, finite differences, and each other."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kernels import reference
from kernels.choice import Choice
from kernels.prediction import Prediction
from tests import naive
from tests.kernels.kinds import kinds, kinds_and_widths
from tests.kernels.packing import (
    Experiment,
    experiment,
    experiments,
    named,
    reference_run,
    train_runs,
    weights_of,
)

#: All but ReLU, which the other tests of the kernels have.
OTHERS = [name for name in reference.ACTIVATIONS if name != "relu"]
EACH = pytest.mark.parametrize("activation", OTHERS)
PROXIMAL = pytest.mark.parametrize("proximal", [False, True])


#: Those of them that are as near to the reference as float64 is.
REAL = [kind | {"precision": "float64"} for kind in kinds("activation", OTHERS)]


def others(kind):
    leaks = st.sampled_from([0.0, 0.01, 0.3, 1.0])
    drawn = experiments(kind=kind, leak=leaks)
    return drawn.filter(lambda one: len(one.net.widths) > 2).map(_slower)


def _slower(drawn: Experiment) -> Experiment:
    """Take smaller steps: what never saturates diverges sooner."""
    return drawn._replace(runs=[run._replace(rate=run.rate / 20) for run in drawn.runs])


def settings_of(drawn: Experiment) -> reference.Settings:
    """Return settings of the reference with the activation of an experiment."""
    name = drawn.net.activation.kind.rpartition(".")[2]
    return reference.Settings({}, {}, activation=name, leak=drawn.leak)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(REAL).flatmap(others))
def test_a_lane_is_a_run_of_the_reference(drawn):
    outcome = train_runs(drawn, width=8)
    for i, run in enumerate(drawn.runs):
        expected = reference_run(drawn, i)
        np.testing.assert_allclose(outcome.parameters[i], expected, rtol=0, atol=1e-11)
        rows = drawn.samples.order[0, :, run.stream]
        p = named(drawn.net, outcome.parameters[i])
        *hidden, logits = reference.forward(p, drawn.samples.x[rows], settings_of(drawn))
        y, v = drawn.samples.y[rows, 0].astype(int), drawn.samples.weight[rows]
        assert outcome.loss[i] == pytest.approx(reference.cross_entropy(logits, y, v), abs=1e-11)
        # What is at most 0 is told by its size: a unit that leaks is not dead.
        largest = np.concatenate([abs(a).max(axis=0) for a in hidden[1:]])
        inner = slice(drawn.net.unit[1], drawn.net.unit[drawn.net.layers])
        np.testing.assert_allclose(outcome.largest[i][inner], largest, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("kind", "width"), kinds_and_widths("activation", OTHERS), ids=str)
@settings(deadline=None, max_examples=4)
@given(data=st.data())
def test_every_lane_width_gives_the_same_bytes(kind, width, data):
    drawn = data.draw(others(kind))
    assert train_runs(drawn, width).hash() == train_runs(drawn, width=8).hash()


@EACH
@settings(deadline=None, max_examples=8)
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    leak=st.floats(0, 1),
)
def test_gradients_are_central_differences(activation, seed, hidden, leak):
    """A step without momentum at learning rate 1 moves every parameter by its gradient."""
    drawn = experiment(seed, (7, *hidden, 4), n=20, activation=activation, leak=leak)
    run = drawn.runs[0]._replace(rate=1.0, momentum=0.0)
    batch = drawn._replace(runs=[run], batch_size=20, epochs=1)
    after = weights_of(batch, width=8)[0]
    gradients = named(drawn.net, run.parameters - after).values()
    x, y, v = drawn.samples[:3]
    p = list(named(drawn.net, run.parameters).values())
    leaky = activation == "leaky_relu"
    activate = naive.leaky_relu(leak) if leaky else naive.ACTIVATIONS[activation]
    differences, steps_to_a_kink = naive.differences(
        p, x, y[:, 0].astype(int), v, run.l1, run.l2, activate
    )
    assume(steps_to_a_kink > 100)
    for gradient, difference in zip(gradients, differences, strict=True):
        error = np.abs(gradient - difference).max()
        assert error < 1e-6 * np.abs(difference).max() + 1e-14


@PROXIMAL
def test_without_a_leak_it_is_relu(proximal):
    same = {"seed": 3, "widths": (5, 7, 6, 3), "runs": 4, "proximal": proximal}
    found = train_runs(experiment(**same, activation="leaky_relu"), width=8)
    np.testing.assert_array_equal(found.parameters, train_runs(experiment(**same), 8).parameters)


@PROXIMAL
def test_a_full_leak_is_the_identity(proximal):
    same = {"seed": 3, "widths": (5, 7, 6, 3), "runs": 4, "proximal": proximal}
    found = train_runs(experiment(**same, activation="leaky_relu", leak=1.0), width=8)
    same = experiment(**same, activation="identity")
    np.testing.assert_array_equal(found.parameters, train_runs(same, 8).parameters)


def test_the_identity_leaves_a_linear_network():
    drawn = experiment(seed=5, widths=(4, 6, 5, 3), n=30, activation="identity")
    (w1, b1, w2, b2, w3, b3) = named(drawn.net, drawn.runs[0].parameters).values()
    x = drawn.samples.x
    logits = x @ (w3 @ w2 @ w1).T + w3 @ (w2 @ b1 + b2) + b3
    found = Prediction(drawn.net)(drawn.runs[0].parameters, x)
    np.testing.assert_allclose(found, reference.softmax(logits), rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", kinds("activation", OTHERS), ids=str)
def test_code_for_one_network_gives_the_same_bytes(kind):
    drawn = experiment(8, (5, 3, 5, 4), 5, 2, batch_size=1, epochs=20, leak=0.2, **kind)
    expected = train_runs(drawn, 8)
    assert train_runs(drawn, 8, freeze=True).hash() == expected.hash()
    another = {"leak": 0.1} if kind["activation"] == "leaky_relu" else {"epochs": 19}
    assert train_runs(drawn._replace(**another), 8, freeze=True).hash() != expected.hash()


@EACH
def test_predictions_are_the_reference(activation):
    drawn = experiment(seed=2, widths=(4, 6, 5, 3), n=30, activation=activation, leak=0.25)
    parameters, x = drawn.runs[0].parameters, drawn.samples.x
    logits = reference.forward(named(drawn.net, parameters), x, settings_of(drawn))[-1]
    found = Prediction(drawn.net, (0.25,) * len(drawn.net.activation.HYPER))(parameters, x)
    np.testing.assert_allclose(found, reference.softmax(logits), rtol=0, atol=1e-13)
    relu = experiment(seed=2, widths=(4, 6, 5, 3), n=30)
    assert not np.allclose(found, Prediction(relu.net)(parameters, x), atol=1e-3)


@pytest.mark.parametrize("activation", reference.ACTIVATIONS)
def test_a_constant_unit_gives_what_the_kernels_give(activation):
    """One unit without weights is all that tells two classes apart."""
    net = experiment(0, (1, 1, 2), activation=activation).net
    hyper = (0.25,) * len(net.activation.HYPER)
    for bias in np.array([-800, -100, -3, -1e-4, -0.0, 0, 1e-9, 0.7, 2, 50]):
        parameters = np.array([0, bias, 1, 0, 0, 0])  # of w1, b1, w2, b2
        (p, q) = Prediction(net, hyper)(parameters, np.ones((1, 1)))[0]
        level = net.activation.of_constant(bias, *hyper)
        exact = reference.softmax(np.array([[level, 0.0]]))[0]
        np.testing.assert_allclose((p, q), exact, rtol=0, atol=1e-15)
        # Pruning leaves out what is 0, and promises the same bits.
        assert level != 0 or p == q


def test_a_choice_is_a_kernel_module():
    with pytest.raises(ValueError, match=r"^a choice is a kernel module, and 'json' is none"):
        Choice("json")
