"""The best cells as a table: as many columns as there is room for, the most telling first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from results.cells.epochs import of_orders, of_rungs, stopped
from results.cells.importance import shares
from results.cells.notes import edges, guessing, undefined, unfair
from results.cells.summary import axis_names, deciding
from results.columns import FURTHER, MEASURED, OF_NUMBERS
from results.labels import digits, number
from results.terminal import words
from results.terminal.look import Look

#: Rows of the table.
_ROWS = 5


def best_cells(
    cells: pd.DataFrame,
    shown: pd.DataFrame,
    held: Mapping[str, float | str],
    marked: Mapping[int, str],
    look: Look,
    along: str | None = None,
) -> list[str]:
    """Return the lines of a table of the best cells.

    Parameters
    ----------
    cells, shown : DataFrame
        A `results.summary`, and those of its rows that are meant.
    held : dict of str to float or str
        The axes whose values chose them.
    marked : dict of int to str
        Rows that are in the table whatever their rank, and their marks.
    look : Look
    along : str, optional
        The axis of the path; see `results.cells.epochs.of_orders`.
    """
    rank = f"rank_{deciding(cells)}"
    last = shown[~stopped(cells)[shown.index]]
    ranked = last[last[rank].notna()].sort_values(rank, kind="stable")
    if ranked.empty:
        return look.wrapped(words.nothing(cells, shown, last, held))
    ranked = ranked.assign(**{rank: ranked[rank].rank(method="min").astype(int)})
    rows = list(ranked.index[:_ROWS])
    rows += [row for row in marked if row not in rows]
    columns = _columns(cells, shown, ranked.loc[rows], held, marked, look)
    lines, left_out = _set(columns, deciding(cells), look.width)
    sure = "" if look.interval in left_out else words.sure(ranked.loc[rows], look.interval)
    told = [sure, unfair(ranked), guessing(ranked.iloc[0], deciding(cells), "the best cell")]
    told += [undefined(cells)]
    told += edges(cells, ranked.iloc[0])
    found = shares.of_cells(cells, some=cells.index.isin(shown.index))
    told += [] if isinstance(found, str) else [shares.matters(found, look.around)]
    told += [_room(columns, left_out), of_rungs(cells), of_orders(cells, shown, along)]
    return [
        *look.wrapped(words.title(cells, last, held, ranked.loc[rows, "seeds"])),
        *lines,
        *(line for note in told for line in look.wrapped(note)),
    ]


def _columns(
    cells: pd.DataFrame,
    shown: pd.DataFrame,
    rows: pd.DataFrame,
    held: Mapping[str, float | str],
    marked: Mapping[int, str],
    look: Look,
) -> dict[str, list[str]]:
    """Write the columns of some rows, in the order in which they stand."""
    metric = deciding(cells)
    columns = {
        "": [marked.get(row, "") for row in rows.index],
        "#": [str(rank) for rank in rows[f"rank_{metric}"]],
    }
    for name in axis_names(cells):
        if name not in held and (name in ("l1", "l2") or shown[name].nunique() > 1):
            apart = digits(cells[name])
            columns[name] = [number(value, apart) for value in rows[name]]
    columns[metric] = [number(value) for value in rows[f"mean_{metric}"]]
    mean, low, high = (rows[f"{part}_{metric}"] for part in ("mean", "low", "high"))
    half = np.maximum(high - mean, mean - low)  # one side may end at what is possible
    if np.isfinite(half).any():
        columns[look.interval] = [number(value, 2) for value in half]
    if rows["seeds"].nunique() > 1:
        columns["seeds"] = [str(count) for count in rows["seeds"]]
    if rows["diverged"].any():
        columns["diverged"] = [str(count) for count in rows["diverged"]]
    columns["sparsity"] = [f"{value:.3f}" for value in rows["mean_sparsity"]]
    if metric.startswith("val_"):
        for beside in (*MEASURED[1:], *FURTHER):
            name = f"val_{beside.name}"
            if f"mean_{name}" in rows and name != metric:
                wide = beside.name in OF_NUMBERS and beside.ratio
                write = number if wide else "{:.3f}".format
                columns[beside.name] = [
                    "-" if np.isnan(value) else write(value) for value in rows[f"mean_{name}"]
                ]
    return columns


def _set(columns: Mapping[str, list[str]], metric: str, width: int) -> tuple[list[str], list[str]]:
    """Set columns side by side; leave out those that there is no room for.

    The last go first, and after what stands behind the metric, axes.
    """
    sizes = {name: max(map(len, (name, *texts))) for name, texts in columns.items()}
    kept = list(columns)
    left_out: list[str] = []
    while sum(sizes[name] + 2 for name in kept) - 2 > width and len(kept) > 3:
        behind = kept[kept.index(metric) + 1 :]
        least = behind[-1] if behind else kept[kept.index(metric) - 1]
        kept.remove(least)
        left_out.insert(0, least)
    table = zip(*((name, *columns[name]) for name in kept), strict=True)
    lines = [
        "  ".join(f"{text:>{sizes[name]}}" for name, text in zip(kept, row, strict=True)).rstrip()
        for row in table
    ]
    return lines, left_out


def _room(columns: Mapping[str, list[str]], left_out: list[str]) -> str:
    """Say what was left out of a table, and how wide it would be with all."""
    if not left_out:
        return ""
    width = sum(max(map(len, (name, *texts))) + 2 for name, texts in columns.items()) - 2
    return f"No room here for {', '.join(left_out)}: all take {width} columns."
