"""A map of a plane: a square for each cell, its number, and the marks of the chosen ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from results.cells import wording
from results.cells.epochs import of_orders, stopped
from results.cells.summary import deciding
from results.labels import most, number
from results.pictures.maps.colours import colour_bar
from results.pictures.style import CROSS, MARKS, entitle, inches, label, legend_below
from results.plane import Plane, said
from results.scale import Scale, ink

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colors import Colormap, Normalize
    from numpy.typing import NDArray

#: Cells along an axis up to which each one gets its number, and inches that it takes.
_NUMBERED, _ROOM = 7, 0.45

#: Cells of a map from which it is an image inside an SVG, and not a shape each.
_MANY = 2500

#: Cells along an axis up to which a mark has room in each.
_WIDE_CELLS = 12

#: Where an interval holds 0.
HATCH = "////"

#: Where there is no cell, and where there is one that halving stopped.
GROUND: dict[str, Any] = {"facecolor": "0.92", "edgecolor": "0.45", "hatch": "xxx"}
_STOPPED: dict[str, Any] = {"facecolor": "0.92", "edgecolor": "0.45", "hatch": "..."}


class Coloured(NamedTuple):
    """What maps of some planes show, on one scale of colours.

    Attributes
    ----------
    values : ndarray of float64, shape (planes, y, x)
        NaN has no colour.
    norm, colours : Normalize, Colormap
    bar : str
        What colours stand for.
    what : str
        The same for a title.
    digits : int
        Of the number in a square.
    chosen : dict of str to int
        See `results.cells.best.by_rule`.
    scale : Scale, optional
        What the norm is made of; of what has a sign there is none.
    unclear : ndarray of bool, shape (planes, y, x), optional
        Which squares are hatched.
    handles : list of Artist
        For the legend, and ``told`` over it.
    told : list of str
    """

    values: NDArray[np.float64]
    norm: Normalize
    colours: Colormap
    bar: str
    what: str
    digits: int
    chosen: Mapping[str, int]
    scale: Scale | None = None
    unclear: NDArray[np.bool_] | None = None
    handles: Sequence[Artist] = ()
    told: Sequence[str] = ()


def alone(ax: Axes, found: Plane, cells: pd.DataFrame, shown: Coloured) -> Axes:
    """Draw the map of one plane, with all that belongs to it."""
    mesh = squares(ax, found, cells, shown, 0)
    bar_of([ax], mesh, shown)
    legend_below(ax, told([found], cells, shown), handles=explained([found], cells, shown))
    fixed = said(found.fixed, cells, ", ")
    entitle(ax, cells["data"].iloc[0], f"{shown.what}{fixed}")
    return ax


def squares(ax: Axes, found: Plane, cells: pd.DataFrame, shown: Coloured, i: int) -> QuadMesh:
    """Draw the i-th plane: its cells in colours, their numbers, and marks."""
    values, early = shown.values[i], _early(found, cells)
    mesh = _mesh(ax, found, values, early, (shown.norm, shown.colours))
    if shown.scale is None:
        for spine in ax.spines.values():  # where differences are 0 a map is as white as paper
            spine.set(visible=True, color="0.6", linewidth=0.6)
    if shown.unclear is not None:
        _hatch(ax, found, mesh, values, shown.unclear[i])
    numbered = values.size > 1 and max(values.shape) <= min(_NUMBERED, inches(ax) / _ROOM)
    marked = _mark(ax, found, cells, shown.chosen, numbered)
    if numbered:
        _numbers(ax, values, mesh, marked, shown.digits)
    return mesh


def bar_of(axes: Sequence[Axes], mesh: QuadMesh, shown: Coloured) -> None:
    """Draw the bar of all maps that share a scale of colours."""
    bar = colour_bar(axes, mesh, shown.values, shown.bar, shown.scale)
    if shown.scale is None:
        bar.ax.axhline(0, **_line(1.5))


def explained(planes: Sequence[Plane], cells: pd.DataFrame, shown: Coloured) -> list[Artist]:
    """Return what a legend says of the marks in some planes."""
    metric = deciding(cells)
    texts = {"min": f"{most(metric)} {metric}", "one-se": "sparsest within 1 SE"}
    there = {rule for found in planes for rule in _places(found, shown.chosen)}
    handles: list[Artist] = [
        Line2D([], [], **MARKS[rule], label=text) for rule, text in texts.items() if rule in there
    ]
    handles += shown.handles
    if any(_lost(found, cells).any() for found in planes):
        handles.append(Line2D([], [], **CROSS, markersize=6))
    if any(_early(found, cells).any() for found in planes):
        handles.append(Patch(**_STOPPED, label="stopped by halving: fewer epochs"))
    unknown = np.concatenate(
        [
            found.rows[np.isnan(values) & ~_early(found, cells)]
            for found, values in zip(planes, shown.values, strict=True)
        ]
    )
    causes = [wording.without_mean(cells.iloc[unknown[unknown >= 0]], cells)]
    causes += ["not in the table"] * bool((unknown < 0).any())
    if why := " or ".join(filter(None, causes)):
        handles.append(Patch(**GROUND, label=why))
    return handles


def told(planes: Sequence[Plane], cells: pd.DataFrame, shown: Coloured) -> list[str]:
    """Return what stands over the legend of some planes."""
    rows = np.concatenate([found.rows[found.rows >= 0] for found in planes])
    return [*shown.told, of_orders(cells, cells.iloc[np.unique(rows)])]


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
            look: dict[str, Any] = {"hatch": HATCH, "edgecolor": colour, "facecolor": "none"}
            look |= {"linewidth": 0, "zorder": 2, "gid": f"unclear {colour}"}
            ax.add_collection(PolyCollection(corners, **look))


def _numbers(
    ax: Axes, values: NDArray, mesh: QuadMesh, marked: set[tuple[int, int]], digits: int
) -> None:
    """Write each cell's value into it, below the mark of one that is marked."""
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        ground = np.ravel(mesh.cmap(mesh.norm(value)))
        below = 0.2 if (row, column) in marked else 0
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7, "zorder": 3}
        style |= {"bbox": {"facecolor": ground, "linewidth": 0, "pad": 0.8}}
        ax.text(column, row - below, number(value, digits), color=str(ink(ground)), **style)


def _mark(
    ax: Axes, found: Plane, cells: pd.DataFrame, by_rule: Mapping[str, int], numbered: bool
) -> set[tuple[int, int]]:
    """Mark the cells that the rules choose, and where runs diverged; return the former's places."""
    chosen = _places(found, by_rule)
    up, corner = (0.22, 0.34) if numbered else (0, 0)  # above the number
    for rule, (row, column) in chosen.items():
        ax.plot(column, row + up, **MARKS[rule], clip_on=False, zorder=4, gid=rule)
    some = _lost(found, cells)
    if some.any():
        rows, columns = np.nonzero(some)
        size = 6 if max(found.rows.shape) <= 30 else 4.5
        ax.plot(columns + corner, rows + corner, **CROSS, markersize=size, zorder=3, gid="diverged")
    return set(chosen.values())


def _places(found: Plane, chosen: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return where in a plane the cells are that the rules choose."""
    places = {rule: found.find(row) for rule, row in chosen.items()}
    return {rule: place for rule, place in places.items() if place is not None}


def _lost(found: Plane, cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which cells of a plane lost some of their runs."""
    return (found.matrix(cells["share_diverged"]) > 0) & (found.matrix(cells["seeds"]) > 0)
