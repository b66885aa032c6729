"""Learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from results.cells import wording
from results.cells.by_seed import BySeed
from results.cells.intervals import SEEDS, estimate
from results.cells.summary import cell_columns
from results.columns import LOSSES, possible
from results.errors import ResultsError
from results.labels import counted, folds, measured
from results.pictures.along.bands import band, over
from results.pictures.along.seeds import MOST, repeated
from results.pictures.style import (
    LINES,
    axes_or_new,
    legend_below,
    open_frame,
)
from results.pictures.upright import Upright
from results.plane import Axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def curves(
    history: pd.DataFrame,
    metrics: Sequence[str] = LOSSES,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw learning curves of one cell: means over its seeds, with bands of the 95 % interval.

    Each seed is a thin line, or each fold of one seed, unless there are more than 30.

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
    found = [estimate(by_seed.values(name)).within(*possible(name)) for name in shown]
    means, _, lows, highs = map(np.stack, zip(*found, strict=True))
    upright = Upright.of(means, lows, shown[0])
    axis = Axis("epoch", epochs, epochs.astype(np.float64), logarithmic=False)
    for i, name in enumerate(shown):
        band(ax, axis, i, name, means[i], upright.held(lows[i]), highs[i])
    too_many = _seeds(ax, axis, by_seed, shown, upright)
    upright.mark_beyond(ax, axis.at, np.fmax.reduce(means), means)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(epochs) == 1:  # between whose neighbours there is no whole number
        ax.set_xticks(epochs)
    name = measured(shown[0])
    ax.set_ylabel(name if len(shown) == 1 else name.removeprefix("train_").removeprefix("val_"))
    upright.draw(ax)
    open_frame(ax)
    seeds = history["seed"].nunique()
    sure = wording.FOR[SEEDS] if seeds > 1 else ""
    means_over = wording.means([seeds], folds(*by_seed.splits[::-1]))
    legend_below(ax, [over(means_over, sure, upright.cuts(lows)), too_many])
    return ax


def _seeds(ax: Axes, axis: Axis, by_seed: BySeed, names: Sequence[str], upright: Upright) -> str:
    """Draw a thin line for each seed, and say how many go beyond the axis, or are too many."""
    each = "seed" if by_seed.seeds > 1 else "fold"
    beyond: set[int] = set()
    for i, name in enumerate(names):
        values = repeated(by_seed, name, each)
        count = values.shape[1]
        if count < 2:
            return ""
        if count > MOST:
            return f"no lines of {count} {each}s"
        beyond |= {seed for seed in range(count) if upright.beyond(values[:, seed])}
        # One artist for all, broken between two seeds.
        x = np.tile(np.append(axis.at, np.nan), count)
        y = np.pad(values, ((0, 1), (0, 0)), constant_values=np.nan).T.ravel()
        ax.plot(
            *(x, y), "-" if len(axis.at) > 1 else ".", color=LINES[i % len(LINES)], linewidth=0.6,
            alpha=0.45, markersize=3, zorder=1.5, gid=f"{name} seeds",
            label="_" if i else f"each {each}",
        )  # fmt: skip
    return f"{counted(len(beyond), each)} partly beyond the axis" if beyond else ""
