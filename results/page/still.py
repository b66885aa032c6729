"""What the page shows where there is no JavaScript: a map of the loss, and the first cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from results.cells import wording
from results.cells.epochs import stopped
from results.cells.summary import axis_names, deciding, whole
from results.labels import axis as axis_name
from results.labels import most, number, place
from results.page.pagedata import chosen_rows
from results.plane import Axis, plane, said
from results.scale import Scale, ink, viridis

if TYPE_CHECKING:
    import pandas as pd

#: Most values of an axis in the map, and rows of the table.
ACROSS, ROWS = 10, 20

#: Of a square of the map, and of a letter beside it, in pixels.
WIDTH, HEIGHT, LETTER = 76, 38, 8

#: Of the lowest cell, and of the sparsest as good.
_MARKS = "★○"


def still(cells: pd.DataFrame, metrics: list[str], epochs: list[int]) -> dict[str, Any]:
    """Return the map and the table as texts.

    Parameters
    ----------
    cells : DataFrame
        A summary in which some cell has a mean.
    metrics : list of str
        Columns of the table.
    epochs : list of int
        Those after each rung of halving, if any.
    """
    there = plane(cells).rows.size > 1 or len(cells) == 1  # of a sample no two lie on one plane
    found = _map(cells, epochs) if there else None
    return {"map": found, "table": _table(cells, metrics, epochs)}


def interval(cell: pd.Series, metric: str) -> str:
    """Write a mean with half of its interval, or with its ends where it is not even."""
    mean, low, high = (cell[f"{part}_{metric}"] for part in ("mean", "low", "high"))
    if not np.isfinite(high - low):
        return number(mean)
    even = abs((high - mean) - (mean - low)) <= 0.02 * (high - low)
    around = f"± {number(high - mean, 2)}" if even else f"({number(low, 3)} to {number(high, 3)})"
    return f"{number(mean)} {around}"


def _map(cells: pd.DataFrame, epochs: list[int]) -> dict[str, Any]:
    """Lay out the mean of the loss: texts with their ground, rows from the highest value down."""
    metric, found = deciding(cells), plane(cells)
    marks: dict[tuple[int, int], str] = {}
    lowest, sparsest = chosen_rows(cells)
    for row, mark in zip((lowest, sparsest), _MARKS, strict=True):
        if row is not None and (spot := found.find(row)):
            marks[spot] = f"{marks.get(spot, '')} {mark}"
    across = _some(found.x, [column for _, column in marks])
    up = _some(found.y, [row for row, _ in marks])[::-1]
    values = found.matrix(cells[f"mean_{metric}"])
    raced = (found.rows >= 0) & ~stopped(cells)[found.rows] & np.isfinite(values)
    scale = Scale.of(values[raced], metric)
    squares = [
        [
            {
                "text": number(values[spot], 3) + marks.get(spot, ""),
                **(
                    _colours(scale.place(values[spot]))
                    if raced[spot]
                    else {"ground": "", "ink": ""}
                ),
                "note": _note(cells, int(found.rows[spot]), epochs),
            }
            for spot in ((row, column) for column in across)
        ]
        for row in up
    ]
    held = said(found.fixed, cells, ", at ")
    also = ", ○ sparsest within 1 SE" if any("○" in mark for mark in marks.values()) else ""
    shown = " x ".join(f"{len(kept)}" for kept in (across, up))
    whole_map = " x ".join(f"{len(axis.values)}" for axis in (found.x, found.y))
    up_texts = [place(found.y.values[i], found.y.values.tolist()) for i in up]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": max(map(len, up_texts)) * LETTER + 12,
        "told": f"{metric}{held}",
        "part": "" if shown == whole_map else f"{shown} of {whole_map} cells",
        "marks": f"★ {most(metric)} {metric}{also}",
        "x": axis_name(found.x.name),
        "y": axis_name(found.y.name),
        "across": [place(found.x.values[i], found.x.values.tolist()) for i in across],
        "rows": list(zip(up_texts, squares, strict=True)),
    }


def _some(axis: Axis, kept: list[int]) -> list[int]:
    """Return places on an axis that a table has room for, both ends and the kept ones in it."""
    even = np.linspace(0, len(axis.values) - 1, min(len(axis.values), ACROSS)).round()
    return sorted({*even.astype(int).tolist(), *kept})


def _colours(spot: float) -> dict[str, str]:
    """Return the ground of a place on the scale, and ink that stands out from it."""
    ground = viridis(spot)
    return {"ground": f"rgb{ground}", "ink": str(ink(np.divide(ground, 255)))}


def _note(cells: pd.DataFrame, row: int, epochs: list[int]) -> str:
    """Say why a square has no colour."""
    if row < 0:
        return "no run done"  # so that it fits
    cell = cells.iloc[row]
    if epochs and cell["rung"] < len(epochs) - 1:
        return f"{epochs[cell['rung']]} epochs"
    if np.isfinite(cell[f"mean_{deciding(cells)}"]):
        return ""
    return wording.without_mean(cells.iloc[[row]], cells)


def _table(cells: pd.DataFrame, metrics: list[str], epochs: list[int]) -> dict[str, Any]:
    """Write the first cells by their rank."""
    metric = deciding(cells)
    first = cells.sort_values(f"rank_{metric}", kind="stable").head(ROWS)
    varying = [name for name in axis_names(cells) if cells[name].nunique() > 1]
    competes = whole(cells)[first.index]
    ranks = first[f"rank_{metric}"].where(competes)
    columns = {"rank": ranks.map(lambda rank: str(rank), na_action="ignore").fillna("-")}
    for name in varying:
        values = cells[name].unique().tolist()
        columns[name] = first[name].map(lambda value, values=values: place(value, values))
    for name in metrics:
        columns[name] = first.apply(interval, axis=1, args=(name,))
    if epochs:
        columns["epochs"] = first["rung"].map(lambda rung: str(epochs[rung]))
    columns["diverged"] = first["diverged"].map(str)
    return {
        "head": list(columns),
        "rows": list(zip(*(column.tolist() for column in columns.values()), strict=True)),
        "cells": f"{len(cells):,}",
    }
