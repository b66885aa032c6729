"""Runs laid out by cell and seed: what is averaged over folds, and then compared seed by seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class BySeed:
    """Some runs, none of them in error, as ``[cell, seed]``.

    Parameters
    ----------
    runs : DataFrame
        With ``seed``, ``status`` and metrics.
    cell : ndarray of int64, shape (runs,)
        Number of each run's cell.
    cells : int
        How many cells there are.

    Attributes
    ----------
    folds : int
        The most folds that any seed of a cell has.
    """

    def __init__(self, runs: pd.DataFrame, cell: NDArray, cells: int) -> None:
        seed, seeds = pd.factorize(runs["seed"].to_numpy(), sort=True)
        self._runs = runs
        self._shape = cells, len(seeds)
        self._place = cell * len(seeds) + seed
        self._there = np.bincount(self._place, minlength=cells * len(seeds))
        self._done = (runs["status"] == "done").to_numpy()
        self.folds = int(self._there.max(initial=0))

    def values(self, metric: str, folds: int | None = None) -> NDArray[np.float64]:
        """Lay a metric out; NaN where a fold is missing, or not finite.

        ``folds`` is how many there should be, by default as many as any seed of a cell has.
        """
        known = self._runs[metric].to_numpy(np.float64, na_value=np.nan)
        found = np.where(self._done, known, np.nan)
        total = np.bincount(self._place, found, minlength=self._there.size)
        with np.errstate(invalid="ignore", divide="ignore"):
            every = self._there == (folds or self.folds)
            mean = np.where(every & np.isfinite(total), total / self._there, np.nan)
        return mean.reshape(self._shape)
