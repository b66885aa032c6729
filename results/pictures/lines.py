"""Pictures that are lines: regularisation paths, learning curves, loss against sparsity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from results.cells.best import best, front
from results.cells.by_seed import BySeed
from results.cells.intervals import estimate
from results.cells.summary import (
    as_cells,
    cell_columns,
    deciding,
    metrics_of,
)
from results.columns import LOSSES
from results.errors import ResultsError
from results.labels import called, counted, measured, most
from results.pictures.style import (
    DASHES,
    LINES,
    MARKERS,
    MARKS,
    axes_or_new,
    label,
    legend_below,
    loss_axis,
    open_frame,
    title,
)
from results.plane import Axis, hold, lay_out, said

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Points of a line up to which each is marked, or shows its interval.
_FEW = 40


def path(
    table: pd.DataFrame,
    metrics: str | Sequence[str] | None = None,
    *,
    along: str = "l1",
    at: Mapping[str, float | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw metrics along a penalty, with bands of the 95 % interval over seeds.

    A single metric gets a line for each order of the path, where there are several.

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
    ax : Axes, optional
        By default those of a new figure.
    """
    names = [metrics] if isinstance(metrics, str) else list(metrics or layers(table))
    names = names or ["sparsity"]
    cells, ax = as_cells(table, names), axes_or_new(ax)
    apart = len(names) == 1 and "path" in cells and "path" not in (at or {})
    rows, fixed = hold(cells, [along, "path"] if apart else [along], at)
    shown = cells.iloc[rows]
    axis = lay_out(along, np.unique(shown[along]))
    for i, (name, metric, line) in enumerate(_lines(shown, names, apart)):
        line = line.set_index(along).reindex(axis.values)
        mean, low, high = (line[f"{part}_{metric}"].to_numpy() for part in ("mean", "low", "high"))
        _band(ax, axis, i, name, mean, low, high)
    label(ax.xaxis, axis)
    margin = 0.04 * (axis.edges[-1] - axis.edges[0])
    ax.set_xlim(axis.at[0] - margin, axis.at[-1] + margin)
    shares = all(name.startswith("sparsity") and "_from_" not in name for name in names)
    _upright(ax, names[0], shown[f"mean_{names[0]}"].to_numpy(), shares)
    open_frame(ax)
    legend_below(ax, ncols=4, title=_over(shown["seeds"].max()))
    held = f" at {said(fixed, cells)}" if fixed else ""
    what = "sparsity by layer" if shares and len(names) > 1 else ", ".join(map(called, names))
    ax.set_title(title(cells["data"].iloc[0], f"{what}{held}"))
    return ax


