"""One row a cell: what its runs say together, over their seeds and folds.

A seed is what is repeated: folds of a seed are averaged first, then seeds count alike. Cells
share their seeds, so two cells are compared seed by seed, and the difference gets the interval.
Intervals are Student's t at 95 %, one cell at a time: of a hundred cells, expect five to miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from results.columns import coordinates
from results.errors import ResultsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What the summary tells of each cell, unless other metrics are asked for.
METRICS = ("final_loss", "val_loss", "val_accuracy", "sparsity")

#: Losses by which cells are ranked: `deciding` says which one counts.
RANKED = ("final_loss", "val_loss")

#: What places a cell and is no penalty, in the order in which it is told.
_BESIDE = ("lr", "momentum", "path")

#: Share of repetitions of the whole sweep in which an interval would hold the true mean.
CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """What some cells' values over seeds say of their means."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def summary(runs: pd.DataFrame, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
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
    for metric in metrics:
        if metric not in runs.columns or not pd.api.types.is_numeric_dtype(runs[metric]):
            known = ", ".join(metrics_of(runs))
            raise ResultsError(f"no metric {metric!r} in this table; there are {known}")
    runs, cell = numbered(runs)
    names = cell_columns(runs)
    _, first = np.unique(cell, return_index=True)
    cells = runs[names].iloc[first].reset_index(drop=True)

    diverged = np.bincount(cell, runs["status"] != "done", minlength=len(cells)).astype(np.int64)
    cells["runs"] = np.bincount(cell, minlength=len(cells))
    cells["diverged"] = diverged
    cells["share_diverged"] = diverged / cells["runs"]
    if "rung" in runs:
        cells["rung"] = runs.groupby(cell)["rung"].min().to_numpy()
    by_seed = {
        metric: values_by_seed(runs, metric, cell, len(cells))
        for metric in dict.fromkeys((*metrics, *RANKED))
    }
    loss = "final_loss" if np.isnan(by_seed["val_loss"]).all() else "val_loss"
    cells["seeds"] = (~np.isnan(by_seed[loss])).sum(axis=1)
    columns: dict[str, Any] = {}
    for metric in metrics:
        _enter(columns, metric, estimate(by_seed[metric]))
    ranks = {metric: _rank(estimate(by_seed[metric]).mean, whole(cells)) for metric in RANKED}
    columns |= {f"rank_{metric}": pd.Series(rank, dtype="Int64") for metric, rank in ranks.items()}
    best = np.flatnonzero(ranks[loss] == 1)[:1]
    for metric in metrics:
        values = by_seed[metric]
        for name, reference in (("best", np.resize(best, len(cells))), ("none", no_penalty(cells))):
            other = values[reference] if len(reference) else np.full_like(values, np.nan)
            difference = estimate(values - np.where(reference[:, None] < 0, np.nan, other))
            _enter(columns, f"{metric}_from_{name}", difference, std=False)
    return pd.concat([cells, pd.DataFrame(columns)], axis=1)


def as_cells(table: pd.DataFrame, metrics: Sequence[str] = ()) -> pd.DataFrame:
    """Return the summary of a table of runs with also these metrics, or the summary it is."""
    if "status" in table:
        return summary(table, list(dict.fromkeys((*METRICS, *metrics))))
    for metric in metrics:
        if f"mean_{metric}" not in table:
            raise ResultsError(f"{metric!r} is not in this summary: give the table of runs")
    return table.reset_index(drop=True)


def deciding(cells: pd.DataFrame) -> str:
    """Name the metric that decides between cells: ``val_loss``, where anything was held out."""
    return "final_loss" if cells["rank_val_loss"].isna().all() else "val_loss"


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
    return [name for name in coordinates(names) if name not in ("run", "seed", "fold")]


def axes(cells: pd.DataFrame) -> list[str]:
    """Return the axes of the grid, penalties first."""
    names = [name for name in cell_columns(cells) if name != "data"]
    return sorted(names, key=lambda name: _BESIDE.index(name) if name in _BESIDE else -1)


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
    rest = ["data", *(name for name in _BESIDE if name in cells)]
    penalties = cells[cell_columns(cells)].drop(columns=rest)
    without = np.flatnonzero((penalties == 0).all(axis=1))
    same = cells.groupby(rest).ngroup().to_numpy()
    found = np.full(same.max(initial=0) + 1, -1)
    found[same[without]] = without
    return found[same]


def values_by_seed(runs: pd.DataFrame, metric: str, cell: NDArray, cells: int) -> NDArray:
    """Lay a metric out as ``[cell, seed]``, NaN where a fold is missing, or not finite.

    ``cell`` is each run's cell, by number, of so many ``cells``.
    """
    seeds, seed = np.unique(runs["seed"].to_numpy(), return_inverse=True)
    finished = (runs["status"] == "done").to_numpy()
    values = np.where(finished, runs[metric].to_numpy(np.float64, na_value=np.nan), np.nan)
    place = cell * len(seeds) + seed
    folds = np.bincount(place, minlength=cells * len(seeds))
    total = np.bincount(place, values, minlength=cells * len(seeds))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where((folds == folds.max(initial=1)) & np.isfinite(total), total / folds, np.nan)
    return mean.reshape(cells, len(seeds))


def estimate(values: NDArray) -> Estimate:
    """Estimate means from ``values [cell, seed]``; NaN is a seed that is not there."""
    from scipy.special import stdtrit  # what scipy.stats.t.ppf calls, without a second of imports

    known = ~np.isnan(values)
    count = known.sum(axis=1)
    # A run that diverges late has a finite loss whose square is not.
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = np.where(known, values, 0).sum(axis=1) / count
        squares = np.where(known, values - mean[:, None], 0) ** 2
        # One seed says nothing of how seeds differ: 0 / 0 is NaN, and so is its interval.
        std = np.sqrt(squares.sum(axis=1) / np.maximum(count - 1, 0))
        counts, place = np.unique(count, return_inverse=True)
        quantile = stdtrit(np.maximum(counts - 1.0, 1), (1 + CONFIDENCE) / 2)[place]
        half = quantile * std / np.sqrt(count)
    return Estimate(mean, std, mean - half, mean + half)


def _enter(columns: dict[str, Any], metric: str, found: Estimate, std: bool = True) -> None:
    for name, values in found._asdict().items():
        if std or name != "std":
            columns[f"{name}_{metric}"] = values


def _rank(mean: NDArray, competes: NDArray) -> NDArray[np.float64]:
    """Rank from 1, the lowest first; equal means share a rank; no mean, no rank."""
    first = pd.Series(mean).where(competes).rank(method="min")
    behind = pd.Series(mean).where(~competes).rank(method="min") + first.count()
    return np.asarray(first.fillna(behind), dtype=np.float64)
