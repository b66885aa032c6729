"""The differences between two sweeps, of cells that met the same seeds on the same rows.

A run of the one is paired with the run of the other that has its seed and its folds: both drew the
same split, so that what is subtracted is not the luck of the rows. The interval of the mean
difference is that of `results.cells.intervals`, as for the cells of one sweep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.best import best
from results.cells.by_seed import BySeed
from results.cells.epochs import stopped
from results.cells.honest import nested, tested
from results.cells.intervals import Moments
from results.cells.summary import axis_names, covered, deciding, numbered, runs_of, summary, whole
from results.columns import REPEATED, is_on_shared_rows, possible
from results.errors import ResultsError

#: Share of a mean within which pairs differ by nothing but rounding.
_SAME = 1e-12


class Seeds(NamedTuple):
    """The seeds that both sweeps have, and those that one has alone."""

    both: list[int]
    first: list[int]
    second: list[int]


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    metric : str
        The one by which cells were chosen.
    best : DataFrame
        What `results.best` chose of the first sweep and of the second, a row each.
    chosen : DataFrame
        Their difference, the second less the first: a row for the metric, and one for each that
        was measured on a test part, but for outer folds. ``first`` and ``second`` are means over
        the pairs, ``difference`` is theirs, ``low`` and ``high`` its 95 % interval, NaN where
        there is none; ``seeds`` counts the pairs of seeds, each of ``splits`` folds; ``covers`` is
        as for `results.summary`.
    cells : DataFrame
        The same of each cell that both have, at its place; ``competes`` tells those that compete
        in both.
    common : DataFrame
        The same of the mean over these that compete; without a row where there are none.
    folds : DataFrame or None
        With outer folds what was measured on the test part of each, at the cells that
        `results.nested` chose anew by its own runs: ``outer``, ``metric``, ``first``, ``second``
        and ``difference``.
    picked_from : tuple of int
        Of how many cells each sweep picked its own, with those that halving stopped on the way.
    seeds : Seeds
    """

    metric: str
    best: pd.DataFrame
    chosen: pd.DataFrame
    cells: pd.DataFrame
    common: pd.DataFrame
    folds: pd.DataFrame | None
    picked_from: tuple[int, int]
    seeds: Seeds

    def _repr_html_(self) -> str:
        """Show the chosen cells, their difference and that of the common cells, in a notebook."""
        places = self.best[[*axis_names(self.best), f"mean_{self.metric}"]]
        told = {"chosen": self.chosen, "all common cells": self.common, "each of them": self.cells}
        tables = [table.to_html(index=False, max_rows=10) for table in told.values()]
        head = f"<p>{self.metric}, the second less the first</p>{places.to_html(index=False)}"
        return head + "".join(
            f"<p>{name}</p>{table}" for name, table in zip(told, tables, strict=True)
        )


def compare(first: pd.DataFrame, second: pd.DataFrame, by: str | None = None) -> Comparison:
    """Compare two sweeps by the cells that they choose, and by those that both have.

    Parameters
    ----------
    first, second : DataFrame
        Runs of sweeps of the same data with the same split, as `results.load` returns them. Cells
        are the same that agree on all axes along which either sweep varies.
    by : str, optional
        The metric that decides, as for `results.summary`.

    Returns
    -------
    Comparison

    Raises
    ------
    ResultsError
        If no seed is in both, or they are seen to have held out other rows.
    """
    every = [summary(runs, by=by) for runs in (first, second)]
    chosen = pd.concat([best(cells) for cells in every], keys=("first", "second"))
    metric = deciding(every[0])
    if deciding(every[1]) != metric:
        raise ResultsError(
            f"one sweep is ranked by {metric} and the other by {deciding(every[1])}: nothing was "
            "held out in one of them"
        )
    seeds = _seeds(first, second)
    pair = [runs[runs["seed"].isin(seeds.both)] for runs in (first, second)]
    _check_rows(*pair)
    ends = [runs_of(runs, chosen.iloc[place]) for place, runs in enumerate(pair)]
    judged = tested(set(first.columns) & set(second.columns), metric)
    nests = "outer" in first
    figures = [metric, *([] if nests else judged)]
    return Comparison(
        metric,
        chosen.droplevel(1),
        pd.concat([_chosen(ends, name) for name in figures], ignore_index=True),
        *_common(pair, every, metric),
        _of_folds(pair, judged, by) if nests else None,
        (_many(every[0]), _many(every[1])),
        seeds,
    )


def _many(cells: pd.DataFrame) -> int:
    return int((whole(cells) | stopped(cells)).sum())


def _seeds(first: pd.DataFrame, second: pd.DataFrame) -> Seeds:
    one, other = set(first["seed"].tolist()), set(second["seed"].tolist())
    if not one & other:
        raise ResultsError("no seed is in both sweeps, so that no run has a partner: run the same")
    return Seeds(*map(sorted, (one & other, one - other, other - one)))


def _check_rows(first: pd.DataFrame, second: pd.DataFrame) -> None:
    """Refuse runs whose parts have other folds or other sizes: their rows were not the same."""
    place = [name for name in REPEATED if name in first or name in second]
    if not set(place) <= set(first) & set(second):
        raise ResultsError("one sweep has outer folds and the other none: no run has a partner")
    sizes = [name for name in ("train_rows", "val_rows", "test_rows") if name in first]
    there = [name for name in sizes if name in second]
    parts = [
        runs[[*place, *there]].dropna().drop_duplicates().reset_index(drop=True)
        for runs in (first, second)
    ]
    both = parts[0].merge(parts[1], on=place)
    folds = [set(map(tuple, part[place[1:]].drop_duplicates().to_numpy())) for part in parts]
    unlike = any((both[f"{name}_x"] != both[f"{name}_y"]).any() for name in there)
    if unlike or folds[0] != folds[1]:
        raise ResultsError(
            "runs of the same seed held out different rows in the two sweeps, so that they cannot "
            "be paired: give both the same rows and split"
        )