def curves(
    history: pd.DataFrame,
    metrics: Sequence[str] = LOSSES,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw learning curves of one cell: means over its seeds, with bands of the 95 % interval.

    Parameters
    ----------
    history : DataFrame
        Rows of one cell, as `results.load_history` returns them.
    metrics : sequence of str
        Columns to draw; those without any value are left out.
    ax : Axes, optional
        By default those of a new figure.
    """
    names = [name for name in cell_columns(history) if history[name].nunique() > 1]
    if names:
        raise ResultsError(f"the history of one cell, please: here {', '.join(names)} varies")
    ax = axes_or_new(ax)
    epochs, epoch = np.unique(history["epoch"].to_numpy(), return_inverse=True)
    by_seed = BySeed(history.assign(status="done"), epoch, len(epochs))
    shown = [name for name in metrics if history[name].notna().any()]
    for i, name in enumerate(shown):
        mean, _, low, high = estimate(by_seed.values(name))
        axis = Axis("epoch", epochs, epochs.astype(np.float64), logarithmic=False)
        _band(ax, axis, i, name, mean, low, high)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel(measured(shown[0]) if len(shown) == 1 else "loss")
    finite = history[shown].to_numpy(np.float64)
    loss_axis(ax, finite[np.isfinite(finite)], shown[0])
    open_frame(ax)
    legend_below(ax, title=_over(history["seed"].nunique()))
    return ax


def pareto(table: pd.DataFrame, loss: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw the loss of each cell against its sparsity, and the front that no cell beats in both.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    loss : str, optional
        By default the loss that decides.
    ax : Axes, optional
        By default those of a new figure.
    """
    cells, ax = as_cells(table, [loss] if loss else []), axes_or_new(ax)
    loss = loss or deciding(cells)
    x, y = (cells[f"mean_{name}"].to_numpy() for name in ("sparsity", loss))
    ax.plot(
        *(x, y), "o", color="0.6", markersize=3, markeredgewidth=0, alpha=0.6, label="cells",
        gid="cells", rasterized=len(x) > 2500, zorder=1,
    )  # fmt: skip
    rows = front(x, y)
    # For zeros between two points of the front, one has to take the sparser of them.
    ax.plot(x[rows], y[rows], "-", drawstyle="steps-pre", color=LINES[0], zorder=2, gid="front")
    ax.plot(x[rows], y[rows], "o", color=LINES[0], markersize=4, label="Pareto front", zorder=3)
    if len(rows) <= _FEW and (cells["seeds"] > 1).any():
        low, high = (cells[f"{part}_{loss}"].to_numpy()[rows] for part in ("low", "high"))
        ax.vlines(
            *(x[rows], low, high), color=LINES[0], alpha=0.4, zorder=2, label="95 % over seeds"
        )
    metric = deciding(cells)
    for rule, style in MARKS.items() if cells[f"rank_{metric}"].notna().any() else ():
        cell = best(cells, rule).iloc[0]
        text = f"{most(metric)} {metric}" if rule == "min" else "sparsest within 1 SE"
        at = cell["mean_sparsity"], cell[f"mean_{loss}"]
        ax.plot(*at, **style, label=text, clip_on=False, zorder=4, gid=rule)
    ax.set_xlabel("share of zero weights")
    ax.set_ylabel(measured(loss))
    loss_axis(ax, y, loss)
    open_frame(ax)
    legend_below(ax)
    told = f"{loss} against sparsity, {counted(len(cells), 'cell')}"
    ax.set_title(title(cells["data"].iloc[0], told))
    return ax


def layers(table: pd.DataFrame) -> list[str]:
    """Return the metrics that are the sparsity of one layer each."""
    names = metrics_of(table) if "status" in table else table.columns
    found = [name.removeprefix("mean_") for name in names]
    return [name for name in found if name.startswith("sparsity_") and "_from_" not in name]


def _lines(
    shown: pd.DataFrame, metrics: list[str], apart: bool
) -> list[tuple[str, str, pd.DataFrame]]:
    """Return the name, the metric and the cells of each line; orders of a path stand apart."""
    if apart and shown["path"].nunique() > 1:
        return [(str(order), metrics[0], line) for order, line in shown.groupby("path")]
    if len(metrics) == 1:
        return [(called(metrics[0]), metrics[0], shown)]
    return [(metric.removeprefix("sparsity_"), metric, shown) for metric in metrics]


def _upright(ax: Axes, metric: str, values: NDArray, shares: bool) -> None:
    """Set the upright axis: of shares of zeros, of differences, or of a metric."""
    ax.set_ylabel("share of zero weights" if shares else measured(metric))
    if shares:
        ax.set_ylim(-0.03, 1.03)
    elif "_from_" in metric:
        ax.axhline(0, color="0.4", linewidth=0.6, zorder=0)
    else:
        loss_axis(ax, values, metric)


def _over(seeds: int) -> str:
    return f"mean and 95 % band over {seeds} seeds" if seeds > 1 else "one seed"


def _band(
    ax: Axes, axis: Axis, i: int, name: str, mean: NDArray, low: NDArray, high: NDArray
) -> None:
    """Draw the i-th line with its band; a point that has no neighbour gets a bar instead."""
    first = int(axis.has_zero)
    colour, marker = LINES[i % len(LINES)], MARKERS[i % len(MARKERS)]
    look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4}
    few = len(axis.values) <= _FEW
    ax.plot(
        *(axis.at[first:], mean[first:]), **look, linestyle=DASHES[i % len(DASHES)], label=name,
        markevery=1 if few else len(axis.values) // 10, gid=name,
    )  # fmt: skip
    ax.fill_between(
        *(axis.at[first:], low[first:], high[first:]), color=colour, alpha=0.2, linewidth=0,
        gid=f"{name} band",
    )  # fmt: skip
    alone = [*range(first), *([first] if len(axis.at) == first + 1 else [])]
    for j in alone:
        half = [[mean[j] - low[j]], [high[j] - mean[j]]]
        ax.errorbar(axis.at[j], mean[j], half, **look, linestyle="none", elinewidth=1.5)
