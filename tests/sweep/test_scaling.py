"""Scaling and filling in: naive twins to the bit, and scikit-learn as the oracle."""

import hashlib
import math
import statistics

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.special import ndtr
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from sweep.data import scaling
from sweep.data.inverse_normal import inverse_normal
from sweep.data.scaling import fit
from sweep.data.splits import split
from sweep.errors import InputError
from tests.sweep.loaded import load
from tests.sweep.test_splits import BUILT_IN, dataset

KINDS = ("standard", "robust", "quantile", "none")

#: Some values are shared, as counts are, and some missing.
some_values = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.integers(1, 3)),
    elements=st.integers(-3, 3) | st.floats(-1e100, 1e100, allow_subnormal=False),
)


def fitted(kind, X, train=None):
    return fit(kind, dataset(np.zeros(len(X)), X), np.arange(len(X)) if train is None else train)


def scale(data, train):
    return fit("standard", data, train)[:2]


@pytest.mark.parametrize("name", BUILT_IN)
def test_scale_is_standard_scalers(name):
    data = load(name)
    train = split(data, 42, 0, 0, 0.2).train
    mean, deviation = scale(data, train)
    scaler = StandardScaler().fit(data.X[train])
    np.testing.assert_allclose(mean, scaler.mean_, rtol=1e-13)
    np.testing.assert_allclose(deviation, scaler.scale_, rtol=1e-12)


@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 40), st.integers(1, 4)),
        elements=st.floats(-1e100, 1e100, allow_subnormal=False),
    )
)
def test_scaled_features_have_mean_0_and_deviation_1_or_are_constant(X):
    mean, deviation = scale(dataset(np.zeros(len(X)), X), np.arange(len(X)))
    scaled = (X - mean) / deviation
    for column, values in zip(scaled.T, X.T, strict=True):
        if np.ptp(values) > 1e-14 * np.abs(values).max():
            # A feature that varies by its last few digits only keeps as few.
            few = 1e-15 * np.abs(values).max() / np.ptp(values)
            assert abs(math.fsum(column)) <= len(column) * (1e-12 + 8 * few)
            assert abs(math.fsum(column**2) / len(column) - 1) <= 1e-12 + 64 * few
        elif np.ptp(values) == 0:
            assert not column.any()


@pytest.mark.parametrize("size", [1e-200, 1e-3, 1.0, 1e200])
def test_the_unit_of_a_feature_does_not_matter(size):
    X = np.random.RandomState(0).standard_normal((50, 3))
    _, one = scale(dataset(np.zeros(50), X), np.arange(50))
    _, other = scale(dataset(np.zeros(50), X * size), np.arange(50))
    np.testing.assert_allclose(other, one * size, rtol=1e-13)


def test_a_constant_feature_gets_scale_1():
    X = np.full((1000, 2), 0.1)
    X[::2, 1] = 0.3 - 0.2  # the same but for rounding
    mean, deviation = scale(dataset(np.zeros(1000), X), np.arange(1000))
    assert deviation.tolist() == [1.0, 1.0] and mean[0] == 0.1
    np.testing.assert_allclose(mean[1], 0.1)


@pytest.mark.parametrize("poison", [1e6, np.nan, -0.0, "another row"])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_held_out_reach_nothing_that_is_fitted(kind, poison):
    X = np.random.RandomState(0).lognormal(size=(60, 4))
    X[::7, 1] = X[3::5, 2] = np.nan
    X[::2, 3] = 1
    train = np.arange(0, 60, 2)
    before = fitted(kind, X, train)
    changed = X.copy()
    changed[1::2, 1:3] = X[0, 1:3][::-1] if poison == "another row" else poison
    after = fitted(kind, changed, train)
    for one, other in zip(before, after, strict=True):
        assert one is other is None or one.tobytes() == other.tobytes()
    assert before(X[train]).tobytes() == after(changed[train]).tobytes()


@pytest.mark.parametrize("kind", ["standard", "robust", "quantile"])
def test_a_feature_too_large_to_scale_is_named(kind):
    X = np.array([[0.0, -1.7e308], [1.0, 1.7e308]])
    with pytest.raises(InputError, match="feature 'x1' of toy is too large"):
        fitted(kind, X)


