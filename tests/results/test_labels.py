"""How places on an axis are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.labels import folds, place

FLOATS = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.0, 10**-2.5, 10**-3.5, 0.1), ["0", "0.00316", "3.16e-4", "0.1"]),
        ((0.0101, 0.01014), ["0.0101", "0.01014"]),
        ((0.3162278, 0.3162279, 1.0), ["0.3162278", "0.3162279", "1"]),
        (("cold", "up"), ["cold", "up"]),
    ],
)
def test_three_digits_or_what_tells_values_apart(values, texts):
    assert [place(value, values) for value in values] == texts


@given(st.lists(FLOATS, min_size=1, max_size=9, unique=True))
def test_values_that_differ_are_written_differently_and_nearest_to_themselves(values):
    written = [float(place(value, values)) for value in values]
    assert len(set(written)) == len(values)
    for value, text in zip(values, written, strict=True):
        assert text == pytest.approx(value, rel=5e-3)


def test_outer_folds_and_those_in_them_are_told_apart():
    assert (folds(1), folds(5), folds(1, 5)) == ("", "5 folds", "5 outer folds")
    assert folds(3, 5) == "5 outer x 3 inner folds"
