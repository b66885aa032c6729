"""Points of the unit cube, one after another, and what an axis has where a point is.

A coordinate is an integer from 0 to 2**32 - 1, which stands for its 2**32nd part. Numbers are made
of it by sums, products and square roots, which every processor rounds alike. The first points are
the same however many are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sweep.seeded import generator
from sweep.specification.values import Range

#: Binary digits of a coordinate.
DIGITS = 32

#: Points of a sequence: a Sobol' sequence then begins again.
MOST = 2**DIGITS

#: Gives the next points, so many as are asked for: an array of uint32 [point, dimension].
Points = Callable[[int], np.ndarray]


def sobol(dimensions: int, seed: int) -> Points:
    """Return a scrambled Sobol' sequence.

    Its direction numbers are those of Joe and Kuo (2008), the scrambling is Matousek's (1998), as
    `scipy.stats.qmc.Sobol` has them.
    """
    from scipy.stats import qmc

    # A RandomState, whose numbers NumPy has frozen; as `rng` it would be made into another.
    sequence = qmc.Sobol(dimensions, bits=DIGITS, seed=generator(seed, "sample"))
    first = iter([1])  # on its own, since scipy warns of first points that are no power of two

    def following(rows: int) -> np.ndarray:
        pieces = [sequence.random(one) for one in first if rows]
        return _coordinates(np.concatenate([*pieces, sequence.random(rows - len(pieces))]))

    return following


def random(dimensions: int, seed: int) -> Points:
    """Return independent points."""
    uniform = generator(seed, "sample").random_sample
    return lambda rows: _coordinates(uniform((rows, dimensions)))


def values(spread: Range, points: np.ndarray) -> np.ndarray:
    """Return the numbers of a range at some coordinates, float64; its upper end is never passed.

    Where logarithms are spread the number at u is ``low * (high / low) ** u``, the product of one
    factor for each binary digit of u, of which each is the square root of the one before it.
    """
    low, high = spread
    if spread.spacing == "lin":
        return np.minimum(low + (high - low) * (points * 2.0**-DIGITS), high)
    found = np.full(len(points), low)
    factor = math.sqrt(high) / math.sqrt(low)
    for digit in reversed(range(DIGITS)):
        found *= np.where(points >> np.uint32(digit) & np.uint32(1), factor, 1.0)
        factor = math.sqrt(factor)
    return np.minimum(found, high)


def places(length: int, points: np.ndarray) -> np.ndarray:
    """Return which of so many values, each of an equal share, is at some coordinates."""
    return (points * np.uint64(length) >> np.uint64(DIGITS)).astype(np.uint32)


def _coordinates(uniform: np.ndarray) -> np.ndarray:
    """Return numbers from 0 to below 1 as coordinates."""
    return (uniform * 2.0**DIGITS).astype(np.uint32)
