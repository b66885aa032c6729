"""Bounds of stability selection, against the theorems and distributions that they are about."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from results.cells.features.bounds import _tail, bounds


def test_the_loosest_bound_is_that_of_meinshausen_and_buhlmann():
    # Their paper: with q = sqrt(0.8 p) and a threshold of 0.9, at most one wrong choice.
    assert bounds(np.sqrt(0.8 * 300), 300, 0.9, 50).worst == pytest.approx(1)
    # Theorem 2 of Shah and Samworth, by hand: C is 1 / (2 (2 tau - 1 - 1/(2 B))) up to 3/4, and
    # 4 (1 - tau + 1/(2 B)) / (1 + 1/B) beyond.
    assert bounds(10, 100, 0.7, 50).unimodal == pytest.approx(1 / (2 * (0.4 - 0.01)))
    assert bounds(10, 100, 0.9, 50).unimodal == pytest.approx(4 * 0.11 / 1.02)
    assert np.isnan(bounds(60, 100, 0.9, 50).unimodal), "theta is above 1 / sqrt(3)"
    # The theorem is for thresholds from 1/2 + 1/B on.
    for threshold, pairs in ((0.75, 1), (0.6, 1), (0.6, 2)):
        few = bounds(1, 10, threshold, pairs)
        assert np.isnan(few.unimodal) and few.worst > 0


@pytest.mark.parametrize("case", [(5, 20, 0.75, 10), (10, 100, 0.6, 50), (50, 1000, 0.9, 25)])
def test_more_is_assumed_more_is_known(case):
    found = bounds(*case)
    assert 0 < found.r_concave < found.unimodal < found.worst


@settings(deadline=None, max_examples=60)
@given(
    r=st.sampled_from([-0.5, -0.25]),
    count=st.integers(3, 30),
    values=st.lists(st.floats(0.01, 1), min_size=2, max_size=31),
    data=st.data(),
)
def test_no_r_concave_distribution_has_more_in_its_tail(r, count, values, data):
    # f is r-concave, for r below 0, where f^r is convex: the running sums of what rises.
    slopes = np.sort(np.resize(values, count)) - data.draw(st.floats(0, 0.5))
    convex = np.concatenate([[0.0], np.cumsum(slopes)])
    f = (convex - convex.min() + data.draw(st.floats(0.01, 10))) ** (1 / r)
    f[data.draw(st.integers(1, count)) + 1 :] = 0
    f /= f.sum()
    mean, least = f @ np.arange(count + 1) / count, data.draw(st.integers(1, count))
    assert f[least:].sum() <= _tail(mean, least, count, r) + 1e-9


def test_the_most_is_reached():
    """The best of many distributions of the family that the theorem names comes near."""
    count, least, mean, r = 20, 12, 0.1, -0.5
    i = np.arange(count + 1)
    best = 0.0
    for k in range(least - 1, count):
        for a in np.geomspace(1e-4, 1e4, 4000):
            f = (a + i) ** (1 / r) * (i <= k)
            f[k + 1] = (mean * count * f.sum() - i @ f) / (k + 1 - mean * count)
            if 0 <= f[k + 1] <= (a + k + 1) ** (1 / r):
                best = max(best, f[least:].sum() / f.sum())
    assert best <= _tail(mean, least, count, r) < 1.01 * best


def test_as_r_falls_it_comes_nearer_to_the_bound_of_one_mode():
    """Any falling distribution: a linear program over mixtures of even ones on 0, ..., k."""
    count, least, mean = 20, 12, 0.1
    k = np.arange(count + 1)
    tails, means = np.maximum(k - least + 1, 0) / (k + 1), k / 2
    found = linprog(-tails, A_ub=[means], b_ub=[mean * count], A_eq=[np.ones(len(k))], b_eq=[1])
    tails = [_tail(mean, least, count, r) for r in (-0.01, -0.5, -2)]
    assert 0 < tails[0] < tails[1] < tails[2] < -found.fun
