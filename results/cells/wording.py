"""What means are over, and what their intervals are for, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from results.cells.counts import of_numbers
from results.cells.intervals import DATA, DATA_AND_SEEDS, SEEDS
from results.cells.summary import covers, deciding
from results.columns import FURTHER, MEASURED, OF_NUMBERS
from results.labels import seeds

#: What is measured of classes, and of yes and no, alone.
_OF_CLASSES = {metric.name for metric in (*MEASURED[1:], *FURTHER)}.difference(OF_NUMBERS)


class Guess(NamedTuple):
    """What is reached without a look at the inputs, as the beginning of a sentence and within."""

    alone: str
    it: str
    gives: str


#: What intervals are for, by what they cover.
FOR = {
    DATA_AND_SEEDS: "for new data and other seeds",
    DATA: "for new data, of one seed",
    SEEDS: "for other seeds",
}


def means(counts: Iterable[int], folds: str = "") -> str:
    """Say over what means are, of cells with so many seeds of such folds; see `labels.folds`."""
    there = list(counts)
    if max(there, default=0) > 1:
        return f"mean over {seeds(there)}{f' of {folds}' if folds else ''}"
    if not any(there):
        return "no seed without a diverged run"
    return f"mean over {folds} of one seed" if folds else "one seed"


def intervals(cells: pd.DataFrame, metrics: Iterable[str]) -> str:
    """Say what the intervals of some metrics are for; empty where there are none."""
    several = cells[["covers", "seeds"]].drop_duplicates()
    kinds = {covers(cell, metric) for metric in metrics for _, cell in several.iterrows()}
    return ", or ".join(words for kind, words in FOR.items() if kind in kinds)


def intervals_of_each(cells: pd.DataFrame, metrics: Iterable[str]) -> str:
    """Say it of metrics that stand beside one another: of those apart that differ in it."""
    others: dict[str, list[str]] = {}
    first = intervals(cells, [deciding(cells)])
    for metric in metrics:
        if (words := intervals(cells, [metric])) != first:
            others.setdefault(words or "there are none", []).append(metric)
    return "; ".join((first, *(f"of {', '.join(some)} {words}" for words, some in others.items())))


def guess(cells: pd.DataFrame | pd.Series) -> Guess:
    """Name what is reached without a look at the inputs, as far as what is measured tells."""
    if of_numbers(cells):
        return Guess("The best constant alone gives", "the best constant", "gives")
    if any(f"mean_val_{name}" in cells for name in _OF_CLASSES):
        return Guess("Class shares alone give", "the class shares", "give")
    return Guess("A guess without inputs gives", "a guess without inputs", "gives")


def pairs(cells: pd.DataFrame) -> str:
    """Say how differences between cells are paired: what two cells have in common."""
    columns = {"seed": "seeds", "outer fold": "outer_folds", "fold": "folds"}
    parts = [part for part, name in columns.items() if name in cells and cells[name].max() > 1]
    return f"paired by {' and '.join(parts)}" if parts else "of one seed"


def without_mean(cells: pd.DataFrame) -> str:
    """Say why cells have no mean: their runs diverged, or are missing; empty for no cells."""
    diverged = cells["diverged"] > 0
    causes = {"diverged": diverged.any(), "missing": not diverged.all()}
    return " or ".join(cause for cause, holds in causes.items() if holds)