def _chosen(ends: list[pd.DataFrame], metric: str) -> pd.DataFrame:
    """Subtract one cell of each sweep."""
    alone = [np.zeros(len(runs), dtype=np.int64) for runs in ends]
    found = _difference(ends, alone, 1, metric)
    return pd.DataFrame({"metric": metric, **found})


def _of_folds(pair: list[pd.DataFrame], metrics: list[str], by: str | None) -> pd.DataFrame:
    """Subtract what each outer fold's own choice gives on its test part."""
    one, other = (nested(runs, by=by) for runs in pair)
    both = one.merge(other, on="outer", how="outer", suffixes=("_first", "_second"))
    found = [
        both[["outer"]].assign(
            metric=name, first=both[f"{name}_first"], second=both[f"{name}_second"]
        )
        for name in metrics
    ]
    rows = pd.concat(found, ignore_index=True)
    return rows.assign(difference=rows["second"] - rows["first"])


def _common(
    pair: list[pd.DataFrame], every: list[pd.DataFrame], metric: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Subtract each cell that both sweeps have, and the means over those that compete."""
    varying = [name for cells in every for name in axis_names(cells) if cells[name].nunique() > 1]
    names = list(dict.fromkeys(varying))
    ranks = [cells.assign(competes=whole(cells)) for cells in every]
    nothing = pd.DataFrame(columns=[*names, "competes"])
    if not all(name in cells for name in names for cells in every):
        return nothing, nothing
    if names:
        both = ranks[0].merge(ranks[1], on=names, suffixes=("", "_other"))
    else:
        both = ranks[0].merge(ranks[1], how="cross", suffixes=("", "_other"))
    places = both[names].assign(competes=both["competes"] & both["competes_other"])
    if places.empty:
        return nothing, nothing
    runs, cell = zip(*(_placed(one, places[names]) for one in pair), strict=True)
    cells = pd.concat(
        [places, pd.DataFrame(_difference([*runs], [*cell], len(places), metric))], axis=1
    )
    competing = (cells["seeds"] == cells["seeds"][places["competes"]].max()) & places["competes"]
    cells["competes"] = competing
    which = np.flatnonzero(competing)
    if not len(which):
        return cells, nothing
    mean = _difference([*runs], [*cell], len(places), metric, which)
    return cells, pd.DataFrame(mean).assign(cells=len(which))


def _placed(runs: pd.DataFrame, places: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the runs of some cells, and the number of each one's cell among these."""
    runs, _ = numbered(runs)
    names = list(places.columns)
    if not names:
        return runs, np.zeros(len(runs), dtype=np.int64)
    rows = places.assign(number=np.arange(len(places)))
    number = runs[names].merge(rows, on=names, how="left")["number"].fillna(-1)
    found = number.to_numpy(np.int64)
    return runs[found >= 0], found[found >= 0]


def _difference(
    runs: list[pd.DataFrame],
    cell: list[NDArray[np.int64]],
    count: int,
    metric: str,
    mean_of: NDArray[np.int64] | None = None,
) -> dict[str, NDArray | list]:
    """Subtract ``count`` cells of the first sweep from those of the second, pair by pair.

    Or the means over some of them, before anything is subtracted.
    """
    rows = pd.concat(runs, ignore_index=True)
    number = np.concatenate([cell[0], cell[1] + count])
    by_seed = BySeed(rows, number, 2 * count)
    values = by_seed.by_fold(metric).reshape(2, count, by_seed.seeds, *by_seed.splits)
    ratio = _ratio(rows, number % count, count, metric)
    if mean_of is not None:
        values = values[:, mean_of].mean(axis=1, keepdims=True)
        ratio = ratio[mean_of].mean(keepdims=True)
    values = np.where(np.isfinite(values).all(axis=0), values, np.nan)
    moments = [Moments(values.shape[1], *by_seed.splits) for _ in range(3)]
    for one, some in zip(moments, (*values, values[1] - values[0]), strict=True):
        one.add(some)
    first, second, found = (one.estimate(ratio) for one in moments)
    found = found.within(*possible(f"{metric}_from_best"))
    alike = found.high - found.low <= _SAME * abs(first.mean)
    seeds, splits = moments[2].count, math.prod(by_seed.splits)
    return {
        **{"first": first.mean, "second": second.mean, "difference": found.mean},
        "low": np.where(alike, np.nan, found.low),
        "high": np.where(alike, np.nan, found.high),
        "seeds": seeds,
        "splits": np.full(len(seeds), splits),
        "covers": covered(seeds, splits, ratio),
    }


def _ratio(
    runs: pd.DataFrame, cell: NDArray[np.int64], count: int, metric: str
) -> NDArray[np.float64]:
    """Return the rows held out for each row that trains; NaN where intervals are for seeds."""
    parts = ("train_rows", "val_rows")
    if is_on_shared_rows(metric) or "val_from" in runs or not set(parts) <= set(runs):
        return np.full(count, np.nan)
    sizes = [runs[name].to_numpy(np.float64, na_value=0) for name in parts]
    train, val = (np.bincount(cell, size, minlength=count) for size in sizes)
    return np.divide(val, train, out=np.full(count, np.nan), where=(train > 0) & (val > 0))
