"""A choice with all that is said of it, the same on the terminal and in the report."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from results.cells.best import best
from results.cells.epochs import of_orders
from results.cells.honest import (
    OF_PATIENCE,
    nested,
    said_of_folds,
    said_of_patience,
    said_of_test,
)
from results.cells.notes import notes
from results.cells.summary import asked_to_rank, deciding, runs_of
from results.columns import FURTHER_TEST, TEST

#: Of those of these columns that the runs have, a summary needs the means for all to be said.
TELLING = ("epochs", "best_epoch", "test_rows", "test_size", *TEST, *FURTHER_TEST)


class Stop(NamedTuple):
    """When a run of a sweep with patience ends: see `results.cells.honest.unstopped`.

    Where the patience or the schedule is an axis, it is that of the cell.
    """

    patience: int
    epochs: int
    schedule: str = "constant"


class Choice(NamedTuple):
    """What a rule chose.

    Attributes
    ----------
    row : DataFrame
        What `results.best` returns.
    notes : list of str
        What there is to know beside its ``why``.
    figures : list of str
        What it gives on rows that chose nothing, if there are any.
    folds : DataFrame or None
        What `results.nested` returns, with outer folds.
    """

    row: pd.DataFrame
    notes: list[str]
    figures: list[str]
    folds: pd.DataFrame | None


def choose(
    cells: pd.DataFrame,
    rule: str = "min",
    runs: pd.DataFrame | None = None,
    along: str | None = None,
    stop: Stop | None = None,
) -> Choice:
    """Choose a cell, and say what is to be said of it.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary` with those of `TELLING` that the runs have; ``epochs`` may be left out
        where cells do not differ in them.
    rule : {"min", "one-se"}
        As for `results.best`.
    runs : DataFrame, optional
        The table; needed where it has outer folds, or runs stop by patience.
    along : str, optional
        The axis of the path, if there is one; see `results.cells.epochs.of_orders`.
    stop : Stop, optional
        Where runs stop by patience.

    Raises
    ------
    ResultsError
        If no cell has a finite loss.
    """
    row = best(cells, rule)
    chosen = row.iloc[0]
    by = next(iter(asked_to_rank(cells)), None)
    folds = nested(runs, rule, by) if runs is not None and "outer" in runs else None
    figures = []
    if folds is not None:
        figures.append(said_of_folds(folds, cells, rule))
    elif "mean_test_rows" in cells:
        figures.append(said_of_test(chosen, deciding(cells)))
    known = notes(cells, chosen, judged=bool(figures))
    if orders := of_orders(cells, cells, along):
        known.append(orders)
    if "mean_best_epoch" in cells:
        known.append(OF_PATIENCE)
    if stop and runs is not None and (patience := int(chosen.get("patience", stop.patience))):
        schedule = chosen.get("schedule", stop.schedule)
        cell = runs_of(runs, chosen)
        known.append(said_of_patience(cell, patience, stop.epochs, schedule))
    known = [note for note in known if note]
    return Choice(row, known, figures, folds)
