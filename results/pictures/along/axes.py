"""Each axis against a metric: all cells as dots, with their median and the middle of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from results.cells.best import best
from results.cells.levels import Levels, are_drawn
from results.cells.summary import deciding
from results.columns import is_better_high
from results.labels import measured, most
from results.pictures.along.zero import apart_from_zero
from results.pictures.shown import check_any, shown_at, varying
from results.pictures.style import (
    LINES,
    MARKS,
    entitle_all,
    figure_or_new,
    label,
    legend_outside,
    open_frame,
)
from results.pictures.upright import Upright
from results.plane import Axis, is_number, lay_out

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib import axes as panels
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Shares of the cells between which the band lies.
_MIDDLE = (0.1, 0.9)

#: Cells of a bin, where no two have the same value, and bins at the most.
_A_BIN, _BINS = 12, 12

#: Panels side by side at the most.
_ACROSS = 3

#: Dots from which they are an image inside an SVG, and not a shape each.
_MANY = 2500


class Line(NamedTuple):
    """An axis, where its levels are drawn, and what the cells of each say.

    Attributes
    ----------
    axis : Axis
    at, middle, low, high, best : ndarray of float64, shape (levels,)
        The median of the cells, the ends of the band, and the best of them.
    """

    axis: Axis
    at: NDArray[np.float64]
    middle: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    best: NDArray[np.float64]

    @classmethod
    def of(cls, axis: Axis, values: pd.Series, means: NDArray, upwards: bool, drawn: bool) -> Line:
        """Sum up the means of cells by their values of an axis; ``upwards`` is better."""
        few = int(np.clip(len(values) // _A_BIN, 2, _BINS))
        levels = Levels.of(values, few if drawn else len(values))
        at = axis.at[
            np.searchsorted(axis.values, [level[len(level) // 2] for level in levels.values])
        ]
        some = [means[levels.code == code] for code in range(len(at))]
        low, high = np.array([np.quantile(held, _MIDDLE) for held in some]).T
        first = [held.max() if upwards else held.min() for held in some]
        middle = np.array([np.median(held) for held in some])
        return cls(axis, at, middle, low, high, np.array(first))


def axes(
    table: pd.DataFrame,
    metric: str | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw a metric of all cells along each axis that varies, words as categories.

    The line is the median of the cells with that value, whatever their other values are, the band
    the middle 80 % of them, and dashes the best one. Values that no two cells share are put
    together in bins.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str, optional
        By default the loss that decides.
    at : dict of str to float or str, optional
        Values at which to hold axes; by default all cells are shown.
    figure : Figure, optional
        By default a new one.

    Raises
    ------
    ResultsError
        If no cell has a mean.
    """
    shown = shown_at(table, metric, at)
    metric, every, cells, meant, *_ = shown
    check_any(cells, metric)
    names, means = varying(meant), cells[f"mean_{metric}"].to_numpy(np.float64)
    figure = figure_or_new(figure, size(len(names)))
    grid = figure.subplots(-(-len(names) // _ACROSS), min(len(names), _ACROSS), squeeze=False)
    drawn, upwards = are_drawn(meant, names), is_better_high(metric)
    lost = meant.drop(index=cells.index)
    lines = [
        Line.of(
            lay_out(name, np.unique(meant[name].to_numpy())),
            cells[name],
            means,
            upwards,
            name in drawn,
        )
        for name in names
    ]
    upright = Upright.of(means, np.concatenate([line.low for line in lines]), metric)
    for place, (ax, line) in enumerate(zip(grid.flat, lines, strict=False)):
        _panel(ax, line, cells, means, upright, metric)
        _mark_lost(ax, line.axis, lost)
        if place % _ACROSS:
            ax.tick_params(labelleft=False)
        else:
            ax.set_ylabel(measured(metric))
    ends = np.array([ax.get_ylim() for ax in grid.flat[: len(names)]])
    for ax in grid.flat[: len(names)]:
        ax.set_ylim(ends[:, 0].min(), ends[:, 1].max())
    for ax in grid.flat[len(names) :]:
        ax.remove()
    entitle_all(figure, every["data"].iloc[0], shown.title("along each axis"))
    legend_outside(figure, grid.flat[0].get_legend_handles_labels()[0])
    return figure


def size(count: int) -> tuple[float, float]:
    """Return the width and height of a picture of so many axes."""
    return 2.0 + 2.4 * min(count, _ACROSS), 1.4 + 2.2 * -(-count // _ACROSS)


def _panel(
    ax: panels.Axes,
    line: Line,
    cells: pd.DataFrame,
    means: NDArray[np.float64],
    upright: Upright,
    metric: str,
) -> None:
    """Draw one axis: its cells, their median and band, and the best of all."""
    axis = line.axis
    place = axis.at[np.searchsorted(axis.values, cells[axis.name].to_numpy())]
    ax.plot(
        *(place, means), "o", color="0.45", markersize=2.5, markeredgewidth=0, alpha=0.6,
        rasterized=len(means) > _MANY, zorder=1, gid="cells", label="a cell",
    )  # fmt: skip
    look: dict[str, Any] = {"color": LINES[0], "zorder": 3}
    low, binned = upright.held(line.low), len(line.at) < cells[axis.name].nunique()
    told = f"median of the cells there{', in bins' if binned else ''}"
    first = int(axis.has_zero and not binned and line.at[0] == axis.at[0])
    if is_number(axis.values):
        ax.plot(line.at[first:], line.middle[first:], "-", **look)
        ax.fill_between(
            *(line.at[first:], low[first:], line.high[first:]), color=LINES[0], alpha=0.2,
            linewidth=0, zorder=2, label="the middle 80 % of them", gid="band",
        )  # fmt: skip
        bars = slice(0, first)
    else:
        bars = slice(0, len(line.at))
    ends = low[bars], line.high[bars]
    ax.vlines(
        *(line.at[bars], *ends), color=LINES[0], alpha=0.35, linewidth=6, zorder=2,
        label="_" if is_number(axis.values) else "the middle 80 % of them", gid="bars",
    )  # fmt: skip
    ax.plot(line.at, line.middle, "o", **look, markersize=4, label=told, gid="median")
    apart = np.where(np.arange(len(line.at)) < first, np.nan, line.best)
    ax.plot(line.at[:first], line.best[:first], "_", color=LINES[1], zorder=3, gid="best")
    ax.plot(
        *(line.at, apart), color=LINES[1], zorder=3, label=f"the {most(metric)} of them",
        linestyle="--" if is_number(axis.values) else "none", marker="_", gid="best",
    )  # fmt: skip
    if cells[f"rank_{deciding(cells)}"].notna().any():
        cell = best(cells).iloc[0]
        where = axis.at[np.searchsorted(axis.values, cell[axis.name])]
        text = f"{most(deciding(cells))} {deciding(cells)}"
        star = {**MARKS["min"], "clip_on": False, "zorder": 5, "label": text, "gid": "min"}
        ax.plot(where, cell[f"mean_{metric}"], **star)
    upright.mark_beyond(ax, place, means, means)
    margin = 0.06 * (axis.edges[-1] - axis.edges[0])
    ax.set_xlim(axis.at[0] - margin, axis.at[-1] + margin)
    if not is_number(axis.values):
        ax.set_xlim(axis.edges[0], axis.edges[-1])
    upright.draw(ax)
    label(ax.xaxis, axis)
    open_frame(ax)
    if first:
        apart_from_zero(ax, axis)


def _mark_lost(ax: panels.Axes, axis: Axis, lost: pd.DataFrame) -> None:
    """Cross out the values of cells that have no mean."""
    if len(lost):
        x = axis.at[np.searchsorted(axis.values, np.unique(lost[axis.name].to_numpy()))]
        ax.plot(
            *(x, np.full(len(x), 0.02)), "x", color="black", markersize=4, clip_on=False,
            transform=ax.get_xaxis_transform(), label="cells without a mean", gid="lost",
        )  # fmt: skip
