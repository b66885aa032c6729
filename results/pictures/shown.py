"""Which cells a picture of all of them shows, and what is said of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from results.cells import wording
from results.cells.epochs import stopped
from results.cells.summary import axis_names
from results.labels import counted
from results.plane import said, slice_at

if TYPE_CHECKING:
    import pandas as pd


class Shown(NamedTuple):
    """Cells that have a mean to show, among all that are meant.

    Attributes
    ----------
    cells, meant : DataFrame
        Those rows of a summary.
    told : str
        How many they are, of how many, and why the others are not shown.
    held : str
        At which values axes are held: ``", l2 = 0.001"``, or nothing.
    """

    cells: pd.DataFrame
    meant: pd.DataFrame
    told: str
    held: str


def shown_at(cells: pd.DataFrame, metric: str, at: Mapping[str, float | str] | None) -> Shown:
    """Return the cells of a summary at some values, but those without a mean of the metric.

    Those that halving stopped are left out too: they had fewer epochs.
    """
    meant, fixed = slice_at(cells, at)
    early, unknown = stopped(cells)[meant.index], meant[f"mean_{metric}"].isna().to_numpy()
    why = wording.without_mean(meant[unknown])
    if (early & ~unknown).any():
        why = " or ".join(filter(None, ("stopped by halving", why)))
    found = meant[~unknown & ~early]
    told = counted(len(found), "cell")
    if len(found) < len(meant):
        told = f"{len(found):,} of {counted(len(meant), 'cell')}, the others {why}"
    return Shown(found, meant, told, f", {said(fixed, cells)}" if fixed else "")


def varying(cells: pd.DataFrame) -> list[str]:
    """Return the axes on which cells differ."""
    return [name for name in axis_names(cells) if cells[name].nunique() > 1]
