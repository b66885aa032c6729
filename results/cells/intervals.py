"""Means over seeds and their intervals, gathered a few seeds at a time.

What is kept of each cell is how many values it had, their mean, and the sum of their squared
deviations from it; Chan, Golub and LeVeque's formula joins two of these. Memory grows with the
cells, and not with the seeds.

Each seed splits the same rows anew, so that seeds differ by less than new data would: Nadeau and
Bengio (Inference for the Generalization Error, 2003) put the variance of a mean over J splits at
``(1/J + n_val/n_train) s^2``. With K folds there are two spreads: B, of the seeds' means, is the
luck of the seed, and W, of the folds within a seed, tells what other rows would do:

    variance of the mean = B / J + n_val/n_train W

(for a single seed, whose luck nobody knows, ``W / K`` stands for B / J). Where there are no folds,
W is B, and it is their formula.

With outer folds W is that of the K folds within an outer fold, averaged over these: only such folds
have no row in common, while a row is held out in all outer folds but its own. Where an outer fold
has one split alone, the splits of a seed are as many random ones, which share rows as those of
seeds do: W is their variance, and K their number.

Where time says what is held out, all seeds have the same splits, and folds are no repetition: each
is of another time, and trains on more than the one before. Intervals are then for other seeds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.cells.by_seed import over_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Share of repetitions of the whole sweep in which an interval would hold the true mean.
CONFIDENCE = 0.95

#: What an interval covers: all that is random; one seed's networks on other rows; or other seeds
#: on the same rows (of `article`, whose seeds each draw a sample, on others).
DATA_AND_SEEDS, DATA, SEEDS = "new data and seeds", "new data", "seeds"


class Estimate(NamedTuple):
    """What some cells' values over seeds say of their means."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def within(self, lowest: float, highest: float) -> Estimate:
        """Return it with intervals that do not leave what is possible."""
        return self._replace(low=np.maximum(self.low, lowest), high=np.minimum(self.high, highest))


class Moments:
    """Count, mean and squared deviations of each of so many ``cells``.

    Parameters
    ----------
    cells : int
    outer, folds : int, optional
        How many outer folds there are, and folds in each.

    Attributes
    ----------
    count : ndarray of int64, shape (cells,)
        How many seeds each has had.
    """

    def __init__(self, cells: int, outer: int = 1, folds: int = 1) -> None:
        self.count = np.zeros(cells, dtype=np.int64)
        self._mean = np.zeros(cells)
        self._squares = np.zeros(cells)
        self._within = np.zeros(cells)
        self._disjoint = folds > 1
        self._groups, self._parts = (outer, folds) if self._disjoint else (1, outer)

    def add(self, values: NDArray) -> None:
        """Take in ``[cell, seed, outer fold, fold]``; a seed with a NaN among them is left out."""
        # A run that diverges late has a finite loss whose square is not.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if self._parts > 1:
                parts = values if self._disjoint else values.swapaxes(2, 3)
                deviation = parts - parts.mean(axis=3, keepdims=True)
                spread = ((deviation**2).sum(axis=3) / (self._parts - 1)).mean(axis=2)
                self._within += np.where(np.isnan(spread), 0, spread).sum(axis=1)
            values = over_folds(values)
            known = np.isfinite(values)
            count = known.sum(axis=1)
            both = self.count + count
            mean = np.where(known, values, 0).sum(axis=1) / count
            squares = (np.where(known, values - mean[:, None], 0) ** 2).sum(axis=1)
            shift = mean - self._mean
            further = squares + shift**2 * (self.count * (count / both))
            joined = self._mean + shift * (count / both)
        first, more = self.count == 0, count > 0
        self._mean[more] = np.where(first, mean, joined)[more]
        self._squares[more] = np.where(first, squares, self._squares + further)[more]
        self.count = both

    def estimate(self, ratio: NDArray | float = np.nan) -> Estimate:
        """Estimate the means.

        Parameters
        ----------
        ratio : ndarray of float64, shape (cells,), optional
            Rows held out for each row that trains, for intervals that new data are in. Where it is
            NaN, they are Student's t over the seeds: what other seeds would give on the same rows.
        """
        from scipy.special import stdtrit  # as scipy.stats.t.ppf, without a second of imports

        mean = np.where(self.count > 0, self._mean, np.nan)
        variance, freedom = self._variance(ratio)
        several, place = np.unique(freedom, return_inverse=True)
        with np.errstate(invalid="ignore", over="ignore"):
            half = stdtrit(several, (1 + CONFIDENCE) / 2)[place] * np.sqrt(variance)
            std = np.sqrt(self._between())
            return Estimate(mean, std, mean - half, mean + half)

    def standard_error(self, ratio: NDArray | float = np.nan) -> NDArray[np.float64]:
        """Return by how much the means may be off: over folds that share no row, where there are.

        That is glmnet's, averaged over seeds and outer folds; without such folds it is over the
        splits, and `ratio` is as for `estimate`. Neither shrinks to nothing as seeds are added,
        where new data are in.
        """
        with np.errstate(invalid="ignore"):
            if self._disjoint:
                return np.sqrt(self._inside() / self._parts)
            return np.sqrt(self._variance(ratio)[0])

    def _variance(self, ratio: NDArray | float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the variance of the means, and its degrees of freedom.

        Those of a sum of two variances are Welch and Satterthwaite's.
        """
        count, parts = self.count, self._parts
        between, inside = self._between(), self._inside()
        seeds, luck = np.maximum(count - 1.0, 1), between / np.maximum(count, 1)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if parts == 1:
                return np.where(np.isnan(ratio), luck, luck + ratio * between), seeds
            one = count == 1
            luck = np.where(one, np.where(np.isnan(ratio), np.nan, inside / parts), luck)
            data = np.where(np.isnan(ratio), 0, ratio * inside)
            variance = luck + data
            within = count * self._groups * (parts - 1)
            both = variance**2 / (luck**2 / seeds + data**2 / within)
            freedom = np.where(one, within, np.where(np.isfinite(both), both, seeds))
        return variance, freedom

    def _between(self) -> NDArray[np.float64]:
        """Return the variance of a seed's mean; one seed says nothing of how seeds differ."""
        return np.where(self.count > 1, self._squares / np.maximum(self.count - 1, 1), np.nan)

    def _inside(self) -> NDArray[np.float64]:
        """Return the variance of a part within a seed, averaged over seeds and outer folds."""
        return np.where(self.count > 0, self._within / np.maximum(self.count, 1), np.nan)


def wilson(share: float, count: float) -> tuple[float, float]:
    """Return Wilson's interval for a share that is found in so many rows.

    The mean of several shares of the same rows varies by no more than one of them, so that theirs
    is not too narrow.
    """
    from scipy.special import ndtri

    square = float(ndtri((1 + CONFIDENCE) / 2)) ** 2
    middle = share + square / (2 * count)
    half = math.sqrt(square * (share * (1 - share) + square / (4 * count)) / count)
    scale = 1 + square / count
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)


def estimate(values: NDArray) -> Estimate:
    """Estimate means from ``values [cell, seed]``; NaN is a seed that is not there."""
    moments = Moments(len(values))
    moments.add(values[:, :, None, None])
    return moments.estimate()
