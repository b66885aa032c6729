"""Which cells a picture of all of them shows, and what is said of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.cells import wording
from results.cells.epochs import as_cells_with_epochs, stopped
from results.cells.summary import axis_names, deciding
from results.errors import ResultsError
from results.labels import counted
from results.plane import said, slice_at

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class Shown(NamedTuple):
    """Cells that have a mean of a metric to show, among all that are meant.

    Attributes
    ----------
    metric : str
    every : DataFrame
        The whole summary.
    cells, meant : DataFrame
        Those rows of it.
    told : str
        How many they are, of how many, and why the others are not shown.
    held : str
        At which values axes are held: ``", l2 = 0.001"``, or nothing.
    """

    metric: str
    every: pd.DataFrame
    cells: pd.DataFrame
    meant: pd.DataFrame
    told: str
    held: str

    def title(self, where: str) -> str:
        """Return the title of a picture that shows their means somewhere."""
        return f"mean {self.metric} {where}, {self.told}{self.held}"


def shown_at(
    table: pd.DataFrame,
    metric: str | None,
    at: Mapping[str, float | str] | None,
    further: Sequence[str] = (),
) -> Shown:
    """Return the cells at some values, but those without a mean of the metric.

    Those that halving stopped are left out too: they had fewer epochs.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str or None
        By default the loss that decides.
    at : dict of str to float or str, or None
        Values at which to hold axes.
    further : sequence of str
        What else to sum up of runs.
    """
    cells = as_cells_with_epochs(table, [*([metric] if metric else []), *further])
    metric = metric or deciding(cells)
    meant, fixed = slice_at(cells, at)
    rows = meant.index.to_numpy()
    found = drawable(cells, metric, rows)
    told = counted(len(found), "cell")
    if len(found) < len(meant):
        why = why_not(cells, np.setdiff1d(rows, found.index))
        told = f"{len(found):,} of {counted(len(meant), 'cell')}, the others: {why}"
    return Shown(metric, cells, found, meant, told, said(fixed, cells, ", "))


def drawable(cells: pd.DataFrame, metric: str, rows: NDArray[np.int64]) -> pd.DataFrame:
    """Return those of some rows of a summary that have a mean to draw, not of fewer epochs."""
    known = cells[f"mean_{metric}"].notna().to_numpy() & ~stopped(cells)
    return cells.iloc[rows[known[rows]]]


def why_not(cells: pd.DataFrame, rows: NDArray[np.int64]) -> str:
    """Say why some rows of a summary, none of them drawable, are not; empty for none."""
    # What diverged on an early rung was not stopped.
    early = (stopped(cells) & (cells["seeds"] > 0).to_numpy())[rows]
    causes = ["stopped by halving"] if early.any() else []
    lost = wording.without_mean(cells.iloc[rows[~early]], cells)
    return " or ".join([*causes, lost] if lost else causes)


def check_any(cells: pd.DataFrame, metric: str) -> None:
    """Refuse to draw a metric of no cells."""
    if cells.empty:
        raise ResultsError(f"nothing to draw: no cell there has a mean {metric}")


def varying(cells: pd.DataFrame) -> list[str]:
    """Return the axes on which cells differ."""
    return [name for name in axis_names(cells) if cells[name].nunique() > 1]
