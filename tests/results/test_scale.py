"""The colour scale of a map: one bad corner does not take the colours of all the rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.scale import Scale, ink, viridis

LOSSES = st.lists(st.floats(1e-12, 1e40), min_size=1, max_size=30)


def of(*values, metric="val_loss"):
    return Scale.of(np.array(values, dtype=float), metric)


def luminance(colour):
    """As WCAG 2.2 defines it."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@given(LOSSES)
def test_places_rise_from_the_lowest_to_the_highest(values):
    scale = of(*values)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places) and places[0] >= 0 and places[-1] <= 1
    assert scale.top == max(values) and scale.low <= min(values)
    if np.ptp(values) > 1e-9 * max(values):  # else there is hardly a number between them
        assert (scale.place(scale.low), scale.place(scale.high)) == (0, pytest.approx(1))
        for place in (0, 0.3, 0.8, 1):
            assert scale.place(scale.value(place)) == pytest.approx(place, abs=1e-4)


@given(LOSSES)
def test_the_better_half_has_a_tenth_of_the_colours(values):
    scale, rising = of(*values), np.unique(values)
    if len(rising) > 1:
        shown = rising[rising <= scale.high]
        assert scale.place(shown[max((len(shown) - 1) // 2, 1)]) >= 0.1 - 1e-9
        assert len(shown) > (len(rising) - 1) // 2


def test_a_bad_corner_leaves_the_good_cells_their_colours():
    good = np.linspace(0.25, 0.29, 20)
    near = of(*good, 1.1)
    assert not near.beyond and near.place(0.29) > 0.25 and near.place(1.1) == 1
    for many in (1, 8, 15):
        far = of(*good, *[2e34] * many)
        assert (far.low, far.high, far.top) == (0.25, 0.29, 2e34) and far.beyond
        assert far.place(0.27) == pytest.approx(0.5)


def test_what_varies_evenly_or_by_factors_is_shown_so():
    assert of(1, 2, 3).place(2) == 0.5
    wide = of(1e-4, 1e-2, 1)
    assert wide.logarithmic and wide.place(1e-2) == pytest.approx(0.5)
    shares = of(0, 1e-9, 2e-9, 1, metric="sparsity")
    assert shares.place(0.5) == 0.5 and not shares.logarithmic


def test_a_scale_ends_at_the_foot_of_its_metric():
    """An R2 goes down without end, and below -1 one is as bad as another."""
    r2 = of(-1e30, -3, 0.1, 0.2, 0.5, metric="val_r2")
    assert (r2.low, r2.high, r2.bottom, r2.top) == (-1, 0.5, -1e30, 0.5)
    assert r2.place(-1e30) == r2.place(-3) == 0 and r2.place(0.5) == 1
    assert r2.place(0.2) == pytest.approx(1.2 / 1.5) and not r2.logarithmic
    near = of(-0.9, 0.2, 0.5, metric="val_r2")
    assert (near.low, near.bottom) == (-0.9, -0.9)
    assert of(-5, -2, metric="val_r2").low == -5, "or there would be nothing to see"


@pytest.mark.parametrize(("value", "ends"), [(0.3, (0, 0.3)), (0, (0, 1)), (1, (0, 1))])
def test_a_single_value_gets_a_scale_without_what_is_impossible(value, ends):
    assert of(value, value)[:2] == ends
    assert of(value, np.nan, np.inf)[:2] == ends
    assert of(np.nan)[:2] == (0, 1)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_ink_stands_out_from_any_colour(colour):
    assert contrast({"black": (0, 0, 0), "white": (1, 1, 1)}[str(ink(colour))], colour) >= 4.5


def test_ink_is_found_for_many_colours_at_once():
    colours = np.array([viridis(place) for place in np.linspace(0, 1, 11)]) / 255
    assert ink(colours).tolist() == [str(ink(colour)) for colour in colours]
