"""One row a cell: what its runs say together, over their seeds and folds.

A seed is what is repeated: folds of a seed are averaged first, then seeds count alike. Cells
share their seeds, so two cells are compared seed by seed, and the difference gets the interval.
Intervals are Student's t at 95 %, one cell at a time: of a hundred cells, expect five to miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.by_seed import BySeed
from results.cells.intervals import Estimate, Moments
from results.columns import RANKED, REPEATED, SUMMARY, coordinates, is_better_high, is_penalty
from results.errors import ResultsError

#: Runs that are summed up at a time; whole seeds, and one at the least.
_AT_A_TIME = 2**17

#: Gives some columns of the runs, a few whole seeds at a time, with the number of each run's cell
#: and without runs in error; each call begins anew.
Windows = Callable[[Sequence[str]], Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]]


def summary(runs: pd.DataFrame, metrics: Sequence[str] = SUMMARY) -> pd.DataFrame:
    """Sum up the runs of each cell of the grid.

    Parameters
    ----------
    runs : DataFrame
        One row per run, as `results.load` returns it.
    metrics : sequence of str
        Columns to sum up.

    Returns
    -------
    DataFrame
        One row per cell, in grid order: its place; ``runs`` (finished ones), ``diverged`` and
        ``share_diverged`` of them; ``seeds`` with nothing but finished, finite runs, the only
        ones that count in the rest; for each metric ``mean_``, ``std_`` (over seeds) and the
        interval ``low_`` to ``high_``; ``rank_final_loss`` and ``rank_val_loss``; and each
        metric's paired differences ``mean_<metric>_from_best`` and ``mean_<metric>_from_none``,
        with ``low_`` and ``high_``: from the best cell, and from the one without penalties and
        with all else the same. Cells that lack seeds rank behind.
    """
    known = [name for name in metrics_of(runs) if pd.api.types.is_numeric_dtype(runs[name])]
    check_metrics(metrics, known)
    finished, number = numbered(runs)
    _, first = np.unique(number, return_index=True)
    cells = finished[cell_columns(runs)].iloc[first].reset_index(drop=True)
    cell = np.full(len(runs), -1)
    cell[(runs["status"] != "error").to_numpy()] = number
    seeds = runs["seed"].to_numpy()
    order = np.argsort(seeds, kind="stable")
    starts = np.flatnonzero(np.diff(seeds[order], prepend=-1))
    step = seeds_at_a_time(len(runs) // max(len(starts), 1))
    pieces = np.split(order, starts[step::step])

    def windows(columns: Sequence[str]) -> Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]:
        for piece in pieces:
            kept = piece[cell[piece] >= 0]
            yield runs[list(columns)].iloc[kept], cell[kept]

    return summed_up(cells, windows, metrics, "rung" in runs)


def summed_up(
    cells: pd.DataFrame, windows: Windows, metrics: Sequence[str], raced: bool
) -> pd.DataFrame:
    """Sum up runs that come a few seeds at a time; see `summary`.

    Parameters
    ----------
    cells : DataFrame
        The place of each cell, in grid order; those without a run are left out at the end.
    windows : callable
        See `Windows`.
    metrics : sequence of str
    raced : bool
        Whether there is a column ``rung``.
    """
    cells, folds = _counted(cells, windows, raced)
    moments = _moments(windows, len(cells), [*metrics, *RANKED[::-1]], folds)
    loss = next((name for name in RANKED if moments[name].count.any()), RANKED[-1])
    cells["seeds"] = moments[loss].count
    competes = whole(cells)
    ranks = {name: _rank(name, moments[name].estimate().mean, competes) for name in RANKED[::-1]}
    columns: dict[str, Any] = {}
    for metric in metrics:
        _enter(columns, metric, moments[metric].estimate())
    columns |= {f"rank_{metric}": pd.Series(rank, dtype="Int64") for metric, rank in ranks.items()}

    first = ranks[loss] == 1
    best = int(np.argmax(first)) if first.any() else -1
    references = {"best": np.full(len(cells), best), "none": no_penalty(cells)}
    for (metric, name), found in _differences(windows, metrics, references, folds).items():
        _enter(columns, f"{metric}_from_{name}", found.estimate(), std=False)
    table = pd.concat([cells, pd.DataFrame(columns)], axis=1)
    there = (cells["runs"] > 0).to_numpy()
    return table if there.all() else table[there].reset_index(drop=True)


def _counted(cells: pd.DataFrame, windows: Windows, raced: bool) -> tuple[pd.DataFrame, int]:
    """Count the runs of each cell, and find its last rung; also the most folds of a seed."""
    count = len(cells)
    finished, diverged = np.zeros((2, count), dtype=np.int64)
    rung = np.full(count, np.iinfo(np.int64).max)
    folds = 1
    for runs, cell in windows(["seed", "status", *["rung"] * raced]):
        finished += np.bincount(cell, minlength=count)
        diverged += np.bincount(cell[(runs["status"] != "done").to_numpy()], minlength=count)
        folds = max(folds, BySeed(runs, cell, count).folds)
        if raced:
            np.minimum.at(rung, cell, runs["rung"].to_numpy(np.int64))
    cells = cells.assign(runs=finished, diverged=diverged)
    cells["share_diverged"] = diverged / np.maximum(finished, 1)
    return (cells.assign(rung=rung) if raced else cells), folds


def _moments(
    windows: Windows, count: int, metrics: Sequence[str], folds: int
) -> dict[str, Moments]:
    """Gather each metric of ``count`` cells over the seeds."""
    found = {metric: Moments(count) for metric in metrics}
    for runs, cell in windows(["seed", "status", *found]):
        by_seed = BySeed(runs, cell, count)
        for metric, moments in found.items():
            moments.add(by_seed.values(metric, folds))
    return found


def _differences(
    windows: Windows, metrics: Sequence[str], references: dict[str, NDArray[np.int64]], folds: int
) -> dict[tuple[str, str], Moments]:
    """Gather, seed by seed, how each metric of a cell differs from that of others, -1 for none."""
    count = len(next(iter(references.values())))
    found = {(metric, name): Moments(count) for metric in metrics for name in references}
    for runs, cell in windows(["seed", "status", *metrics]):
        by_seed = BySeed(runs, cell, count)
        for metric in metrics:
            values = by_seed.values(metric, folds)
            for name, reference in references.items():
                other = np.where(reference[:, None] < 0, np.nan, values[reference])
                found[metric, name].add(values - other)
    return found


def seeds_at_a_time(runs: int) -> int:
    """How many seeds of so many runs each are summed up at a time."""
    return max(_AT_A_TIME // max(runs, 1), 1)


def check_metrics(metrics: Sequence[str], known: Sequence[str]) -> None:
    """Refuse what is no metric."""
    for metric in metrics:
        if metric not in known:
            raise ResultsError(f"no metric {metric!r} in this table; there are {', '.join(known)}")


def as_cells(table: pd.DataFrame, metrics: Sequence[str] = ()) -> pd.DataFrame:
    """Return the summary of a table of runs with also these metrics, or the summary it is."""
    if "status" in table:
        return summary(table, list(dict.fromkeys((*SUMMARY, *metrics))))
    for metric in metrics:
        if f"mean_{metric}" not in table:
            raise ResultsError(f"{metric!r} is not in this summary: give the table of runs")
    return table.reset_index(drop=True)


def deciding(cells: pd.DataFrame) -> str:
    """Name the metric that decides between cells: ``val_loss``, where anything was held out."""
    return next((name for name in RANKED if cells[f"rank_{name}"].notna().any()), RANKED[-1])


def whole(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which cells compete: those with the most seeds, on the last rung of halving.

    A mean over the seeds that happened to converge, or to be done by now, is no fair one.
    """
    found = (cells["seeds"] == cells["seeds"].max()).to_numpy()
    if "rung" in cells:
        found = found & (cells["rung"] == cells["rung"].max()).to_numpy()
    return found


