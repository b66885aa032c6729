"""What is said above and below the table of the best cells, so that it is read for what it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from results.cells import wording
from results.cells.best import no_mean
from results.cells.epochs import stopped
from results.cells.intervals import SEEDS
from results.cells.summary import deciding, folds_of, whole
from results.labels import counted, place
from results.plane import said

#: Learning rates that are named one by one.
_FEW = 5


def sure(rows: pd.DataFrame, heading: str) -> str:
    """Say what the intervals of some cells are for."""
    metric = deciding(rows)
    what = wording.intervals(rows, [metric])
    if what == wording.FOR[SEEDS] and metric.startswith("val_"):
        what += ", not for new data"
    return f"{heading} is {what}." if what else ""


def title(
    cells: pd.DataFrame, last: pd.DataFrame, held: Mapping[str, float | str], seeds: pd.Series
) -> str:
    """Say which cells there are, and over what their means are."""
    competing = int(whole(cells)[last.index].sum())
    best = f"Best of {counted(competing, 'cell')}" if len(last) > 1 else "The only cell"
    if lacking := len(last) - competing:
        best += f" ({lacking:,} {'lacks' if lacking == 1 else 'lack'} seeds)"
    where = said(held, cells, " with ")
    rung = " on the last rung" if stopped(cells).any() else ""
    return f"{best}{where}{rung}, {wording.means(seeds, folds_of(cells))}"


def nothing(
    cells: pd.DataFrame, shown: pd.DataFrame, last: pd.DataFrame, held: Mapping[str, float | str]
) -> str:
    """Say why there is no best cell, and the mend."""
    where = said(held, cells, " with ")
    if last.empty:
        return f"No cell{where} reached the last rung, and only those that did are compared."
    if "undefined" in shown and shown["undefined"].any():
        return f"No cell{where} can be ranked: {no_mean(shown, deciding(cells))}."
    runs, diverged = int(shown["runs"].sum()), int(shown["diverged"].sum())
    if not diverged:
        return f"No cell{where} has a finite {deciding(cells)}."
    which = f"{'The only run' if runs == 1 else f'All {runs:,} runs'}{where} diverged"
    if diverged < runs:
        which = f"{diverged:,} of {runs:,} runs{where} diverged, some of each seed of each cell"
    rates = [place(rate, cells["lr"]) for rate in np.unique(shown["lr"])]
    tried = ", ".join(rates) if len(rates) < _FEW else f"{rates[0]} to {rates[-1]}"
    at = "" if "lr" in held else f" (lr = {tried})"
    return f"{which}{at}: try a lower learning rate."
