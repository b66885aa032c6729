"""Paths side by side, one for each value of a further axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from results.cells.summary import deciding
from results.pictures.along.chosen import not_here
from results.pictures.along.lines import Lines, Row, draw
from results.pictures.drawn_values import DrawnValues
from results.pictures.style import entitle_all, legend_outside
from results.plane import hold, said

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

#: Paths side by side at the most.
MOST = 4


def paths(
    cells: pd.DataFrame,
    metrics: Sequence[list[str]],
    along: str,
    by: str,
    at: Mapping[str, float | str],
    runs: pd.DataFrame | None,
    figure: Figure,
) -> None:
    """Draw metrics along an axis, a row each, and a column for each value of another axis.

    Further axes are held where `at` says, or the best cell there is. What is in a row has the
    same upright axis.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary` in which no axis is the order of a path.
    metrics : sequence of list of str
        Of each row.
    along, by : str
        Axes of the grid.
    at, runs
        As for `path`.
    figure : Figure
        With the room that `size` tells.
    """
    rows, held = hold(cells, [along, by], at)
    chosen = DrawnValues.among(cells, rows, by, deciding(cells), MOST)
    grid = figure.subplots(
        len(metrics), len(chosen.shown), squeeze=False, sharex=True, sharey="row"
    )
    told: list[str] = []
    handles: list[Artist] = []
    for axes, names in zip(grid, metrics, strict=True):
        several = [Lines.of(cells, names, along, {**held, by: value}) for value in chosen.shown]
        row, elsewhere = Row.of(several, runs), []
        explained: list[list[Artist]] = []
        for i, (ax, lines) in enumerate(zip(axes, several, strict=True)):
            elsewhere.append(draw(ax, lines, row, i))
            # The side names what is alone in its row.
            named = {name for name, _, _ in lines.lines} if len(lines.lines) == 1 else set()
            every = ax.get_legend_handles_labels()[0]
            explained.append([one for one in every if one.get_label() not in named])
            if lines.are_differences:
                ax.set_ylabel(lines.what.replace(" against ", " against\n"))
            ax.label_outer()
        for some in sorted(explained, key=len, reverse=True):  # in an order that holds all
            handles += some
        told += row.told
    for ax, value in zip(grid[0], chosen.shown, strict=True):
        ax.set_title(chosen.title(value, cells))
    nowhere = [text for text in elsewhere[0] if all(text in some for some in elsewhere)]
    told = list(dict.fromkeys([*told, not_here(nowhere, "these lines"), chosen.left_out]))
    legend_outside(figure, handles, told)
    also = said(held, cells, " at ")
    entitle_all(figure, cells["data"].iloc[0], f"along {along}{also}, {chosen.which}")


def size(rows: int, columns: int) -> tuple[float, float]:
    """Return the width and height of a picture of so many metrics and values."""
    return 1.6 + 2.2 * min(columns, MOST), 1.4 + 2.1 * rows
