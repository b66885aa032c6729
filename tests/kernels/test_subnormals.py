"""What dies out never becomes subnormal while kernels run, and nothing else is changed by it."""

import numpy as np
import pytest
from numba import config

from kernels.evaluation import evaluate, penalty_values
from kernels.prediction import Prediction
from kernels.timing.phases import Phases
from kernels.training import train
from tests.kernels.packing import (
    METRICS,
    NESTEROV,
    PENALTIES,
    STEPS,
    dying,
    experiment,
    pack,
    train_runs,
)


@pytest.mark.skipif(config.DISABLE_JIT, reason="kernels run uncompiled")
@pytest.mark.parametrize("proximal", [False, True])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_no_weight_that_dies_out_becomes_subnormal(precision, proximal):
    drawn = dying(precision, proximal)
    width = 8 if precision == "float64" else 16
    step = STEPS["nesterov", proximal]
    runs = pack(drawn.runs, width, precision, step)
    train(drawn.net, runs, drawn.samples, step, 7, drawn.epochs)
    tiny = np.finfo(precision).tiny
    for found in (runs.parameters, runs.memory):
        assert (abs(found[:, drawn.net.place("w1")]) < 1e3 * tiny).all()
        assert ((abs(found) >= tiny) | (found == 0)).all()


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_every_lane_width_gives_the_same_bytes(precision):
    drawn = dying(precision)
    expected = train_runs(drawn, width=8).hash()
    assert train_runs(drawn, width=1).hash() == train_runs(drawn, width=16).hash() == expected


def test_afterwards_subnormal_numbers_are_numbers_again():
    drawn = experiment(seed=5, widths=(3, 4, 2), epochs=1)
    runs = pack(drawn.runs, 8, "float64")
    halves = []
    phases = Phases(drawn.net, runs, drawn.samples, NESTEROV, drawn.batch_size)
    for step in (
        lambda: train(drawn.net, runs, drawn.samples, NESTEROV, drawn.batch_size, 1),
        lambda: evaluate(drawn.net, runs, runs.parameters, drawn.samples, METRICS),
        lambda: penalty_values(drawn.net, runs.parameters, PENALTIES),
        lambda: Prediction(drawn.net)(drawn.runs[0].parameters, drawn.samples.x),
        lambda: phases.repeat("step", 1),
    ):
        step()
        halves.append(np.full(8, np.finfo(float).tiny) * 0.5)
    assert np.all(halves)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_an_empty_batch_is_refused_before_a_kernel_runs(batch_size):
    drawn = experiment(seed=5, widths=(3, 4, 2))
    runs = pack(drawn.runs, 8, "float64")
    nothing = drawn.samples._replace(order=drawn.samples.order[:, :0].copy())
    for step in (
        lambda: train(drawn.net, runs, drawn.samples, NESTEROV, batch_size, 1),
        lambda: train(drawn.net, runs, nothing, NESTEROV, 7, 1),
        lambda: evaluate(drawn.net, runs, runs.parameters, nothing, METRICS),
    ):
        with pytest.raises(ValueError, match="at least one sample, and has"):
            step()
    assert (np.full(8, np.finfo(float).tiny) * 0.5).all()
