"""Samples: cells in the place of a grid, drawn before anything is trained or told one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.errors import InputError
from sweep.plan.drawing import Columns, check_enough, drawn
from sweep.plan.grid import FullGrid, Grid
from sweep.specification.axes import REPEATED, Part, axes_of_part, parts
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    import pandas as pd


class Sample(Grid):
    """Some cells, each with all seeds and folds, which come first.

    Parameters
    ----------
    axes : dict of str to ndarray
        See `sweep.specification.axes.axes_of`; of a range its ends.
    cells : int
        How many there are.
    columns : callable
        Gives the values of all, or of the first that are known, when they are first asked for.
    """

    def __init__(
        self, axes: Mapping[str, np.ndarray], cells: int, columns: Callable[[], Columns]
    ) -> None:
        self._axes, self._cells, self._give = axes, cells, columns
        self._repeats = FullGrid({name: axis for name, axis in axes.items() if name in REPEATED})

    @property
    def axes(self) -> Mapping[str, np.ndarray]:
        """The values on each axis; of a range its ends."""
        return self._axes

    @property
    def total(self) -> int:
        """Runs: each cell with all seeds and folds."""
        return self._repeats.total * self._cells

    @property
    def cells(self) -> int:
        """Cells: so many."""
        return self._cells

    def coordinates(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return the column of each axis for the runs of these numbers."""
        repeat, cell = np.divmod(numbers, self._cells)
        place = {name: values[cell] for name, values in self._columns.items()}
        return {**self._repeats.coordinates(repeat), **place}

    def numbers(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the run numbers of these points, -1 for a point that is not of the sample."""
        repeat = self._repeats.numbers(columns)
        names = getattr(columns, "column_names", columns)
        if missing := [name for name in self._columns if name not in names]:
            raise InputError(f"there is no column {missing[0]}, an axis of this sample")
        cell = self._index.get_indexer(_keys(columns, self._columns))
        return np.where((repeat < 0) | (cell < 0), -1, repeat * self._cells + cell)

    @cached_property
    def _columns(self) -> Columns:
        return self._give()

    @cached_property
    def _index(self) -> pd.MultiIndex:
        """Where each cell is: its values, to the bit."""
        return _keys(self._columns, self._columns)


class Told(Sample):
    """A sample by its table, in which cells of all parts stand as they come.

    Parameters
    ----------
    axes, cells
        As of a `Sample`.
    parts : sequence of Part
    runs : dict of str to ndarray
        The columns of the table of some runs: their numbers, ``run``, and their values.
    """

    def __init__(
        self,
        axes: Mapping[str, np.ndarray],
        cells: int,
        parts: Sequence[Part],
        runs: Mapping[str, Any],
    ) -> None:
        super().__init__(axes, cells, partial(_by_cell, axes, cells, runs))
        self._parts, self._runs = parts, runs
        self._number = {tuple(part.place.values()): place for place, part in enumerate(parts)}
        self._apart = list(parts[0].place)

    def share(self, count: int) -> Told:
        """Return one of so many equal parts, by which their tasks can be reckoned."""
        cells = -(-self._cells // count)
        return self if count == 1 else Told(self._axes, cells, self._parts, self._runs)

    def parts_of(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return of which part runs are, and their numbers."""
        cell = numbers % self._cells
        values = zip(*(self._columns[name][cell].tolist() for name in self._apart), strict=True)
        return np.array([self._number[place] for place in values], int), numbers


def sampled(spec: Specification) -> list[tuple[Part, Grid]]:
    """Return the parts of a sample that have cells, each with them.

    Raises
    ------
    InputError
        If there are fewer.
    """
    check_enough(spec)
    assert spec.sample
    one, *others = parts(spec)
    if not others:  # nothing needs to be known of its cells yet
        return [(one, Sample(axes_of_part(spec, one), spec.sample, partial(_all, spec)))]
    found = [(part, axes_of_part(spec, part), own) for part, own in drawn(spec, spec.sample)]
    return [(part, Sample(axes, len(own["l1"]), partial(dict, own))) for part, axes, own in found]


def _all(spec: Specification) -> Columns:
    """Return the values of the cells of a sample whose parts are one."""
    assert spec.sample
    ((_, columns),) = drawn(spec, spec.sample)
    return columns


def _by_cell(axes: Mapping[str, np.ndarray], cells: int, runs: Mapping[str, Any]) -> Columns:
    """Return the values of cells from those of their runs; between them may be gaps."""
    cell = np.asarray(runs["run"]) % cells
    found = {}
    for name in (name for name in axes if name not in REPEATED):
        values = np.asarray(runs[name]).astype(axes[name].dtype)
        found[name] = np.zeros(cell.max(initial=-1) + 1, values.dtype)
        found[name][cell] = values
    return found


def _keys(columns: Mapping[str, Any], names: Mapping[str, Any]) -> pd.MultiIndex:
    """Return some columns as keys of rows, which are alike where all values are."""
    import pandas as pd

    return pd.MultiIndex.from_arrays([np.asarray(columns[name]) for name in names])
