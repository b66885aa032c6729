"""Pictures that are lines over no axis of the grid: learning curves, loss against sparsity."""

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
from results.cells.summary import cell_columns, deciding, whole
from results.columns import LOSSES, is_better_high, possible
from results.errors import ResultsError
from results.labels import folds, measured, most
from results.pictures.along.bands import CUT, FEW, band, over
from results.pictures.shown import shown_at
from results.pictures.style import (
    LINES,
    MARKS,
    axes_or_new,
    entitle,
    legend_below,
    open_frame,
)
from results.pictures.upright import Upright
from results.plane import Axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        band(ax, axis, i, name, means[i], upright.held(lows[i]), highs[i])
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
        ax, [over(wording.means([seeds], folds(*by_seed.splits[::-1])), sure, upright.cuts(lows))]
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
    if len(first) <= FEW and (sure := wording.intervals(cells.iloc[first], [loss])):
        ends = upright.held(low[first]), high[first]
        look: dict[str, Any] = {"color": LINES[0], "alpha": 0.6, "zorder": 2, "gid": "intervals"}
        ax.vlines(x[first], *ends, **look, label="95 % interval")
        told = [f"95 % interval, {sure}{CUT if upright.cuts(low[first]) else ''}", *told]
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
