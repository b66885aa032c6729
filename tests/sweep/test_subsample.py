"""Training on halves: complementary pairs, and what is refused beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep import InputError, Sweep
from sweep.data.splits import split
from sweep.plan.experiment import prepare
from tests.sweep.test_splits import dataset


@given(counts=st.lists(st.integers(2, 9), min_size=1, max_size=4), pair=st.integers(0, 2**31 - 1))
def test_two_seeds_train_on_halves_that_have_no_row_in_common(counts, pair):
    y = np.repeat(np.arange(len(counts)), counts)
    data = dataset(y)
    first, second = (split(data, 2 * pair + i, 0, 0, 0.5, subsample=True) for i in (0, 1))
    assert not set(first.train) & set(second.train)
    for one in (first, second):
        assert len(one.train) == len(y) // 2
        assert sorted([*one.train, *one.val]) == list(range(len(y)))
        there = np.bincount(y[one.train], minlength=len(counts))
        # Each class is cut within a row, and one row more may be in neither half.
        assert (abs(2 * there - counts) <= 2).all() and there.min() >= 1
    again = split(data, 2 * pair, 0, 0, 0.5, subsample=True)
    assert np.array_equal(again.train, first.train)


def test_pairs_differ_and_all_rows_come_in():
    data = dataset(np.repeat([0, 1], [20, 31]))
    trained = [split(data, seed, 0, 0, 0.5, subsample=True).train for seed in range(40)]
    assert len({tuple(rows) for rows in trained}) == 40
    often = np.bincount(np.concatenate(trained), minlength=51)
    # Nearly each row is in one half of each of twenty pairs.
    assert often.min() >= 10 and often.max() == 20


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subsample": 0.4}, "should be 0.5"),
        ({"subsample": 0.5, "val_fraction": 0.2}, "`val_fraction` is 0.2"),
        ({"subsample": 0.5, "folds": 3}, "`folds` otherwise"),
        ({"subsample": 0.5, "outer_folds": 3}, "`outer_folds` otherwise"),
        ({"subsample": 0.5, "data": "article"}, "`subsample` needs data to hold out"),
    ],
)
def test_what_does_not_go_together_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        Sweep(**{"data": "iris", **given})


def test_a_class_of_one_row_is_refused():
    x, y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 1, 1, 2])
    with pytest.raises(InputError, match=r"class '2' .*one row.*subsample"):
        prepare(Sweep(data=(x, y), subsample=0.5))
