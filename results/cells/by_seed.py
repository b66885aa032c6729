"""Runs laid out by cell, seed and fold: averaged over folds, and compared seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.columns import REPEATED

#: Gives some columns of the runs, beside where each stands and its status, a few whole seeds at a
#: time, with the number of each run's cell and without runs in error; each call begins anew.
Windows = Callable[[Sequence[str]], Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]]


class BySeed:
    """Some runs, none of them in error, as ``[cell, seed, fold]``.

    Parameters
    ----------
    runs : DataFrame
        With ``seed``, ``fold`` (and ``outer``, whose folds count as many more), ``status`` and
        metrics.
    cell : ndarray of int64, shape (runs,)
        Number of each run's cell.
    cells : int
        How many cells there are.

    Attributes
    ----------
    seeds, folds : int
        How many there are.
    """

    def __init__(self, runs: pd.DataFrame, cell: NDArray, cells: int) -> None:
        seed, seeds = pd.factorize(runs["seed"].to_numpy(), sort=True)
        parts = [name for name in REPEATED if name != "seed" and name in runs]
        fold = runs.groupby(parts, sort=True).ngroup().to_numpy(np.int64)
        self.seeds, self.folds = len(seeds), int(fold.max(initial=0)) + 1
        self._runs = runs
        self._shape = cells, self.seeds, self.folds
        self._place = (cell * self.seeds + seed) * self.folds + fold
        self._there = self._laid(None)
        self._done = (runs["status"] == "done").to_numpy()

    def by_fold(self, metric: str, folds: int | None = None) -> NDArray[np.float64]:
        """Lay a metric out; NaN where it is missing, or not finite.

        ``folds`` is how many every seed should have, by default as many as there are.
        """
        known = self._runs[metric].to_numpy(np.float64, na_value=np.nan)
        total = self._laid(np.where(self._done, known, np.nan))
        with np.errstate(invalid="ignore", divide="ignore"):
            there = np.isfinite(total) & (self.folds == (folds or self.folds))
            return np.where(there, total / self._there, np.nan)

    def values(self, metric: str, folds: int | None = None) -> NDArray[np.float64]:
        """Lay out the means over folds ``[cell, seed]``, NaN where one of them is missing."""
        with np.errstate(over="ignore"):
            return self.by_fold(metric, folds).mean(axis=2)

    def _laid(self, values: NDArray | None) -> NDArray:
        """Add up the values of the runs at each place; without values, count the runs."""
        size = int(np.prod(self._shape))
        return np.bincount(self._place, values, minlength=size).reshape(self._shape)
