"""Paired differences of a metric over two axes of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.patches import Patch

from results.cells import wording
from results.cells.best import by_rule
from results.cells.epochs import as_cells_with_epochs, stopped
from results.cells.summary import deciding
from results.labels import called, measured
from results.pictures.maps.colours import colours_of_differences, norm_of_differences
from results.pictures.maps.squares import GROUND, HATCH, Coloured, alone
from results.pictures.style import axes_or_new
from results.plane import Plane, plane

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: What cells are compared with: the one without penalties, or the best.
Against = Literal["none", "best"]


def differences(
    table: pd.DataFrame,
    metric: str | None = None,
    *,
    against: Against = "none",
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
    found = plane(cells, at)
    compared = paired(cells, metric or deciding(cells), [found], against)
    return alone(axes_or_new(ax), found, cells, compared)


def paired(cells: pd.DataFrame, metric: str, planes: Sequence[Plane], against: Against) -> Coloured:
    """Give the differences of a metric in some planes their colours, white at 0."""

    def laid(column: str) -> NDArray[np.float64]:
        return np.stack([found.matrix(cells[column].mask(stopped(cells))) for found in planes])

    name = f"{metric}_from_{against}"
    mean, low, high = (laid(f"{part}_{name}") for part in ("mean", "low", "high"))
    norm = norm_of_differences(mean, high - low, metric)
    mean = np.where(abs(mean) < 1e-12 * float(norm.vmax or 0), 0.0, mean)  # what rounding leaves
    unclear = ~((low > 0) | (high < 0)) & ~np.isnan(mean) & (mean != 0)
    some = np.isnan(low[unclear])
    told = {"95 % interval holds 0": ~some, "no interval: one seed": some}
    why = [text for text, which in told.items() if which.any()]
    look: dict[str, Any] = {"hatch": HATCH, "facecolor": "0.4", "edgecolor": "white"}
    handles = [Patch(**look, linewidth=0, label=" or\n".join(why))] if why else []
    if (np.isnan(mean) & ~np.isnan(laid(f"mean_{metric}"))).any():
        handles.append(Patch(**GROUND, label="without a cell to compare with"))
    sure = wording.intervals(cells, [metric]) if (~some).any() else ""
    text = f"difference of {measured(metric)}, {wording.pairs(cells)}"
    return Coloured(
        mean, norm, colours_of_differences(), text, called(name), 2, by_rule(cells),
        unclear=unclear, handles=handles, told=[f"95 % interval, {sure}"] if sure else [],
    )  # fmt: skip
