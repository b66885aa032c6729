"""How many epochs are behind a cell, where cells differ: rungs of halving, orders of a path."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.summary import as_cells, axis_names, cell_columns, deciding
from results.directory import layout, sweeptoml
from results.directory.beside import load_history
from results.labels import counted, number, place

#: Share of the epochs that is the end of training, and by which share a loss that fell less there
#: has come to rest.
_LATE, _AT_REST = 0.1, 0.01


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


class LateFall(NamedTuple):
    """By which share of itself the training loss of some runs, with penalties, still fell.

    Attributes
    ----------
    start, end : int
        From which recorded epoch to which: the last tenth, as near as what was recorded allows.
    runs : int
    mean, least, most : float
        Over the runs; below 0 where it rose.
    """

    start: int
    end: int
    runs: int
    mean: float
    least: float
    most: float


def late_fall(history: pd.DataFrame) -> LateFall | str:
    """Measure how far the loss of one cell's runs still fell at their end, or say why not.

    Parameters
    ----------
    history : DataFrame
        Rows of the cell's runs, as `results.load_history` returns them.
    """
    by_run = history.groupby("run")["epoch"]
    end = int(history["epoch"].max()) if len(history) else 0
    before = history["epoch"][history["epoch"] <= (1 - _LATE) * end]
    if history.empty:
        return "its history is empty"
    if history.duplicated(["run", "epoch"]).any():
        return "its history has an epoch of a run twice"
    if before.empty:
        return "its history has no epoch before the last tenth: record more of them"
    if (by_run.max() != end).any():
        return "its runs ended at epochs of their own"
    start = int(before.max())
    losses = history.set_index(["run", "epoch"])["loss"].unstack()
    first, last = losses[start].to_numpy(), losses[end].to_numpy()
    finite = np.isfinite(first) & np.isfinite(last)
    if not finite.any():
        return "it was not finite"
    some = finite & ((first != 0) | (last == 0))
    if not some.any():
        return f"it was 0 at epoch {start:,} and rose, which is no share of 0"
    # What was 0, and still is, did not change.
    fall = 1 - np.divide(last, first, out=np.ones_like(first), where=first != 0)[some]
    mean, least, most = float(fall.mean()), float(fall.min()), float(fall.max())
    return LateFall(start, end, len(fall), mean, least, most)


def late_fall_of(
    directory: str | os.PathLike[str], cells: pd.DataFrame, chosen: pd.Series
) -> LateFall | str:
    """Measure the late fall of a cell of a results directory, or say why it is not known.

    Parameters
    ----------
    directory : path
    cells : DataFrame
        A `results.summary` of it.
    chosen : Series
        A row of that.
    """
    if "mean_best_epoch" in cells:
        return "its runs may stop early, at epochs of their own (--patience)"
    if not (Path(directory) / layout.HISTORY).is_file():
        asked = tomllib.loads(sweeptoml.read(Path(directory)))
        every, epochs = asked.get("history", 0), asked.get("epochs", 0)
        if every > epochs > 0:
            return f"--history {every} recorded none of {counted(epochs, 'epoch')}"
        return "no history is there, which a sweep with --history 1 writes at its end"
    return late_fall(load_history(directory, {name: chosen[name] for name in axis_names(cells)}))


def of_late_fall(found: LateFall | str) -> str:
    """Say how far the loss still fell at the end of training, and what follows."""
    if isinstance(found, str):
        return f"How far the loss still fell at the end of training is not known: {found}."
    loss = f"The loss, with penalties, of {counted(found.runs, 'run')} here"
    over = f"from epoch {found.start:,} to {found.end:,}"
    if max(abs(found.least), abs(found.most)) < _AT_REST:
        return f"{loss} had come to rest: {over} it changed by less than 1 %."
    low, high = found.least, found.most
    if found.mean < 0:
        low, high = -high, -low
    between = f" ({number(100 * low, 2)} to {number(100 * high, 2)} %)" if found.runs > 1 else ""
    how, mend = (
        ("still fell", "more --epochs") if found.mean > 0 else ("rose again", "a lower --lr")
    )
    mean = number(100 * abs(found.mean), 2)
    return f"{loss} {how} {over}, by {mean} % in the mean{between}: try {mend}."
