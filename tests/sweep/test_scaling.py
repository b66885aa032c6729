"""Scaling: properties that hold for every data set, and scikit-learn as the oracle."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.preprocessing import StandardScaler

from sweep.data.loading import load
from sweep.data.scaling import scale
from sweep.data.splits import split
from sweep.errors import InputError
from tests.sweep.test_splits import BUILT_IN, dataset


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


def test_rows_that_validate_do_not_scale():
    X = np.random.RandomState(0).standard_normal((20, 3))
    train = np.arange(0, 20, 2)
    before = scale(dataset(np.zeros(20), X), train)
    X[1::2] = 1e6
    after = scale(dataset(np.zeros(20), X), train)
    assert np.array_equal(before, after)


def test_a_feature_too_large_to_scale_is_named():
    X = np.array([[0.0, -1.7e308], [1.0, 1.7e308]])
    with pytest.raises(InputError, match="feature 'x1' of toy is too large"):
        scale(dataset([0, 1], X), np.arange(2))


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
