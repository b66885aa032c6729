"""Levels of an axis: its values, or bins of neighbours where there are too many to stand alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Levels(NamedTuple):
    """Some cells, by their values of an axis.

    Attributes
    ----------
    code : ndarray of int64, shape (cells,)
        Which level each cell is of.
    values : list of ndarray
        The distinct values of each level, in rising order; one each, unless they are bins.
    """

    code: NDArray[np.int64]
    values: list[NDArray]

    @classmethod
    def of(cls, values: pd.Series, most: int) -> Levels:
        """Take each value as a level, or as many bins of about as many cells each as there may be.

        Parameters
        ----------
        values : Series
            Of the cells.
        most : int
            How many levels there may be; words are never put together.
        """
        found, code = np.unique(values.to_numpy(), return_inverse=True)
        if len(found) <= most or not pd.api.types.is_numeric_dtype(values):
            return cls(code.astype(np.int64), [found[i : i + 1] for i in range(len(found))])
        up_to = np.cumsum(np.bincount(code))  # cells up to each value
        bins = (up_to - 1) * most // up_to[-1]
        _, place = np.unique(bins, return_inverse=True)
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        return cls(place[code].astype(np.int64), np.split(found, starts[1:]))

    @property
    def binned(self) -> bool:
        """Whether some level holds several values."""
        return any(len(values) > 1 for values in self.values)


def are_grid(cells: pd.DataFrame, names: Sequence[str]) -> bool:
    """Tell whether cells are all combinations of the values that they have of some axes."""
    return len(cells) == np.prod([float(cells[name].nunique()) for name in names])


def are_drawn(cells: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return those of some axes along which cells were drawn: no two cells have the same value."""
    if are_grid(cells, names):
        return []
    return [name for name in names if cells[name].nunique() == len(cells)]
