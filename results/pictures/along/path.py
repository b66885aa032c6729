"""A path: metrics along an axis of the grid, as they are drawn for a penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from results.cells.epochs import as_cells_with_epochs
from results.cells.summary import metrics_of
from results.pictures.along.chosen import not_here
from results.pictures.along.left import left_at_top
from results.pictures.along.lines import Lines, Row, draw
from results.pictures.style import axes_or_new, entitle, legend_below
from results.plane import said

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def path(
    table: pd.DataFrame,
    metrics: str | Sequence[str] | None = None,
    *,
    along: str = "l1",
    at: Mapping[str, float | str] | None = None,
    runs: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw metrics along a penalty, with bands of the 95 % interval over seeds.

    A single metric gets a line for each order of the path, where there are several. Each seed is a
    dot, unless there are more than 30. Where the cells are that the rules choose there is a line
    upwards, and at the top stands how many weights are left.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary` with these metrics.
    metrics : str or sequence of str, optional
        By default the sparsity of each layer.
    along : str, default "l1"
        An axis of the grid.
    at : dict of str to float or str, optional
        Values at which to hold the other axes; by default those of the best cell.
    runs : DataFrame, optional
        Of a summary the runs, whose seeds then are dots; a table of runs has them.
    ax : Axes, optional
        By default those of a new figure.
    """
    if "status" in table:
        runs = table
    names = [metrics] if isinstance(metrics, str) else list(metrics or layers(table))
    names = names or ["sparsity"]
    further = ["nonzero"] if "status" in table and "nonzero" in table else []
    cells, ax = as_cells_with_epochs(table, [*names, *further]), axes_or_new(ax)
    drawn = Lines.of(cells, names, along, at)
    row = Row.of([drawn], runs)
    elsewhere = draw(ax, drawn, row, 0)
    if len(drawn.lines) == 1 and not drawn.are_shares and "mean_sparsity" in cells:
        left_at_top(ax, drawn.axis, drawn.lines[0][2])
    told = [*row.told]
    if not drawn.are_shares and not drawn.are_differences:
        told.append(not_here(elsewhere, "this line"))
    legend_below(ax, told, ncols=4)
    held = said(drawn.fixed, cells, " at ")
    entitle(ax, cells["data"].iloc[0], f"{drawn.what}{held}")
    return ax


def layers(table: pd.DataFrame) -> list[str]:
    """Return the metrics that are the sparsity of one layer each."""
    names = metrics_of(table) if "status" in table else table.columns
    found = [name.removeprefix("mean_") for name in names]
    return [name for name in found if name.startswith("sparsity_") and "_from_" not in name]
