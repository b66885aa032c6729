"""A path: metrics along an axis of the grid, as they are drawn for a penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from results.cells import wording
from results.cells.epochs import as_cells_with_epochs, of_orders, stopped
from results.cells.summary import folds_of, metrics_of
from results.errors import ResultsError
from results.labels import called, measured
from results.pictures.along.bands import FEW, band, over
from results.pictures.along.chosen import at_chosen
from results.pictures.along.left import left_at_top
from results.pictures.along.seeds import MOST, dots, of_seeds
from results.pictures.along.zero import apart_from_zero
from results.pictures.style import (
    CROSS,
    LINES,
    axes_or_new,
    entitle,
    label,
    legend_below,
    open_frame,
)
from results.pictures.upright import Upright
from results.plane import Axis, hold, lay_out, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


def path(
    table: pd.DataFrame,
    metrics: str | Sequence[str] | None = None,
    *,
    along: str = "l1",
    at: Mapping[str, float | str] | None = None,
    runs: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw metrics along a penalty, with bands of the 95 % interval over seeds.

    A single metric gets a line for each order of the path, where there are several. Each seed is a
    dot, unless there are more than 30. Where the cells are that the rules choose there is a line
    upwards, and at the top stands how many weights are left.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary` with these metrics.
    metrics : str or sequence of str, optional
        By default the sparsity of each layer.
    along : str, default "l1"
        An axis of the grid.
    at : dict of str to float or str, optional
        Values at which to hold the other axes; by default those of the best cell.
    runs : DataFrame, optional
        Of a summary the runs, whose seeds then are dots; a table of runs has them.
    ax : Axes, optional
        By default those of a new figure.
    """
    if "status" in table:
        runs = table
    names = [metrics] if isinstance(metrics, str) else list(metrics or layers(table))
    names = names or ["sparsity"]
    further = ["nonzero"] if "status" in table and "nonzero" in table else []
    cells, ax = as_cells_with_epochs(table, [*names, *further]), axes_or_new(ax)
    apart = len(names) == 1 and "path" in cells and "path" not in (at or {})
    rows, fixed = hold(cells, [along, "path"] if apart else [along], at)
    shown = cells.iloc[rows]
    early = stopped(cells)[rows]
    shown = shown[~early]  # what halving stopped had fewer epochs
    if shown.empty:
        raise ResultsError("halving stopped every cell of that line: there is nothing to draw")
    axis = lay_out(along, np.unique(shown[along]))
    lines = [
        (name, metric, line.assign(row=line.index).set_index(along).reindex(axis.values))
        for name, metric, line in _lines(shown, names, apart)
    ]
    means, lows, highs = (
        np.stack([line[f"{part}_{metric}"].to_numpy(np.float64) for _, metric, line in lines])
        for part in ("mean", "low", "high")
    )
    upright = Upright.of(means, lows, names[0])
    for i, (name, _, _) in enumerate(lines):
        band(ax, axis, i, name, means[i], upright.held(lows[i]), highs[i])
    too_many = _dots(ax, axis, lines, cells, runs, upright)
    upright.mark_beyond(ax, axis.at, np.fmax.reduce(means))
    _mark_lost(ax, axis, means, np.stack([line["share_diverged"] > 0 for _, _, line in lines]))
    unknown = pd.concat([line[line[f"mean_{metric}"].isna()] for _, metric, line in lines])
    _mark_missing(ax, axis, np.isnan(means).any(axis=0), wording.without_mean(unknown))
    elsewhere = at_chosen(ax, axis, cells, shown)
    label(ax.xaxis, axis)
    margin = 0.04 * (axis.edges[-1] - axis.edges[0])
    ax.set_xlim(axis.at[0] - margin, axis.at[-1] + margin)
    shares = all(name.startswith("sparsity") and "_from_" not in name for name in names)
    ax.set_ylabel("share of zero weights" if shares else _upwards(names[0]))
    upright.draw(ax)
    if shares:
        ax.set_ylim(-0.03, 1.03)
    elif "_from_" in names[0]:
        ax.axhline(0, color="0.4", linewidth=0.6, zorder=0)
    open_frame(ax)
    apart_from_zero(ax, axis)
    if len(lines) == 1 and not shares and "mean_sparsity" in cells:
        left_at_top(ax, axis, lines[0][2])
    paired = wording.pairs(shown) if "_from_" in names[0] else ""
    means_over = wording.means(shown["seeds"], folds_of(cells))
    told = [over(means_over, wording.intervals(shown, names), upright.cuts(lows), paired)]
    told += [too_many, "" if shares or paired else elsewhere, of_orders(cells, shown)]
    told += ["without cells that halving stopped"] if early.any() else []
    legend_below(ax, told, ncols=4)
    held = f" at {said(fixed, cells)}" if fixed else ""
    what = "sparsity by layer" if shares and len(names) > 1 else ", ".join(map(called, names))
    entitle(ax, cells["data"].iloc[0], f"{what}{held}")
    return ax


