"""Epochs with factors: the same as with other learning rates, and one factor for all lanes."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels import reference
from kernels.training import train
from tests.kernels.packing import STEPS, experiment, experiments, named, pack

factor = st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.5])


def trained(drawn, factors, freeze=False):
    """Return the parameters of all runs, trained at once, and what the step remembers."""
    step = STEPS[drawn.proximal]
    runs = pack(drawn.runs, 4, drawn.samples.x.dtype, step)
    factors = np.array(factors)
    train(
        drawn.net, runs, drawn.samples, step, drawn.batch_size, len(factors), factors=factors,
        freeze=freeze,
    )  # fmt: skip
    return runs.parameters, runs.memory


@settings(deadline=None, max_examples=30)
@given(experiments(precisions=("float64", "float32")), st.lists(factor, min_size=1, max_size=6))
@example(experiment(seed=1, widths=(3, 4, 2), n=5, batch_size=5), [1.0, 1.0, 0.5, 0.5, 1.0])
def test_epochs_have_factors_as_runs_have(drawn, factors):
    """Runs that take turns are trained an epoch at a time, each with a factor of its own."""
    step = STEPS[drawn.proximal]
    runs = pack(drawn.runs, 4, drawn.samples.x.dtype, step)
    for epoch, one in enumerate(factors):
        factor = np.full_like(runs.factor, one)
        order = drawn.samples.order[[epoch % len(drawn.samples.order)]]
        samples = drawn.samples._replace(order=order)
        train(drawn.net, runs._replace(factor=factor), samples, step, drawn.batch_size, 1)
    for found, expected in zip(
        trained(drawn, factors), (runs.parameters, runs.memory), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("proximal", [False, True])
def test_frozen_code_has_them_too(proximal):
    drawn = experiment(seed=3, widths=(3, 4, 2), runs=3, n=6, batch_size=6, proximal=proximal)
    factors = [0.1, 0.5, 0.5, 1.0, 0.25]
    for one, other in zip(trained(drawn, factors), trained(drawn, factors, True), strict=True):
        np.testing.assert_array_equal(one, other)


@settings(deadline=None, max_examples=15)
@given(experiments(), st.lists(factor, min_size=1, max_size=5))
def test_the_reference_has_them_too(drawn, factors):
    parameters, memory = trained(drawn, factors)
    found = STEPS[drawn.proximal].trained(parameters, memory)
    samples, net = drawn.samples, drawn.net
    for i, run in enumerate(drawn.runs):
        penalties = (dict(zip(net.names, of, strict=True)) for of in (run.l1, run.l2))
        expected = reference.train(
            named(net, run.parameters),
            reference.Settings(*penalties, run.rate, run.momentum, drawn.proximal),
            (samples.x, samples.y.astype(int), samples.weight),
            samples.order[:, :, run.stream],
            drawn.batch_size,
            len(factors),
            np.array(factors),
        )
        for name, value in named(net, found[i // 4, :, i % 4]).items():
            np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-11)


def test_factors_of_lanes_and_of_epochs_are_multiplied():
    drawn = experiment(seed=6, widths=(3, 4, 2), runs=3, n=6, batch_size=4)
    step, (lanes, epoch) = STEPS[False], (np.array([0.5, 1.0, 0.25, 2.0]), 0.5)
    found = []
    for of_lanes, of_epoch in ((lanes, epoch), (lanes * epoch, 1.0)):
        runs = pack(drawn.runs, 4, np.float64)._replace(factor=of_lanes[None])
        factors = np.array([of_epoch])
        train(drawn.net, runs, drawn.samples, step, 4, 1, factors=factors)
        found.append(runs.parameters)
    np.testing.assert_array_equal(*found)
