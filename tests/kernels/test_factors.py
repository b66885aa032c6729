"""What epochs multiply the learning rate by, for all runs alike or for each that takes turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.training import train
from tests.kernels.kinds import EITHER_STEP
from tests.kernels.packing import (
    LANES,
    OPTIMIZERS,
    STEPS,
    experiment,
    experiments,
    pack,
    train_runs,
    weights_of,
    with_room,
)

#: Neighbours that are equal are trained as one stretch.
FACTORS = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.5, 1.0, 1.0]), min_size=1, max_size=6)

SOME = st.sampled_from(OPTIMIZERS)


def scheduled(drawn, factors):
    return drawn._replace(factors=factors, epochs=len(factors))


@settings(deadline=None, max_examples=40)
@given(experiments(optimizer=SOME), FACTORS)
def test_a_lane_is_a_run_of_the_reference(drawn, factors):
    drawn = scheduled(drawn, factors)
    found = weights_of(drawn, width=8)
    for i in range(len(drawn.runs)):
        expected, room = with_room(drawn, i)
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=room)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(EITHER_STEP).flatmap(lambda kind: experiments(kind=kind)), FACTORS)
def test_epochs_have_factors_as_runs_have(drawn, factors):
    """Runs that take turns are trained an epoch at a time, each with a factor of its own."""
    samples, step = drawn.samples, STEPS[drawn.optimizer, drawn.proximal]
    runs = pack(drawn.runs, 2, samples.x.dtype, step)
    for epoch, factor in enumerate(factors):
        now = samples._replace(order=samples.order[[epoch % len(samples.order)]])
        each = runs._replace(factor=np.full_like(runs.factor, factor))
        train(drawn.net, each, now, step, drawn.batch_size, 1)
    found = weights_of(scheduled(drawn, factors), width=2)
    for i, parameters in enumerate(found):
        trained = step.trained(runs.parameters, runs.memory)[i // 2, :, i % 2]
        np.testing.assert_array_equal(parameters, trained)


def test_factors_of_runs_and_of_epochs_are_multiplied():
    drawn = experiment(seed=6, widths=(3, 4, 2), runs=3, n=6, batch_size=4)
    of_runs, found = np.array([[0.5, 1.0, 0.25, 2.0]]), []
    for factors in ((of_runs, 0.5), (of_runs * 0.5, 1.0)):
        runs = pack(drawn.runs, 4, np.float64)._replace(factor=factors[0])
        epoch = np.array([factors[1]])
        train(drawn.net, runs, drawn.samples, STEPS["nesterov", False], 4, 1, factors=epoch)
        found.append(runs.parameters)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("kind", EITHER_STEP, ids=str)
def test_frozen_code_has_them_too(kind):
    drawn = experiment(seed=3, widths=(3, 4, 2), runs=3, n=6, batch_size=2, **kind)
    drawn = scheduled(drawn, [0.1, 0.5, 0.5, 1.0, 0.25])
    width = LANES[kind["precision"]]
    expected = train_runs(drawn, width).hash()
    assert train_runs(drawn, width, freeze=True).hash() == expected
    assert train_runs(drawn._replace(factors=None), width).hash() != expected
