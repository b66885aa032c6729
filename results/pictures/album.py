"""The pictures of a sweep, one after another, ready for a paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from results.cells.summary import deciding
from results.pictures.lines import curves, layers, pareto, path
from results.pictures.maps import differences, heatmap
from results.pictures.style import style
from results.plane import is_number, plane

if TYPE_CHECKING:
    import pandas as pd

#: The pictures that the tables hold.
KINDS = ("heatmap", "differences", "path", "pareto", "curves")

_MAP, _LINE, _TWO_UP, _TWO_ACROSS = (4.8, 4.2), (4.8, 3.6), (4.8, 5.6), (8.0, 3.6)


def album(
    cells: pd.DataFrame,
    metrics: Sequence[str],
    kinds: Sequence[str] = KINDS,
    *,
    at: Mapping[str, float | str] | None = None,
    history: Mapping[str, pd.DataFrame] | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Draw pictures, each with a name for its file.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary` that has the metrics, and the sparsity of each layer.
    metrics : sequence of str
        What maps and differences show.
    kinds : sequence of str
        Which of `KINDS` to draw.
    at : dict of str to float or str, optional
        Values at which to hold axes that a picture does not show.
    history : dict of str to DataFrame, optional
        For the learning curves: the history of some cells, by what to call them.
    """
    found = plane(cells, at)
    along = [a.name for a in (found.x, found.y) if len(a.values) > 1 and is_number(a.values)]
    for kind in kinds:
        with style():
            if kind == "heatmap":
                yield from _maps(cells, metrics, along, at, against="")
            elif kind == "differences":
                yield from _maps(cells, metrics, along, at, against="none")
            elif kind == "path":
                yield from ((f"path-{name}", _path(cells, name, at)) for name in along)
            elif kind == "pareto":
                figure = Figure(_LINE)
                pareto(cells, ax=figure.add_subplot())
                yield f"pareto-{deciding(cells)}", figure
            elif history:
                yield "curves", _curves(history, cells["data"].iloc[0])


def _maps(
    cells: pd.DataFrame,
    metrics: Sequence[str],
    along: Sequence[str],
    at: Mapping[str, float | str] | None,
    against: str,
) -> Iterator[tuple[str, Figure]]:
    """Draw a map of each metric; a line where only one axis varies."""
    for metric in metrics:
        column = f"{metric}_from_{against}" if against else metric
        if not along or cells[f"mean_{column}"].isna().all():
            continue
        figure = Figure(_MAP if len(along) > 1 else _LINE)
        ax = figure.add_subplot()
        if len(along) == 1:
            path(cells, column, along=along[0], at=at, ax=ax)
        elif against:
            differences(cells, metric, at=at, ax=ax)
        else:
            heatmap(cells, metric, at=at, ax=ax)
        yield f"{'differences' if against else 'heatmap'}-{metric}", figure


def _path(cells: pd.DataFrame, along: str, at: Mapping[str, float | str] | None) -> Figure:
    """Draw how sparse each layer becomes along a penalty, and what that costs."""
    figure = Figure(_TWO_UP)
    top, bottom = figure.subplots(2)
    path(cells, layers(cells) or ["sparsity"], along=along, at=at, ax=top)
    path(cells, deciding(cells), along=along, at=at, ax=bottom)
    top.set_xlabel("")
    return figure


def _curves(history: Mapping[str, pd.DataFrame], data: str) -> Figure:
    figure = Figure(_TWO_ACROSS)
    for ax, (name, rows) in zip(
        figure.subplots(1, len(history), sharey=True, squeeze=False)[0],
        history.items(),
        strict=True,
    ):
        curves(rows, ax=ax)
        ax.set_title(f"{data}: {name}")
        ax.label_outer()
    return figure
