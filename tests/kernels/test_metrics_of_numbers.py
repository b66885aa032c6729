"""Metrics of numbers: those of scikit-learn, with weights and several outputs, in their unit."""

import warnings
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from kernels import reference
from kernels.choice import Choice
from kernels.outputs import Numbers
from kernels.scoring import Truth, evaluate_and_score
from tests.kernels.packing import broken, experiment, named, pack

THEIRS = {
    "rmse": sklearn.root_mean_squared_error,
    "mae": sklearn.mean_absolute_error,
    "r2": sklearn.r2_score,
    "deviance": lambda y, p, sample_weight: np.mean(
        [
            sklearn.mean_poisson_deviance(y[:, i], p[:, i], sample_weight=sample_weight)
            for i in range(y.shape[1])
        ]
    ),
}
CHOICES = tuple(Choice(f"kernels.metrics.{name}") for name in THEIRS)


def ours(name, y, p, v):
    """Return it of one run; y and p are ``[sample, output]``."""
    outputs = Numbers(p.T[None], y.T[None], v[None])
    (found,) = import_module(f"kernels.metrics.{name}").score(outputs)
    return found


@st.composite
def numbers(draw):
    n, k = draw(st.integers(1, 40)), draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    y = random.poisson(draw(st.sampled_from([0, 1, 50])), (n, k)).astype(float)
    p = draw(st.sampled_from([1e-3, 1.0, 1e4])) * random.uniform(0.5, 2, (n, k))
    return y, p, random.choice([0.5, 1.0, 3.0], n)


@pytest.mark.parametrize("name", THEIRS)
@settings(deadline=None)
@given(numbers())
def test_a_metric_is_that_of_scikit_learn(name, drawn):
    y, p, v = drawn
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a single sample
        expected = THEIRS[name](y, p, sample_weight=v)
    assert ours(name, y, p, v) == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


def test_of_a_truth_that_does_not_vary_nothing_is_explained_unless_all_is_right():
    y = np.full((7, 1), 0.1)  # whose mean is not 0.1 after rounding
    assert ours("r2", y, y, np.ones(7)) == 1
    assert ours("r2", y, y + 1, np.ones(7)) == 0


def scored(precision, width, runs=None):
    """Score runs on two streams whose units differ."""
    drawn = experiment(seed=5, widths=(4, 5, 2), runs=6, n=30, streams=2, precision=precision)
    net = drawn.net._replace(loss=Choice("kernels.losses.squared"), targets=2)
    random = np.random.default_rng(0)
    truth = Truth(random.uniform(1, 9, (30, 2)), random.normal(size=(2, 2)), np.full((2, 2), 7.0))
    samples = drawn.samples._replace(
        y=np.zeros((30, 2), precision), order=np.ascontiguousarray(drawn.samples.order[:1])
    )
    runs = runs or drawn.runs
    packed = pack(runs, width, samples.x.dtype)
    weights = packed.parameters
    found = evaluate_and_score(net, packed, weights, samples, (), CHOICES, len(runs), truth)[1]
    return drawn, truth, found


@pytest.mark.parametrize(("precision", "close"), [("float64", 1e-12), ("float32", 1e-4)])
def test_what_is_predicted_is_compared_in_the_unit_of_the_table(precision, close):
    drawn, truth, found = scored(precision, 8)
    for i, run in enumerate(drawn.runs):
        rows = drawn.samples.order[0, :, run.stream]
        p = named(drawn.net, run.parameters.astype(float))
        said = reference.forward(p, drawn.samples.x[rows].astype(float))[-1]
        said = said * truth.scale[run.stream] + truth.centre[run.stream]
        for j, name in enumerate(("rmse", "mae", "r2")):
            expected = THEIRS[name](
                truth.values[rows], said, sample_weight=drawn.samples.weight[rows]
            )
            assert found[j, i] == pytest.approx(expected, rel=close)


def test_neither_lanes_nor_a_neighbour_that_is_no_number_change_a_bit():
    drawn, _, expected = scored("float64", 8)
    assert scored("float64", 2)[2].tobytes() == expected.tobytes()
    runs = [broken(run, "NaN") if i == 1 else run for i, run in enumerate(drawn.runs)]
    found = scored("float64", 4, runs)[2]
    assert np.isnan(found[:, 1]).all()
    assert np.delete(found, 1, 1).tobytes() == np.delete(expected, 1, 1).tobytes()
