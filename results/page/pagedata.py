"""What the script of the report works with: a dense grid of cells, as JSON and base64.

Runs are summed up, and numbers are 32-bit floats, so that a page about a million runs opens at
once. Of a grid that is larger still the page shows fewer values of an axis.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from results.cells.best import best, contrast, front
from results.cells.by_seed import BySeed
from results.cells.intervals import estimate
from results.cells.summary import axis_names, deciding, no_penalty, numbered
from results.columns import LOSSES, column, is_ratio
from results.directory import layout as places_in
from results.directory.history import load_history
from results.errors import ResultsError
from results.labels import axis as axis_name
from results.labels import measured, most
from results.plane import lay_out

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Most cells in a page: of a larger grid it shows every second value of an axis, or fewer.
CELLS = 60_000

#: Most numbers of single seeds in a page.
BY_SEED = 600_000


def page_data(
    runs: pd.DataFrame, cells: pd.DataFrame, metrics: list[str], history: list[dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the page's script works with.

    Parameters
    ----------
    runs, cells : DataFrame
        The table, and its summary with these metrics.
    metrics : list of str
    history : list of dict
        What `history_data` returns.

    Returns
    -------
    data : dict
        ``axes`` of a dense grid of cells, the last fastest, the places on it of the ``best`` cell
        and others, and texts.
    arrays : dict of str to str
        On that grid, NaN where there is no cell: ``mean <metric>`` and ``half <metric>`` of the
        interval, the same of ``<metric>_from_none``, ``seed <metric>`` as ``[seed, cell]``,
        counts, and ``none``, the cell without penalties, -1 for none.
    """
    names, loss, chosen = axis_names(cells), deciding(cells), _chosen(cells)
    values = _values(cells, names, [row for row in chosen if row is not None])
    rows = _dense(cells, names, values)
    shown = np.flatnonzero(rows >= 0)
    places = _places(rows, shown)
    points = cells.iloc[rows[shown]]
    edge = front(points["mean_sparsity"].to_numpy(), points[f"mean_{loss}"].to_numpy())
    seeds, by_seed = _by_seed(runs, cells, metrics, rows)
    arrays = by_seed | _on_the_grid(cells, metrics, rows)
    none = np.array([places.get(row, -1) for row in no_penalty(cells).tolist()])
    arrays["none"] = np.where(rows >= 0, none[rows], -1)
    data = {
        "axes": [_axis(name, values[name]) for name in names],
        "cells": len(cells),
        "shown": len(shown),
        "loss": loss,
        "most": most(loss),
        "metrics": [_metric(name) for name in metrics],
        "seeds": seeds,
        "best": places.get(chosen[0], -1),
        "sparsest": places.get(chosen[1], -1),
        "front": shown[edge].tolist(),
        "history": history,
    }
    return data, {name: _coded(array) for name, array in arrays.items()}


def _places(rows: NDArray[np.int64], shown: NDArray[np.int64]) -> dict[int | None, int]:
    """Return the place on the page's grid of each row of the summary that is on it."""
    return dict(zip(rows[shown].tolist(), shown.tolist(), strict=True))


def _on_the_grid(
    cells: pd.DataFrame, metrics: list[str], rows: NDArray[np.int64]
) -> dict[str, NDArray]:
    """Lay out what the summary says of each cell: means, halves of intervals, counts, ranks."""
    arrays = {name: _laid(cells[name], rows) for name in ("runs", "diverged")}
    for name in (*metrics, *(f"{metric}_from_none" for metric in metrics)):
        mean = cells[f"mean_{name}"]
        arrays[f"mean {name}"] = _laid(mean, rows)
        arrays[f"half {name}"] = _laid(cells[f"high_{name}"] - mean, rows)
    return arrays | {"rank": _laid(cells[f"rank_{deciding(cells)}"], rows)}


def _chosen(cells: pd.DataFrame) -> list[int | None]:
    try:
        return [int(best(cells, rule).index[0]) for rule in ("min", "one-se")]
    except ResultsError:
        return [None, None]


