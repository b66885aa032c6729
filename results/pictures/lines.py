"""Pictures that are lines: regularisation paths, learning curves, loss against sparsity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from results.cells import wording
from results.cells.best import best, front
from results.cells.by_seed import BySeed
from results.cells.epochs import as_cells_with_epochs, of_orders, stopped
from results.cells.intervals import SEEDS, estimate
from results.cells.summary import cell_columns, deciding, folds_of, metrics_of, whole
from results.columns import LOSSES, is_better_high, possible
from results.errors import ResultsError
from results.labels import called, folds, measured, most
from results.pictures.shown import shown_at
from results.pictures.style import (
    CROSS,
    DASHES,
    LINES,
    MARKERS,
    MARKS,
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

#: Points of a line up to which each is marked, or shows its interval.
_FEW = 40

#: Said of bands and bars that reach down to 0, which no logarithmic axis has.
_CUT = "; where the axis cuts it off, it goes on below"


def path(
    table: pd.DataFrame,
    metrics: str | Sequence[str] | None = None,
    *,
    along: str = "l1",
    at: Mapping[str, float | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw metrics along a penalty, with bands of the 95 % interval over seeds.

    A single metric gets a line for each order of the path, where there are several.

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
    ax : Axes, optional
        By default those of a new figure.
    """
    names = [metrics] if isinstance(metrics, str) else list(metrics or layers(table))
    names = names or ["sparsity"]
    cells, ax = as_cells_with_epochs(table, names), axes_or_new(ax)
    apart = len(names) == 1 and "path" in cells and "path" not in (at or {})
    rows, fixed = hold(cells, [along, "path"] if apart else [along], at)
    shown = cells.iloc[rows]
    early = stopped(cells)[rows]
    shown = shown[~early]  # what halving stopped had fewer epochs
    if shown.empty:
        raise ResultsError("halving stopped every cell of that line: there is nothing to draw")
    axis = lay_out(along, np.unique(shown[along]))
    lines = [
        (name, metric, line.set_index(along).reindex(axis.values))
        for name, metric, line in _lines(shown, names, apart)
    ]
    means, lows, highs = (
        np.stack([line[f"{part}_{metric}"].to_numpy(np.float64) for _, metric, line in lines])
        for part in ("mean", "low", "high")
    )
    upright = Upright.of(means, lows, names[0])
    for i, (name, _, _) in enumerate(lines):
        _band(ax, axis, i, name, means[i], upright.held(lows[i]), highs[i])
    upright.mark_beyond(ax, axis.at, np.fmax.reduce(means))
    _mark_lost(ax, axis, means, np.stack([line["share_diverged"] > 0 for _, _, line in lines]))
    unknown = pd.concat([line[line[f"mean_{metric}"].isna()] for _, metric, line in lines])
    _mark_missing(ax, axis, np.isnan(means).any(axis=0), wording.without_mean(unknown))
    label(ax.xaxis, axis)
    margin = 0.04 * (axis.edges[-1] - axis.edges[0])
    ax.set_xlim(axis.at[0] - margin, axis.at[-1] + margin)
    shares = all(name.startswith("sparsity") and "_from_" not in name for name in names)
    ax.set_ylabel("share of zero weights" if shares else measured(names[0]))
    upright.draw(ax)
    if shares:
        ax.set_ylim(-0.03, 1.03)
    elif "_from_" in names[0]:
        ax.axhline(0, color="0.4", linewidth=0.6, zorder=0)
    open_frame(ax)
    over = wording.means(shown["seeds"], folds_of(cells))
    told = [_over(over, wording.intervals(shown, names), upright.cuts(lows))]
    told += [of_orders(cells, shown)]
    told += ["without cells that halving stopped"] if early.any() else []
    legend_below(ax, told, ncols=4)
    held = f" at {said(fixed, cells)}" if fixed else ""
    what = "sparsity by layer" if shares and len(names) > 1 else ", ".join(map(called, names))
    entitle(ax, cells["data"].iloc[0], f"{what}{held}")
    return ax


