"""What the script of the report works with: a dense grid of cells, as JSON and packed arrays.

Runs are summed up, so that a page about a million of them opens at once. Of a grid that is larger
still the page shows fewer values of an axis. Cells that are few of their grid, such as those of a
sample, are a list: the best of them, where there are too many.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from results.cells.best import best, contrast
from results.cells.by_seed import BySeed
from results.cells.intervals import estimate
from results.cells.levels import are_drawn
from results.cells.notes import alike
from results.cells.summary import axis_names, deciding, folds_of, no_penalty, numbered, whole
from results.cells.wording import intervals, intervals_of_each, pairs
from results.colours import LINES
from results.columns import RANKED, column, curves_of, foot_of, is_ratio, possible
from results.directory import layout as places_in
from results.directory.beside import load_history
from results.errors import ResultsError
from results.labels import axis as axis_name
from results.labels import measured, most, seeds
from results.labels import place as written
from results.page.packed import Precision, packed, rounded_beside
from results.plane import lay_out
from results.scale import viridis

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Most cells in a page: of a larger grid it shows every second value of an axis, or fewer.
CELLS = 60_000

#: Places of a grid for each cell from which cells are a list.
SPARSE = 16

#: Most numbers of single seeds in a page.
BY_SEED = 600_000

#: Colours of the scale that lines have.
_STEPS = 11


def page_data(
    runs: pd.DataFrame, cells: pd.DataFrame, metrics: list[str], history: list[dict[str, Any]]
) -> tuple[dict[str, Any], str]:
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
        and others, texts, and what the arrays are, see `results.page.packed.Packed`.
    arrays : str
        On that grid, or along the list of cells, NaN where there is no cell: of a list ``place
        <axis>``, which of its values; ``mean <metric>``, and how far its interval goes ``down``
        and ``up`` from there, ``up`` NaN where it is as far; the same of ``<metric>_from_none``,
        ``seed <metric>`` as ``[seed, cell]``, counts, ``rank`` of the cells that compete,
        ``alike``, 1 of those that cannot be told from the best, ``rung`` of halving, and ``none``,
        the cell without penalties, -1 for none.
    """
    names, loss, chosen = axis_names(cells), deciding(cells), chosen_rows(cells)
    listed = are_listed(cells, names)
    if listed:
        rows = np.sort(
            np.argsort(cells[f"rank_{loss}"].to_numpy(np.float64), kind="stable")[:CELLS]
        )
        values = {name: np.unique(cells[name].to_numpy()[rows]) for name in names}
    else:
        values = _values(cells, names, [row for row in chosen if row is not None])
        rows = _dense(cells, names, values)
    shown = np.flatnonzero(rows >= 0)
    places = _places(rows, shown)
    kept, by_seed = _by_seed(runs, cells, metrics, rows)
    reference = compared_with(cells)
    arrays = by_seed | _on_the_grid(cells, metrics, rows, reference)
    for name in names if listed else ():
        arrays[f"place {name}"] = np.searchsorted(values[name], cells[name].to_numpy()[rows])
    none = np.array([places.get(row, -1) for row in reference.tolist()])
    arrays["none"] = np.where(rows >= 0, none[rows], -1)
    for name in by_seed.keys() - {f"seed {loss}"}:
        arrays[name] = rounded_beside(by_seed[name], arrays["none"])
    ends = _between([name for name in metrics if re.search(r"_w\d+$", name)], names)
    told = [
        _metric(name) | {"sure": intervals(cells, [name]), "between": ends.get(name, "")}
        for name in metrics
    ]
    data = {
        "axes": [axis_data(name, values[name]) for name in names],
        "listed": listed,
        "cells": len(cells),
        "shown": len(shown),
        "loss": loss,
        "most": most(loss),
        "curves": "loss without penalties" if loss in RANKED else measured(loss)[len("val_") :],
        "metrics": told,
        "means": means(runs, cells),
        "folds": folds_of(cells),
        "intervals": intervals_of_each(cells, [one["name"] for one in told if not one["layer"]]),
        "pairs": pairs(cells),
        "seeds": kept,
        "allSeeds": int(runs["seed"].nunique()),
        "epochs": _ladder(runs),
        "colours": LINES,
        "viridis": [f"rgb{viridis(place)}" for place in np.linspace(0, 1, _STEPS)],
        "best": places.get(chosen[0], -1),
        "sparsest": places.get(chosen[1], -1),
        "history": history,
    }
    # What the page ranks by itself keeps its bits, or cells would be equal that are not; and so do
    # its intervals, or one that ends at 0 would end beside it.
    precisions: dict[str, Precision] = dict.fromkeys(by_seed, "double")
    precisions |= {f"{part} {loss}": "single" for part in ("mean", "down", "up")}
    found = packed(arrays, precisions)
    return data | {"arrays": found.told}, found.text


def are_listed(cells: pd.DataFrame, names: list[str]) -> bool:
    """Tell whether cells are too few of their grid to be shown on it."""
    places = math.prod(cells[name].nunique() for name in names)
    return bool(are_drawn(cells, names)) or places > SPARSE * len(cells)


def _places(rows: NDArray[np.int64], shown: NDArray[np.int64]) -> dict[int | None, int]:
    """Return the place on the page's grid of each row of the summary that is on it."""
    return dict(zip(rows[shown].tolist(), shown.tolist(), strict=True))


def compared_with(cells: pd.DataFrame) -> NDArray[np.int64]:
    """Find for each cell the one without penalties that trained as long, -1 for none."""
    found = no_penalty(cells)
    if "rung" in cells:
        rung = cells["rung"].to_numpy()
        found = np.where(rung[found] == rung, found, -1)
    return found


