"""The best constants: SciPy and NumPy find the same, and no other costs less."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.dummy import DummyRegressor
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_poisson_deviance,
    mean_squared_error,
    r2_score,
    root_mean_squared_error,
)

from sweep import Sweep
from sweep.data.baseline import baseline
from sweep.data.constant import best_constant, costs
from sweep.data.fold import Fold
from sweep.data.unit import unit_of

LOSSES = ("squared", "absolute", "huber", "poisson")

numbers = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([1.0, 0.1, 0.2, 0.3, 5.0])),
    min_size=2,
    max_size=30,
).filter(lambda pairs: len({y for y, _ in pairs}) > 1)


def best(loss, y, weight):
    return best_constant(loss, y, weight, np.arange(len(y)))


def cost(loss, c, y, weight):
    return float((costs(loss, np.array([c]), y[:, None])[:, 0] * weight).sum() / weight.sum())


@given(numbers, st.sampled_from(LOSSES))
def test_no_other_constant_costs_less(pairs, loss):
    y, weight = np.array(pairs).T
    y = y / y.std()
    (found,) = best(loss, y[:, None], weight)
    least = cost(loss, found, y, weight)
    other = minimize_scalar(
        lambda c: cost(loss, c, y, weight), bounds=(1e-3, y.max() + 1), method="bounded"
    )
    assert least <= other.fun * (1 + 1e-12) + 1e-15
    for near in (found - 1e-4, found + 1e-4, *y):
        if near > 0:
            assert least <= cost(loss, near, y, weight) * (1 + 1e-12) + 1e-15


def test_a_median_between_two_is_their_middle_and_that_of_weights_is_theirs():
    y = np.array([[3.0], [1.0], [10.0], [5.0]])
    assert best("absolute", y, np.ones(4)).tolist() == [4]
    assert best("absolute", y, np.array([1, 9, 1, 1.0])).tolist() == [1]
    assert best("absolute", y, np.array([1, 1, 4, 1.0])).tolist() == [10]
    assert best("absolute", np.repeat(y, [1, 1, 4, 1], axis=0), np.ones(7)) == [10]


def test_two_far_groups_of_one_weight_pull_evenly_all_along_between_them():
    for y, weight in (([0.0, 0.0, 0.0, 100.0], [0.1, 0.2, 0.3, 0.6]), ([0.9, 100.3], [1.0, 1.0])):
        y, weight = np.array(y), np.array(weight)
        (found,) = best("huber", y[:, None], weight)
        least = cost("huber", y.mean(), y, weight)
        assert cost("huber", found, y, weight) == pytest.approx(least, rel=1e-12)


def fold_of(loss, y, weight, train):
    """Return rows of targets, the first of which train, all others held out."""
    rows = np.arange(len(y))
    parts = rows[:train], rows[train:], rows[:0]
    found = Fold(np.zeros((len(y), 1)), y, weight, *parts)
    if loss == "logistic":
        return found
    return found._replace(unit=unit_of(loss, y, weight, parts[0]))


def drawn(random, loss, rows, outputs):
    if loss == "logistic":
        return random.integers(0, 2, (rows, outputs)).astype(float)
    y = random.poisson(3, (rows, outputs)) + (loss != "poisson") * random.normal(size=outputs)
    return 7 * y.astype(float)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_baseline_of_numbers_is_that_of_scikit_learn(loss, outputs):
    random = np.random.default_rng(0)
    y, weight = drawn(random, loss, 80, outputs), random.integers(1, 4, 80).astype(float)
    fold = fold_of(loss, y, weight, 50)
    t, w, own, v = y[:50], weight[:50], y[50:], weight[50:]
    spec = Sweep(
        data=([[0.0]], [0]),
        loss=loss,
        metrics="mae,deviance" if loss == "poisson" else "mae",
    )
    found = baseline(fold, spec, outputs)
    scale, centre = fold.unit.scale, fold.unit.centre
    constant = best(loss, fold.targets[:50], w) * scale + centre
    if loss in ("squared", "poisson"):
        mean = DummyRegressor().fit(np.zeros((50, 1)), t, w).constant_.ravel()
        np.testing.assert_allclose(constant, mean, rtol=1e-12)
    guess = np.broadcast_to(constant, own.shape)
    expected = {
        "rmse": root_mean_squared_error(own, guess, sample_weight=v),
        "r2": r2_score(own, guess, sample_weight=v),
        "mae": mean_absolute_error(own, guess, sample_weight=v),
    }
    if loss == "poisson":
        each = [
            mean_poisson_deviance(own[:, i], guess[:, i], sample_weight=v) for i in range(outputs)
        ]
        expected["deviance"] = np.mean(each)
    for name, value in expected.items():
        assert found[f"baseline_{name}"] == pytest.approx(value, rel=1e-10), name
    small = own / scale, guess / scale
    least = {
        "squared": lambda: mean_squared_error(*small, sample_weight=v),
        "absolute": lambda: mean_absolute_error(*small, sample_weight=v),
        "poisson": lambda: np.mean(np.array(each) / scale / 2),
        "huber": lambda: np.average(_huber(*small).mean(axis=1), weights=v),
    }
    assert found["baseline_loss"] == pytest.approx(least[loss](), rel=1e-10)


def _huber(y, guess):
    r = abs(y - guess)
    return np.where(r > 1, 2 * r - 1, r**2)


def test_the_baseline_of_answers_is_that_of_their_shares():
    random = np.random.default_rng(1)
    y, weight = drawn(random, "logistic", 80, 2), random.integers(1, 4, 80).astype(float)
    y[:, 1] = np.maximum(y[:, 1], y[:, 0])
    fold = fold_of("logistic", y, weight, 50)
    spec = Sweep(data=([[0.0]], [0]), loss="logistic", metrics="log_loss,auc")
    found = baseline(fold, spec, 2)
    shares = np.average(y[:50], axis=0, weights=weight[:50])
    each = [
        log_loss(y[50:, i], np.full(30, share), sample_weight=weight[50:])
        for i, share in enumerate(shares)
    ]
    assert found["baseline_loss"] == pytest.approx(np.mean(each), rel=1e-12)
    assert found["baseline_log_loss"] == pytest.approx(np.mean(each), rel=1e-12)
    assert found["baseline_auc"] == 0.5
    right = (y[50:] == (shares > 0.5)).all(axis=1)
    assert found["baseline_accuracy"] == pytest.approx(np.average(right, weights=weight[50:]))


def test_counts_that_were_all_zero_in_training_cost_infinitely_much_where_one_is_not():
    y = np.array([[0.0], [0.0], [2.0]])
    spec = Sweep(data=([[0.0]], [0]), loss="poisson")
    assert baseline(fold_of("poisson", y, np.ones(3), 2), spec, 1)["baseline_loss"] == np.inf
    with_none = fold_of("poisson", y * 0, np.ones(3), 2)
    assert baseline(with_none, spec, 1)["baseline_loss"] == 0
