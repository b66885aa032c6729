"""Loss against sparsity, or against the weights that are left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from results.cells import wording
from results.cells.best import by_rule, front
from results.cells.epochs import of_orders, stopped
from results.cells.summary import deciding, whole
from results.columns import is_better_high
from results.labels import counted, measured, most
from results.pictures.along.bands import CUT, FEW
from results.pictures.along.left import Left, are_counted, weights_left
from results.pictures.along.seeds import MOST, dots_of, of_seeds
from results.pictures.shown import shown_at
from results.pictures.style import LINES, MARKS, axes_or_new, entitle, legend_below, open_frame
from results.pictures.upright import Upright

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Dots of seeds for which there is room.
_DOTS = 5000


def pareto(
    table: pd.DataFrame,
    loss: str | None = None,
    *,
    across: Literal["sparsity", "left"] = "sparsity",
    at: Mapping[str, float | str] | None = None,
    runs: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss of each cell against its sparsity, and the front that no cell beats in both.

    Or against the weights that are left, on a logarithmic axis, so that networks of few weights
    can be told apart. The front is one of cells that compete: with fewer seeds than others a cell
    is hollow. Each seed is a faint plus sign, unless there are too many of them.

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
    runs : DataFrame, optional
        Of a summary the runs, whose seeds then are dots; a table of runs has them.
    ax : Axes, optional
        By default those of a new figure.
    """
    further = ["nonzero"] if "status" in table and "nonzero" in table else []
    ax, runs = axes_or_new(ax), table if "status" in table else runs
    loss, every, cells, _, which, held = shown_at(table, loss, at, further)
    y, low, high = (
        cells[f"{part}_{loss}"].to_numpy(np.float64) for part in ("mean", "low", "high")
    )
    values, unit = cells["mean_sparsity"].to_numpy(np.float64), "share of zero weights"
    if across == "left":
        values, unit = weights_left(cells)
    counts = across == "left" and are_counted(cells)
    many, each = dots_of(runs) if runs is not None else (0, "")
    no_room = many > 1 and (many > MOST or many * len(cells) > _DOTS)
    own = losses = np.empty(0)
    if runs is not None and many > 1 and len(cells) and not no_room:
        own, losses = _of_seeds(runs, every, cells, loss, "nonzero" if counts else "sparsity")
    if across == "left" and not counts:
        own = 100 * (1 - own)
    places = Left.of(np.append(values, own)) if across == "left" else None
    x, own = (places.at(some) if places else some for some in (values, own))
    sparser = -values if places else values
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
    if len(own):
        ax.plot(
            *(own, upright.inside(losses)), "+", color="0.4", markersize=3.2, markeredgewidth=0.5,
            alpha=0.5, zorder=0.5, rasterized=len(own) > 2500, gid="seeds", label=f"each {each}",
        )  # fmt: skip
    told = [of_orders(every, cells)]
    if beyond := upright.beyond(losses):
        told.append(f"{counted(beyond, each)} beyond the axis")
    if no_room:
        told.append(f"no dots of {many} {each}s of {counted(len(cells), 'cell')}")
    if len(first) <= FEW and (sure := wording.intervals(cells.iloc[first], [loss])):
        ends = upright.held(low[first]), high[first]
        look: dict[str, Any] = {"color": LINES[0], "alpha": 0.6, "zorder": 2, "gid": "intervals"}
        ax.vlines(x[first], *ends, **look, label="95 % interval")
        told = [f"95 % interval, {sure}{CUT if upright.cuts(low[first]) else ''}", *told]
    metric, chosen = deciding(every), by_rule(every)
    for rule in [rule for rule in MARKS if chosen.get(rule) in cells.index]:
        text = f"{most(metric)} {metric}" if rule == "min" else "sparsest within 1 SE"
        place = cells.index == chosen[rule]
        look = {**MARKS[rule], "label": text, "clip_on": False, "zorder": 4, "gid": rule}
        ax.plot(x[place], y[place], **look)
    upright.mark_beyond(ax, x, y, y)
    if places:
        places.draw(ax)
    elif len(np.unique(x)) < 2:
        ax.set_xlim(-0.03, 1.03)
    ax.set_xlabel(unit)
    ax.set_ylabel(measured(loss))
    upright.draw(ax)
    open_frame(ax)
    legend_below(ax, told)
    what = across if across == "sparsity" else "the weights left"
    entitle(ax, every["data"].iloc[0], f"{loss} against {what}{held}, {which}")
    return ax


def _of_seeds(
    runs: pd.DataFrame, every: pd.DataFrame, cells: pd.DataFrame, loss: str, across: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each seed of some cells lies, and what it lost."""
    rows = cells.index.to_numpy(np.int64)
    losses, places = (of_seeds(runs, every, rows, name) for name in (loss, across))
    known = np.isfinite(losses) & np.isfinite(places)
    return places[known], losses[known]
