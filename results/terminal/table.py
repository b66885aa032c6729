"""The best cells as a table: as many columns as there is room for, the most telling first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from results import labels
from results.cells.epochs import of_orders, of_rungs, stopped
from results.cells.intervals import DATA, DATA_AND_SEEDS, SEEDS
from results.cells.summary import axis_names, covers, deciding
from results.columns import MEASURED
from results.labels import counted, digits, number, place
from results.plane import said
from results.terminal.look import Look

#: Rows of the table.
_ROWS = 5

#: What intervals are for, by what they cover.
_COVERED = {
    DATA_AND_SEEDS: "new data and other seeds",
    DATA: "new data, of one seed",
    SEEDS: "other seeds",
}


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
        return look.wrapped(_nothing(cells, shown, last, held))
    ranked = ranked.assign(**{rank: ranked[rank].rank(method="min").astype(int)})
    rows = list(ranked.index[:_ROWS])
    rows += [row for row in marked if row not in rows]
    columns = _columns(cells, shown, ranked.loc[rows], held, marked, look)
    lines, left_out = _set(columns, deciding(cells), look.width)
    sure = "" if look.interval in left_out else _sure(ranked.loc[rows], look)
    told = (
        *(
            sure,
            _unfair(ranked),
            _guessing(ranked.iloc[0], deciding(cells)),
            _room(columns, left_out),
        ),
        *(of_rungs(cells), of_orders(cells, shown, along)),
    )
    return [
        *look.wrapped(_title(cells, last, held, ranked.loc[rows, "seeds"])),
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
        for beside in MEASURED[1:]:
            columns[beside.name] = [f"{value:.3f}" for value in rows[f"mean_val_{beside.name}"]]
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


def _sure(rows: pd.DataFrame, look: Look) -> str:
    """Say what the intervals of some cells are for."""
    metric = deciding(rows)
    kinds = {covers(row, metric) for _, row in rows.iterrows()} - {""}
    told = [_COVERED[kind] for kind in sorted(kinds)]
    if kinds == {SEEDS} and metric.startswith("val_"):
        told[0] += ", not for new data"
    return " ".join(f"{look.interval} is for {what}." for what in told)


def _unfair(ranked: pd.DataFrame) -> str:
    """Say where cells are ranked by a loss that is no fair judge between penalties."""
    if deciding(ranked).startswith("val_") or len(ranked) < 2:
        return ""
    return "Nothing was held out: final_loss contains the penalties, and favours small ones."


def _guessing(best: pd.Series, metric: str) -> str:
    """Say where the best cell may be of no use."""
    mean, high = (best.get(f"{part}_{metric}_from_baseline", np.nan) for part in ("mean", "high"))
    guess = f"The class shares alone give {number(best[f'mean_{metric}'] - mean)}"
    if mean >= 0:
        return f"{guess}: the best cell is no better."
    return f"{guess}: the best cell may be no better." if high >= 0 else ""


def _title(
    cells: pd.DataFrame, last: pd.DataFrame, held: Mapping[str, float | str], seeds: pd.Series
) -> str:
    number_of = counted(len(last), "cell")
    best = f"Best of {number_of}" if len(last) > 1 else "The only cell"
    where = f" with {said(held, cells)}" if held else ""
    rung = " on the last rung" if stopped(cells).any() else ""
    return f"{best}{where}{rung}, {_over(last, seeds)}"


def _over(cells: pd.DataFrame, seeds: pd.Series) -> str:
    """Say what the means are over."""
    most = int(seeds.max())
    whole = cells[(cells["seeds"] == most) & (cells["diverged"] == 0)]
    folds = int(whole["runs"].min()) // most if len(whole) else 1
    of_folds = f" of {folds} folds" if folds > 1 else ""
    if most > 1 or folds == 1:
        return f"mean over {labels.seeds(seeds)}{of_folds}" if most > 1 else "one seed"
    return f"mean over {folds} folds of one seed"


def _nothing(
    cells: pd.DataFrame, shown: pd.DataFrame, last: pd.DataFrame, held: Mapping[str, float | str]
) -> str:
    """Say why there is no best cell, and the mend."""
    where = f" with {said(held, cells)}" if held else ""
    if last.empty:
        return f"No cell{where} reached the last rung, and only those that did are compared."
    runs, diverged = int(shown["runs"].sum()), int(shown["diverged"].sum())
    if not diverged:
        return f"No cell{where} has a finite {deciding(cells)}."
    which = f"All {counted(runs, 'run')}{where} diverged"
    if diverged < runs:
        which = f"{diverged:,} of {runs:,} runs{where} diverged, some of each seed of each cell"
    rates = [place(rate, cells["lr"]) for rate in np.unique(shown["lr"])]
    tried = ", ".join(rates) if len(rates) < _ROWS else f"{rates[0]} to {rates[-1]}"
    at = "" if "lr" in held else f" (lr = {tried})"
    return f"{which}{at}: try a lower learning rate."
