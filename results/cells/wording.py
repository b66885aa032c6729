"""What means are over, and what their intervals are for, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from results.cells.counts import of_numbers
from results.cells.intervals import DATA, DATA_AND_SEEDS, SEEDS
from results.cells.summary import covers, deciding
from results.columns import FURTHER, MEASURED, OF_NUMBERS
from results.labels import seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What is measured of classes, and of yes and no, alone.
_OF_CLASSES = {metric.name for metric in (*MEASURED[1:], *FURTHER)}.difference(OF_NUMBERS)

#: Why a cell has no mean: no seed without a diverged run, or none whose runs are all there, or the
#: runs are there and what is measured is not defined.
CAUSES = "diverged", "missing", "no value"


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


def why_no_mean(some: pd.DataFrame, cells: pd.DataFrame) -> NDArray[np.str_]:
    """Return why each of some cells of a summary has no mean of a metric: one of `CAUSES`.

    Runs are missing where a cell has no whole seed, and fewer runs than others. Else the metric is
    not defined there; if it is the one that decides, that leaves the cell no seed either.
    """
    none = ~(some["seeds"] > 0)  # nor does what is not in the summary have any
    lacks = ~(some["runs"] >= cells["runs"].max())
    return np.select([none & (some["diverged"] > 0), none & lacks], CAUSES[:2], CAUSES[2])


def without_mean(some: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Say why some cells of a summary have no mean; empty for no cells."""
    there = why_no_mean(some, cells)
    return " or ".join(cause for cause in CAUSES if cause in there)