def test_a_feature_that_is_not_scaled_may_be_large():
    X = np.array([[0.0, -1.7e308], [1.0, 1.7e308]])
    assert fitted("none", X)(X).tobytes() == X.tobytes()


def naive_sum(numbers):
    """The second half onto the first, in Python's floats, until one number is left."""
    half = (len(numbers) + 1) // 2
    if half == len(numbers):
        return numbers[0]
    rest = numbers[half:] + [0.0] * (2 * half - len(numbers))
    return naive_sum([a + b for a, b in zip(numbers[:half], rest, strict=True)])


def naive_scale(numbers):
    n, base = len(numbers), numbers[0]
    numbers = [x - base for x in numbers]
    shift = naive_sum(numbers) / n
    numbers = [x - shift for x in numbers]
    peak = max(map(abs, numbers))
    squares = [(x / peak) * (x / peak) for x in numbers]
    return base + shift, peak * math.sqrt(naive_sum(squares) / n)


@given(st.integers(2, 70), st.integers(1, 9), st.integers(0, 1000))
def test_scale_is_the_same_bits_as_one_addition_after_another(n, features, seed):
    X = np.random.RandomState(seed).lognormal(sigma=3, size=(n, features))
    scaled = scale(dataset(np.zeros(n), X), np.arange(n))
    assert np.array_equal(scaled, np.transpose([naive_scale(x) for x in X.T.tolist()]))


def naive_quantile(values, part, parts):
    ordered = sorted(values)
    place, rest = divmod(part * (len(ordered) - 1), parts)
    low, high = ordered[place], ordered[min(place + 1, len(ordered) - 1)]
    return low + (high - low) * (rest / parts)


def naive_robust(values):
    median, spread = (
        naive_quantile(values, 1, 2),
        naive_quantile(values, 3, 4) - naive_quantile(values, 1, 4),
    )
    if spread <= 8 * 2.0**-52 * max(map(abs, values)):
        spread = 1.0
    return [(x - median) / spread for x in values]


def naive_share(quantiles, x):
    """Where a value stands among quantiles, counted one by one; one of several in their middle."""
    x = min(max(x, quantiles[0]), quantiles[-1])
    reached = [i for i, q in enumerate(quantiles) if q <= x]
    equal = [i for i in reached if quantiles[i] == x]
    if equal:
        place = (equal[0] + equal[-1]) / 2
    else:
        low, high = quantiles[reached[-1]], quantiles[reached[-1] + 1]
        place = reached[-1] + (x - low) / (high - low)
    return min(max(place / (len(quantiles) - 1), 1e-7), 1 - 1e-7)


@given(some_values)
@example(np.array([[-0.0], [0.0], [-0.0]]))
@example(np.array([[5.0]]))
def test_robust_and_quantile_are_their_naive_twins(X):
    robust, quantile = fitted("robust", X)(X), fitted("quantile", X)
    for column, values in zip(robust.T, X.T.tolist(), strict=True):
        assert column.tolist() == naive_robust(values)
    parts = max(len(X), 2) - 1
    found = quantile(X)
    for column, values in zip(found.T, X.T.tolist(), strict=True):
        quantiles = [naive_quantile(values, part, parts) for part in range(parts + 1)]
        shares = np.array([naive_share(quantiles, x) for x in values])
        assert column.tobytes() == inverse_normal(shares).tobytes()
        order = np.argsort(values, kind="stable")
        assert (np.diff(column[order]) >= 0).all(), "a score never falls as the value rises"


