"""Figures that no choice had a part in, and what is to be said of those that one had.

The lowest of many losses looks better than it is, since it was chosen for being the lowest. What
the same runs give on rows that chose nothing does not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from results.cells.best import best, where
from results.cells.intervals import wilson
from results.cells.summary import axis_names, deciding, summary
from results.columns import FURTHER_TEST, TEST, summarised
from results.errors import ResultsError
from results.labels import counted, figure, folds, listed

#: Cells that outer folds chose that are named one by one.
_NAMED = 5

#: Said where runs stopped by patience.
OF_PATIENCE = (
    "Each run kept the weights of its lowest val_loss, which therefore looks better than it is: "
    "only rows that chose nothing tell by how much."
)


def nested(runs: pd.DataFrame, rule: str = "min", by: str | None = None) -> pd.DataFrame:
    """Choose a cell anew in each outer fold, by its own runs, and see what it gives on that fold.

    Parameters
    ----------
    runs : DataFrame
        Of a sweep with outer folds.
    rule : {"min", "one-se"}
        As for `results.best`.
    by : str, optional
        As for `results.best`.

    Returns
    -------
    DataFrame
        A row for each outer fold: ``outer``, the chosen cell's place, the ``rule`` that chose it,
        "min" also where there is no standard error, and the means of what was measured on the test
        part over its runs, such as ``test_loss``; NaN where none of the fold's cells can be chosen.
    """
    found = [_of_fold(some, rule, by) for _, some in runs.groupby("outer", sort=True)]
    return pd.DataFrame(found)


def tested(names: Iterable[str], metric: str) -> list[str]:
    """Return what is told of a test part: what always is, and the metric that decided, if there.

    Parameters
    ----------
    names : iterable of str
        Columns that there are.
    metric : str
    """
    wanted = dict.fromkeys([*TEST, f"test_{metric.removeprefix('val_')}"])
    there = set(names)
    return [name for name in wanted if name in there]


def said_of_folds(found: pd.DataFrame, cells: pd.DataFrame, rule: str) -> str:
    """Say what `nested` returned: the cells, the mean over the outer folds, and the range.

    Parameters
    ----------
    found : DataFrame
        What `nested` returned.
    cells : DataFrame
        The `results.summary` of the whole sweep.
    rule : {"min", "one-se"}
        The rule that was asked for.
    """
    names = tested(map(str, found.columns), deciding(cells))
    known = found.dropna(subset=[TEST[0]])
    left = len(found) - len(known)
    out = f"; {counted(left, 'fold')} without a cell to choose left out" if left else ""
    if known.empty:
        return "In no outer fold can a cell be chosen: there is no figure of a test part."
    figures = [f"{name} is {_over_folds(known[name])}" for name in names]
    said = (
        f"Chosen anew in each of {counted(len(known), 'outer fold')}, by the runs of that fold "
        f"alone, the cell is {_chosen(known, cells)}{out}. On the test parts the mean "
        f"{', and the mean '.join(figures)}."
    )
    if lacking := int((known["rule"] != rule).sum()):
        said += (
            f" In {lacking} of {counted(len(known), 'outer fold')} one seed on one split gave no "
            f"standard error (more --seeds or --folds do): there it is the rule min, not {rule}."
        )
    return said


def said_of_test(cell: pd.Series, metric: str = "val_loss") -> str:
    """Say what a cell's runs give on the test part; of a summary with `TEST` and ``test_rows``.

    ``metric`` is the one by which it was chosen.
    """
    rows, splits = int(cell["mean_test_rows"]), folds(int(cell["folds"]))
    size = cell.get("mean_test_size")
    over = counted(int(cell["seeds"]), "seed") + (f" of {splits}" if splits else "")
    means = [name.removeprefix("mean_") for name in cell.index if name.startswith("mean_")]
    named = {name: cell[f"mean_{name}"] for name in tested(means, metric)}
    figures = on_test_part(named, rows, size)
    return (
        f"On the {counted(rows, 'row')} of the test part, which no run trained on and no choice "
        f"saw, its mean over {over} is {figures}."
    )


def on_test_part(figures: Mapping[str, float], rows: int, size: float | None = None) -> str:
    """Say what is measured on a test part of so many rows, and how sure an accuracy is.

    ``size`` is how many rows they are worth, where these have weights or groups.
    """
    told = listed([f"{name} {figure(figures[name])}" for name in TEST if name in figures])
    others = "".join(f"; {name} {_known(figures[name])}" for name in figures if name not in TEST)
    if "test_accuracy" not in figures:
        return f"{told}{others}"
    low, high = wilson(figures["test_accuracy"], rows if size is None else size)
    interval = f"{figure(low)} to {figure(high)}"
    worth = "" if size is None else f", worth {figure(size)} of one weight and no group,"
    return f"{told}, 95 % interval over its {counted(rows, 'row')}{worth} {interval}{others}"


def unstopped(runs: pd.DataFrame, patience: int, epochs: int) -> int:
    """Count the runs that ``epochs`` ended before patience did."""
    return int(((runs["epochs"] == epochs) & (runs["best_epoch"] + patience > epochs)).sum())


def said_of_patience(runs: pd.DataFrame, patience: int, epochs: int, schedule: str) -> str:
    """Say how many of a cell's runs might have become better still; empty where none might.

    With the schedule "adaptive" a run may have waited longer than its patience, at several rates:
    from the table it cannot be told whether it stopped in the last epoch, or was about to go on.
    """
    slows = schedule == "adaptive"
    many = int((runs["epochs"] == epochs).sum()) if slows else unstopped(runs, patience, epochs)
    if not many:
        return ""
    return (
        f"{many:,} of the {counted(len(runs), 'run')} here had not stopped "
        f"{'before' if slows else 'by'} epoch {epochs:,}: give more --epochs."
    )


def _over_folds(values: pd.Series) -> str:
    """Say the mean and the range of a figure of some outer folds, a few of which may lack it."""
    there = values.dropna()
    if there.empty:
        return "defined in no fold, as each lacks a class"
    those = "" if len(there) == len(values) else f"{len(there)} of "
    few = " where it is defined, as no class is missing" if those else ""
    low, high = figure(there.min()), figure(there.max())
    return f"{figure(there.mean())}, from {low} to {high} among {those}the folds{few}"


def _known(value: float) -> str:
    """Write a figure of a test part, which may lack a class."""
    return "not defined, as a class is missing there" if math.isnan(value) else figure(value)


def _of_fold(runs: pd.DataFrame, rule: str, by: str | None) -> dict[str, float | str]:
    test = [name for name in (*TEST, *FURTHER_TEST) if name in runs]
    cells = summary(runs, [*summarised(runs), *test], by)
    outer, places = {"outer": runs["outer"].iloc[0]}, axis_names(cells)
    try:
        chosen = best(cells, rule).iloc[0]
    except ResultsError:  # none of its runs has a finite loss
        return outer | dict.fromkeys([*places, "rule", *test], float("nan"))
    means = {name: chosen[f"mean_{name}"] for name in test}
    return outer | {name: chosen[name] for name in (*places, "rule")} | means


def _chosen(found: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Name the cells that outer folds chose, the most frequent first."""
    times = Counter(where(cells, row) for _, row in found.iterrows())
    named = [f"{cell} in {many}" for cell, many in times.most_common(_NAMED)]
    left = sum(times.values()) - sum(many for _, many in times.most_common(_NAMED))
    return "; ".join([*named, *([f"others in {left}"] if left else [])])
