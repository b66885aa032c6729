import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from results import ranges

numbers = st.sets(st.integers(0, 40))


def of(values):
    return ranges.of(np.array(sorted(values), dtype=np.int64))


def members(found):
    return {n for start, stop in ranges.pairs(found) for n in range(start, stop)}


@given(numbers)
def test_of_is_the_shortest_form_of_the_set(values):
    found = of(values)
    assert members(found) == values
    assert (np.diff(found.ravel()) > 0).all()
    assert ranges.size(found) == len(values)


@given(st.lists(numbers, max_size=4))
def test_union(sets):
    expected = set().union(*sets)
    np.testing.assert_array_equal(ranges.union(map(of, sets)), of(expected))


@given(st.lists(numbers, max_size=4))
def test_overlap(sets):
    twice = {n for n in range(41) if sum(n in values for values in sets) > 1}
    np.testing.assert_array_equal(ranges.overlap(map(of, sets)), of(twice))


@given(numbers, numbers)
def test_insert(values, more):
    np.testing.assert_array_equal(ranges.insert(of(values), of(more)), of(values | more))


@given(numbers, st.integers(0, 40), st.integers(0, 40))
def test_gaps_and_meets(values, start, stop):
    wanted = set(range(start, stop))
    assert members(ranges.gaps(of(values), start, stop)) == wanted - values
    if start < stop:
        assert ranges.meets(of(values), start, stop) == bool(wanted & values)
