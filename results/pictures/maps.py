"""Pictures that are maps: a metric over two axes of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize, SymLogNorm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from results.cells.best import best
from results.cells.summary import as_cells, deciding
from results.columns import is_ratio
from results.labels import called, measured, most, number
from results.pictures.style import COLOURS, MARKS, axes_or_new, label, legend_below, title
from results.plane import Plane, plane, said
from results.scale import Scale

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from numpy.typing import NDArray

#: Cells along an axis up to which each one gets its number.
_NUMBERED = 7

#: Cells of a map from which it is an image inside an SVG, and not a shape each.
_MANY = 2500


def heatmap(
    table: pd.DataFrame,
    metric: str | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean of a metric over two axes of the grid, L1 and L2 where they vary.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str, optional
        By default the loss that decides.
    at : dict of str to float or str, optional
        Values at which to hold other axes; by default those of the best cell.
    ax : Axes, optional
        By default those of a new figure.
    """
    cells = as_cells(table, [metric] if metric else [])
    metric = metric or deciding(cells)
    found, ax = plane(cells, at), axes_or_new(ax)
    values = found.matrix(cells[f"mean_{metric}"])
    mesh = _mesh(ax, found, values, _norm(values, metric))
    seeds = int(cells["seeds"].max())
    over = f", mean of {seeds} seeds" if seeds > 1 else ""
    _colour_bar(ax, mesh, f"{measured(metric)}{over}")
    marked = _marks(ax, found, cells)
    _numbers(ax, values, mesh, marked, digits=3)
    ax.set_title(_title(cells, found, metric))
    return ax


