"""Which axes matter: shares of the variance of cells' means, and how they are said."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from results.cells.importance import anova, forest
from results.cells.levels import Levels, are_grid
from results.cells.summary import as_cells, axis_names, deciding, whole
from results.columns import is_ratio
from results.errors import ResultsError
from results.labels import counted, number
from results.scale import WIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Levels of an axis in a forest at the most, and cells that it grows on.
_LEVELS, _CELLS = 16, 1000

#: Cells from which a forest is grown.
_FEWEST = 20

#: Parts that are named in a sentence; how large one is at the least, also in its own errors.
_NAMED, _LEAST, _SURE = 5, 0.01, 2

#: Share of a mean by which rounding makes differences of nothing.
_SAME = 1e-12

#: What has a square, and sums of many.
_HUGE = 1e140

#: How the part is called that is left.
REST = "the rest"


class Shares(NamedTuple):
    """How the variance of cells' means is shared by the axes.

    Attributes
    ----------
    metric : str
    logarithmic : bool
        Whether it is the variance of the logarithm of the means: they differ by large factors.
    parts : dict of str to float
        The share of each axis, of each pair (``"l1 x hidden"``), the largest first, and last of
        `REST`; they add up to 1. Where the luck is taken off, a small one may come out below 0.
    errors : dict of str to float
        The standard deviation of each, by the luck of the seeds or of a forest; empty where it is
        not known.
    cells, others : int
        Cells that are in it, and those that are not: they have no mean, or do not compete.
    grown : int
        Cells that the forest grew on; 0 where the cells are a full grid.
    explained : float
        Share of the variance that the forest explains of cells that it has not seen.
    seeds : int
        How many are in each mean.
    luck : float
        Share of the variance that is the luck of the seeds, and is taken off; NaN where it is not
        known, and in the shares.
    """

    metric: str
    logarithmic: bool
    parts: dict[str, float]
    errors: dict[str, float]
    cells: int
    others: int
    grown: int
    explained: float
    seeds: int
    luck: float


def shares(table: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
    """Tell which axes matter: the share of the variance of cells' means that each one explains.

    On a full grid it is that of a functional ANOVA, exact, whose values count alike, less what the
    luck of the seeds adds; of other cells that of a random forest.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str, optional
        By default the loss that decides.

    Returns
    -------
    DataFrame
        A row for each axis and each pair of axes, the largest share first, and one for the rest:
        ``axes`` such as "l1" or "l1 x hidden", ``share``, and ``error``, its standard deviation by
        the luck of the seeds or of the forest, NaN of one seed.

    Raises
    ------
    ResultsError
        If fewer than two axes vary among the cells that compete, the means do not differ by more
        than by luck, or the cells are no full grid and too few.
    """
    found = of_cells(as_cells(table, [metric] if metric else []), metric)
    if isinstance(found, str):
        raise ResultsError(f"no shares of variance: {found}")
    errors = [found.errors.get(name, math.nan) for name in found.parts]
    rows = {"axes": list(found.parts), "share": list(found.parts.values()), "error": errors}
    return pd.DataFrame(rows)


def of_cells(
    cells: pd.DataFrame, metric: str | None = None, some: NDArray[np.bool_] | None = None
) -> Shares | str:
    """Share the variance among the axes, or say why that cannot be.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary`.
    metric : str, optional
        By default the loss that decides.
    some : ndarray of bool, shape (cells,), optional
        Which of the cells are meant; all unless given.
    """
    metric = metric or deciding(cells)
    meant = cells if some is None else cells[some]
    known = whole(cells)[meant.index] & np.isfinite(meant[f"mean_{metric}"].to_numpy(np.float64))
    shown = meant[known]
    names = [name for name in axis_names(cells) if shown[name].nunique() > 1]
    if len(names) < 2:
        return "they are of two axes or more that vary among the cells that compete"
    means = shown[f"mean_{metric}"].to_numpy(np.float64)
    lowest, highest = means.min(), means.max()
    logarithmic = bool(is_ratio(metric) and 0 < WIDE * lowest < highest)
    values = np.log(means) if logarithmic else means
    if highest - lowest <= _SAME * abs(highest):
        return f"the means of {metric} are all the same"
    if max(abs(values)) > _HUGE:
        return (
            f"the means of {metric} reach {number(max(means, key=abs))}, whose square is no number"
        )
    told = {
        "metric": metric,
        "logarithmic": logarithmic,
        "cells": len(shown),
        "others": len(meant) - len(shown),
        "seeds": int(shown["seeds"].max()),
    }
    if not are_grid(shown, names):
        return _grown(shown, names, values, told)
    noise = math.nan
    if len(shown) == whole(cells).sum():  # among fewer, more of the luck is common to all
        luck = _luck(shown, metric) / (means if logarithmic else 1.0)
        noise = float(np.mean(luck**2)) if np.isfinite(luck).all() else math.nan
    return _exact(shown, names, values, noise, told)


def matters(found: Shares, around: str = "±") -> str:
    """Say in a sentence which axes matter; what may be nothing but luck is not named.

    ``around`` is the sign before a standard deviation.
    """
    names = [name for name in found.parts if name != REST and _is_clear(found, name)][:_NAMED]
    if not names:
        return f"What matters: no axis and no pair by itself, {meaning(found)}."
    rest = 1 - sum(found.parts[name] for name in names)
    sure = [found.errors.get(name, 0.0) for name in names]
    told = [
        f"{name} {percent(found.parts[name], error, around)}"
        for name, error in zip(names, sure, strict=True)
    ]
    told += [f"{REST} {percent(rest)}"] if rest >= _LEAST else []
    return f"What matters: {', '.join(told)} {meaning(found)}."


def meaning(found: Shares) -> str:
    """Say of what the shares are, and how they were found: it goes on after a share."""
    what = f"the logarithm of mean {found.metric}" if found.logarithmic else f"mean {found.metric}"
    which = counted(found.cells + found.others, "cell")
    which = f"{found.cells:,} of {which}" if found.others else which
    luck = "the luck of one seed" if found.seeds == 1 else "the luck of the seeds"
    less = f", less {luck}" + (f" ({percent(found.luck)} of it)" if found.luck >= _LEAST else "")
    less = f", in which {luck} is too" if math.isnan(found.luck) else less
    if not found.grown:
        return f"of the variance of {what} over the grid of {which}{less}"
    on = f" on {found.grown:,} of them" if found.grown < found.cells else ""
    return (
        f"of the variance of {what} over {which}{less}, by a random forest{on} that explains "
        f"{percent(max(found.explained, 0.0))} of it where it has not seen a cell"
    )


def as_data(found: Shares | str) -> dict[str, Any] | None:
    """Return the shares as plain data, None where there are none."""
    if isinstance(found, str):
        return None
    parts = [
        {"axes": name, "share": share, "error": found.errors.get(name)}
        for name, share in found.parts.items()
    ]
    told = {"explained": found.explained, "luck": found.luck}
    known = {name: None if math.isnan(value) else value for name, value in told.items()}
    return {
        "metric": found.metric,
        "logarithm": found.logarithmic,
        "cells": found.cells,
        "exact": not found.grown,
        "shares": parts,
        **known,
    }


def _exact(
    cells: pd.DataFrame, names: list[str], values: NDArray, noise: float, told: dict[str, Any]
) -> Shares | str:
    """Share the variance of a full grid, less what a noise of that variance adds to each part."""
    levels = [Levels.of(cells[name], len(cells)) for name in names]
    grid = np.empty([len(level.values) for level in levels])
    grid[tuple(level.code for level in levels)] = values
    found, errors, luck = anova.variances(grid), {}, math.nan
    whole = sum(found.values())
    if not math.isnan(noise):
        ways, a_way = anova.freedom(grid.shape), noise / len(cells)
        luck = min(a_way * (len(cells) - 1) / whole, 1.0)
        whole -= a_way * (len(cells) - 1)
        if whole <= _SURE * a_way * math.sqrt(2 * (len(cells) - 1)):
            return f"the means of {told['metric']} differ by no more than seeds do"
        found = {term: part - a_way * ways[term] for term, part in found.items()}
        errors = {  # of a sum of squares in so many directions, each put off by the noise
            term: math.sqrt(a_way * (2 * ways[term] * a_way + 4 * max(part, 0.0)))
            for term, part in found.items()
        }
    return Shares(
        **told,
        parts=_named({term: part / whole for term, part in found.items()}, names),
        errors=_named({term: error / whole for term, error in errors.items()}, names),
        grown=0,
        explained=math.nan,
        luck=luck,
    )


def _grown(
    cells: pd.DataFrame, names: list[str], values: NDArray, told: dict[str, Any]
) -> Shares | str:
    """Share the variance of cells that are no full grid, by a forest on them."""
    if len(cells) < _FEWEST:
        return f"{counted(len(cells), 'cell')} are no full grid, and too few for a forest"
    levels = [Levels.of(cells[name], _LEVELS) for name in names]
    code = np.stack([level.code for level in levels], axis=1)
    some = np.random.default_rng(0).permutation(len(cells))[:_CELLS]
    sizes = [len(level.values) for level in levels]
    found = forest.grow(code[some], sizes, values[some])
    if not sum(found.shares.values()):
        return f"no axis tells the means of {told['metric']} apart"
    return Shares(
        **told,
        parts=_named(found.shares, names),
        errors=_named(found.errors, names),
        grown=len(some),
        explained=found.explained,
        luck=math.nan,
    )


def _luck(cells: pd.DataFrame, metric: str) -> NDArray[np.float64]:
    """Return by how much the luck of the seeds puts off each cell's mean, against the others'.

    What a seed does to all cells alike is no part of it. Cells' distances from the mean cell add
    up to 0 in each seed, which leaves one direction fewer than there are cells.
    """
    name = f"std_{metric}_from_mean"
    if name not in cells:
        return np.full(len(cells), math.nan)
    one_less = math.sqrt(len(cells) / (len(cells) - 1))
    return cells[name].to_numpy(np.float64) / np.sqrt(cells["seeds"].to_numpy()) * one_less


def _named(shares: dict[anova.Term, float], names: list[str]) -> dict[str, float]:
    """Call each part by its axes, the largest first and what is left last."""
    order = sorted(shares, key=lambda term: (not term, -shares[term]))
    return {" x ".join(names[i] for i in term) or REST: shares[term] for term in order}


def _is_clear(found: Shares, name: str) -> bool:
    share = found.parts[name]
    return share >= max(_LEAST, _SURE * found.errors.get(name, 0.0))


def percent(share: float, error: float = 0.0, around: str = "±") -> str:
    """Write a share, and how sure it is where that is to be seen: ``61 ± 3 %``.

    One that luck has put outside of 0 to 1 is written as the end.
    """
    sure = f" {around} {100 * error:.0f}" if round(100 * error) else ""
    return f"{100 * min(max(share, 0.0), 1.0):.0f}{sure} %"