def _upwards(metric: str) -> str:
    """Name a metric at the axis; of a difference the title says what it is from."""
    name, difference, _ = metric.partition("_from_")
    return f"difference of {measured(name)}" if difference else measured(name)


def layers(table: pd.DataFrame) -> list[str]:
    """Return the metrics that are the sparsity of one layer each."""
    names = metrics_of(table) if "status" in table else table.columns
    found = [name.removeprefix("mean_") for name in names]
    return [name for name in found if name.startswith("sparsity_") and "_from_" not in name]


def _lines(
    shown: pd.DataFrame, metrics: list[str], apart: bool
) -> list[tuple[str, str, pd.DataFrame]]:
    """Return the name, the metric and the cells of each line; orders of a path stand apart."""
    if apart and shown["path"].nunique() > 1:
        return [(str(order), metrics[0], line) for order, line in shown.groupby("path")]
    if len(metrics) == 1:
        return [(called(metrics[0]), metrics[0], shown)]
    return [(metric.removeprefix("sparsity_"), metric, shown) for metric in metrics]


def _mark_lost(ax: Axes, axis: Axis, means: NDArray, lost: NDArray[np.bool_]) -> None:
    """Mark the points whose cells lost runs."""
    line, place = np.nonzero(lost & np.isfinite(means))
    if len(line):
        size = 5 if len(axis.values) <= FEW else 4
        ax.plot(
            *(axis.at[place], means[line, place]), **CROSS, markersize=size, zorder=3,
            gid="diverged",
        )  # fmt: skip


def _mark_missing(ax: Axes, axis: Axis, missing: NDArray[np.bool_], why: str) -> None:
    """Cross out the values at which there is nothing to draw a line through."""
    if missing.any():
        x = axis.at[missing]
        ax.plot(
            *(x, np.full(len(x), 0.03)), "x", color="black", markersize=5, clip_on=False,
            transform=ax.get_xaxis_transform(), label=why, gid="missing",
        )  # fmt: skip


def _dots(
    ax: Axes,
    axis: Axis,
    lines: list[tuple[str, str, pd.DataFrame]],
    cells: pd.DataFrame,
    runs: pd.DataFrame | None,
    upright: Upright,
) -> str:
    """Draw the seeds of each line as dots, or say that they are too many."""
    if runs is None:
        return ""
    for i, (name, metric, line) in enumerate(lines):
        known = line[f"mean_{metric}"].notna().to_numpy()
        if not known.any():
            continue
        found = of_seeds(runs, cells, line["row"][known].to_numpy(np.int64), metric)
        seeds = found.shape[1]
        if seeds < 2:
            return ""
        if seeds > MOST:
            return f"no dots of {seeds} seeds"
        values = np.full((len(line), seeds), np.nan)
        values[known] = upright.held(found)
        text = f"each {'seed' if cells['seeds'].max() > 1 else 'fold'}" if not i else "_"
        dots(ax, axis, values, LINES[i % len(LINES)], name, text)
    return ""
