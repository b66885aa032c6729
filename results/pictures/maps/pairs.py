"""Pairs of axes as maps: the mean of a metric over all cells with two values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.patches import Patch

from results.cells.importance import shares
from results.cells.levels import Levels, are_drawn
from results.labels import measured
from results.pictures.maps.colours import colour_bar, colours, norm
from results.pictures.maps.squares import GROUND
from results.pictures.shown import check_any, shown_at, varying
from results.pictures.style import entitle_all, figure_or_new, label
from results.plane import lay_out
from results.scale import Scale

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib import axes as panels
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Axes that there is room for.
MOST = 6

#: Cells in a square on average, where they were drawn, and bins of an axis at the most.
_A_SQUARE, _BINS = 3, 8

#: Squares along an axis from which a map is an image inside an SVG.
_MANY = 50


class Side(NamedTuple):
    """An axis of some maps: its levels, where they end, and the ticks for it."""

    name: str
    code: NDArray[np.int64]
    edges: NDArray[np.float64]
    axis: Any


def pairs(
    table: pd.DataFrame,
    metric: str | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw a map for each pair of axes that vary: means over all cells with those two values.

    Values that no two cells share are put together in bins. Of more than six axes those are drawn
    that matter most, as `results.shares` has it.

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
    names = varying(meant)
    if len(names) > MOST:
        found = shares.of_cells(every, metric, every.index.isin(meant.index))
        if not isinstance(found, str):
            names = [name for name in sorted(names, key=lambda one: -found.parts.get(one, 0.0))]
        some = f"the {MOST} axes of {len(names)} that matter most"
        shown = shown._replace(told=f"{some}, {shown.told}")
        names = [name for name in varying(meant) if name in names[:MOST]]
    figure = figure_or_new(figure, size(len(names)))
    drawn = are_drawn(meant, varying(meant))
    few = int(np.clip(np.sqrt(len(cells) / _A_SQUARE), 2, _BINS))
    known = meant.index.isin(cells.index)
    sides = [_side(meant[name], few if name in drawn else len(meant), known) for name in names]
    means = cells[f"mean_{metric}"].to_numpy(np.float64)
    maps = {
        (i, j): _means(sides[i], sides[j], means) for i in range(1, len(sides)) for j in range(i)
    }
    values = np.concatenate([laid.ravel() for laid in maps.values()])
    scale = Scale.of(values, metric)
    grid = figure.subplots(len(sides) - 1, len(sides) - 1, squeeze=False)
    for (i, j), laid in maps.items():
        ax = grid[i - 1, j]
        mesh = ax.pcolormesh(
            *(sides[j].edges, sides[i].edges, np.ma.masked_invalid(laid)), norm=norm(scale),
            cmap=colours(), rasterized=max(laid.shape) > _MANY, gid=f"{names[j]} x {names[i]}",
        )  # fmt: skip
        _frame(ax, sides[j], sides[i], bottom=i == len(sides) - 1, left=j == 0)
    for row, column in zip(*np.triu_indices(len(sides) - 1, 1), strict=True):
        grid[row, column].remove()
    below = [ax for ax in grid.flat if ax.figure is not None]
    colour_bar(below, mesh, values, f"{measured(metric)}, mean over cells", scale)
    if np.isnan(values).any():
        figure.legend(
            handles=[Patch(**GROUND, label="no cell there has a mean")], loc="outside lower center"
        )
    entitle_all(figure, every["data"].iloc[0], shown.title("of each pair of axes"))
    return figure


def size(count: int) -> tuple[float, float]:
    """Return the width and height of a picture of so many axes."""
    side = min(count, MOST) - 1
    return 2.6 + 1.7 * side, 1.6 + 1.5 * side


def _side(values: pd.Series, most: int, known: NDArray[np.bool_]) -> Side:
    """Lay an axis out in even steps, its values or bins of them, with the level of some cells."""
    axis = lay_out(str(values.name), np.unique(values.to_numpy())).even()
    levels = Levels.of(values, most)
    starts = np.cumsum([0, *map(len, levels.values)])
    return Side(axis.name, levels.code[known], starts - 0.5, axis)


def _means(up: Side, across: Side, means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average the cells of each pair of levels, NaN where there is none."""
    shape = len(up.edges) - 1, len(across.edges) - 1
    square = np.ravel_multi_index((up.code, across.code), shape)
    count = np.bincount(square, minlength=np.prod(shape))
    with np.errstate(invalid="ignore"):
        return (np.bincount(square, means, minlength=np.prod(shape)) / count).reshape(shape)


def _frame(ax: panels.Axes, x: Side, y: Side, *, bottom: bool, left: bool) -> None:
    """Label a map at the ends of the picture alone, on a ground that shows where no cell is."""
    ax.patch.set(**GROUND)
    for side, where, axis in ((ax.xaxis, bottom, x.axis), (ax.yaxis, left, y.axis)):
        label(side, axis)
        if not where:
            side.set_label_text("")
            side.set_tick_params(labelleft=False, labelbottom=False)
    ax.tick_params(which="both", length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