def differences(
    table: pd.DataFrame,
    metric: str | None = None,
    *,
    against: Literal["none", "best"] = "none",
    at: Mapping[str, float | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw paired differences, hatched where the 95 % interval does not tell them from 0.

    Parameters
    ----------
    table, metric, at, ax
        As for `heatmap`.
    against : {"none", "best"}
        Compare with the cell without penalties, or with the best one.
    """
    cells = as_cells(table, [metric] if metric else [])
    metric = metric or deciding(cells)
    found, ax = plane(cells, at), axes_or_new(ax)
    mean, low, high = (
        found.matrix(cells[f"{part}_{metric}_from_{against}"]) for part in ("mean", "low", "high")
    )
    mesh = _mesh(ax, found, mean, _symmetric_norm(mean, high - low, metric))
    bar = _colour_bar(ax, mesh, f"difference of {measured(metric)}, paired by seed")
    bar.ax.axhline(0, color="white", linewidth=1.5)
    unclear = ~((low > 0) | (high < 0)) & ~np.isnan(mean) & (mean != 0)
    handles = []
    if unclear.any():
        corners = [_corners(found, *place) for place in np.argwhere(unclear)]
        hatch: dict[str, Any] = {"edgecolor": "white", "hatch": "////", "linewidth": 0}
        ax.add_collection(
            PolyCollection(corners, facecolor="none", **hatch, zorder=2, gid="unclear")
        )
        handles = [Patch(facecolor="grey", **hatch, label="95 % interval holds 0")]
    marked = _marks(ax, found, cells, handles)
    _numbers(ax, mean, mesh, marked, digits=2)
    ax.set_title(_title(cells, found, called(f"{metric}_from_{against}")))
    return ax


def _mesh(ax: Axes, found: Plane, values: NDArray, norm: Normalize) -> QuadMesh:
    """Draw the cells, and behind them a hatched ground that shows where there is none."""
    ground = Rectangle(
        (0, 0), 1, 1, transform=ax.transAxes, facecolor="0.92", edgecolor="0.6", hatch="xxx",
        linewidth=0, zorder=0,
    )  # fmt: skip
    ax.add_patch(ground)
    mesh = ax.pcolormesh(
        *(found.x.edges, found.y.edges, np.ma.masked_invalid(values)), norm=norm, cmap=COLOURS,
        rasterized=values.size > _MANY, zorder=1,
    )  # fmt: skip
    ax.set_xlim(found.x.edges[0], found.x.edges[-1])
    ax.set_ylim(found.y.edges[0], found.y.edges[-1])
    for axis, part, line in ((found.x, ax.xaxis, ax.axvline), (found.y, ax.yaxis, ax.axhline)):
        label(part, axis)
        if axis.has_zero:  # 0 is no neighbour of a logarithm
            width = 2 if len(axis.values) <= 30 else 0.6
            line(axis.edges[1], color="white", linewidth=width, zorder=2)
    ax.tick_params(which="both", length=0, pad=4)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return mesh


def _corners(found: Plane, row: int, column: int) -> list[tuple[float, float]]:
    x, y = found.x.edges[column : column + 2], found.y.edges[row : row + 2]
    return [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]


def _norm(values: NDArray, metric: str) -> Normalize:
    scale = Scale.of(values, metric)
    high = scale.high if scale.high > scale.low else scale.low + abs(scale.low or 1) * 1e-3
    return (LogNorm if scale.logarithmic else Normalize)(scale.low, high)


def _symmetric_norm(mean: NDArray, width: NDArray, metric: str) -> Normalize:
    """Scale what is told by factors in logarithm, but for the noise: half a typical interval."""
    low, high = _range(mean)
    noise = np.nanmedian(width) / 2 if np.isfinite(width).any() else 0
    if is_ratio(metric) and noise > 0 and max(-low, high) > 10 * noise:
        return SymLogNorm(float(noise), vmin=low, vmax=high, base=10)
    return Normalize(low, high)


def _range(values: NDArray) -> tuple[float, float]:
    """Return the range of some differences, widened to hold 0."""
    finite = values[np.isfinite(values)]
    return float(min(finite.min(initial=0), -1e-9)), float(max(finite.max(initial=0), 1e-9))


def _colour_bar(ax: Axes, mesh: QuadMesh, text: str) -> Colorbar:
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label(text)
    norm = mesh.norm
    if isinstance(norm, LogNorm):
        bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    if isinstance(norm, SymLogNorm):
        bar.set_ticks(_symmetric_ticks(norm))
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 3)))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.tick_params(length=2)
    return bar


def _symmetric_ticks(norm: SymLogNorm) -> list[float]:
    """Return 0, both ends, and the powers of ten outside of what is noise."""
    low, high = float(norm.vmin or 0), float(norm.vmax or 0)
    most = np.log10(max(-low, high))
    powers = 10.0 ** np.arange(np.ceil(np.log10(norm.linthresh)), np.floor(most) + 1)
    ticks = [0.0]
    for tick in (low, high, *-powers, *powers):
        inside = low <= tick <= high
        if inside and all(abs(norm(tick) - norm(other)) > 0.05 for other in ticks):
            ticks.append(float(tick))
    return sorted(ticks)


def _numbers(
    ax: Axes,
    values: NDArray,
    mesh: QuadMesh,
    marked: set[tuple[int, int]],
    digits: int,
) -> None:
    """Write each cell's value into it, where there is room."""
    if max(values.shape) > _NUMBERED or values.size < 2:
        return
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        red, green, blue, _ = mesh.cmap(mesh.norm(value))
        ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 0.45 else "white"
        below = 0.2 if (row, column) in marked else 0
        ground: dict[str, Any] = {
            "facecolor": mesh.cmap(mesh.norm(value)),
            "edgecolor": "none",
            "pad": 0.8,
        }
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7, "zorder": 3}
        ax.text(column, row - below, number(value, digits), color=ink, bbox=ground, **style)


def _marks(
    ax: Axes, found: Plane, cells: pd.DataFrame, handles: Sequence[Artist] = ()
) -> set[tuple[int, int]]:
    """Mark the cells that the rules choose, and where runs diverged; return the former's places."""
    metric, chosen, explained = deciding(cells), set(), list(handles)
    numbered = max(found.rows.shape) <= _NUMBERED
    for rule, style in MARKS.items() if cells[f"rank_{metric}"].notna().any() else ():
        place = found.find(best(cells, rule).index[0])
        if place is None:
            continue
        chosen.add(place)
        up = 0.22 if numbered else 0  # above the number
        text = f"{most(metric)} {metric}" if rule == "min" else "sparsest within 1 SE"
        ax.plot(place[1], place[0] + up, **style, clip_on=False, zorder=4, gid=rule)
        explained.insert(0, Line2D([], [], **style, label=text))
    some = (found.matrix(cells["share_diverged"]) > 0) & (found.matrix(cells["seeds"]) > 0)
    if some.any():
        rows, columns = np.nonzero(some)
        size = 5 if max(found.rows.shape) <= 30 else 2
        cross: dict[str, Any] = {
            "marker": "X",
            "linestyle": "none",
            "color": "black",
            "markersize": size,
        }
        cross |= {"markeredgecolor": "white", "markeredgewidth": size / 10}
        corner = 0.34 if numbered else 0
        ax.plot(columns + corner, rows + corner, **cross, zorder=3, gid="diverged")
        explained.append(Line2D([], [], **cross, label="some runs diverged"))
    if np.isnan(found.matrix(cells[f"mean_{metric}"])).any():
        ground: dict[str, Any] = {"facecolor": "0.92", "edgecolor": "0.6", "hatch": "xxx"}
        explained.append(Patch(**ground, label="diverged or missing"))
    legend_below(ax, handles=explained)
    return chosen


def _title(cells: pd.DataFrame, found: Plane, what: str) -> str:
    fixed = f", {said(found.fixed, cells)}" if found.fixed else ""
    return title(cells["data"].iloc[0], f"{what}{fixed}")
