"""Splits and scaling: properties that hold for every data set, and scikit-learn as the oracle."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sweep.data.dataset import Dataset
from sweep.data.splits import scale, split
from sweep.errors import InputError
from tests.sweep.loaded import load

BUILT_IN = ["iris", "wine", "breast_cancer", "digits"]
seeds = st.integers(0, 2**32 - 1)
fractions = st.floats(0, 1, exclude_max=True)


def dataset(y, X=None):
    y = np.asarray(y, dtype=np.int64)
    X = np.zeros((y.size, 1)) if X is None else X
    classes = tuple(f"c{i}" for i in range(y.max() + 1))
    return Dataset("toy", X, y, classes, tuple(f"x{i}" for i in range(X.shape[1])))


@st.composite
def labels(draw, smallest=1):
    """Every class of 1 to 6 at least `smallest` times, in any order."""
    counts = draw(st.lists(st.integers(smallest, 30), min_size=1, max_size=6))
    return draw(st.permutations([c for c, count in enumerate(counts) for _ in range(count)]))


def counts_of(y, rows):
    return np.bincount(np.asarray(y)[rows], minlength=max(y) + 1)


@given(labels(), seeds, fractions)
@example([0], 42, 0.9)
@example([0, 1, 2], 0, 0.5)
def test_a_hold_out_is_a_stratified_partition(y, seed, fraction):
    data, y = dataset(y), np.array(y)
    train, val = split(data, seed, 0, 0, fraction)
    assert sorted([*train, *val]) == list(range(y.size))
    assert np.all(np.diff(train) > 0) and np.all(np.diff(val) > 0)
    every, held = np.bincount(y), counts_of(y, val)
    assert np.all(held < every), "a class has nothing to train on"
    quota = np.minimum(every * fraction, every - 1)
    assert np.all(np.abs(held - quota) <= 1)
    assert len(val) <= math.ceil(y.size * fraction)
    again = split(data, seed, 0, 0, fraction)
    assert np.array_equal(again.train, train) and np.array_equal(again.val, val)


@given(labels(), fractions, seeds, seeds)
def test_sizes_do_not_depend_on_the_seed(y, fraction, one, other):
    data = dataset(y)
    parts = [split(data, seed, 0, 0, fraction).train for seed in (one, other)]
    assert np.array_equal(counts_of(y, parts[0]), counts_of(y, parts[1]))


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.25, 0.5])
def test_sizes_are_scikit_learns(name, fraction):
    y = load(name).y
    ours = split(load(name), 42, 0, 0, fraction)
    train, val = train_test_split(np.arange(y.size), test_size=fraction, stratify=y, random_state=0)
    assert (len(ours.train), len(ours.val)) == (len(train), len(val))
    assert np.abs(counts_of(y, ours.val) - counts_of(y, val)).max() <= 1


def test_without_a_share_to_hold_out_everything_trains():
    train, val = split(dataset([0, 1, 0]), 42, 0, 0, 0.0)
    assert train.tolist() == [0, 1, 2] and val.size == 0 and val.dtype == train.dtype == np.int64


def test_every_row_is_held_out_by_some_seed():
    data = dataset(np.repeat([0, 1], 10))
    held = {row for seed in range(60) for row in split(data, seed, 0, 0, 0.2).val.tolist()}
    assert held == set(range(20))


def test_a_split_never_changes():
    parts = [split(load("digits"), 42, 0, 0, 0.2), split(load("digits"), 42, 3, 5, 0.0)]
    digest = hashlib.sha256(b"".join(part.astype("<i8").tobytes() for s in parts for part in s))
    assert digest.hexdigest()[:16] == "71ccf7367ba58515"


@given(st.integers(2, 6), st.data())
def test_folds_are_a_stratified_partition(folds, data):
    y = data.draw(labels(smallest=folds))
    seed = data.draw(seeds)
    parts = [split(dataset(y), seed, fold, folds, 0.2) for fold in range(folds)]
    assert sorted(row for part in parts for row in part.val) == list(range(len(y)))
    for train, val in parts:
        assert sorted([*train, *val]) == list(range(len(y)))
        assert np.all(counts_of(y, train) > 0)
    held = np.array([counts_of(y, part.val) for part in parts])
    assert np.ptp(held, axis=0).max() <= 1, "a class is uneven over the folds"
    assert np.ptp(held.sum(axis=1)) <= 1, "the folds are uneven"


def test_a_class_smaller_than_the_folds_is_named():
    with pytest.raises(InputError, match=r"`folds` is 3, and class 'c1' of toy has 2 rows"):
        split(dataset([0, 0, 0, 1, 1]), 42, 0, 3, 0.2)


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
