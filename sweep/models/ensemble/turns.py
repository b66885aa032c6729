"""Rows that several splits hold out: who speaks of them when.

An ensemble of runs of several seeds and folds is judged on rows that its members did not train on.
Those differ from split to split, so no row can be asked of every member. But the runs of a cell in
different splits stand for one another: where the ensemble gets a run of the next split in turn,
each row is told by a run of the next one in turn of those splits that held it out. The first time
that is the split itself, so that one pick is worth to the bit what the table says of its cell.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Turns:
    """The rows that some splits hold out, one split below the other.

    Parameters
    ----------
    rows : sequence of ndarray of int64
        Of each split the numbers of its rows, each once.
    """

    def __init__(self, rows: Sequence[NDArray]) -> None:
        every = np.concatenate(rows)
        #: Places by row, and by split within one.
        self._order = every.argsort(kind="stable")
        _, place, count = np.unique(every, return_inverse=True, return_counts=True)
        self._begin = (count.cumsum() - count)[place]
        self._count = count[place]
        self._own = self._order.argsort() - self._begin

    def __call__(self, pick: int) -> NDArray:
        """Return whose word counts for each place at a pick, numbered from 0: also a place."""
        return self._order[self._begin + (self._own + pick) % self._count]


def dealt(order: Sequence[int], splits: int) -> dict[tuple[int, int], int]:
    """Return how often each run is picked, by its cell and its split, in the order of first picks.

    Pick n takes the run of split n; after the last comes the first.
    """
    times: dict[tuple[int, int], int] = {}
    for pick, cell in enumerate(order):
        pair = cell, pick % splits
        times[pair] = times.get(pair, 0) + 1
    return times
