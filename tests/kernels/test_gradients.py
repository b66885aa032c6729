"""Gradients against central finite differences of the loss.

A step without momentum at learning rate 1 moves every parameter by its gradient.
"""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests import naive
from tests.kernels.packing import experiment, named, weights_of


def one_step(drawn):
    """Return the gradients by name, and the arguments that `tests.naive` wants."""
    run = drawn.runs[0]
    run = run._replace(rate=1.0, momentum=0.0)
    batch = drawn._replace(runs=[run], batch_size=len(drawn.samples.x), epochs=1)
    after = weights_of(batch, width=8)[0]
    gradients = list(named(drawn.net, run.parameters - after).values())
    p = list(named(drawn.net, run.parameters).values())
    x, y, v = drawn.samples[:3]
    return gradients, (p, x, y[:, 0].astype(int), v, run.l1, run.l2)


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.integers(1, 40),
    hidden=st.lists(st.integers(1, 40), max_size=4),
    classes=st.integers(2, 12),
    n=st.integers(1, 50),
)
@example(seed=0, inputs=40, hidden=[40, 13, 3, 25], classes=12, n=50)
@example(seed=1, inputs=1, hidden=[1, 1, 1, 1], classes=2, n=1)
def test_gradients_are_central_differences(seed, inputs, hidden, classes, n):
    gradients, arguments = one_step(experiment(seed, (inputs, *hidden, classes), n=n))
    differences, steps_to_a_kink = naive.differences(*arguments)
    # Where a unit switches within the difference's step there is no gradient to compare.
    assume(steps_to_a_kink > 100)
    for gradient, difference in zip(gradients, differences, strict=True):
        error = np.abs(gradient - difference).max()
        # Beyond the relative error: what reading the gradient off weights of order 1 costs.
        assert error < 1e-6 * np.abs(difference).max() + 1e-14


def test_a_weight_of_zero_has_no_l1_gradient():
    drawn = experiment(seed=5, widths=(3, 4, 3), n=9)
    run = drawn.runs[0]
    parameters = run.parameters.copy()
    parameters[::3] = 0.0
    parameters[1::6] = -0.0
    with_l1 = drawn._replace(runs=[run._replace(parameters=parameters, l1=np.full(4, 0.5))])
    without = drawn._replace(runs=[run._replace(parameters=parameters, l1=np.zeros(4))])
    a, b = (np.concatenate([g.ravel() for g in one_step(d)[0]]) for d in (with_l1, without))
    np.testing.assert_allclose(a - b, 0.5 * np.sign(parameters), rtol=0, atol=1e-15)


@pytest.mark.parametrize("bias", [0.0, -1e-300, -3.0])
def test_no_gradient_passes_a_unit_that_is_not_above_zero(bias):
    drawn = experiment(seed=6, widths=(2, 1, 2), n=4)
    run = drawn.runs[0]
    parameters = np.array([0.0, 0.0, bias, 1.0, -1.0, 0.0, 0.0])
    run = run._replace(parameters=parameters, l1=np.zeros(4), l2=np.zeros(4))
    (w1, b1, w2, _), _ = one_step(drawn._replace(runs=[run]))
    assert not w1.any() and not b1.any() and not w2.any()