def means(runs: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Say over what means are: ``mean over 3 to 5 seeds``, ``mean over 2 seeds, each of 5 folds``.

    One seed alone is named.
    """
    several = folds_of(cells)
    if runs["seed"].nunique() == 1:
        told = f"seed {runs['seed'].iloc[0]}"
        return f"mean over {several} of {told}" if several else told
    told = f"mean over {seeds(cells['seeds'])}"
    return f"{told}, each of {several}" if several else told


def _ladder(runs: pd.DataFrame) -> list[int]:
    """Return the epochs after each rung of halving; nothing without halving."""
    if "rung" not in runs:
        return []
    last = runs.groupby("rung")["epochs"].max()
    return [int(last.get(rung, 0)) for rung in range(int(last.index.max()) + 1)]


def _on_the_grid(
    cells: pd.DataFrame,
    metrics: list[str],
    rows: NDArray[np.int64],
    reference: NDArray[np.int64],
) -> dict[str, NDArray]:
    """Lay out what the summary says of each cell: means, ends of intervals, counts, ranks."""
    arrays = {name: _laid(cells[name], rows) for name in ("runs", "diverged", "seeds")}
    if "rung" in cells:
        arrays["rung"] = _laid(cells["rung"], rows)
    compared = (rows >= 0) & (reference[rows] >= 0)
    for metric in metrics:
        for name, known in ((metric, True), (f"{metric}_from_none", compared)):
            mean, low, high = (_laid(cells[f"{p}_{name}"], rows) for p in ("mean", "low", "high"))
            down, up = mean - low, high - mean
            up = np.where(np.isclose(up, down, rtol=1e-6, atol=0), np.nan, up)
            for part, values in {"mean": mean, "down": down, "up": up}.items():
                arrays[f"{part} {name}"] = np.where(known, values, np.nan)
    rank = cells[f"rank_{deciding(cells)}"].where(whole(cells))
    others = pd.Series(alike(cells), cells.index, dtype=float).where(whole(cells))
    return arrays | {"rank": _laid(rank, rows), "alike": _laid(others, rows)}


def chosen_rows(cells: pd.DataFrame) -> tuple[int | None, int | None]:
    """Return the rows that the rules choose, None for the second where there is no error."""
    try:
        lowest, sparsest = (int(best(cells, rule).index[0]) for rule in ("min", "one-se"))
    except ResultsError:
        return None, None
    known = lowest != sparsest or np.isfinite(cells[f"se_{deciding(cells)}"].iloc[lowest])
    return lowest, sparsest if known else None


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


def axis_data(name: str, values: NDArray) -> dict[str, Any]:
    """Return an axis of the grid: its values, where they lie, and what stands there."""
    axis = lay_out(name, values)
    return {
        "name": name,
        "label": axis_name(name),
        "values": values.tolist(),
        "texts": [written(value, values) for value in values.tolist()],
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
        "better": known.better if known else "",
        "label": measured(name),
        "meaning": known.meaning.replace("`", "") if known else "",
        "ratio": is_ratio(name),
        "foot": foot if np.isfinite(foot := foot_of(name)) else None,
    }


def _between(layers: list[str], axes: list[str]) -> dict[str, str]:
    """Say where the weights of the first layer and of the last begin and end."""
    if not layers or "hidden" in axes:  # of networks of several depths the last is not the same
        return {}
    if len(layers) == 1:
        return {layers[0]: ", inputs to outputs"}
    return {layers[0]: ", from the inputs", layers[-1]: ", to the outputs"}


def _laid(column: pd.Series, rows: NDArray) -> NDArray:
    """Lay a column of the summary out on the page's grid."""
    values = column.to_numpy(np.float64, na_value=np.nan)
    return np.where(rows >= 0, values[rows], np.nan)


def _by_seed(
    runs: pd.DataFrame, cells: pd.DataFrame, metrics: list[str], rows: NDArray
) -> tuple[list[int], dict[str, NDArray]]:
    """Return the seeds that there is room for, and each metric as ``[seed, cell]``."""
    finished, cell = numbered(runs)
    there = np.unique(finished["seed"].to_numpy())
    room = BY_SEED // (len(rows) * len(metrics))
    if len(there) < 2 or not room:
        return [], {}
    found = {}
    by_seed = BySeed(finished, cell, len(cells))
    for metric in metrics:
        values = by_seed.values(metric)[:, :room]
        found[f"seed {metric}"] = np.where(rows[:, None] >= 0, values[rows], np.nan).T
    return there[:room].tolist(), found


def history_data(directory: Path, cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Return learning curves of the best cell and of no penalty, where there is a history."""
    if not (directory / places_in.HISTORY).is_file() or chosen_rows(cells)[0] is None:
        return []
    curves = []
    for name, cell in contrast(cells).items():
        rows = load_history(directory, cell)
        epochs, epoch = np.unique(rows["epoch"].to_numpy(), return_inverse=True)
        by_seed = BySeed(rows.assign(status="done"), epoch, len(epochs))
        lines = {}
        for metric in curves_of(deciding(cells)):
            if rows[metric].notna().any():
                found = estimate(by_seed.values(metric)).within(*possible(metric))
                with np.errstate(invalid="ignore", over="ignore"):  # of losses without end
                    down, up = found.mean - found.low, found.high - found.mean
                lines[metric] = {
                    "mean": _plain(found.mean),
                    "down": _plain(down),
                    "up": _plain(up),
                }
        curves.append({"cell": name, "epochs": epochs.tolist(), "lines": lines})
    return curves


def _plain(values: NDArray) -> list[float | None]:
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]
