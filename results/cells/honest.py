"""Figures that no choice had a part in, and what is to be said of those that one had.

The lowest of many losses looks better than it is, since it was chosen for being the lowest. What
the same runs give on rows that chose nothing does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from results.cells.best import best, where
from results.cells.intervals import wilson
from results.cells.summary import axis_names, summary
from results.columns import SUMMARY, TEST
from results.errors import ResultsError
from results.labels import counted, folds, number

#: Cells that outer folds chose that are named one by one.
_NAMED = 5

#: Said where runs stopped by patience.
OF_PATIENCE = (
    "Each run kept the weights of its lowest val_loss, which therefore looks better than it is: "
    "only rows that chose nothing tell by how much."
)


def nested(runs: pd.DataFrame, rule: str = "min") -> pd.DataFrame:
    """Choose a cell anew in each outer fold, by its own runs, and see what it gives on that fold.

    Parameters
    ----------
    runs : DataFrame
        Of a sweep with outer folds.
    rule : {"min", "one-se"}
        As for `results.best`.

    Returns
    -------
    DataFrame
        A row for each outer fold: ``outer``, the chosen cell's place, the ``rule`` that chose it,
        "min" also where there is no standard error, and the means of what was measured on the test
        part over its runs, such as ``test_loss``; NaN where none of the fold's cells can be chosen.
    """
    found = [_of_fold(some, rule) for _, some in runs.groupby("outer", sort=True)]
    return pd.DataFrame(found)


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
    known = found.dropna(subset=list(TEST))
    left = len(found) - len(known)
    out = f"; {counted(left, 'fold')} without a cell to choose left out" if left else ""
    if known.empty:
        return "In no outer fold can a cell be chosen: there is no figure of a test part."
    figures = [
        f"{name} is {number(known[name].mean())}, from {number(known[name].min())} to "
        f"{number(known[name].max())} among the folds"
        for name in TEST
    ]
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


def said_of_test(cell: pd.Series) -> str:
    """Say what a cell's runs give on the test part; of a summary with `TEST` and ``test_rows``."""
    rows, splits = int(cell["mean_test_rows"]), folds(int(cell["folds"]))
    size = cell.get("mean_test_size")
    over = counted(int(cell["seeds"]), "seed") + (f" of {splits}" if splits else "")
    figures = on_test_part({name: cell[f"mean_{name}"] for name in TEST}, rows, size)
    return (
        f"On the {counted(rows, 'row')} of the test part, which no run trained on and no choice "
        f"saw, its mean over {over} is {figures}."
    )


def on_test_part(figures: Mapping[str, float], rows: int, size: float | None = None) -> str:
    """Say what is measured on a test part of so many rows, and how sure its accuracy is.

    ``size`` is how many rows they are worth, where these have weights or groups.
    """
    low, high = wilson(figures["test_accuracy"], rows if size is None else size)
    told = " and ".join(f"{name} {number(figures[name])}" for name in TEST)
    interval = f"{number(low, 3)} to {number(high, 3)}"
    worth = "" if size is None else f", worth {number(size, 3)} of one weight and no group,"
    return f"{told}, 95 % interval over its {counted(rows, 'row')}{worth} {interval}"


def unstopped(runs: pd.DataFrame, patience: int, epochs: int) -> int:
    """Count the runs that ``epochs`` ended before patience did."""
    return int(((runs["epochs"] == epochs) & (runs["best_epoch"] + patience > epochs)).sum())


def said_of_patience(runs: pd.DataFrame, patience: int, epochs: int) -> str:
    """Say how many of a cell's runs might have become better still; empty where none might."""
    many = unstopped(runs, patience, epochs)
    if not many:
        return ""
    return (
        f"{many:,} of the {counted(len(runs), 'run')} here had not stopped by epoch {epochs:,}: "
        "give more --epochs."
    )


def _of_fold(runs: pd.DataFrame, rule: str) -> dict[str, float | str]:
    cells = summary(runs, [*SUMMARY, *TEST])
    outer, places = {"outer": runs["outer"].iloc[0]}, axis_names(cells)
    try:
        chosen = best(cells, rule).iloc[0]
    except ResultsError:  # none of its runs has a finite loss
        return outer | dict.fromkeys([*places, "rule", *TEST], float("nan"))
    means = {name: chosen[f"mean_{name}"] for name in TEST}
    return outer | {name: chosen[name] for name in (*places, "rule")} | means


def _chosen(found: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Name the cells that outer folds chose, the most frequent first."""
    times = Counter(where(cells, row) for _, row in found.iterrows())
    named = [f"{cell} in {many}" for cell, many in times.most_common(_NAMED)]
    left = sum(times.values()) - sum(many for _, many in times.most_common(_NAMED))
    return "; ".join([*named, *([f"others in {left}"] if left else [])])
