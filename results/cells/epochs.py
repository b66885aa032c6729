"""How many epochs are behind a cell, where cells differ: rungs of halving, orders of a path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.summary import as_cells, cell_columns, deciding
from results.labels import counted, place


def unequal(runs: pd.DataFrame) -> bool:
    """Tell whether the cells of a table of runs may have been trained unequally long."""
    return "rung" in runs or "path" in runs


def as_cells_with_epochs(
    table: pd.DataFrame, metrics: Sequence[str], by: str | None = None
) -> pd.DataFrame:
    """Return what `as_cells` does, with the epochs too where cells of a table differ in them."""
    told = ["epochs"] if "status" in table and unequal(table) else []
    return as_cells(table, [*metrics, *told], by)


def stopped(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which cells halving stopped before the last rung: their figures are of fewer epochs."""
    if "rung" not in cells:
        return np.zeros(len(cells), dtype=bool)
    return (cells["rung"] < cells["rung"].max()).to_numpy()


def stops(cells: pd.DataFrame) -> list[tuple[int, int]]:
    """Return how many cells halving stopped, and after how many epochs, for each rung but the last.

    A rung is left out where its epochs are not known: nothing but cells that diverged ended there.
    """
    early = cells[stopped(cells)]
    if early.empty or "mean_epochs" not in cells:
        return []
    rungs = early.groupby("rung")["mean_epochs"]
    ends = zip(rungs.size(), rungs.max(), strict=True)
    return [(count, round(epochs)) for count, epochs in ends if not np.isnan(epochs)]


def of_rungs(cells: pd.DataFrame) -> str:
    """Say how far halving let how many cells go; empty where it let all."""
    early = stopped(cells)
    if not early.any():
        return ""
    last = cells["mean_epochs"][~early].max() if "mean_epochs" in cells else np.nan
    at = "" if np.isnan(last) else f", at {counted(round(last), 'epoch')}"
    reached = f"{len(cells) - early.sum():,} of {counted(len(cells), 'cell')}"
    rest = ", ".join(f"{count:,} stopped at {epochs:,}" for count, epochs in stops(cells))
    return (
        f"{reached} reached the last rung{at}; {rest or 'the others stopped'}, and are not ranked."
    )


def behind(cells: pd.DataFrame, along: str) -> pd.Series:
    """Return the epochs behind each cell: its own, and those of the cells before it on its path.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary` with ``epochs`` among its metrics.
    along : str
        The axis of the path.
    """
    rising = cells.sort_values(along)
    rest = [name for name in cell_columns(cells) if name != along]

    def summed(ordered: pd.DataFrame) -> pd.Series:
        return ordered.groupby(rest)["mean_epochs"].cumsum().reindex(cells.index)

    up, down = cells["path"] == "up", cells["path"] == "down"
    epochs = np.select([up, down], [summed(rising), summed(rising[::-1])], cells["mean_epochs"])
    return pd.Series(epochs, cells.index)


def of_orders(cells: pd.DataFrame, shown: pd.DataFrame, along: str | None = None) -> str:
    """Say what is behind the best cell of each order of a path; empty where there is one order.

    Parameters
    ----------
    cells, shown : DataFrame
        A `results.summary`, and those of its rows that are compared.
    along : str, optional
        The axis of the path; by default the penalty, of L1 and L2, that alone varies.
    """
    if "path" not in cells or shown["path"].nunique() < 2:
        return ""
    varying = [name for name in ("l1", "l2") if cells[name].nunique() > 1]
    along = along or (varying[0] if len(varying) == 1 else None)
    if along is None or "mean_epochs" not in cells:
        return "Orders of a path are compared that have had different numbers of epochs."
    rank = shown[f"rank_{deciding(shown)}"].dropna()
    first = rank.groupby(shown["path"]).idxmin()
    had = behind(cells, along)
    # A run after a network that no input passes begins anew, if there are hidden layers.
    empty = cells["path"][cells.get("constant", pd.Series(0, cells.index)) > 0]
    most = {order: "at most " for order in set(empty) - {"cold"}}
    told = [
        f"{order} {most.get(order, '')}{had[row]:,.0f} at {along} = "
        f"{place(cells.loc[row, along], cells[along])}"
        for order, row in sorted(first.items(), key=lambda item: rank[item[1]])
    ]
    return f"Epochs behind the best of each order, along its path: {', '.join(told)}."
