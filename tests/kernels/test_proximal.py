"""The proximal step: its prox, and the minimum that it comes to, with exact zeros."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from sklearn.linear_model import LogisticRegression

from kernels.lane.lanes import as_lanes
from kernels.network import network
from kernels.penalties.l1 import prox
from kernels.samples import Samples
from kernels.training import train
from tests import naive
from tests.kernels.packing import OPTIMIZERS, STEPS, Run, experiment, named, pack, train_runs


@njit(error_model="numpy")
def _shrink(w, t, found):
    found[0] = prox(w[0], t[0])


def shrink(w, t):
    w, t = (np.resize(np.array(values, float), (1, 8)) for values in (w, t))
    found = np.empty((1, 8))
    _shrink(*map(as_lanes, (w, t, found)))
    return found[0]


@settings(deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=8, max_size=8), st.floats(0, 2))
def test_a_threshold_moves_towards_zero_and_not_beyond(w, t):
    assert shrink(w, [t]).tolist() == [naive.soft_threshold(value, t) for value in w]


def test_a_threshold_at_its_ends():
    np.testing.assert_array_equal(
        shrink([np.nan, np.inf, -np.inf, 1, -1, 0, -0.0, 5], [0, 1, 1, 1, 1, 0, 0, np.inf]),
        [np.nan, np.inf, -np.inf, 0, 0, 0, 0, 0],
    )


N, FEATURES, CLASSES = 60, 8, 3
NET = network((FEATURES, CLASSES))


def data():
    """Three overlapping classes, told apart by some of the features."""
    random = np.random.RandomState(0)
    y = np.arange(N) % CLASSES
    x = random.normal(size=(N, FEATURES))
    x[:, :CLASSES] += 1.2 * np.eye(CLASSES)[y]
    return x, y


def minimum(l1, l2, momentum, optimizer="nesterov", proximal=True):
    """Train softmax regression to the end, with penalties on w1 alone."""
    x, y = data()
    step, rates = STEPS[optimizer, proximal], {0.8: 20_000}
    if len(step.HYPER) > 1:  # its steps are as long as the rate, which has to fall
        rates = {0.1 / 2**halvings: 400 for halvings in range(16)}
    run = Run(np.zeros(NET.size), np.array([l1, 0]), np.array([l2, 0]), 0.0, momentum)
    order = np.arange(N)[None, :, None]
    samples = Samples(x, y.astype(float)[:, None], np.ones(N), order)
    runs = pack([run], 8, "float64", step)
    for rate, epochs in rates.items():
        runs.rate[...] = rate
        train(NET, runs, samples, step, N, epochs)
    return named(NET, step.trained(runs.parameters, runs.memory)[0, :, 0])


def objective(w, b, l1, l2):
    x, y = data()
    return naive.objective([w, b], x, y, np.ones(N), [l1, 0], [l2, 0])


@pytest.mark.parametrize(
    ("l1", "l2"), [(0.01, 0.0), (0.05, 0.0), (0.02, 0.01), (0.01, 0.03), (0.1, 0.05)]
)
def test_softmax_regression_comes_to_scikit_learns_minimum(l1, l2):
    """Its penalty is (l1_ratio |w| + (1 - l1_ratio) / 2 w^2) / (C n) when the loss is a mean."""
    x, y = data()
    strength = l1 + 2 * l2
    model = LogisticRegression(
        solver="saga",
        C=1 / (N * strength),
        l1_ratio=l1 / strength,
        tol=1e-13,
        max_iter=50_000,
        random_state=0,
    )
    if model.get_params().get("penalty") == "l2":  # before scikit-learn 1.8
        model.set_params(penalty="elasticnet")
    model.fit(x, y)
    found, fast = minimum(l1, l2, momentum=0.0), minimum(l1, l2, momentum=0.9)
    # AdamW has its L2 penalty elsewhere.
    others = [one for one in OPTIMIZERS[1:] if one != "adamw" or l2 == 0]
    least = objective(model.coef_, model.intercept_, l1, l2)
    for p in (found, fast, *(minimum(l1, l2, 0.9, one) for one in others)):
        assert objective(p["w1"], p["b1"], l1, l2) == pytest.approx(least, rel=0, abs=1e-8)
        np.testing.assert_array_equal(p["w1"] == 0, model.coef_ == 0)
        np.testing.assert_allclose(p["w1"], model.coef_, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found["w1"], fast["w1"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(found["b1"], fast["b1"], rtol=0, atol=1e-10)
    assert 0 < (found["w1"] == 0).sum() < found["w1"].size


@pytest.mark.parametrize("optimizer", ["nesterov", "momentum", "adam", "rmsprop"])
def test_with_l2_alone_the_gradient_leads_to_the_same_minimum(optimizer):
    x, y = data()
    model = LogisticRegression(C=1 / (2 * N * 0.02), tol=1e-10, max_iter=10_000).fit(x, y)
    for proximal in (False, True):
        p = minimum(0.0, 0.02, 0.9, optimizer, proximal)
        least = objective(model.coef_, model.intercept_, 0.0, 0.02)
        assert objective(p["w1"], p["b1"], 0.0, 0.02) == pytest.approx(least, rel=0, abs=1e-8)
        np.testing.assert_allclose(p["w1"], model.coef_, rtol=0, atol=1e-5)


def test_adamw_comes_to_where_its_metric_weighs_l2():
    """There is the minimum of loss + l1 |w| + l2 d w^2, where d is the size of its gradient."""
    (l1, l2), (x, y) = (0.02, 0.01), data()
    w, b = minimum(l1, l2, 0.9, "adamw").values()
    p = np.exp(x @ w.T + b)
    g = (p / p.sum(axis=1, keepdims=True) - np.eye(CLASSES)[y]).T @ x / N
    d = abs(g) + 1e-8
    there = w != 0
    assert 0 < there.sum() < there.size
    of_l1 = (g + l1 * np.sign(w))[there]  # the metric is a mean that follows its gradient slowly
    assert abs(of_l1).max() > 1e-4 and abs(of_l1 + (2 * l2 * d * w)[there]).max() < 3e-5
    assert (abs(g[~there]) <= l1).all()


def test_all_weights_are_zero_from_a_known_penalty_on():
    """That is the largest gradient at zero weights; classes of one size need no biases."""
    x, y = data()
    most = np.abs(x.T @ (1 / CLASSES - np.eye(CLASSES)[y])).max() / N
    assert not minimum(most * 1.0001, 0.0, momentum=0.9)["w1"].any()
    assert (minimum(most * 0.999, 0.0, momentum=0.9)["w1"] != 0).sum() == 1


def test_only_what_is_penalised_is_exactly_zero():
    """Strong L1 on w2 alone empties w2; w1 and the biases keep their values."""
    drawn = experiment(seed=10, widths=(4, 6, 5, 3), runs=1, epochs=200, proximal=True)
    l1 = np.array([0, 0, 1.0, 0, 0, 0])
    run = drawn.runs[0]._replace(l1=l1, l2=np.zeros(6), rate=0.05)
    p = named(drawn.net, train_runs(drawn._replace(runs=[run]), width=8).parameters[0])
    assert not p["w2"].any()
    for name in ("w1", "b1", "b2", "w3", "b3"):
        assert p[name].all()
