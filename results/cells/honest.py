"""Figures that no choice had a part in, and what is to be said of those that one had.

The lowest of many losses looks better than it is, since it was chosen for being the lowest. What
the same runs give on rows that chose nothing does not.
"""

from __future__ import annotations

import pandas as pd

from results.cells.best import best
from results.cells.summary import axis_names, summary
from results.columns import SUMMARY, TEST
from results.errors import ResultsError
from results.labels import counted, number

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
        A row for each outer fold: ``outer``, the chosen cell's place, and the means of what was
        measured on the test part over its runs, such as ``test_loss``; NaN where none of the
        fold's cells can be chosen.
    """
    found = [_of_fold(some, rule) for _, some in runs.groupby("outer", sort=True)]
    return pd.DataFrame(found)


def said_of_folds(found: pd.DataFrame) -> str:
    """Say what `nested` returned: the mean over the outer folds, and the range."""
    known = found.dropna(subset=list(TEST))
    left = len(found) - len(known)
    out = f"; {counted(left, 'fold')} without a cell to choose left out" if left else ""
    if known.empty:
        return "In no outer fold can a cell be chosen: there is no figure of a test part."
    figures = [
        f"{name} is {number(known[name].mean())} ({number(known[name].min())} to "
        f"{number(known[name].max())})"
        for name in TEST
    ]
    return (
        f"Chosen anew in each of {counted(len(known), 'outer fold')}, by the runs of that fold "
        f"alone, the cell's mean {' and '.join(figures)} over the outer folds{out}."
    )


def said_of_test(cell: pd.Series) -> str:
    """Say what a cell's runs give on the test part; of a summary with `TEST` and ``test_rows``."""
    rows = counted(int(cell["mean_test_rows"]), "row")
    figures = [f"{name} {number(cell[f'mean_{name}'])}" for name in TEST]
    return (
        f"On the {rows} of the test part, which no run trained on and no choice saw, its mean over "
        f"{counted(int(cell['seeds']), 'seed')} is {' and '.join(figures)}."
    )


def _of_fold(runs: pd.DataFrame, rule: str) -> dict[str, float | str]:
    cells = summary(runs, [*SUMMARY, *TEST])
    outer, places = {"outer": runs["outer"].iloc[0]}, axis_names(cells)
    try:
        chosen = best(cells, rule).iloc[0]
    except ResultsError:  # none of its runs has a finite loss
        return outer | dict.fromkeys([*places, *TEST], float("nan"))
    means = {name: chosen[f"mean_{name}"] for name in TEST}
    return outer | {name: chosen[name] for name in places} | means