def _values(cells: pd.DataFrame, names: list[str], kept: list[int]) -> dict[str, NDArray]:
    """Return the values of each axis that the page shows: the ends, 0, those of the best cells."""
    values = {name: np.unique(cells[name].to_numpy()) for name in names}
    always = {name: {values[name][0], values[name][-1], *cells[name].iloc[kept]} for name in names}
    while np.prod([len(axis) for axis in values.values()]) > CELLS:
        longest = max(names, key=lambda name: len(values[name]))
        every_second = set(values[longest][::2]) | always[longest]
        fewer = np.array([value for value in values[longest] if value in every_second])
        if len(fewer) == len(values[longest]):
            break
        values[longest] = fewer
    return values


def _dense(cells: pd.DataFrame, names: list[str], values: dict[str, NDArray]) -> NDArray[np.int64]:
    """Return the row of each point of the grid of these values, -1 where there is none."""
    shape = [len(values[name]) for name in names]
    places, inside = [], np.ones(len(cells), dtype=bool)
    for name in names:
        column = cells[name].to_numpy()
        at = np.minimum(np.searchsorted(values[name], column), len(values[name]) - 1)
        inside &= values[name][at] == column
        places.append(at)
    rows = np.full(int(np.prod(shape)), -1, dtype=np.int64)
    index = np.ravel_multi_index(tuple(at[inside] for at in places), shape)
    rows[index] = np.flatnonzero(inside)
    return rows


def _axis(name: str, values: NDArray) -> dict[str, Any]:
    axis = lay_out(name, values)
    return {
        "name": name,
        "label": axis_name(name),
        "values": values.tolist(),
        "at": axis.at.tolist(),
        "zero": axis.has_zero,
        "labels": axis.labels(),
        "evenLabels": axis.even().labels(),
    }


def _metric(name: str) -> dict[str, Any]:
    group, _, layer = name.partition("_w") if name.startswith("sparsity_w") else (name, "", "")
    known = column(group)
    return {
        "name": name,
        "group": group,
        "layer": f"w{layer}" if layer else "",
        "label": measured(name),
        "meaning": known.meaning.replace("`", "") if known else "",
        "ratio": is_ratio(name),
    }


def _laid(column: pd.Series, rows: NDArray) -> NDArray:
    """Lay a column of the summary out on the page's grid."""
    values = column.to_numpy(np.float64, na_value=np.nan)
    return np.where(rows >= 0, values[rows], np.nan)


def _by_seed(
    runs: pd.DataFrame, cells: pd.DataFrame, metrics: list[str], rows: NDArray
) -> tuple[list[int], dict[str, NDArray]]:
    """Return the seeds that there is room for, and each metric as ``[seed, cell]``."""
    finished, cell = numbered(runs)
    seeds = np.unique(finished["seed"].to_numpy())
    room = BY_SEED // (len(rows) * len(metrics))
    if len(seeds) < 2 or not room:
        return [], {}
    found = {}
    by_seed = BySeed(finished, cell, len(cells))
    for metric in metrics:
        values = by_seed.values(metric)[:, :room]
        found[f"seed {metric}"] = np.where(rows[:, None] >= 0, values[rows], np.nan).T
    return seeds[:room].tolist(), found


def _coded(values: NDArray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def history_data(directory: Path, cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Return learning curves of the best cell and of no penalty, where there is a history."""
    if not (directory / places_in.HISTORY).is_file() or _chosen(cells)[0] is None:
        return []
    curves = []
    for name, cell in contrast(cells).items():
        rows = load_history(directory, cell)
        epochs, epoch = np.unique(rows["epoch"].to_numpy(), return_inverse=True)
        by_seed = BySeed(rows.assign(status="done"), epoch, len(epochs))
        lines = {}
        for metric in LOSSES:
            if rows[metric].notna().any():
                found = estimate(by_seed.values(metric))
                lines[metric] = {
                    "mean": _plain(found.mean),
                    "half": _plain(found.high - found.mean),
                }
        curves.append({"cell": name, "epochs": epochs.tolist(), "lines": lines})
    return curves


def _plain(values: NDArray) -> list[float | None]:
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]
