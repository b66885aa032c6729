"""Pictures that are maps: a metric over two axes of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from results.cells import wording
from results.cells.best import best
from results.cells.epochs import as_cells_with_epochs, of_orders, stopped
from results.cells.summary import deciding, folds_of
from results.labels import called, measured, most, number
from results.pictures.colours import (
    colour_bar,
    colours,
    colours_of_differences,
    norm,
    norm_of_differences,
)
from results.pictures.style import CROSS, MARKS, axes_or_new, entitle, label, legend_below
from results.plane import Plane, plane, said
from results.scale import Scale, ink

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colors import Colormap, Normalize
    from numpy.typing import NDArray

#: Cells along an axis up to which each one gets its number.
_NUMBERED = 7

#: Cells of a map from which it is an image inside an SVG, and not a shape each.
_MANY = 2500

#: Cells along an axis up to which a mark has room in each.
_WIDE_CELLS = 12

#: Letters over what a mean is from which they get a line of their own.
_LONG = 30

#: Where an interval holds 0.
_HATCH = "////"

#: Where there is no cell, and where there is one that halving stopped.
GROUND: dict[str, Any] = {"facecolor": "0.92", "edgecolor": "0.45", "hatch": "xxx"}
_STOPPED: dict[str, Any] = {"facecolor": "0.92", "edgecolor": "0.45", "hatch": "..."}


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
    cells = as_cells_with_epochs(table, [metric] if metric else [])
    metric = metric or deciding(cells)
    found, ax = plane(cells, at), axes_or_new(ax)
    values = found.matrix(cells[f"mean_{metric}"].mask(stopped(cells)))
    scale = Scale.of(values, metric)
    mesh = _mesh(ax, found, values, _early(found, cells), (norm(scale), colours()))
    rows = found.rows[found.rows >= 0]
    shown = cells.iloc[rows[~stopped(cells)[rows]]]
    over = wording.means(shown["seeds"], folds_of(cells))
    comma = ",\n" if len(over) > _LONG else ", "
    colour_bar(ax, mesh, values, f"{measured(metric)}{comma}{over}", scale)
    marked = _marks(ax, found, cells)
    _numbers(ax, values, mesh, marked, digits=3)
    _entitle(ax, cells, found, metric)
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
    cells = as_cells_with_epochs(table, [metric] if metric else [])
    metric = metric or deciding(cells)
    found, ax = plane(cells, at), axes_or_new(ax)
    columns = (f"{part}_{metric}_from_{against}" for part in ("mean", "low", "high"))
    mean, low, high = (found.matrix(cells[name].mask(stopped(cells))) for name in columns)
    signed = norm_of_differences(mean, high - low, metric), colours_of_differences()
    mesh = _mesh(ax, found, mean, _early(found, cells), signed)
    bar = colour_bar(ax, mesh, mean, f"difference of {measured(metric)}, {wording.pairs(cells)}")
    bar.ax.axhline(0, **_line(1.5))
    for spine in ax.spines.values():  # where differences are 0 a map is as white as paper
        spine.set(visible=True, color="0.6", linewidth=0.6)
    largest = max(abs(float(end or 0)) for end in mesh.get_clim())
    mean = np.where(abs(mean) < 1e-12 * largest, 0.0, mean)  # what rounding leaves of none
    unclear = ~((low > 0) | (high < 0)) & ~np.isnan(mean) & (mean != 0)
    _hatch(ax, found, mesh, mean, unclear)
    some = np.isnan(low[unclear])
    told = {"95 % interval holds 0": ~some, "no interval: one seed": some}
    why = [text for text, which in told.items() if which.any()]
    sure = wording.intervals(cells, [metric]) if (~some).any() else ""
    look: dict[str, Any] = {"hatch": _HATCH, "facecolor": "0.4", "edgecolor": "white"}
    hatched = [Patch(**look, linewidth=0, label=" or\n".join(why))] if why else []
    other = found.matrix(cells[f"mean_{metric}"])
    if (np.isnan(mean) & ~np.isnan(other) & ~_early(found, cells)).any():
        hatched.append(Patch(**GROUND, label="without a cell to compare with"))
    marked = _marks(ax, found, cells, hatched, [f"95 % interval, {sure}"] if sure else [])
    _numbers(ax, mean, mesh, marked, digits=2)
    _entitle(ax, cells, found, called(f"{metric}_from_{against}"))
    return ax


def _mesh(
    ax: Axes,
    found: Plane,
    values: NDArray,
    early: NDArray[np.bool_],
    laid: tuple[Normalize, Colormap],
) -> QuadMesh:
    """Draw the cells, and behind them a hatched ground that shows where there is none.

    Those that halving stopped ``early`` have no colour: it would be that of fewer epochs.
    """
    ax.add_patch(Rectangle((0, 0), 1, 1, transform=ax.transAxes, **GROUND, linewidth=0, zorder=0))
    mesh = ax.pcolormesh(
        *(found.x.edges, found.y.edges, np.ma.masked_invalid(values)), norm=laid[0],
        cmap=laid[1], rasterized=values.size > _MANY, zorder=1,
    )  # fmt: skip
    if early.any():
        corners = [_corners(found, *place) for place in np.argwhere(early)]
        ax.add_collection(PolyCollection(corners, **_STOPPED, linewidth=0, gid="stopped"))
    ax.set_xlim(found.x.edges[0], found.x.edges[-1])
    ax.set_ylim(found.y.edges[0], found.y.edges[-1])
    for axis, part, line in ((found.x, ax.xaxis, ax.axvline), (found.y, ax.yaxis, ax.axhline)):
        label(part, axis)
        if axis.has_zero:  # 0 is no neighbour of a logarithm
            line(axis.edges[1], zorder=2, **_line(2 if len(axis.values) <= 30 else 0.8))
    # A mark at the edge of a fine map reaches beyond it.
    ax.tick_params(which="both", length=0, pad=4 if max(values.shape) <= _WIDE_CELLS else 9)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return mesh


def _early(found: Plane, cells: pd.DataFrame) -> NDArray[np.bool_]:
    return found.matrix(pd.Series(stopped(cells), cells.index).astype(float)) == 1


def _line(width: float) -> dict[str, Any]:
    """Return the look of a line that is seen on any colour."""
    edges = withStroke(linewidth=width + 0.8, foreground="0.3")
    return {"color": "white", "linewidth": width, "path_effects": [edges]}


def _corners(found: Plane, row: int, column: int) -> list[tuple[float, float]]:
    x, y = found.x.edges[column : column + 2], found.y.edges[row : row + 2]
    return [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]


def _hatch(ax: Axes, found: Plane, mesh: QuadMesh, values: NDArray, some: NDArray) -> None:
    """Hatch some cells, with lines that stand out from the colour of each."""
    inks = ink(mesh.cmap(mesh.norm(values)))
    for colour in ("black", "white"):
        corners = [_corners(found, *place) for place in np.argwhere(some & (inks == colour))]
        if corners:
            look: dict[str, Any] = {"hatch": _HATCH, "edgecolor": colour, "facecolor": "none"}
            look |= {"linewidth": 0, "zorder": 2, "gid": f"unclear {colour}"}
            ax.add_collection(PolyCollection(corners, **look))


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
        ground = np.ravel(mesh.cmap(mesh.norm(value)))
        below = 0.2 if (row, column) in marked else 0
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7, "zorder": 3}
        style |= {"bbox": {"facecolor": ground, "linewidth": 0, "pad": 0.8}}
        ax.text(column, row - below, number(value, digits), color=str(ink(ground)), **style)


def _marks(
    ax: Axes,
    found: Plane,
    cells: pd.DataFrame,
    handles: Sequence[Artist] = (),
    told: Sequence[str] = (),
) -> set[tuple[int, int]]:
    """Mark the cells that the rules choose, and where runs diverged; return the former's places.

    In the legend there are other ``handles`` too, and over it what is ``told``.
    """
    metric, chosen, explained = deciding(cells), set(), list(handles)
    numbered = max(found.rows.shape) <= _NUMBERED
    for rule, style in MARKS.items() if cells[f"rank_{metric}"].notna().any() else ():
        cell = best(cells, rule)
        place = found.find(int(cell.index[0]))
        if place is None or cell["rule"].iloc[0] != rule:  # without a standard error
            continue
        chosen.add(place)
        up = 0.22 if numbered else 0  # above the number
        text = f"{most(metric)} {metric}" if rule == "min" else "sparsest within 1 SE"
        ax.plot(place[1], place[0] + up, **style, clip_on=False, zorder=4, gid=rule)
        explained.insert(0, Line2D([], [], **style, label=text))
    some = (found.matrix(cells["share_diverged"]) > 0) & (found.matrix(cells["seeds"]) > 0)
    if some.any():
        rows, columns = np.nonzero(some)
        size = 6 if max(found.rows.shape) <= 30 else 4.5
        corner = 0.34 if numbered else 0
        ax.plot(columns + corner, rows + corner, **CROSS, markersize=size, zorder=3, gid="diverged")
        explained.append(Line2D([], [], **CROSS, markersize=size))
    early = _early(found, cells)
    if early.any():
        explained.append(Patch(**_STOPPED, label="stopped by halving: fewer epochs"))
    unknown = found.rows[np.isnan(found.matrix(cells[f"mean_{metric}"])) & ~early]
    if why := wording.without_mean(cells.reindex(unknown)):
        explained.append(Patch(**GROUND, label=why))
    shown = cells.iloc[np.unique(found.rows[found.rows >= 0])]
    legend_below(ax, [*told, of_orders(cells, shown)], handles=explained)
    return chosen


def _entitle(ax: Axes, cells: pd.DataFrame, found: Plane, what: str) -> None:
    fixed = f", {said(found.fixed, cells)}" if found.fixed else ""
    entitle(ax, cells["data"].iloc[0], f"{what}{fixed}")
