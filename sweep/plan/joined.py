"""Grids joined into one: the parts of a sweep, each of which is a grid of its own.

Of each seed and fold come the cells of the first part, then those of the second, and so on. All of
it is arithmetic on run numbers, as in `sweep.plan.grid`.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from sweep.errors import InputError
from sweep.plan.grid import MOST_RUNS, Grid


class JoinedGrid(Grid):
    """Grids of the same seeds and folds, side by side.

    Parameters
    ----------
    axes : dict of str to ndarray
        See `sweep.specification.axes.axes_of`.
    places : sequence of dict
        The values of each part on the axes in which parts differ.
    grids : sequence of Grid
        The grid of each part, on the other axes.

    Raises
    ------
    InputError
        If there are so many runs that they cannot be numbered.
    """

    def __init__(
        self,
        axes: Mapping[str, np.ndarray],
        places: Sequence[Mapping[str, Any]],
        grids: Sequence[Grid],
    ) -> None:
        self._axes, self._grids = axes, grids
        #: Where the cells of each part begin, and where the last one's end.
        self._starts = np.array([0, *accumulate(grid.cells for grid in grids)])
        if self.total > MOST_RUNS:
            raise InputError(
                f"the grid has {self.total:.1e} runs, and {MOST_RUNS:.1e} are the most: shorten an "
                "axis"
            )
        self._apart = {name: np.array([place[name] for place in places]) for name in places[0]}
        codes = self._code(self._apart)
        self._order = np.argsort(codes)
        self._codes = codes[self._order]

    @property
    def axes(self) -> Mapping[str, np.ndarray]:
        """The axes."""
        return self._axes

    @property
    def total(self) -> int:
        """Runs of all parts."""
        return sum(grid.total for grid in self._grids)

    @property
    def cells(self) -> int:
        """Cells of all parts."""
        return int(self._starts[-1])

    def coordinates(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return the column of each axis for the runs of these numbers."""
        part, own = self.parts_of(numbers)
        found = {name: np.zeros(len(numbers), axis.dtype) for name, axis in self._axes.items()}
        for name, values in self._apart.items():
            found[name][...] = values[part]
        for one in np.unique(part).tolist():
            here = part == one
            for name, values in self._grids[one].coordinates(own[here]).items():
                found[name][here] = values
        return found

    def numbers(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the run numbers of these points, -1 for a point that is not on the grid."""
        names = getattr(columns, "column_names", columns)
        if missing := [name for name in self._axes if name not in names]:
            raise InputError(f"there is no column {missing[0]}, an axis of this grid")
        values = {name: np.asarray(columns[name]) for name in self._axes}
        code = self._code(values)
        place = np.minimum(np.searchsorted(self._codes, code), len(self._codes) - 1)
        part = np.where(self._codes[place] == code, self._order[place], -1)
        found = np.full(len(code), -1)
        for one in np.unique(part[part >= 0]).tolist():
            here = np.flatnonzero(part == one)
            own = self._grids[one].numbers({name: of[here] for name, of in values.items()})
            found[here] = np.where(own < 0, -1, self.numbers_of(one, np.maximum(own, 0)))
        return found

    def parts_of(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return of which part runs are, and their numbers in its own grid."""
        repeat, cell = np.divmod(numbers, self.cells)
        part = np.searchsorted(self._starts, cell, side="right") - 1
        return part, repeat * np.diff(self._starts)[part] + cell - self._starts[part]

    def numbers_of(self, part: int, own: np.ndarray) -> np.ndarray:
        """Return the numbers of runs of a part by those in its own grid."""
        repeat, cell = np.divmod(own, self._grids[part].cells)
        return repeat * self.cells + self._starts[part] + cell

    def ranges_of(self, part: int, start: int, stop: int) -> list[tuple[int, int]]:
        """Return the runs [start, stop) of a part's own grid as ranges of run numbers."""
        cells, found = self._grids[part].cells, []
        while start < stop:
            end = min(stop, (start // cells + 1) * cells)
            first = int(self.numbers_of(part, np.array(start)))
            found.append((first, first + end - start))
            start = end
        return found

    def _code(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return a number for the values on the axes in which parts differ, -1 for strange ones."""
        code, known = np.zeros(1, dtype=np.int64), np.array(True)
        for name in self._apart:
            axis, values = self._axes[name], columns[name]
            place = np.minimum(np.searchsorted(axis, values), len(axis) - 1)
            known = known & (axis[place] == values)
            code = code * len(axis) + place
        return np.where(known, code, -1)
