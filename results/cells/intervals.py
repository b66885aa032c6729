"""Means over seeds and their intervals, gathered a few seeds at a time.

What is kept of each cell is how many values it had, their mean, and the sum of their squared
deviations from it; Chan, Golub and LeVeque's formula joins two of these. Memory grows with the
cells, and not with the seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Share of repetitions of the whole sweep in which an interval would hold the true mean.
CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """What some cells' values over seeds say of their means."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


class Moments:
    """Count, mean and squared deviations of each of so many ``cells``.

    Attributes
    ----------
    count : ndarray of int64, shape (cells,)
        How many values each has had.
    """

    def __init__(self, cells: int) -> None:
        self.count = np.zeros(cells, dtype=np.int64)
        self._mean = np.zeros(cells)
        self._squares = np.zeros(cells)

    def add(self, values: NDArray) -> None:
        """Take in ``values [cell, seed]``; NaN is a seed that is not there."""
        known = ~np.isnan(values)
        count = known.sum(axis=1)
        both = self.count + count
        # A run that diverges late has a finite loss whose square is not.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            mean = np.where(known, values, 0).sum(axis=1) / count
            squares = (np.where(known, values - mean[:, None], 0) ** 2).sum(axis=1)
            shift = mean - self._mean
            further = squares + shift**2 * (self.count * (count / both))
            joined = self._mean + shift * (count / both)
        first, more = self.count == 0, count > 0
        self._mean[more] = np.where(first, mean, joined)[more]
        self._squares[more] = np.where(first, squares, self._squares + further)[more]
        self.count = both

    def estimate(self) -> Estimate:
        """Estimate the means."""
        from scipy.special import stdtrit  # as scipy.stats.t.ppf, without a second of imports

        count = self.count
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            mean = np.where(count > 0, self._mean, np.nan)
            # One seed says nothing of how seeds differ: 0 / 0 is NaN, and so is its interval.
            std = np.where(count > 1, np.sqrt(self._squares / np.maximum(count - 1, 1)), np.nan)
            counts, place = np.unique(count, return_inverse=True)
            quantile = stdtrit(np.maximum(counts - 1.0, 1), (1 + CONFIDENCE) / 2)[place]
            half = quantile * std / np.sqrt(count)
        return Estimate(mean, std, mean - half, mean + half)


def estimate(values: NDArray) -> Estimate:
    """Estimate means from ``values [cell, seed]``; NaN is a seed that is not there."""
    moments = Moments(len(values))
    moments.add(values)
    return moments.estimate()