def curves(
    history: pd.DataFrame,
    metrics: Sequence[str] = LOSSES,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw learning curves of one cell: means over its seeds, with bands of the 95 % interval.

    Parameters
    ----------
    history : DataFrame
        Rows of one cell, as `results.load_history` returns them.
    metrics : sequence of str
        Columns to draw; those without any value are left out.
    ax : Axes, optional
        By default those of a new figure.
    """
    names = [name for name in cell_columns(history) if history[name].nunique() > 1]
    if names:
        raise ResultsError(f"the history of one cell, please: here {', '.join(names)} varies")
    ax = axes_or_new(ax)
    epochs, epoch = np.unique(history["epoch"].to_numpy(), return_inverse=True)
    by_seed = BySeed(history.assign(status="done"), epoch, len(epochs))
    shown = [name for name in metrics if history[name].notna().any()]
    found = [estimate(by_seed.values(name)).within(*possible(name)) for name in shown]
    means, _, lows, highs = map(np.stack, zip(*found, strict=True))
    upright = Upright.of(means, lows, shown[0])
    axis = Axis("epoch", epochs, epochs.astype(np.float64), logarithmic=False)
    for i, name in enumerate(shown):
        _band(ax, axis, i, name, means[i], upright.held(lows[i]), highs[i])
    upright.mark_beyond(ax, axis.at, np.fmax.reduce(means))
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    name = measured(shown[0])
    ax.set_ylabel(name if len(shown) == 1 else name.removeprefix("train_").removeprefix("val_"))
    upright.draw(ax)
    open_frame(ax)
    seeds = history["seed"].nunique()
    sure = wording.FOR[SEEDS] if seeds > 1 else ""
    legend_below(
        ax, [_over(wording.means([seeds], folds(*by_seed.splits[::-1])), sure, upright.cuts(lows))]
    )
    return ax


def pareto(
    table: pd.DataFrame,
    loss: str | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss of each cell against its sparsity, and the front that no cell beats in both.

    The front is one of cells that compete: with fewer seeds than others a cell is hollow.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    loss : str, optional
        By default the loss that decides.
    at : dict of str to float or str, optional
        Values at which to hold axes; by default all cells are shown.
    ax : Axes, optional
        By default those of a new figure.
    """
    every, ax = as_cells_with_epochs(table, [loss] if loss else []), axes_or_new(ax)
    loss = loss or deciding(every)
    cells, _, which, held = shown_at(every, loss, at)
    x, y, low, high = (
        cells[name].to_numpy(np.float64)
        for name in ("mean_sparsity", f"mean_{loss}", f"low_{loss}", f"high_{loss}")
    )
    competes = whole(cells)
    dots: dict[str, Any] = {"marker": "o", "color": "0.4", "linestyle": "none", "alpha": 0.75}
    dots |= {"rasterized": len(x) > 2500, "zorder": 1}
    ax.plot(
        *(x[competes], y[competes]), **dots, markersize=3, markeredgewidth=0,
        label="cells of the last rung" if stopped(every).any() else "cells", gid="cells",
    )  # fmt: skip
    if not competes.all():
        ax.plot(
            *(x[~competes], y[~competes]), **dots, markersize=3.5, markerfacecolor="none",
            label="cells with fewer seeds,\nwhich do not compete", gid="fewer seeds",
        )  # fmt: skip
    # What is better is lower, or else turned upside down for the comparison.
    cost = -y if is_better_high(loss) else y
    first = np.flatnonzero(competes)[front(x[competes], cost[competes])]
    # For zeros between two points of the front, one has to take the sparser of them.
    ax.plot(x[first], y[first], "-", drawstyle="steps-pre", color=LINES[0], zorder=2, gid="front")
    ax.plot(x[first], y[first], "o", color=LINES[0], markersize=4, label="Pareto front", zorder=3)
    upright = Upright.of(y, low[first], loss)
    told = [of_orders(every, cells)]
    if len(first) <= _FEW and (sure := wording.intervals(cells.iloc[first], [loss])):
        ends = upright.held(low[first]), high[first]
        look: dict[str, Any] = {"color": LINES[0], "alpha": 0.6, "zorder": 2, "gid": "intervals"}
        ax.vlines(x[first], *ends, **look, label="95 % interval")
        told = [f"95 % interval, {sure}{_CUT if upright.cuts(low[first]) else ''}", *told]
    metric = deciding(every)
    for rule, style in MARKS.items() if every[f"rank_{metric}"].notna().any() else ():
        cell = best(every, rule).iloc[0]
        if cell.name in cells.index and cell["rule"] == rule:  # else there is no standard error
            text = f"{most(metric)} {metric}" if rule == "min" else "sparsest within 1 SE"
            place = cell["mean_sparsity"], cell[f"mean_{loss}"]
            ax.plot(*place, **style, label=text, clip_on=False, zorder=4, gid=rule)
    upright.mark_beyond(ax, x, y)
    if len(np.unique(x)) < 2:
        ax.set_xlim(-0.03, 1.03)
    ax.set_xlabel("share of zero weights")
    ax.set_ylabel(measured(loss))
    upright.draw(ax)
    open_frame(ax)
    legend_below(ax, told)
    entitle(ax, every["data"].iloc[0], f"{loss} against sparsity{held}, {which}")
    return ax


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


def _over(means: str, sure: str, cut: bool) -> str:
    """Say what lines and bands are, and where a band is cut."""
    return f"{means}; 95 % band, {sure}{_CUT if cut else ''}" if sure else means


def _mark_lost(ax: Axes, axis: Axis, means: NDArray, lost: NDArray[np.bool_]) -> None:
    """Mark the points whose cells lost runs."""
    line, place = np.nonzero(lost & np.isfinite(means))
    if len(line):
        size = 5 if len(axis.values) <= _FEW else 4
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


def _band(
    ax: Axes, axis: Axis, i: int, name: str, mean: NDArray, low: NDArray, high: NDArray
) -> None:
    """Draw the i-th line with its band; a point that has no neighbour gets a bar instead."""
    first = int(axis.has_zero)
    colour, marker = LINES[i % len(LINES)], MARKERS[i % len(MARKERS)]
    look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4}
    few = len(axis.values) <= _FEW
    ax.plot(
        *(axis.at[first:], mean[first:]), **look, linestyle=DASHES[i % len(DASHES)], label=name,
        markevery=1 if few else len(axis.values) // 10, gid=name,
    )  # fmt: skip
    ax.fill_between(
        *(axis.at[first:], low[first:], high[first:]), color=colour, alpha=0.2, linewidth=0,
        gid=f"{name} band",
    )  # fmt: skip
    known = np.isfinite(np.concatenate(([np.nan], mean[first:], [np.nan])))
    alone = [*range(first), *first + np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:])]
    for j in alone:
        half = [[mean[j] - low[j]], [high[j] - mean[j]]]
        ax.errorbar(axis.at[j], mean[j], half, **look, linestyle="none", elinewidth=1.5)
