"""What each seed of some cells gave, as dots beside their means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from results.cells.best import best
from results.cells.by_seed import BySeed
from results.cells.summary import cell_columns, no_penalty
from results.columns import REPEATED, baseline_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from results.plane import Axis

#: Seeds up to which each is a dot.
MOST = 30

#: Dots from which they are an image inside an SVG, and not a shape each.
_MANY = 2500

#: How far the dots of a value lie apart: a share of the room that it has, and of the axis at most.
_SPREAD, _WIDEST = 0.5, 0.03


def dots_of(runs: pd.DataFrame) -> tuple[int, str]:
    """Return how many dots a cell has, and what each is: a seed, or a fold of the only one."""
    if (seeds := int(runs["seed"].nunique())) > 1:
        return seeds, "seed"
    outer = int(runs["outer"].nunique()) if "outer" in runs else 1
    return max(outer, 1) * int(runs["fold"].nunique()), "fold"


def of_seeds(
    runs: pd.DataFrame, cells: pd.DataFrame, rows: NDArray[np.int64], metric: str
) -> NDArray[np.float64]:
    """Return a metric of each seed of some cells, or of each fold where the table has one seed.

    Parameters
    ----------
    runs, cells : DataFrame
        A table and its whole summary.
    rows : ndarray of int64, shape (n,)
        Rows of the summary.
    metric : str
        Or a difference of it, which then is that of each seed.

    Returns
    -------
    ndarray of float64, shape (n, seeds)
        NaN where a seed has no finite value.
    """
    name, _, other = metric.partition("_from_")
    reference = rows
    if other == "best":
        reference = np.full(len(rows), best(cells).index[0])
    elif other == "none":
        reference = no_penalty(cells)[rows]
    every = np.unique(np.concatenate((rows, reference[reference >= 0])))
    columns = cell_columns(cells)
    asked = cells.iloc[every][columns].assign(place=np.arange(len(every)))
    guess = [baseline_of(name)] if other == "baseline" else []
    placed = [column for column in REPEATED if column in runs]
    near = runs["status"] != "error"
    for column in columns:  # a few rows are found sooner than a few cells
        near &= runs[column].isin(asked[column].unique())
    wanted = runs.loc[near, [*columns, *placed, "status", name, *guess]]
    found = wanted.merge(asked, on=columns)
    by_seed = BySeed(found, found["place"].to_numpy(), len(every))
    outer = int(cells["outer_folds"].max()) if "outer_folds" in cells else 1
    splits = outer, int(cells["folds"].max())
    _, each = dots_of(runs)
    values = repeated(by_seed, name, each, splits)
    own = values[np.searchsorted(every, rows)]
    if guess:
        return own - repeated(by_seed, guess[0], each, splits)[np.searchsorted(every, rows)]
    if other:
        own = own - values[np.searchsorted(every, np.maximum(reference, every[0]))]
        own[reference < 0] = np.nan
    return own


def repeated(
    by_seed: BySeed, name: str, each: str, splits: tuple[int, int] | None = None
) -> NDArray[np.float64]:
    """Lay a metric out as ``[cell, seed]`` or, of the only seed, as ``[cell, fold]``."""
    if each == "seed":
        return by_seed.values(name, splits)
    laid = by_seed.by_fold(name, splits)
    return laid.reshape(len(laid), -1)


def dots(
    ax: Axes, axis: Axis, values: NDArray[np.float64], colour: str, name: str, text: str
) -> None:
    """Draw ``values[place on the axis, seed]``, side by side in the order of the seeds."""
    whole = float(axis.edges[-1] - axis.edges[0])
    room = min(_SPREAD * float(np.diff(axis.edges).min()), _WIDEST * whole)
    across = axis.at[:, None] + room * np.linspace(-0.5, 0.5, values.shape[1])
    known = np.isfinite(values)
    ax.plot(
        *(across[known], values[known]), "o", color=colour, markersize=2.6, markeredgewidth=0,
        alpha=0.55, zorder=1.5, rasterized=int(known.sum()) > _MANY, label=text,
        gid=f"{name} seeds",
    )  # fmt: skip
