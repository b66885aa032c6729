"""Maps side by side, one for each value of a third axis, on one scale of colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from results.cells.epochs import as_cells_with_epochs
from results.cells.summary import deciding
from results.errors import ResultsError
from results.pictures.drawn_values import DrawnValues
from results.pictures.maps.differences import Against, paired
from results.pictures.maps.means import means
from results.pictures.maps.squares import bar_of, explained, squares, told
from results.pictures.style import entitle_all, figure_or_new, legend_outside
from results.plane import check_axis, planes, said, third

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Maps at the most, and side by side.
MOST, _ACROSS = 9, 3


def facets(
    table: pd.DataFrame,
    metric: str | None = None,
    *,
    by: str | None = None,
    against: Against | None = None,
    at: Mapping[str, float | str] | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw the map of a metric over two axes once for each value of a third one.

    Of more than nine values those are shown where the best cell there is, both ends, and others
    between; none at which there is nothing to draw.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str, optional
        By default the loss that decides.
    by : str, optional
        The third axis; by default the first that varies beside those of `heatmap`.
    against : {"none", "best"}, optional
        Draw differences from the cell without penalties, or from the best one, as `differences`
        does, and not means.
    at : dict of str to float or str, optional
        Values at which to hold further axes; by default those of the best cell.
    figure : Figure, optional
        By default a new one.

    Raises
    ------
    ResultsError
        If no third axis varies, or `by` is no axis, or one that is held, or nothing can be drawn.
    """
    cells = as_cells_with_epochs(table, [metric] if metric else [])
    metric, by = metric or deciding(cells), by or third(cells, at)
    if by is None:
        raise ResultsError("no third axis varies there: heatmap draws the map of two")
    check_axis(cells, by)
    if by in (at or {}):
        raise ResultsError(f"{by} is held at one value: leave it out of at")
    every = planes(cells, by, at)
    rows = np.concatenate([found.rows[found.rows >= 0] for found in every.values()])
    drawn = f"{metric}_from_{against}" if against else metric
    chosen = DrawnValues.among(cells, rows, by, drawn, MOST)
    found = [every[value] for value in chosen.shown]
    shown = paired(cells, metric, found, against) if against else means(cells, metric, found)
    figure = figure_or_new(figure, size(len(found)))
    down, across = _laid_out(len(found))
    grid = figure.subplots(down, across, squeeze=False)
    for ax in grid.flat[len(found) :]:
        ax.remove()
    axes = list(grid.flat[: len(found)])
    for i, (ax, value) in enumerate(zip(axes, chosen.shown, strict=True)):
        mesh = squares(ax, found[i], cells, shown, i)
        ax.set_title(chosen.title(value, cells))
        if i % across:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
        if i + across < len(found):
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
    bar_of(axes, mesh, shown)
    lines = [*told(found, cells, shown), chosen.left_out]
    legend_outside(figure, explained(found, cells, shown), lines)
    held = {name: value for name, value in found[0].fixed.items() if name != by}
    also = said(held, cells, ", ")
    entitle_all(figure, cells["data"].iloc[0], f"{shown.what} {chosen.which}{also}")
    return figure


def size(count: int) -> tuple[float, float]:
    """Return the width and height of a picture of so many maps."""
    rows, across = _laid_out(min(count, MOST))
    return 2.2 + 2.3 * across, 1.5 + 2.2 * rows


def _laid_out(count: int) -> tuple[int, int]:
    """Return rows and columns of maps, as square as a page likes them."""
    across = 2 if count == 4 else min(count, _ACROSS)
    return -(-count // across), across
