"""Samples: cells in the place of a grid, drawn before anything is trained or told one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.errors import InputError
from sweep.plan.grid import FullGrid, Grid
from sweep.plan.sampling.drawing import Columns, check_enough, columns, drawn
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
    values : callable
        Gives the values of those of some places, by column.
    """

    def __init__(
        self,
        axes: Mapping[str, np.ndarray],
        cells: int,
        values: Callable[[np.ndarray], Columns],
    ) -> None:
        self._axes, self._cells, self._values = axes, cells, values
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
        return {**self._repeats.coordinates(repeat), **self._values(cell)}

    def numbers(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the run numbers of these points, -1 for a point that is not of the sample."""
        repeat = self._repeats.numbers(columns)
        names = getattr(columns, "column_names", columns)
        if missing := [name for name in self._axes if name not in names]:
            raise InputError(f"there is no column {missing[0]}, an axis of this sample")
        cell = self._index.get_indexer(self._keys(columns))
        return np.where((repeat < 0) | (cell < 0), -1, repeat * self._cells + cell)

    @cached_property
    def _index(self) -> pd.MultiIndex:
        """Where each cell is: its values, to the bit."""
        return self._keys(self._values(np.arange(self._known)))

    @property
    def _known(self) -> int:
        """How many cells are known."""
        return self._cells

    def _keys(self, columns: Mapping[str, Any]) -> pd.MultiIndex:
        """Return rows as keys, which are alike where all values are."""
        import pandas as pd

        names = [name for name in self._axes if name not in REPEATED]
        return pd.MultiIndex.from_arrays([np.asarray(columns[name]) for name in names])


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
        super().__init__(axes, cells, self._told)
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

    @property
    def _known(self) -> int:
        """How many cells there are up to the last that is known."""
        return int(self._place.max(initial=-1)) + 1

    def _told(self, cells: np.ndarray) -> Columns:
        return {name: values[cells] for name, values in self._columns.items()}

    @property
    def _place(self) -> np.ndarray:
        """The cell of each run."""
        return np.asarray(self._runs["run"]) % self._cells

    @cached_property
    def _columns(self) -> Columns:
        """The values of all cells that are known, and nothing between them."""
        found = {}
        for name, axis in self._axes.items():
            if name not in REPEATED:
                values = np.asarray(self._runs[name]).astype(axis.dtype)
                found[name] = np.zeros(self._known, axis.dtype)
                found[name][self._place] = values
        return found


def sampled(spec: Specification) -> list[tuple[Part, Grid]]:
    """Return the parts of a sample that have cells, each with them.

    Raises
    ------
    InputError
        If there are fewer.
    """
    check_enough(spec)
    assert spec.sample
    if len(parts(spec)) == 1:  # nothing needs to be known of its cells yet
        (one,) = parts(spec)
        return [(one, Sample(axes_of_part(spec, one), spec.sample, partial(_alone, spec)))]
    return [
        (part, Sample(axes_of_part(spec, part), len(rows), partial(_chosen, spec, part, rows)))
        for part, rows in drawn(spec, spec.sample)
    ]


def _alone(spec: Specification, cells: np.ndarray) -> Columns:
    """Return the values of some cells of a sample that is one part."""
    assert spec.sample
    ((part, rows),) = drawn(spec, spec.sample)
    return columns(spec, part, rows[cells])


def _chosen(spec: Specification, part: Part, rows: np.ndarray, cells: np.ndarray) -> Columns:
    return columns(spec, part, rows[cells])
