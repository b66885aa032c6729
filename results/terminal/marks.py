"""Marks of cells, the same in the table and on the map, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from results.cells.best import best, standard_error
from results.cells.summary import deciding
from results.plane import Plane

_BEST, _SPARSEST, _BOTH = "*", "o", "@"

_MEANING = {
    _BEST: "best",
    _SPARSEST: "sparsest within 1 SE",
    _BOTH: "best, and sparsest within 1 SE",
}


def marks(cells: pd.DataFrame) -> dict[int, str]:
    """Return the rows of a summary that are marked: of one cell none, it is the best of nothing."""
    metric = deciding(cells)
    if len(cells) < 2 or cells[f"rank_{metric}"].isna().all():
        return {}
    lowest = best(cells).index[0]
    if np.isnan(standard_error(cells.loc[lowest], metric)):
        return {lowest: _BEST}
    sparsest = best(cells, "one-se").index[0]
    if lowest == sparsest:
        return {lowest: _BOTH}
    return {lowest: _BEST, sparsest: _SPARSEST}


def meaning(marked: Mapping[int, str], found: Plane) -> str:
    """Explain the marks, which all are in the table, and some on the map below it."""
    mapped = {mark for row, mark in marked.items() if found.find(row)}
    elsewhere = "" if found.rows.size < 2 else " (not on this map)"
    return "   ".join(
        f"{mark} {_MEANING[mark]}{'' if mark in mapped else elsewhere}" for mark in marked.values()
    )
