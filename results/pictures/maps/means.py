"""The mean of a metric over two axes of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from results.cells import wording
from results.cells.best import by_rule
from results.cells.epochs import as_cells_with_epochs, stopped
from results.cells.summary import deciding, folds_of
from results.labels import measured
from results.pictures.maps.colours import colours, norm
from results.pictures.maps.squares import Coloured, alone
from results.pictures.style import axes_or_new
from results.plane import Plane, plane
from results.scale import Scale

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Letters over what a mean is from which they get a line of their own.
_LONG = 30


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
    found = plane(cells, at)
    return alone(axes_or_new(ax), found, cells, means(cells, metric or deciding(cells), [found]))


def means(cells: pd.DataFrame, metric: str, planes: Sequence[Plane]) -> Coloured:
    """Give the means of a metric in some planes their colours, without those of fewer epochs."""
    shown = cells[f"mean_{metric}"].mask(stopped(cells))
    values = np.stack([found.matrix(shown) for found in planes])
    scale = Scale.of(values, metric)
    rows = np.concatenate([found.rows[found.rows >= 0] for found in planes])
    last = cells.iloc[rows[~stopped(cells)[rows]]]
    over = wording.means(last["seeds"], folds_of(cells))
    comma = ",\n" if len(over) > _LONG else ", "
    return Coloured(
        values,
        norm(scale),
        colours(),
        f"{measured(metric)}{comma}{over}",
        metric,
        3,
        by_rule(cells),
        scale=scale,
    )
