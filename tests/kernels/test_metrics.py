"""Metrics of all samples at once: those of scikit-learn, with weights; and the same bytes."""

import warnings
from importlib import import_module
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from kernels import outputs, scoring
from kernels.choice import Choice
from kernels.evaluation import evaluate
from kernels.outputs import Outputs
from kernels.prediction import Prediction
from tests import naive
from tests.kernels.packing import METRICS, broken, experiment, experiments, pack

NAMES = ("balanced_accuracy", "auc", "f1", "brier", "log_loss")
CHOICES = tuple(Choice(f"kernels.metrics.{name}") for name in NAMES)

#: What adding up in another order, and taking another logarithm, may change.
CLOSE = 1e-12


def theirs(name, p, y, v):
    """Return scikit-learn's; a row that weighs nothing is as good as none."""
    k = p.shape[1]
    p, y, v = p[v > 0], y[v > 0], v[v > 0]
    named, binary = p.argmax(axis=1), k == 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are not there
        if name == "balanced_accuracy":
            return sklearn.balanced_accuracy_score(y, named, sample_weight=v)
        if name == "f1":
            how = {"average": "binary" if binary else "macro", "zero_division": 0}
            return sklearn.f1_score(y, named, sample_weight=v, **how)
        if name == "brier":
            return sklearn.brier_score_loss(y, p, sample_weight=v, labels=range(k))
        if name == "log_loss":
            return sklearn.log_loss(y, p, sample_weight=v, labels=range(k))
        if len(np.unique(y)) < k:
            return np.nan
        if binary:
            return sklearn.roc_auc_score(y, p[:, 1], sample_weight=v)
        return sklearn.roc_auc_score(y, p, sample_weight=v, multi_class="ovr", average="macro")


def ours(name, p, y, v, precision=2.0**-52):
    """Return it of one run."""
    named = p.argmax(axis=1)
    outputs = Outputs(p.T[None].astype(np.float64), named[None], y[None], v[None], precision)
    (found,) = import_module(f"kernels.metrics.{name}").score(outputs)
    return found


@st.composite
def answers(draw):
    """Probabilities with ties, zeros and ones among them; labels and weights likewise."""
    k, n = draw(st.integers(2, 4)), draw(st.integers(1, 30))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    parts = random.integers(0, draw(st.sampled_from([1, 3, 1000])) + 1, (n, k)).astype(float)
    parts[np.arange(n), random.integers(0, k, n)] += 1
    y = random.integers(0, draw(st.integers(1, k)), n)
    weights = {
        "one": np.ones(n),
        "some": random.integers(0, 3, n).astype(float),
        "any": random.gamma(0.5, size=n),
    }
    v = weights[draw(st.sampled_from(sorted(weights)))]
    assume(v.any())
    return parts / parts.sum(axis=1, keepdims=True), y, v


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(answers())
def test_a_metric_is_that_of_scikit_learn_and_of_its_definition(name, drawn):
    p, y, v = drawn
    found = ours(name, p, y, v)
    assert found == pytest.approx(theirs(name, p, y, v), rel=CLOSE, abs=CLOSE, nan_ok=True)
    by_definition = naive.metric(name, p, p.argmax(axis=1), y, v)
    assert found == pytest.approx(by_definition, rel=CLOSE, abs=CLOSE, nan_ok=True)


def test_without_weights_the_area_under_the_curve_is_rounded_once():
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, 999), random.integers(0, 50, 999) / 50
    won = sum((p[y == 0] < a).sum() + (p[y == 0] == a).sum() / 2 for a in p[y == 1])
    pairs = (y == 1).sum() * (y == 0).sum()
    assert ours("auc", np.stack([1 - p, p], axis=1), y, np.ones(999)) == won / pairs


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_number_is_none_and_the_runs_beside_it_do_not_notice(name):
    p, y = np.array([[0.2, 0.8], [0.9, 0.1], [0.7, 0.3]]), np.array([1, 0, 1])
    lost = np.full_like(p, np.nan)
    outputs = Outputs(
        *(np.stack([p.T, lost.T]), np.stack([p.argmax(axis=1), [-1, -1, -1]])),
        *(np.stack([y, y]), np.ones((2, 3)), 2.0**-52),
    )
    found, of_lost = import_module(f"kernels.metrics.{name}").score(outputs)
    assert found == ours(name, p, y, np.ones(3))
    # A class is named all the same, the wrong one: none.
    assert of_lost == 0 if name in ("balanced_accuracy", "f1") else np.isnan(of_lost)


