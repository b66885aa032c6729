"""Losses of numbers and answers: against the reference, finite differences, and each other."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kernels import reference
from kernels.prediction import Prediction
from sweep.specification import choices
from tests import naive
from tests.kernels.kinds import kinds, kinds_and_widths
from tests.kernels.packing import (
    broken,
    experiment,
    experiments,
    named,
    reference_run,
    train_runs,
    truth,
    weights_of,
)

#: All but the cross-entropy, which the other tests of the kernels have.
LOSSES = [name for name in choices.LOSSES if name != "cross_entropy"]


#: Those of them that are as near to the reference as float64 is.
REAL = [kind | {"precision": "float64"} for kind in kinds("loss", LOSSES)]


def drawn_of(kind):
    return experiments(kind=kind, least=1).map(_slower)


def _slower(drawn):
    """Take smaller steps: what grows with exp(z) diverges sooner."""
    return drawn._replace(runs=[run._replace(rate=run.rate / 20) for run in drawn.runs])


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(REAL).flatmap(drawn_of))
def test_a_lane_is_a_run_of_the_reference(drawn):
    outcome = train_runs(drawn, width=8)
    loss = drawn.net.loss.kind.rpartition(".")[2]
    for i, run in enumerate(drawn.runs):
        with np.errstate(over="ignore", invalid="ignore"):  # of counts, exp(z) may have no end
            expected = reference_run(drawn, i)
        assume(abs(expected).max() < 1e3)  # what grows without end grows its rounding errors too
        # Rounding errors are a share of the largest numbers at work.
        room = 1e-11 * max(10, abs(expected).max())
        np.testing.assert_allclose(outcome.parameters[i], expected, rtol=0, atol=room)
        rows = drawn.samples.order[0, :, run.stream]
        p = named(drawn.net, outcome.parameters[i])
        z = reference.forward(p, drawn.samples.x[rows])[-1]
        assume(abs(z).max() < 500)
        y, v = drawn.samples.y[rows], drawn.samples.weight[rows]
        assert outcome.loss[i] == pytest.approx(
            reference.mean_loss(z, y, v, loss), rel=1e-11, abs=1e-13
        )


@pytest.mark.parametrize("activation", choices.ACTIVATIONS)
@pytest.mark.parametrize("loss", choices.LOSSES)
@settings(deadline=None, max_examples=4)
@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.integers(1, 12),
    hidden=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    outputs=st.integers(1, 5),
    n=st.integers(1, 30),
    leak=st.floats(0, 1),
)
@example(seed=0, inputs=12, hidden=[12, 7], outputs=5, n=30, leak=0.1)
def test_gradients_are_central_differences(
    loss, activation, seed, inputs, hidden, outputs, n, leak
):
    """A step without momentum at learning rate 1 moves every parameter by its gradient."""
    widths, kinds = (inputs, *hidden, outputs), {"activation": activation, "loss": loss}
    drawn = experiment(seed, widths, n=n, leak=leak, **kinds)
    run = drawn.runs[0]._replace(rate=1.0, momentum=0.0)
    batch = drawn._replace(runs=[run], batch_size=n, epochs=1)
    after = weights_of(batch, width=8)[0]
    gradients = named(drawn.net, run.parameters - after).values()
    x, y, v = drawn.samples.x, truth(drawn.net, drawn.samples), drawn.samples.weight
    p = list(named(drawn.net, run.parameters).values())
    leaky = activation == "leaky_relu"
    activate = naive.leaky_relu(leak) if leaky else naive.ACTIVATIONS[activation]
    differences, steps_to_a_kink = naive.differences(p, x, y, v, run.l1, run.l2, activate, loss)
    # Where what is differenced has a kink within reach there is no gradient to compare.
    assume(steps_to_a_kink > 100)
    for gradient, difference in zip(gradients, differences, strict=True):
        error = np.abs(gradient - difference).max()
        # Beyond the relative error: what reading the gradient off weights costs.
        assert error < 1e-6 * np.abs(difference).max() + 1e-14 * max(1, abs(after).max())


@pytest.mark.parametrize(("kind", "width"), kinds_and_widths("loss", LOSSES), ids=str)
@settings(deadline=None, max_examples=4)
@given(data=st.data())
def test_every_lane_width_gives_the_same_bytes(kind, width, data):
    drawn = data.draw(drawn_of(kind))
    assert train_runs(drawn, width).hash() == train_runs(drawn, width=8).hash()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_code_for_one_network_gives_the_same_bytes(loss, precision):
    drawn = experiment(
        *(8, (5, 3, 2), 5, 6), batch_size=2, epochs=20, loss=loss, precision=precision
    )
    assert train_runs(drawn, 8, freeze=True).hash() == train_runs(drawn, 8).hash()


def cost_and_slope(loss, z, y):
    """Return what one output costs, and its derivative, of a network that is a bias alone."""
    drawn = experiment(seed=0, widths=(1, 1), n=1, batch_size=1, epochs=1, loss=loss)
    samples = drawn.samples._replace(
        x=np.zeros((1, 1)), y=np.array([[y]], dtype=float), weight=np.ones(1)
    )
    nothing = np.zeros(2)
    run = drawn.runs[0]._replace(
        parameters=np.array([0.0, z]), l1=nothing, l2=nothing, rate=1.0, momentum=0.0
    )
    drawn = drawn._replace(runs=[run], samples=samples)
    before = train_runs(drawn._replace(epochs=0), width=8).loss[0]
    return before, z - train_runs(drawn, width=8).parameters[0, 1]


@pytest.mark.parametrize(
    ("loss", "z", "y", "cost", "slope"),
    [
        ("squared", 3, 1, 4, 4),
        ("absolute", 3, 1, 2, 1),
        ("absolute", -3, 1, 4, -1),
        ("absolute", 1, 1, 0, 0),
        ("huber", 0.5, 1, 0.25, -1),
        ("huber", 2, 1, 1, 2),
        ("huber", 4, 1, 5, 2),
        ("huber", -3, 1, 7, -2),
        ("poisson", 0, 0, 1, 1),
        ("poisson", 0, 1, 0, 0),
        ("poisson", 0, np.e, 1, 1 - np.e),
        ("logistic", 0, 1, np.log(2), -0.5),
        ("logistic", 1e4, 0, 1e4, 1),
        ("logistic", -1e4, 0, 0, 0),
        ("logistic", -1e4, 1, 1e4, -1),
        ("logistic", 1e4, 1, 0, 0),
    ],
)
def test_costs_and_slopes_by_hand(loss, z, y, cost, slope):
    found = cost_and_slope(loss, z, y)
    assert found == pytest.approx((cost, slope), rel=1e-12, abs=1e-12)


def test_the_loss_of_counts_is_half_their_deviance_and_never_below_0():
    random = np.random.default_rng(0)
    for y in random.uniform(0, 9, 50):
        loss, slope = cost_and_slope("poisson", np.log(y), y)
        assert 0 <= loss < 1e-14 and abs(slope) < 1e-14


@pytest.mark.parametrize(
    ("loss", "how"),
    # A slope with bounds takes what is too fast far, but not without end.
    [("squared", "too fast"), ("poisson", "too fast"), *((loss, "NaN") for loss in LOSSES)],
)
def test_what_diverges_says_so_and_its_neighbours_do_not_notice(loss, how):
    drawn = experiment(seed=7, widths=(4, 6, 2), runs=8, epochs=40, loss=loss)
    drawn = _slower(drawn)
    bad = [i for i in range(8) if i % 3 == 1]
    runs = [broken(run, how) if i in bad else run for i, run in enumerate(drawn.runs)]
    found, expected = train_runs(drawn._replace(runs=runs), 8), train_runs(drawn, 8)
    assert not np.isfinite(found.loss[bad]).any()
    for i in set(range(8)) - set(bad):
        assert found.bytes(i) == expected.bytes(i)


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        ("squared", lambda z: z),
        ("absolute", lambda z: z),
        ("huber", lambda z: z),
        ("poisson", np.exp),
        ("logistic", lambda z: 1 / (1 + np.exp(-z))),
    ],
)
def test_what_the_network_says(loss, says):
    drawn = experiment(seed=2, widths=(4, 6, 3), n=30, loss=loss)
    parameters, x = drawn.runs[0].parameters, drawn.samples.x
    z = reference.forward(named(drawn.net, parameters), x)[-1]
    np.testing.assert_allclose(Prediction(drawn.net)(parameters, x), says(z), rtol=1e-13)
