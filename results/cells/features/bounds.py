"""Stability selection: how many columns may be chosen that seldom are on halves of the rows.

A column is chosen that at least a share tau of the runs keeps, each trained on a half of the rows.
Of p columns a run keeps q on average, and a column is of the seldom kept ones if the chance that a
run keeps it is at most theta = q / p. Bounds are on the expected number of these that are chosen.

Meinshausen and Bühlmann (Stability Selection, 2010) showed q^2 / ((2 tau - 1) p) for the noise, if
a run finds its columns no worse than by guessing and all columns of noise alike. Shah and Samworth
(Variable selection with error control, 2013) showed the same for the seldom kept columns, of any
run, where halves come in B complementary pairs; and less where the share of the pairs that keep
such a column has a distribution of one shape or another.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

#: A share of runs that is this near to a whole number of them is that.
_SAME = 1e-9

#: log10 of the a of distributions that are as steep, and as flat, as counts.
_STEEP, _FLAT = -6.0, 8.0


class Bounds(NamedTuple):
    """Bounds on the expected number of seldom kept columns that are chosen, the loosest first.

    Attributes
    ----------
    worst : float
        Whatever the distribution; also Meinshausen and Bühlmann's.
    unimodal : float
        If it has one mode; NaN where Shah and Samworth give none.
    r_concave : float
        If it is r-concave: r = -1/2 for pairs, and -1/4 for single halves.
    """

    worst: float
    unimodal: float
    r_concave: float


def bounds(kept: float, columns: int, threshold: float, pairs: int) -> Bounds:
    """Bound how many seldom kept columns are chosen.

    Parameters
    ----------
    kept : float
        q, the mean number of columns that a run keeps.
    columns : int
        p, how many there are.
    threshold : float
        tau, above 1/2 and at most 1.
    pairs : int
        B, of complementary halves.
    """
    theta = kept / columns
    worst = theta * kept / (2 * threshold - 1)
    return Bounds(
        worst,
        float(np.minimum(_unimodal(theta, threshold, pairs) * theta * kept, worst)),
        _r_concave(theta, threshold, pairs) * columns,
    )


def _unimodal(theta: float, threshold: float, pairs: int) -> float:
    """Return C(tau, B) of Shah and Samworth's second theorem, NaN where it says nothing."""
    # A share is a number of halves, and the theorem is for such from 1/2 + 1/B on.
    threshold = math.ceil(2 * pairs * threshold - _SAME) / (2 * pairs)
    least = min(0.5 + theta**2, 0.5 + 1 / (2 * pairs) + 0.75 * theta**2)
    if theta > 1 / math.sqrt(3) or threshold <= least or threshold < 0.5 + 1 / pairs:
        return math.nan
    if threshold <= 0.75:
        return 1 / (2 * (2 * threshold - 1 - 1 / (2 * pairs)))
    return 4 * (1 - threshold + 1 / (2 * pairs)) / (1 + 1 / pairs)


def _r_concave(theta: float, threshold: float, pairs: int) -> float:
    """Return the smaller of D(theta^2, 2 tau - 1, B, -1/2) and D(theta, tau, 2 B, -1/4)."""
    halves = math.ceil(2 * pairs * threshold - _SAME)  # of which so many keep a chosen column
    both = max(halves - pairs, 0)  # pairs of which at least so many keep it twice
    return min(_tail(theta**2, both, pairs, -0.5), _tail(theta, halves, 2 * pairs, -0.25))


def _tail(mean: float, least: int, count: int, r: float) -> float:
    """Return the most of an r-concave distribution on 0, ..., count that can be at `least` or more.

    Its mean is at most ``mean * count``. The one that has the most falls as (a + i)^(1/r) up to
    some k, has what its mean asks for at k + 1, and nothing beyond: of these, by a and k.
    """
    from scipy.optimize import minimize_scalar

    target = mean * count
    if least <= target or least < 1:
        return 1.0
    found = 0.0
    upper = _decay(target, least - 1, r)
    for k in range(least - 1, count):
        i = np.arange(k + 1)

        def missing(step: float, i: np.ndarray = i, k: int = k) -> float:
            """Return what is not in the tail."""
            weight = (1 + i / 10.0**step) ** (1 / r)
            last = (target * weight.sum() - (i * weight).sum()) / (k + 1 - target)
            return float(weight[:least].sum() / (weight.sum() + last))

        lower = _decay(target, k + 1, r)
        least_missing = min(missing(lower), missing(upper))
        if lower < upper:
            inside = minimize_scalar(missing, bounds=(lower, upper), method="bounded")
            least_missing = min(least_missing, float(inside.fun))
        found, upper = max(found, 1 - least_missing), lower
    return found


def _decay(target: float, last: int, r: float) -> float:
    """Return log10 of the a with which (a + i)^(1/r) on 0, ..., last has a mean.

    It grows with a. Where no a is large enough, or small enough, it is as large or small as counts.
    """
    from scipy.optimize import brentq

    i = np.arange(last + 1)

    def above(step: float) -> float:
        weight = (1 + i / 10.0**step) ** (1 / r)
        return float((i * weight).sum() / weight.sum()) - target

    if above(_FLAT) <= 0:
        return _FLAT
    return _STEEP if above(_STEEP) >= 0 else float(brentq(above, _STEEP, _FLAT, xtol=1e-12))
