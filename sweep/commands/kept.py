"""Which columns of the data runs keep, at the chosen cell and along a penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

import results
from results.cells.best import where
from results.cells.features.bounds import Bounds, bounds
from results.cells.features.of_cells import of_cells
from results.cells.summary import axis_names, covers
from results.cells.wording import FOR
from results.columns import full_name, is_penalty
from results.errors import ResultsError
from results.plane import hold
from sweep.plan.recorded import recorded
from sweep.running.same_sweep import placing
from sweep.specification.spec import Specification

#: The share of runs from which on a column is selected: Meinshausen and Bühlmann found results to
#: differ little between 0.6 and 0.9.
THRESHOLD = 0.75


class Kept(NamedTuple):
    """What is kept of a sweep's columns, at a cell and along its path.

    Attributes
    ----------
    spec : Specification
    cells : DataFrame
        The summary of the sweep.
    cell : Series
        The chosen row of it.
    given : bool
        Whether its place was given, on each axis that has several values.
    along : str or None
        The axis of the path; None where no penalty has several values.
    path : DataFrame
        What `of_cells` returns of the cells on it.
    pairs : int
        Complementary pairs of runs at the chosen cell; 0 unless each run is in one.
    threshold : float
    """

    spec: Specification
    cells: pd.DataFrame
    cell: pd.Series
    given: bool
    along: str | None
    path: pd.DataFrame
    pairs: int
    threshold: float

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the chosen cell."""
        if self.along is None:
            return self.path
        return self.path[self.path[self.along] == self.cell[self.along]]

    @property
    def sure(self) -> str:
        """What the intervals of importance are for; empty where there are none."""
        there = self.rows["low_importance"].notna().any()
        return FOR.get(covers(self.cell, "val_loss"), "") if there else ""

    @property
    def on_average(self) -> float:
        """How many columns a run at the chosen cell keeps, on average."""
        return float(self.rows["kept"].sum())

    @property
    def bounds(self) -> Bounds | None:
        """How many columns may be selected that runs seldom keep; None where that is not known."""
        if not self.pairs:
            return None
        return bounds(self.on_average, len(self.rows), self.threshold, self.pairs)


def kept_of(
    directory: str | Path,
    runs: pd.DataFrame,
    metric: str | None = None,
    at: Mapping[str, float | str] | None = None,
    threshold: float = THRESHOLD,
) -> Kept:
    """Read what is kept of a sweep's columns, at the best cell of those at some values of axes.

    Parameters
    ----------
    directory : path
    runs : DataFrame
        What `results.load` returns of it.
    metric : str, optional
        Of the held-out part, by which cells are ranked.
    at : dict of str to float or str, optional
        Values of axes.
    threshold : float
        Of the runs of a cell, from which on a column is selected.

    Raises
    ------
    ResultsError
        If nothing is, or there is no such axis, value or metric.
    """
    spec, plan = recorded(directory)
    cells = results.summary(runs, by=full_name(metric) if metric else None)
    cell = cells.iloc[hold(cells, [], at)[0][0]]
    varying = [name for name in axis_names(cells) if cells[name].nunique() > 1]
    penalties = [name for name in varying if is_penalty(name)]
    along = next((name for name in ("l21", "l1", *penalties) if name in penalties), None)
    others = {name: cell[name] for name in axis_names(cells) if name != along}
    line = cells.iloc[hold(cells, [along] if along else [], others)[0]]
    if "rung" in line:  # those that a race stopped earlier or later had other epochs
        line = line[line["rung"] == cell["rung"]]
    placed = partial(placing, plan=plan)
    held = {name: value for name, value in others.items() if name in varying}
    features = results.load_features(directory, plan.grid.numbers, placed, held)
    path = of_cells(features, runs, line.sort_values(along) if along else line, threshold)
    found = Kept(
        *(spec, cells, cell, set(varying) <= set(at or {}), along, path),
        pairs=_pairs(spec, runs, cell, axis_names(cells)),
        threshold=threshold,
    )
    if not found.rows["runs"].any():
        raise ResultsError(f"no run at {where(cells, cell)} is done: name another cell by --at")
    return found


def _pairs(spec: Specification, runs: pd.DataFrame, cell: pd.Series, axes: Sequence[str]) -> int:
    """Count the complementary pairs of a cell's runs; 0 where some run is in none."""
    if spec.subsample is None:
        return 0
    here = (runs[list(axes)] == cell[list(axes)].to_numpy()).all(axis=1)
    seeds = set(runs["seed"][here & (runs["status"] == "done")].tolist())
    return len(seeds) // 2 if all(seed ^ 1 in seeds for seed in seeds) else 0
