"""The pictures of a sweep, one after another, ready for a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from results.cells.importance import shares
from results.cells.levels import are_drawn
from results.cells.summary import axis_names, deciding
from results.columns import LOSSES, curves_of
from results.pictures.along.axes import axes
from results.pictures.along.axes import size as size_of_axes
from results.pictures.along.pareto import pareto
from results.pictures.along.path import layers, path
from results.pictures.along.paths import paths
from results.pictures.along.paths import size as size_of_paths
from results.pictures.curves import curves
from results.pictures.importance import bars
from results.pictures.importance import size as size_of_importance
from results.pictures.maps.differences import Against, differences
from results.pictures.maps.facets import facets
from results.pictures.maps.facets import size as size_of_facets
from results.pictures.maps.means import heatmap
from results.pictures.maps.pairs import pairs
from results.pictures.maps.pairs import size as size_of_pairs
from results.pictures.shown import drawable, varying
from results.pictures.style import entitle, style
from results.plane import hold, is_number, plane, said, slice_at, third

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_MAP, _LINE, _FRONT, _TWO_ACROSS = (4.8, 4.2), (4.8, 3.6), (4.8, 4.4), (8.0, 3.6)

#: Height of a path's picture for each of its panels.
_PANEL = 3.3

#: A picture with a name for its file.
Picture = tuple[str, Figure]


class Sheet(NamedTuple):
    """What pictures are drawn from.

    Attributes
    ----------
    cells : DataFrame
        A `results.summary` that has the metrics, and the sparsity of each layer.
    metrics : sequence of str
        What maps and differences show.
    along : list of str
        The axes of the plane that vary, but the order of a path.
    at : dict of str to float or str
        Values at which to hold axes that a picture does not show.
    history : dict of str to DataFrame
        The history of some cells, by what to call them.
    runs : DataFrame or None
        The runs of the cells, whose seeds are dots.
    """

    cells: pd.DataFrame
    metrics: Sequence[str]
    along: list[str]
    at: Mapping[str, float | str]
    history: Mapping[str, pd.DataFrame]
    runs: pd.DataFrame | None

    @property
    def held(self) -> str:
        """At which values axes are held, to be put behind what is shown."""
        return said(slice_at(self.cells, self.at)[1], self.cells, ", ")

    @property
    def meant(self) -> NDArray[np.bool_]:
        """Which cells are at the values that are held."""
        return self.cells.index.isin(slice_at(self.cells, self.at)[0].index)

    @property
    def varying(self) -> list[str]:
        """The axes on which these differ."""
        return varying(self.cells[self.meant])

    def has(self, metric: str) -> bool:
        """Tell whether any of these has a mean to draw."""
        return not drawable(self.cells, metric, np.flatnonzero(self.meant)).empty


def album(
    cells: pd.DataFrame,
    metrics: Sequence[str],
    kinds: Sequence[str] | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    history: Mapping[str, pd.DataFrame] | None = None,
    runs: pd.DataFrame | None = None,
) -> Iterator[Picture]:
    """Draw pictures, each with a name for its file.

    Parameters
    ----------
    cells, metrics, at, history, runs
        See `Sheet`.
    kinds : sequence of str, optional
        Which of `KINDS` to draw; all unless given.
    """
    found = plane(cells, at)
    along = [a.name for a in (found.x, found.y) if len(a.values) > 1 and a.name != "path"]
    sheet = Sheet(cells, metrics, along, at or {}, history or {}, runs)
    for kind in KINDS if kinds is None else kinds:
        with style():
            yield from KINDS[kind](sheet)


def _heatmaps(sheet: Sheet) -> Iterator[Picture]:
    """Draw a map of each metric, for each value of a third axis."""
    for metric, figure in _maps(sheet, None):
        yield f"heatmap-{metric}", figure


def _differences(sheet: Sheet) -> Iterator[Picture]:
    """Draw maps of the differences of each metric from no penalty."""
    for metric, figure in _maps(sheet, "none"):
        yield f"differences-{metric}", figure


def _maps(sheet: Sheet, against: Against | None) -> Iterator[Picture]:
    """Draw maps of each metric; a line where only one axis varies."""
    by = third(sheet.cells, sheet.at)
    rows, _ = hold(sheet.cells, [*sheet.along, *filter(None, [by])], sheet.at)
    for metric in sheet.metrics:
        column = f"{metric}_from_{against}" if against else metric
        known = drawable(sheet.cells, column, rows)
        if not sheet.along or known.empty:
            continue
        if len(sheet.along) == 1:
            if not is_number(sheet.cells[sheet.along[0]].to_numpy()):
                continue
            figure = Figure(_LINE)
            ax, along = figure.add_subplot(), sheet.along[0]
            path(sheet.cells, column, along=along, at=sheet.at, runs=sheet.runs, ax=ax)
        elif are_drawn(sheet.cells[sheet.meant], sheet.along):
            continue  # of cells that were drawn no two lie in a row or column
        elif by:
            figure = Figure(size_of_facets(known[by].nunique()))
            facets(sheet.cells, metric, by=by, against=against, at=sheet.at, figure=figure)
        else:
            figure = Figure(_MAP)
            ax = figure.add_subplot()
            if against:
                differences(sheet.cells, metric, against=against, at=sheet.at, ax=ax)
            else:
                heatmap(sheet.cells, metric, at=sheet.at, ax=ax)
        yield metric, figure


def _paths(sheet: Sheet) -> Iterator[Picture]:
    """Draw how sparse each layer becomes along each axis of numbers, and what that costs.

    The cost is also drawn as the paired difference from the best cell, whose band is the narrower
    one: seeds and folds that are harder for all are so for both.
    """
    metric = deciding(sheet.cells)
    from_best = f"{metric}_from_best"
    for along in axis_names(sheet.cells):
        values = sheet.cells[along].to_numpy()
        line, _ = hold(sheet.cells, [along], sheet.at)
        if along in sheet.at or len(np.unique(values[line])) < 2 or not is_number(values):
            continue
        panels = [layers(sheet.cells) or ["sparsity"], [metric]]
        if sheet.cells[f"low_{from_best}"].iloc[line].notna().any():
            panels.append([from_best])
        by = third(sheet.cells, sheet.at)
        if by == along or "path" in sheet.varying:  # orders are lines of one picture
            by = None
        apart = [by] if by else []
        known = drawable(sheet.cells, metric, hold(sheet.cells, [along, *apart], sheet.at)[0])
        if by and not known.empty:
            figure = Figure(size_of_paths(len(panels), known[by].nunique()))
            paths(sheet.cells, panels, along, by, sheet.at, sheet.runs, figure)
        else:
            figure = Figure((4.8, _PANEL * len(panels)))
            for ax, shown in zip(figure.subplots(len(panels)), panels, strict=True):
                path(sheet.cells, shown, along=along, at=sheet.at, runs=sheet.runs, ax=ax)
        yield f"path-{along}", figure


def _axes(sheet: Sheet) -> Iterator[Picture]:
    """Draw each metric along each axis, of all cells; a sole axis of numbers has its path."""
    names = sheet.varying
    if len(names) > 1 or any(not is_number(sheet.cells[name].to_numpy()) for name in names):
        for metric in sheet.metrics:
            if sheet.has(metric):
                figure = Figure(size_of_axes(len(names)))
                yield f"axes-{metric}", axes(sheet.cells, metric, at=sheet.at, figure=figure)


def _pairs(sheet: Sheet) -> Iterator[Picture]:
    """Draw maps of each pair of axes; two of a grid have their map."""
    names = sheet.varying
    if len(names) > 2 or (len(names) == 2 and are_drawn(sheet.cells, names)):
        for metric in sheet.metrics:
            if sheet.has(metric):
                figure = Figure(size_of_pairs(len(names)))
                yield f"pairs-{metric}", pairs(sheet.cells, metric, at=sheet.at, figure=figure)


def _importance(sheet: Sheet) -> Iterator[Picture]:
    """Draw which axes matter for each metric, where that can be told."""
    for metric in sheet.metrics:
        found = shares.of_cells(sheet.cells, metric, sheet.meant)
        if not isinstance(found, str):
            figure = Figure(size_of_importance(found))
            bars(figure.add_subplot(), found, sheet.cells["data"].iloc[0], sheet.held)
            yield f"importance-{metric}", figure


def _pareto(sheet: Sheet) -> Iterator[Picture]:
    """Draw the loss against the sparsity."""
    figure = Figure(_FRONT)
    pareto(sheet.cells, at=sheet.at, runs=sheet.runs, ax=figure.add_subplot())
    yield f"pareto-{deciding(sheet.cells)}", figure


def _left(sheet: Sheet) -> Iterator[Picture]:
    """Draw the loss against the weights left."""
    figure = Figure(_FRONT)
    pareto(sheet.cells, across="left", at=sheet.at, runs=sheet.runs, ax=figure.add_subplot())
    yield f"left-{deciding(sheet.cells)}", figure


def _curves(sheet: Sheet) -> Iterator[Picture]:
    """Draw learning curves, where there is a history."""
    if not sheet.history:
        return
    figure = Figure(_TWO_ACROSS)
    row = figure.subplots(1, len(sheet.history), sharey=True, squeeze=False)[0]
    ends = []
    metrics = curves_of(deciding(sheet.cells))
    for ax, (name, rows) in zip(row, sheet.history.items(), strict=True):
        curves(rows, metrics, ax=ax)
        entitle(ax, sheet.cells["data"].iloc[0], name)
        ax.label_outer()
        ends += ax.get_ylim()
        for other in row:  # else the next one has no more room than this one takes
            other.set_autoscaley_on(True)
    if row[0].get_yscale() == "log":  # shared, though one of them alone asked for it
        ends = [end for end in ends if end > 0]
    row[0].set_ylim(min(ends), max(ends))
    yield "curves" if metrics == LOSSES else f"curves-{metrics[-1]}", figure


#: The pictures that the tables hold, by their names.
KINDS: dict[str, Callable[[Sheet], Iterator[Picture]]] = {
    "heatmap": _heatmaps,
    "differences": _differences,
    "axes": _axes,
    "pairs": _pairs,
    "importance": _importance,
    "path": _paths,
    "pareto": _pareto,
    "left": _left,
    "curves": _curves,
}