def cell_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that place a cell, of a table of runs, a history or a summary."""
    names = list(table.columns)
    if "runs" in names:
        return names[: names.index("runs")]
    return [name for name in coordinates(names) if name not in ("run", *REPEATED)]


def axis_names(cells: pd.DataFrame) -> list[str]:
    """Return the axes of the grid, penalties first."""
    names = [name for name in cell_columns(cells) if name != "data"]
    return sorted(names, key=lambda name: not is_penalty(name))


def metrics_of(runs: pd.DataFrame) -> list[str]:
    """Return the columns of a table of runs that hold a metric."""
    names = list(runs.columns)
    return names[names.index("status") + 1 :]


def numbered(runs: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the runs that are not in error, and the number of each one's cell."""
    runs = runs[runs["status"] != "error"]
    numbers = runs.groupby(cell_columns(runs), sort=True).ngroup()
    return runs, np.asarray(numbers, dtype=np.int64)


def no_penalty(cells: pd.DataFrame) -> NDArray[np.int64]:
    """Find for each cell the one without any penalty and with all else equal, -1 for none."""
    names = cell_columns(cells)
    rest = [name for name in names if not is_penalty(name)]
    penalties = [name for name in names if is_penalty(name)]
    without = np.flatnonzero((cells[penalties] == 0).all(axis=1))
    same = cells.groupby(rest).ngroup().to_numpy()
    found = np.full(same.max(initial=0) + 1, -1)
    found[same[without]] = without
    return found[same]


def _enter(columns: dict[str, Any], metric: str, found: Estimate, std: bool = True) -> None:
    for name, values in found._asdict().items():
        if std or name != "std":
            columns[f"{name}_{metric}"] = values


def _rank(metric: str, mean: NDArray, competes: NDArray) -> NDArray[np.float64]:
    """Rank from 1, the best first; equal means share a rank; no mean, no rank."""
    upwards = not is_better_high(metric)
    first = pd.Series(mean).where(competes).rank(method="min", ascending=upwards)
    behind = pd.Series(mean).where(~competes).rank(method="min", ascending=upwards) + first.count()
    return np.asarray(first.fillna(behind), dtype=np.float64)
