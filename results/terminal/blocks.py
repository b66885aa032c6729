"""The blocks of a map: a cell each, or neighbours together where there are too many cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells import wording
from results.cells.epochs import stopped
from results.plane import Axis, Plane

#: What stands for a block without a value: halving stopped its cells; or a cell of it has no
#: finished run; or none for a cause of `results.cells.wording`, the first of those that are there.
STOPPED, ABSENT = "-", "/"
LOST = dict(zip(wording.CAUSES, "x%?", strict=True))


class Blocks(NamedTuple):
    """Blocks, up and across.

    Attributes
    ----------
    up, across : ndarray of int64
        Where each row and each column of blocks begins on its axis.
    values : ndarray, shape (up, across)
        The mean of a metric over the cells that halving did not stop; NaN where one of them has
        none, so that no hole is hidden.
    signs : ndarray of str, shape (up, across)
        What stands for a value where there is none.
    """

    up: NDArray[np.int64]
    across: NDArray[np.int64]
    values: NDArray[np.float64]
    signs: NDArray[np.str_]

    @classmethod
    def of(cls, cells: pd.DataFrame, metric: str, found: Plane, rows: int, columns: int) -> Blocks:
        """Take a plane of a summary together in so many rows and columns at the most."""
        up, across = begin(found.y, rows), begin(found.x, columns)

        def summed(values: NDArray) -> NDArray:
            return np.add.reduceat(np.add.reduceat(values, up, axis=0), across, axis=1)

        values = found.matrix(cells[f"mean_{metric}"])
        early = (found.rows >= 0) & stopped(cells)[found.rows]
        begun = np.isnan(values) & (found.rows >= 0)
        causes = np.where(begun, wording.why_no_mean(cells, cells)[found.rows], "")
        counts = summed((~early).astype(np.int64))
        sums = summed(np.where(early, 0.0, values))
        means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
        there = [summed((causes == cause).astype(np.int64)) > 0 for cause in LOST]
        signs = np.select(there, list(LOST.values()), ABSENT)
        return cls(up, across, means, np.where(counts > 0, signs, STOPPED))

    def find(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return the block that holds a place ``(y, x)`` of the plane."""
        return holding(self.up, place[0]), holding(self.across, place[1])


def begin(axis: Axis, room: int) -> NDArray[np.int64]:
    """Return where blocks begin on an axis, so that there are no more than there is room for.

    A 0 that stands apart has a block of its own.
    """
    count, apart = len(axis.values), int(axis.has_zero and room > 1)
    if count <= room:
        return np.arange(count)
    step = -(-(count - apart) // (room - apart))
    return np.concatenate((np.arange(apart), np.arange(apart, count, step)))


def holding(starts: NDArray[np.int64], place: int) -> int:
    """Return which block holds a place."""
    return int(np.searchsorted(starts, place, side="right") - 1)