def scored(drawn, width, runs=None):
    """Score the runs of an experiment as they begin, in packs of so many lanes."""
    net, samples, runs = drawn.net, drawn.samples, runs or drawn.runs
    packed = pack(runs, width, samples.x.dtype, hyper=[drawn.leak] * len(net.activation.HYPER))
    some = samples._replace(order=samples.order[:1])
    weights, size = packed.parameters, len(runs)
    return scoring.evaluate_and_score(net, packed, weights, some, (), CHOICES, size)[1]


@settings(deadline=None, max_examples=20)
@given(experiments(precisions=("float64", "float32")), st.data())
def test_neither_lanes_nor_neighbours_nor_room_change_a_bit(drawn, data):
    expected = scored(drawn, 8)
    assert expected.shape == (len(NAMES), len(drawn.runs))
    for width in (1, 4, 16):
        assert scored(drawn, width).tobytes() == expected.tobytes()
    order = data.draw(st.permutations(range(len(drawn.runs))))
    moved = scored(drawn, 8, [drawn.runs[i] for i in order])
    assert moved.tobytes() == expected[:, order].tobytes()
    with mock.patch.object(scoring, "_ROOM", 1):  # run by run
        assert scored(drawn, 4).tobytes() == expected.tobytes()


def test_a_neighbour_that_is_no_number_changes_no_bit():
    drawn = experiment(seed=7, widths=(4, 6, 5, 3), runs=8, epochs=6)
    runs = [broken(run, "NaN") if i % 3 == 1 else run for i, run in enumerate(drawn.runs)]
    sound = [i for i in range(8) if i % 3 != 1]
    assert scored(drawn, 8, runs)[:, sound].tobytes() == scored(drawn, 8)[:, sound].tobytes()


def test_packs_evaluated_a_few_at_a_time_are_those_evaluated_at_once():
    drawn = experiment(seed=3, widths=(4, 6, 3), runs=21, n=50, activation="leaky_relu", streams=3)
    packed = pack(drawn.runs, 4, "float64", hyper=[0.0])
    leaks = packed.activation_hyper
    leaks[...] = np.random.RandomState(3).uniform(size=leaks.shape)
    samples = drawn.samples._replace(order=drawn.samples.order[:1])
    told = drawn.net, packed, packed.parameters, samples, METRICS
    at_once, scores = evaluate(*told), scoring.evaluate_and_score(*told, CHOICES, 21)[1]
    for packs in (1, 4):  # of six, the last of which is not full
        with mock.patch.object(scoring, "_ROOM", packs * 50 * 3 * 4):
            found, its_scores = scoring.evaluate_and_score(*told, CHOICES, 21)
        for one, expected in zip((*found, its_scores), (*at_once, scores), strict=True):
            np.testing.assert_array_equal(one, expected)


@pytest.mark.parametrize(("precision", "close"), [("float64", CLOSE), ("float32", 1e-5)])
def test_networks_are_scored_by_what_they_say_of_the_samples(precision, close):
    drawn = experiment(seed=3, widths=(4, 6, 3), runs=3, n=50, precision=precision)
    found = scored(drawn, 8)
    net, samples = drawn.net, drawn.samples
    for i, run in enumerate(drawn.runs):
        rows = samples.order[0, :, run.stream]
        x = samples.x[rows].astype(np.float64)
        p = Prediction(net)(run.parameters.astype(np.float64), x)
        y, v = samples.y[rows, 0].astype(int), samples.weight[rows].astype(np.float64)
        expected = [theirs(name, p, y, v) for name in NAMES]
        assert found[:, i] == pytest.approx(expected, rel=close, abs=close)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_running_sum_has_the_same_bits_some_samples_at_a_time(dtype, monkeypatch):
    monkeypatch.setattr(outputs, "_AT_ONCE", 7)
    every = np.random.RandomState(0).standard_normal((50, 3)).astype(dtype)
    for values in (every[:samples] for samples in range(1, 51)):
        found = outputs.total_of(len(values), values.__getitem__)
        np.testing.assert_array_equal(found, values.cumsum(axis=0)[-1], strict=True)
