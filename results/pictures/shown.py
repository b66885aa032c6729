"""Which cells a picture of all of them shows, and what is said of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from results.cells import wording
from results.cells.epochs import as_cells_with_epochs, stopped
from results.cells.summary import axis_names, deciding
from results.errors import ResultsError
from results.labels import counted
from results.plane import said, slice_at

if TYPE_CHECKING:
    import pandas as pd


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

    def nonempty(self) -> Shown:
        """Return it.

        Raises
        ------
        ResultsError
            If there is nothing to show.
        """
        if self.cells.empty:
            raise ResultsError(f"nothing to draw: no cell there has a mean {self.metric}")
        return self


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
    early, unknown = stopped(cells)[meant.index], meant[f"mean_{metric}"].isna().to_numpy()
    why = wording.without_mean(meant[unknown])
    if (early & ~unknown).any():
        why = " or ".join(filter(None, ("stopped by halving", why)))
    found = meant[~unknown & ~early]
    told = counted(len(found), "cell")
    if len(found) < len(meant):
        told = f"{len(found):,} of {counted(len(meant), 'cell')}, the others {why}"
    return Shown(metric, cells, found, meant, told, f", {said(fixed, cells)}" if fixed else "")


def varying(cells: pd.DataFrame) -> list[str]:
    """Return the axes on which cells differ."""
    return [name for name in axis_names(cells) if cells[name].nunique() > 1]
