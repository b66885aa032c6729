"""The pictures of a sweep, one after another, ready for a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure

from results.cells.epochs import stopped
from results.cells.summary import axis_names, deciding
from results.columns import LOSSES, curves_of
from results.pictures.lines import curves, layers, pareto, path
from results.pictures.maps import differences, heatmap
from results.pictures.style import entitle, style
from results.plane import is_number, plane

if TYPE_CHECKING:
    import pandas as pd

_MAP, _LINE, _TWO_UP, _TWO_ACROSS = (4.8, 4.2), (4.8, 3.6), (4.8, 5.6), (8.0, 3.6)

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
        The axes of the plane along which numbers vary.
    at : dict of str to float or str
        Values at which to hold axes that a picture does not show.
    history : dict of str to DataFrame
        The history of some cells, by what to call them.
    """

    cells: pd.DataFrame
    metrics: Sequence[str]
    along: list[str]
    at: Mapping[str, float | str]
    history: Mapping[str, pd.DataFrame]


def album(
    cells: pd.DataFrame,
    metrics: Sequence[str],
    kinds: Sequence[str] | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    history: Mapping[str, pd.DataFrame] | None = None,
) -> Iterator[Picture]:
    """Draw pictures, each with a name for its file.

    Parameters
    ----------
    cells, metrics, at, history
        See `Sheet`.
    kinds : sequence of str, optional
        Which of `KINDS` to draw; all unless given.
    """
    found = plane(cells, at)
    along = [a.name for a in (found.x, found.y) if len(a.values) > 1 and is_number(a.values)]
    sheet = Sheet(cells, metrics, along, at or {}, history or {})
    for kind in KINDS if kinds is None else kinds:
        with style():
            yield from KINDS[kind](sheet)


def _heatmaps(sheet: Sheet) -> Iterator[Picture]:
    """Draw a map of each metric."""
    yield from _maps(sheet, "heatmap", "", heatmap)


def _differences(sheet: Sheet) -> Iterator[Picture]:
    """Draw a map of the differences of each metric from no penalty."""
    yield from _maps(sheet, "differences", "_from_none", differences)


def _maps(sheet: Sheet, kind: str, suffix: str, draw: Callable[..., object]) -> Iterator[Picture]:
    """Draw a map of each metric; a line where only one axis varies."""
    for metric in sheet.metrics:
        column = f"{metric}{suffix}"
        known = sheet.cells[f"mean_{column}"].notna() & ~stopped(sheet.cells)
        if not sheet.along or not known.any():
            continue
        if len(sheet.along) == 1:
            figure = Figure(_LINE)
            path(sheet.cells, column, along=sheet.along[0], at=sheet.at, ax=figure.add_subplot())
        else:
            figure = Figure(_MAP)
            draw(sheet.cells, metric, at=sheet.at, ax=figure.add_subplot())
        yield f"{kind}-{metric}", figure


def _paths(sheet: Sheet) -> Iterator[Picture]:
    """Draw how sparse each layer becomes along each axis of numbers, and what that costs."""
    for along in axis_names(sheet.cells):
        values = sheet.cells[along].unique()
        if along in sheet.at or len(values) < 2 or not is_number(values):
            continue
        figure = Figure(_TWO_UP)
        top, bottom = figure.subplots(2)
        shown = layers(sheet.cells) or ["sparsity"]
        path(sheet.cells, shown, along=along, at=sheet.at, ax=top)
        path(sheet.cells, deciding(sheet.cells), along=along, at=sheet.at, ax=bottom)
        yield f"path-{along}", figure


def _pareto(sheet: Sheet) -> Iterator[Picture]:
    """Draw the loss against the sparsity."""
    figure = Figure(_LINE)
    pareto(sheet.cells, at=sheet.at, ax=figure.add_subplot())
    yield f"pareto-{deciding(sheet.cells)}", figure


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
    if row[0].get_yscale() == "log":  # shared, though one of them alone asked for it
        ends = [end for end in ends if end > 0]
    row[0].set_ylim(min(ends), max(ends))
    yield "curves" if metrics == LOSSES else f"curves-{metrics[-1]}", figure


#: The pictures that the tables hold, by their names.
KINDS: dict[str, Callable[[Sheet], Iterator[Picture]]] = {
    "heatmap": _heatmaps,
    "differences": _differences,
    "path": _paths,
    "pareto": _pareto,
    "curves": _curves,
}
