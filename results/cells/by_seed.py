"""Runs laid out by cell, seed and folds: averaged over folds, and compared seed by seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Gives some columns of the runs, beside where each stands and its status, a few whole seeds at a
#: time, with the number of each run's cell and without runs in error; each call begins anew.
Windows = Callable[[Sequence[str]], Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]]


class BySeed:
    """Some runs, none of them in error, as ``[cell, seed, outer fold, fold]``.

    Parameters
    ----------
    runs : DataFrame
        With ``seed``, ``fold`` (and ``outer``, where there are outer folds), ``status`` and
        metrics.
    cell : ndarray of int64, shape (runs,)
        Number of each run's cell.
    cells : int
        How many cells there are.

    Attributes
    ----------
    seeds : int
        How many there are.
    splits : tuple of int
        How many outer folds, and how many folds in each; 1 where there are none.
    """

    def __init__(self, runs: pd.DataFrame, cell: NDArray, cells: int) -> None:
        seed, self.seeds = _numbered(runs["seed"])
        fold, folds = _numbered(runs["fold"])
        outer, outers = _numbered(runs["outer"]) if "outer" in runs else (0, 1)
        self.splits = max(outers, 1), max(folds, 1)
        self._runs = runs
        self._shape = cells, self.seeds, *self.splits
        self._place = np.ravel_multi_index((cell, seed, outer, fold), self._shape)
        self._there = self._laid(None)
        self._done = (runs["status"] == "done").to_numpy()

    def by_fold(self, metric: str, splits: tuple[int, int] | None = None) -> NDArray[np.float64]:
        """Lay a metric out; NaN where it is missing, or not finite.

        ``splits`` are those that every seed should have, by default as many as there are.
        """
        known = self._runs[metric].to_numpy(np.float64, na_value=np.nan)
        total = self._laid(np.where(self._done, known, np.nan))
        with np.errstate(invalid="ignore", divide="ignore"):
            there = np.isfinite(total) & (self.splits == (splits or self.splits))
            return np.where(there, total / self._there, np.nan)

    def values(self, metric: str, splits: tuple[int, int] | None = None) -> NDArray[np.float64]:
        """Lay out the means over folds ``[cell, seed]``, NaN where one of them is missing."""
        return over_folds(self.by_fold(metric, splits))

    def _laid(self, values: NDArray | None) -> NDArray:
        """Add up the values of the runs at each place; without values, count the runs."""
        size = int(np.prod(self._shape))
        return np.bincount(self._place, values, minlength=size).reshape(self._shape)


def over_folds(values: NDArray) -> NDArray[np.float64]:
    """Average ``[cell, seed, outer fold, fold]`` over the folds of each seed."""
    with np.errstate(invalid="ignore", over="ignore"):
        return values.reshape(*values.shape[:2], math.prod(values.shape[2:])).mean(axis=2)


def _numbered(values: pd.Series) -> tuple[NDArray[np.int64], int]:
    """Return the place of each value among those that there are, and how many these are."""
    numbers, found = pd.factorize(values.to_numpy(), sort=True)
    return numbers, len(found)
