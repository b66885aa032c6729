"""Loss against sparsity, or against the weights that are left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from results.cells import wording
from results.cells.best import best, front
from results.cells.epochs import as_cells_with_epochs, of_orders, stopped
from results.cells.summary import deciding, whole
from results.columns import is_better_high
from results.labels import measured, most
from results.pictures.along.bands import CUT, FEW
from results.pictures.along.left import Left, weights_left
from results.pictures.shown import shown_at
from results.pictures.style import LINES, MARKS, axes_or_new, entitle, legend_below, open_frame
from results.pictures.upright import Upright

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def pareto(
    table: pd.DataFrame,
    loss: str | None = None,
    *,
    across: Literal["sparsity", "left"] = "sparsity",
    at: Mapping[str, float | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss of each cell against its sparsity, and the front that no cell beats in both.

    Or against the weights that are left, on a logarithmic axis, so that networks of few weights
    can be told apart. The front is one of cells that compete: with fewer seeds than others a cell
    is hollow.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    loss : str, optional
        By default the loss that decides.
    across : {"sparsity", "left"}, default "sparsity"
        The share of zero weights, or how many are left; what share, where no number is known.
    at : dict of str to float or str, optional
        Values at which to hold axes; by default all cells are shown.
    ax : Axes, optional
        By default those of a new figure.
    """
    further = ["nonzero"] if "status" in table and "nonzero" in table else []
    every = as_cells_with_epochs(table, [*([loss] if loss else []), *further])
    ax = axes_or_new(ax)
    loss = loss or deciding(every)
    cells, _, which, held = shown_at(every, loss, at)
    y, low, high = (
        cells[f"{part}_{loss}"].to_numpy(np.float64) for part in ("mean", "low", "high")
    )
    left, unit = weights_left(cells)
    places = Left.of(left)
    x = cells["mean_sparsity"].to_numpy(np.float64) if across == "sparsity" else places.at(left)
    sparser = x if across == "sparsity" else -left
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
    first = np.flatnonzero(competes)[front(sparser[competes], cost[competes])]
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
            place = x[cells.index == cell.name], cell[f"mean_{loss}"]
            ax.plot(*place, **style, label=text, clip_on=False, zorder=4, gid=rule)
    upright.mark_beyond(ax, x, y)
    if across == "left":
        places.draw(ax)
    elif len(np.unique(x)) < 2:
        ax.set_xlim(-0.03, 1.03)
    ax.set_xlabel("share of zero weights" if across == "sparsity" else unit)
    ax.set_ylabel(measured(loss))
    upright.draw(ax)
    open_frame(ax)
    legend_below(ax, told)
    what = across if across == "sparsity" else "the weights left"
    entitle(ax, every["data"].iloc[0], f"{loss} against {what}{held}, {which}")
    return ax