@pytest.mark.parametrize("n", [2, 37, 1000, 1001, 5000])
def test_robust_is_robust_scalers(n):
    X = np.random.RandomState(n).lognormal(size=(n, 4)) * [1, 1e-3, 1e5, 1]
    X[:, 3] = X[:, 3] > 3  # of its middle half all are 0
    scaler = RobustScaler().fit(X)
    found = fitted("robust", X)
    np.testing.assert_allclose(found.mean, scaler.center_, rtol=1e-15)
    np.testing.assert_allclose(found.scale, scaler.scale_, rtol=1e-14)
    np.testing.assert_allclose(found(X), scaler.transform(X), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n", [10, 999, 1000, 1001, 8000])
def test_quantile_is_quantile_transformers(n):
    """But for the smallest and the largest value where several rows have it: ours is the middle."""
    random = np.random.RandomState(n)
    X = random.lognormal(size=(n, 3))
    X[:, 2] = np.round(X[:, 2], 1)
    X[0, 2], X[1, 2] = -1, 1000
    new = random.lognormal(sigma=2, size=(500, 3))
    scaler = QuantileTransformer(
        n_quantiles=min(n, 1000), output_distribution="normal", subsample=None
    ).fit(X)
    found = fitted("quantile", X)
    np.testing.assert_allclose(found.quantiles, scaler.quantiles_, rtol=1e-13, atol=1e-15)
    for rows in (X, new):
        ours, theirs = found(rows), scaler.transform(rows)
        # Far out the score magnifies the last bit of the share, by 5e6 or so.
        np.testing.assert_allclose(ours[:, :2], theirs[:, :2], rtol=0, atol=1e-8)
        # Of equal quantiles their last bits may differ, which loses one of them at either end.
        ours, theirs = ndtr(ours[:, 2]), ndtr(theirs[:, 2])
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1 / (len(found.quantiles) - 1))


def test_values_that_many_share_stand_in_their_middle():
    X = np.repeat([0.0, 1.0], [90, 10])[:, None]
    low, high = np.unique(fitted("quantile", X)(X))
    normal = statistics.NormalDist()
    # 90 of 100 quantiles, from the first to the last, are 0: from 0 to 89 / 99.
    assert low == pytest.approx(normal.inv_cdf(89 / 99 / 2), rel=1e-12)
    assert high == pytest.approx(normal.inv_cdf((90 / 99 + 1) / 2), rel=1e-12)
    constant = fitted("quantile", np.full((5, 1), 7.0))
    assert constant(np.array([[7.0], [-3.0], [9.0]])).tolist() == [[0.0]] * 3


@given(st.floats(1e-300, 1 - 1e-16) | st.floats(1e-7, 1 - 1e-7))
@example(0.5)
@example(0.075)
@example(math.exp(-25))
def test_the_inverse_normal_is_pythons(share):
    exact = statistics.NormalDist().inv_cdf(share)
    found = inverse_normal(np.array([share]))
    np.testing.assert_allclose(found, exact, rtol=1e-14, atol=1e-16)


def test_the_inverse_normal_has_these_bits_on_every_processor():
    share = np.arange(1, 2**16) / 2**16
    far = 2.0 ** -np.arange(17.0, 1000)
    found = inverse_normal(np.concatenate([share, far]))
    digest = hashlib.sha256(found.astype("<f8").tobytes()).hexdigest()
    assert digest[:16] == "f0d97aaee2fae28c"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_is_the_median_of_the_training_part(kind):
    random = np.random.RandomState(3)
    X = random.lognormal(size=(80, 4))
    X[random.random_sample(X.shape) < 0.3] = np.nan
    X[:, 0] = random.normal(size=80)
    train = np.sort(random.permutation(80)[:51])
    X[train, 3] = np.nan
    X[np.setdiff1d(np.arange(80), train)[0], 3] = 5.0
    found = fitted(kind, X, train)
    medians = SimpleImputer(strategy="median", keep_empty_features=True).fit(X[train]).statistics_
    assert np.isnan(found.fill[0]), "nothing of it is missing, so nothing may be"
    np.testing.assert_allclose(found.fill[1:], medians[1:], rtol=1e-15)
    assert found.fill[3] == 0
    filled = np.where(np.isnan(X), found.fill, X)
    then = fitted(kind, filled, train)
    assert found(X).tobytes() == then(filled).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_do_not_show(kind, monkeypatch):
    X = np.random.RandomState(0).lognormal(size=(101, 7))
    X[::9, 2] = np.nan
    whole = fitted(kind, X)
    inputs = whole(X)
    monkeypatch.setattr(scaling, "_BLOCK", 150)
    small = fitted(kind, X)
    assert small(X).tobytes() == inputs.tobytes()
    single = np.empty(X.shape, np.float32)
    assert small(X, single) is single
    assert single.tobytes() == inputs.astype(np.float32).tobytes()
    chosen = np.array([1, 2, 5])
    assert small.take(chosen)(X[:, chosen]).tobytes() == inputs[:, chosen].tobytes()
