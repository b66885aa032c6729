"""A grid: cells, seeds and folds as numbered runs; the folds may be outer ones and those inside.

All of it is arithmetic on run numbers: a grid of a hundred million runs takes no more room than
one of ten.
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from sweep.errors import InputError
from sweep.specification.axes import REPEATED

#: Up to here every run number is exact, even where a table is read as floats.
MOST_RUNS = 2**53


class Grid(Protocol):
    """Runs that are numbered from 0; whoever asks need not know how their cells were chosen."""

    @property
    def axes(self) -> Mapping[str, np.ndarray]:
        """The values on each axis, by its column of the table, in rising order."""

    @property
    def total(self) -> int:
        """How many runs there are."""

    @property
    def cells(self) -> int:
        """How many points, seeds and folds aside; run ``n`` is of cell ``n % cells``."""

    def coordinates(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return the column of each axis for the runs of these numbers."""

    def numbers(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the run numbers of these points, -1 for a point that is not there."""


def check_size(runs: int) -> None:
    """Refuse so many runs that they cannot be numbered."""
    if runs > MOST_RUNS:
        raise InputError(
            f"the grid has {runs:.1e} runs, and {MOST_RUNS:.1e} are the most: shorten an axis"
        )


class FullGrid(Grid):
    """Every point of some axes, the last fastest; the seeds' and the folds' come first.

    Parameters
    ----------
    axes : dict of str to ndarray
        See `sweep.specification.axes.axes_of`.

    Raises
    ------
    InputError
        If there are so many runs that they cannot be numbered.
    """

    def __init__(self, axes: Mapping[str, np.ndarray]) -> None:
        self._axes = axes
        self._shape = tuple(map(len, axes.values()))
        check_size(self.total)

    @property
    def axes(self) -> Mapping[str, np.ndarray]:
        """The axes."""
        return self._axes

    @property
    def total(self) -> int:
        """Runs: the product of the lengths of all axes."""
        return math.prod(self._shape)

    @property
    def cells(self) -> int:
        """Cells: the same without seeds and folds."""
        return math.prod(len(axis) for name, axis in self._axes.items() if name not in REPEATED)

    def coordinates(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return the column of each axis for the runs of these numbers."""
        places = np.unravel_index(numbers, self._shape)
        return {
            name: axis[place]
            for (name, axis), place in zip(self._axes.items(), places, strict=True)
        }

    def numbers(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the run numbers of these points, -1 for a point that is not on the grid."""
        names = getattr(columns, "column_names", columns)
        if missing := [name for name in self._axes if name not in names]:
            raise InputError(f"there is no column {missing[0]}, an axis of this grid")
        places, on_grid = [], np.array(True)
        for name, axis in self._axes.items():
            values = np.asarray(columns[name])
            place = np.minimum(np.searchsorted(axis, values), len(axis) - 1)
            on_grid = on_grid & (axis[place] == values)
            places.append(place)
        return np.where(on_grid, np.ravel_multi_index(places, self._shape), -1)
