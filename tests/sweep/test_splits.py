"""Splits: properties that hold for every data set, and scikit-learn as the oracle."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from sweep.data.dataset import Dataset, Variable
from sweep.data.splits import split
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


def numbers(n, **roles):
    y = np.linspace(0, 1, n)[:, None]
    return Dataset("toy", np.zeros((n, 1)), y, (), ("x0",), targets=(Variable("y"),), **roles)


@given(st.integers(2, 90), seeds, fractions)
def test_a_hold_out_of_numbers_is_a_share_of_the_rows(n, seed, fraction):
    train, val = split(numbers(n), seed, 0, 0, fraction)
    assert sorted([*train, *val]) == list(range(n))
    assert len(val) == min(math.ceil(n * fraction), n - 1)
    one_class = split(dataset([0] * n), seed, 0, 0, fraction)
    assert train.tolist() == one_class.train.tolist()


@given(st.integers(2, 6), st.integers(6, 60), seeds)
def test_folds_of_numbers_are_even(folds, n, seed):
    parts = [split(numbers(n), seed, fold, folds, 0.2) for fold in range(folds)]
    assert sorted(row for part in parts for row in part.val) == list(range(n))
    assert np.ptp([len(part.val) for part in parts]) <= 1


def test_which_numbers_are_held_out_has_nothing_to_do_with_their_size():
    held = np.mean([split(numbers(50), seed, 0, 0, 0.2).val.mean() for seed in range(200)])
    assert held == pytest.approx(24.5, abs=1)


def test_rows_of_numbers_stay_together_by_group_and_time():
    groups, order = np.arange(60) // 6, np.arange(60.0)[::-1]
    for fold in range(3):
        train, val = split(numbers(60, groups=groups), 5, fold, 3, 0)
        assert not set(groups[train]) & set(groups[val]) and 18 <= len(val) <= 24
    train, val = split(numbers(60, order=order), 5, 0, 0, 0.2)
    assert order[val].min() > order[train].max() and len(val) == 12


def test_fewer_numbers_than_folds_are_told():
    with pytest.raises(InputError, match=r"`folds` is 9, and toy has 8 rows: lower `folds`"):
        split(numbers(8), 42, 0, 9, 0.2)


def test_a_class_smaller_than_the_folds_is_named():
    with pytest.raises(InputError, match=r"`folds` is 3, and class 'c1' of toy has 2 rows"):
        split(dataset([0, 0, 0, 1, 1]), 42, 0, 3, 0.2)
