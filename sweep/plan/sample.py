"""A sample: cells that are drawn from axes in the place of their grid.

No cell comes twice, and the first ones are the same however many are drawn: a larger sample holds
the smaller.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.errors import InputError
from sweep.plan import points
from sweep.plan.grid import FullGrid, Grid, check_size
from sweep.seeded import generator
from sweep.specification.axes import REPEATED
from sweep.specification.values import Range

if TYPE_CHECKING:
    import pandas as pd

#: What is drawn from for each column of a cell: a range, or so many values.
Spread = Mapping[str, "Range | int"]

#: Of some cells, by column: numbers of a range, float64; else places among the values.
Cells = dict[str, np.ndarray]

#: Points that are drawn at a time.
_ROWS = 2**16

#: How often as many points are drawn as a grid has cells, before the last ones are looked for.
_OFTEN = 8


class Sample(Grid):
    """Cells that are drawn, each with all seeds and folds, which come first.

    Parameters
    ----------
    axes : dict of str to ndarray
        See `sweep.specification.axes.axes_of`; of a range its ends.
    spread : dict of str to Range or int
        See `sweep.specification.axes.drawn_from`.
    cells : int
        How many cells.
    drawn : callable
        Gives them, or as many as are known, when they are first asked for.

    Raises
    ------
    InputError
        If the grid is smaller, or there are more runs than can be numbered.
    """

    def __init__(
        self,
        axes: Mapping[str, np.ndarray],
        spread: Spread,
        cells: int,
        drawn: Callable[[], Cells],
    ) -> None:
        there = _size(spread.values())
        if there < cells:
            raise InputError(
                f"`sample` is {cells:,}, and the grid of these axes has {there:,} cells: leave it "
                "out, give fewer, or an axis a range without a count, such as 1e-5:1e-1:log"
            )
        self._axes, self._spread, self._cells, self._draw = axes, spread, cells, drawn
        self._repeats = FullGrid({name: axis for name, axis in axes.items() if name in REPEATED})
        check_size(self.total)

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
        """Cells: so many are drawn."""
        return self._cells

    def coordinates(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return the column of each axis for the runs of these numbers."""
        repeat, cell = np.divmod(numbers, self._cells)
        cells = {name: values[cell] for name, values in self._drawn.items()}
        place = columns_of(self._axes, self._spread, cells)
        return {**self._repeats.coordinates(repeat), **place}

    def numbers(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the run numbers of these points, -1 for a point that is not of the sample."""
        repeat = self._repeats.numbers(columns)
        cell = self._index.get_indexer(_keys(columns, self._spread))
        return np.where((repeat < 0) | (cell < 0), -1, repeat * self._cells + cell)

    @cached_property
    def _drawn(self) -> Cells:
        return self._draw()

    @cached_property
    def _index(self) -> pd.MultiIndex:
        """Where each cell is: its values, to the bit."""
        return _keys(columns_of(self._axes, self._spread, self._drawn), self._spread)


def _size(spread: Iterable[Range | int]) -> int:
    """Return how many different cells can be drawn, of ranges by their coordinates."""
    return math.prod(points.MOST if isinstance(one, Range) else one for one in spread)


def columns_of(axes: Mapping[str, np.ndarray], spread: Spread, cells: Cells) -> Cells:
    """Return the values of some cells, by column of the table."""
    return {
        name: found if isinstance(spread[name], Range) else axes[name][found]
        for name, found in cells.items()
    }


def told(
    axes: Mapping[str, np.ndarray], spread: Spread, cells: int, runs: Mapping[str, np.ndarray]
) -> Cells:
    """Return the cells of runs of a sample from the columns of their table, up to the last known.

    Between these, cells of which no run is known are left empty.

    Parameters
    ----------
    axes : dict of str to ndarray
    spread : dict of str to Range or int
    cells : int
        How many there are in all.
    runs : dict of str to ndarray
        Their numbers, ``run``, and the column of each axis.
    """
    import pandas as pd

    cell = np.asarray(runs["run"]) % cells
    found: Cells = {}
    for name, one in spread.items():
        values = np.asarray(runs[name])
        if not isinstance(one, Range):
            values = pd.Index(axes[name]).get_indexer(pd.Index(values))
            if (values < 0).any():
                raise InputError(f"there is a value of {name} that is none of this sample's")
        found[name] = np.zeros(
            cell.max(initial=-1) + 1, np.float64 if isinstance(one, Range) else np.uint32
        )
        found[name][cell] = values
    return found


def drawn(spread: Spread, cells: int, sampler: str, seed: int) -> Cells:
    """Draw so many cells, no two alike.

    Parameters
    ----------
    spread : dict of str to Range or int
    cells : int
        Not more than there are.
    sampler : {"sobol", "random"}
    seed : int
    """
    columns = _drawn(tuple(spread.values()), cells, sampler, seed)
    return dict(zip(spread, columns, strict=True))


@lru_cache(maxsize=2)  # for each task has a plan, and asks
def _drawn(
    spread: tuple[Range | int, ...], cells: int, sampler: str, seed: int
) -> tuple[np.ndarray, ...]:
    varied = [one for one in spread if one != 1]
    found = iter(_told_apart(varied, cells, sampler, seed).T if varied else ())
    alone = np.zeros(cells, np.uint32)
    return tuple(
        alone if one == 1 else points.values(one, at) if isinstance(one, Range) else at
        for one in spread
        for at in ([alone] if one == 1 else [next(found)])
    )


def _told_apart(spread: Sequence[Range | int], cells: int, sampler: str, seed: int) -> np.ndarray:
    """Return cells as uint32 [cell, axis]: coordinates in a range, else places among the values.

    They are the points of a sequence, without what came before. Where the axes are lists, and the
    last of their cells would be long in coming, these follow in a random order.
    """
    draw = (points.random if sampler == "random" else points.sobol)(len(spread), seed)
    ranged = any(isinstance(one, Range) for one in spread)
    # In a range no two points of a Sobol' sequence have one coordinate.
    repeats = not ranged or sampler == "random"
    most = min(_OFTEN * _size(spread), points.MOST)
    found = np.empty((0, len(spread)), np.uint32)
    seen = 0
    while len(found) < cells and seen < most:
        rows = min(max(cells - len(found), len(found) // 2), most - seen)
        sizes = [min(_ROWS, rows - at) for at in range(0, rows, _ROWS)]
        found = np.concatenate([found, *(_laid_out(draw(size), spread) for size in sizes)])
        seen += rows
        if repeats:
            found = _distinct(found)
    if len(found) < cells:
        found = _completed(found, spread, seed)
    return found[:cells]


def _laid_out(drawn: np.ndarray, spread: Sequence[Range | int]) -> np.ndarray:
    """Put places among the values where an axis has some."""
    for axis, one in enumerate(spread):
        if not isinstance(one, Range):
            drawn[:, axis] = points.places(one, drawn[:, axis])
    return drawn


def _distinct(rows: np.ndarray) -> np.ndarray:
    """Return the rows without those that came before."""
    import pandas as pd

    return rows[~pd.DataFrame(rows).duplicated().to_numpy()]


def _completed(found: np.ndarray, lengths: Any, seed: int) -> np.ndarray:
    """Return some cells of a grid, and behind them all others."""
    left = np.ones(math.prod(lengths), bool)
    left[np.ravel_multi_index(tuple(found.T), lengths)] = False
    last = generator(seed, "sample", "last").permutation(np.flatnonzero(left))
    places = np.array(np.unravel_index(last, lengths), np.uint32)
    return np.concatenate([found, places.T])


def _keys(columns: Mapping[str, np.ndarray], names: Iterable[str]) -> pd.MultiIndex:
    """Return some columns as keys of rows, which are alike where all values are."""
    import pandas as pd

    return pd.MultiIndex.from_arrays([np.asarray(columns[name]) for name in names])
