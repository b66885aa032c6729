"""One row a cell: what its runs say together, over their seeds and folds.

A seed is what is repeated: folds of a seed are averaged first, then seeds count alike. Cells
share their seeds, so two cells are compared seed by seed, and the difference gets the interval.
Intervals are those of `results.cells.intervals` at 95 %, one cell at a time: of a hundred cells,
expect five to miss. They end where what is measured ends: no loss is below 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.by_seed import BySeed, Windows
from results.cells.counts import constant, counted, guesses
from results.cells.intervals import DATA, DATA_AND_SEEDS, SEEDS, Estimate, Moments
from results.cells.medians import medians
from results.columns import (
    FURTHER,
    OF_NUMBERS,
    RANKED,
    REPEATED,
    baseline_of,
    column,
    coordinates,
    full_name,
    is_better_high,
    is_of_held_out,
    is_on_shared_rows,
    is_penalty,
    possible,
    summarised,
)
from results.errors import ResultsError
from results.labels import folds

#: Runs that are summed up at a time; whole seeds, and one at the least.
_AT_A_TIME = 2**17

#: Share of a mean by which rounding makes an interval of nothing.
_SAME = 1e-12


def summary(
    runs: pd.DataFrame, metrics: Sequence[str] | None = None, by: str | None = None
) -> pd.DataFrame:
    """Sum up the runs of each cell of the grid.

    Parameters
    ----------
    runs : DataFrame
        One row per run, as `results.load` returns it.
    metrics : sequence of str, optional
        Columns to sum up; unless told the losses, what is always measured of the held-out part,
        and the sparsity.
    by : str, optional
        The metric of the held-out part that decides between cells, such as ``val_auc`` or, for
        short, ``auc``; by default the ``val_loss``, or the ``final_loss`` where nothing was held
        out.

    Returns
    -------
    DataFrame
        One row per cell, in grid order: its place; ``runs`` (finished ones), ``diverged`` and
        ``share_diverged`` of them; of those done, ``above_initial`` with a ``final_loss`` above
        their ``initial_loss``, ``above_baseline`` with a ``val_loss`` not better, by a thousandth
        of it, than that of class shares, or of the best constant, alone (if `by` is another metric
        that, or ``below_baseline`` where more is better, and ``undefined`` without a finite value
        of it), and ``constant`` whose networks no input passes;
        ``seeds`` with nothing but finished, finite runs, the only ones that count in the rest, and
        the ``folds`` of each, 1 where there are none, in each of its ``outer_folds`` (with outer
        folds); ``covers``, what intervals cover: "new data and seeds", "new data" (folds of one
        seed), "seeds" (of the same rows), or nothing, where there is none; for
        each metric ``mean_``, ``std_`` (over seeds), the interval ``low_`` to ``high_``, ``se_``,
        the standard error by which the rule of that name chooses, and ``median_`` (over seeds);
        ``rank_final_loss`` and ``rank_val_loss``, and that of `by`; and the paired differences
        ``mean_<metric>_from_best`` and ``mean_<metric>_from_none``, with ``low_`` and ``high_``:
        from the best cell, and from the one without penalties and with all else the same, where
        halving stopped neither before the other; of a metric of the held-out part also
        ``_from_baseline``; of the metric that decides ``std_<metric>_from_mean``, the spread over
        seeds of its difference from the mean of the cells that compete. What is measured on the
        training part, or on a test part, has intervals that cover seeds. Cells that lack seeds
        rank behind.
    """
    known = [name for name in metrics_of(runs) if pd.api.types.is_numeric_dtype(runs[name])]
    by = ranked_by(by)
    metrics = summarised(runs) if metrics is None else metrics
    metrics = [metrics] if isinstance(metrics, str) else metrics
    metrics = list(dict.fromkeys([*metrics, *([by] if by else [])]))
    check_metrics(metrics, known)
    finished, number = numbered(runs)
    _, first = np.unique(number, return_index=True)
    cells = finished[cell_columns(runs)].iloc[first].reset_index(drop=True)
    cell = np.full(len(runs), -1)
    cell[(runs["status"] != "error").to_numpy()] = number
    placed = [name for name in (*REPEATED, "status") if name in runs]
    seeds = runs["seed"].to_numpy()
    order = np.argsort(seeds, kind="stable")
    starts = np.flatnonzero(np.diff(seeds[order], prepend=-1))
    step = seeds_at_a_time(len(runs) // max(len(starts), 1))
    pieces = np.split(order, starts[step::step])

    def windows(columns: Sequence[str]) -> Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]:
        for piece in pieces:
            kept = piece[cell[piece] >= 0]
            yield runs[list(dict.fromkeys([*placed, *columns]))].iloc[kept], cell[kept]

    return summed_up(cells, windows, metrics, list(runs.columns), by)


def summed_up(
    cells: pd.DataFrame,
    windows: Windows,
    metrics: Sequence[str],
    names: Sequence[str],
    by: str | None = None,
) -> pd.DataFrame:
    """Sum up runs that come a few seeds at a time; see `summary`.

    Parameters
    ----------
    cells : DataFrame
        The place of each cell, in grid order; those without a run are left out at the end.
    windows : callable
        See `results.cells.by_seed.Windows`.
    metrics : sequence of str
    names : sequence of str
        The columns that the runs have.
    by : str, optional
        As `ranked_by` returns it; one of the metrics.
    """
    cells, seeds, splits, ratio = counted(cells, windows, names, by or RANKED[0])
    ranked = [*RANKED[::-1], *([by] if by else [])]
    moments = _moments(windows, len(cells), [*metrics, *ranked], splits)
    loss = by or next((name for name in RANKED if moments[name].count.any()), RANKED[-1])
    cells["seeds"] = moments[loss].count
    if "outer" in names:
        cells["outer_folds"] = splits[0]
    cells["folds"] = splits[1]
    cells["covers"] = covered(moments[loss].count, math.prod(splits), ratio)
    competes = whole(cells)
    ranks = {name: _rank(name, moments[name].estimate().mean, competes) for name in ranked}
    middle = medians(windows, len(cells), metrics, seeds, splits)
    columns: dict[str, Any] = {}
    for metric in metrics:
        known = np.nan if is_on_shared_rows(metric) else ratio
        found = moments[metric].estimate(known)
        _enter(columns, metric, found, ("mean", "std", "low", "high"))
        columns[f"se_{metric}"] = moments[metric].standard_error(known)
        columns[f"median_{metric}"] = middle[metric]
    columns |= {f"rank_{metric}": pd.Series(rank, dtype="Int64") for metric, rank in ranks.items()}

    first = ranks[loss] == 1
    best = int(np.argmax(first)) if first.any() else -1
    references = {"best": np.full(len(cells), best), "none": no_penalty(cells)}
    if "rung" in cells:  # after unequal epochs nothing is subtracted
        rung = cells["rung"].to_numpy()
        references = {
            name: np.where(rung == rung[other], other, -1) for name, other in references.items()
        }
    guessed = {metric: baseline_of(metric) for metric in metrics if baseline_of(metric) in names}
    compared = competes & np.isfinite(ranks[loss])
    for (metric, name), moment in _differences(
        windows, metrics, references, guessed, splits, (loss, compared)
    ).items():
        known = np.nan if is_on_shared_rows(metric) else ratio
        parts = ("std",) if name == "mean" else ("mean", "low", "high")
        _enter(columns, f"{metric}_from_{name}", moment.estimate(known), parts)
    table = pd.concat([cells, pd.DataFrame(columns)], axis=1)
    if not any(f"val_{name}" in names for name in OF_NUMBERS):
        _leave_out_false_surety(table, metrics)
    there = (cells["runs"] > 0).to_numpy()
    return table if there.all() else table[there].reset_index(drop=True)


def covers(cell: pd.Series, metric: str) -> str:
    """Return what the interval of a cell's metric covers: see `summary`.

    For what is measured on rows that all splits share that is the luck of the seed alone.
    """
    if is_on_shared_rows(metric) and cell["covers"]:
        return SEEDS if cell["seeds"] > 1 else ""
    return str(cell["covers"])


def _leave_out_false_surety(table: pd.DataFrame, metrics: Sequence[str]) -> None:
    """Blank intervals for new data of what all splits give alike, in place.

    That seeds agree is sure of seeds alone: splits by class all hold the same shares. Of numbers
    splits hold what they happen to.
    """
    for metric in metrics:
        if metric.startswith("val_"):
            mean, low, high = (table[f"{part}_{metric}"] for part in ("mean", "low", "high"))
            alike = guesses(table, metric) if is_further(metric) else guesses(table)
            same = (high - low <= _SAME * abs(mean)) | constant(table) | alike
            new_data = table["covers"].isin((DATA_AND_SEEDS, DATA))
            table.loc[same & new_data, [f"low_{metric}", f"high_{metric}"]] = np.nan


def covered(seeds: NDArray, splits: int, ratio: NDArray) -> NDArray:
    """Return what the intervals of cells with so many seeds cover."""
    known, several = np.isfinite(ratio), seeds > 1
    kinds = [known & several, known & (seeds == 1) & (splits > 1), several]
    return np.select(kinds, [DATA_AND_SEEDS, DATA, SEEDS], "").astype(object)


def _moments(
    windows: Windows, count: int, metrics: Sequence[str], splits: tuple[int, int]
) -> dict[str, Moments]:
    """Gather each metric of ``count`` cells over the seeds."""
    found = {metric: Moments(count, *splits) for metric in metrics}
    for runs, cell in windows(list(found)):
        by_seed = BySeed(runs, cell, count)
        for metric, moments in found.items():
            moments.add(by_seed.by_fold(metric, splits))
    return found


def _differences(
    windows: Windows,
    metrics: Sequence[str],
    references: dict[str, NDArray[np.int64]],
    guessed: dict[str, str],
    splits: tuple[int, int],
    decides: tuple[str, NDArray[np.bool_]],
) -> dict[tuple[str, str], Moments]:
    """Gather, fold by fold, how each metric of a cell differs from that of others, -1 for none.

    And from what is reached without a look at the inputs, in the columns ``guessed``; and the
    one that ``decides`` from the mean of some cells.
    """
    count = len(next(iter(references.values())))
    pairs = [(metric, name) for metric in metrics for name in references]
    pairs += [(metric, "baseline") for metric in guessed]
    pairs += [(metric, "mean") for metric in metrics if metric == decides[0] and decides[1].any()]
    found = {pair: Moments(count, *splits) for pair in pairs}
    for runs, cell in windows([*metrics, *guessed.values()]):
        by_seed = BySeed(runs, cell, count)
        for metric in metrics:
            values = by_seed.by_fold(metric, splits)
            for name, reference in references.items():
                other = np.where(reference[:, None, None, None] < 0, np.nan, values[reference])
                found[metric, name].add(values - other)
            if metric in guessed:
                found[metric, "baseline"].add(values - by_seed.by_fold(guessed[metric], splits))
            if (metric, "mean") in found:
                with np.errstate(over="ignore"):
                    found[metric, "mean"].add(values - values[decides[1]].mean(axis=0))
    return found


def seeds_at_a_time(runs: int) -> int:
    """How many seeds of so many runs each are summed up at a time."""
    return max(_AT_A_TIME // max(runs, 1), 1)


def ranked_by(metric: str | None) -> str | None:
    """Return the column of a metric that is asked to decide; None for the loss, which does anyway.

    Raises
    ------
    ResultsError
        If it is none of the held-out part.
    """
    name = full_name(metric) if metric else None
    if name in (None, RANKED[0]):
        return None
    if column(name) and not is_of_held_out(name):
        raise ResultsError(
            f"cells are ranked by what is measured on the held-out part, such as val_accuracy, and "
            f"not by {name}: leave it out, or let it be shown (sweep summary, sweep plot)"
        )
    return name


def is_further(metric: str) -> bool:
    """Tell whether a metric of the held-out part is one that is measured where it is asked for."""
    return metric.removeprefix("val_") in [further.name for further in FURTHER]


def check_metrics(metrics: Sequence[str], known: Sequence[str]) -> None:
    """Refuse what is no metric."""
    for metric in metrics:
        if metric in known:
            continue
        if is_further(metric):
            name = metric.removeprefix("val_")
            raise ResultsError(f"{metric!r} was not measured: run it with --metrics {name}")
        raise ResultsError(f"no metric {metric!r} in this table; there are {', '.join(known)}")


def as_cells(
    table: pd.DataFrame, metrics: Sequence[str] = (), by: str | None = None
) -> pd.DataFrame:
    """Return the summary of a table of runs with also these metrics, or the summary it is."""
    if "status" in table:
        return summary(table, list(dict.fromkeys((*summarised(table), *metrics))), by)
    for metric in metrics:
        if f"mean_{metric}" not in table:
            raise ResultsError(f"{metric!r} is not in this summary: give the table of runs")
    return table.reset_index(drop=True)


def deciding(cells: pd.DataFrame) -> str:
    """Name the metric that decides between cells: the one that was asked to, or a loss.

    Of the losses it is ``val_loss``, where anything was held out.
    """
    for name in asked_to_rank(cells):
        return name
    return next((name for name in RANKED if cells[f"rank_{name}"].notna().any()), RANKED[-1])


def asked_to_rank(cells: pd.DataFrame) -> list[str]:
    """Return the metric that was asked to decide between the cells of a summary, if one was."""
    columns = map(str, cells.columns)
    ranks = [name.removeprefix("rank_") for name in columns if name.startswith("rank_")]
    return [name for name in ranks if name not in RANKED]


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


def folds_of(cells: pd.DataFrame) -> str:
    """Say over which folds of a seed the means of cells are; empty where there are none."""
    outer = int(cells["outer_folds"].max()) if "outer_folds" in cells else 1
    return folds(int(cells["folds"].max()), outer)


def runs_of(runs: pd.DataFrame, cell: pd.Series) -> pd.DataFrame:
    """Return the runs of a cell that are done."""
    axes = [name for name in cell_columns(runs) if name != "data"]
    here = (runs[axes] == cell[axes].to_numpy()).all(axis=1)
    return runs[(runs["status"] == "done") & here]


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
    numbers = runs.groupby(cell_columns(runs), sort=True, dropna=False).ngroup()
    return runs, np.asarray(numbers, dtype=np.int64)


def no_penalty(cells: pd.DataFrame) -> NDArray[np.int64]:
    """Find for each cell the one without any penalty and with all else equal, -1 for none."""
    names = cell_columns(cells)
    rest = [name for name in names if not is_penalty(name)]
    penalties = [name for name in names if is_penalty(name)]
    without = np.flatnonzero((cells[penalties] == 0).all(axis=1))
    same = cells.groupby(rest, dropna=False).ngroup().to_numpy()
    found = np.full(same.max(initial=0) + 1, -1)
    found[same[without]] = without
    return found[same]


def _enter(columns: dict[str, Any], metric: str, found: Estimate, parts: Sequence[str]) -> None:
    found = found.within(*possible(metric))
    columns.update({f"{part}_{metric}": getattr(found, part) for part in parts})


def _rank(metric: str, mean: NDArray, competes: NDArray) -> NDArray[np.float64]:
    """Rank from 1, the best first; equal means share a rank; no mean, no rank."""
    upwards = not is_better_high(metric)
    first = pd.Series(mean).where(competes).rank(method="min", ascending=upwards)
    behind = pd.Series(mean).where(~competes).rank(method="min", ascending=upwards) + first.count()
    return np.asarray(first.fillna(behind), dtype=np.float64)
