"""How the runs of each cell stood: finished, diverged, worse than at the start or than guessing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from results.cells.by_seed import BySeed, Windows
from results.columns import baseline_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A loss within this share of that of the class shares is no better.
NEAR = 1e-3

#: Of each cell: the runs that ended above what they began with, and no better than a guess.
_ABOVE = {
    "above_initial": ("final_loss", "initial_loss"),
    "above_baseline": ("val_loss", baseline_of("val_loss")),
}

#: What the intervals need to know of the two parts of the rows.
_ROWS = ("train_rows", "val_rows")


class Counts(NamedTuple):
    """What is counted before anything is averaged.

    Attributes
    ----------
    cells : DataFrame
        The places of the cells, with columns of counts.
    seeds : int
        How many there are.
    splits : tuple of int
        How many outer folds, and how many folds in each; 1 where there are none.
    ratio : ndarray of float64, shape (cells,)
        Rows held out for each row that trains; NaN where that is not known, nothing held out, or
        time says what is.
    """

    cells: pd.DataFrame
    seeds: int
    splits: tuple[int, int]
    ratio: NDArray[np.float64]


def counted(cells: pd.DataFrame, windows: Windows, names: Sequence[str]) -> Counts:
    """Count the runs of each cell; ``names`` are the columns that the runs have."""
    count, seeds, splits = len(cells), 0, (1, 1)
    compared = {name: pair for name, pair in _ABOVE.items() if set(pair) <= set(names)}
    further = [
        *(column for pair in compared.values() for column in pair),
        *_ROWS,
        "rung",
        "effective",
    ]
    columns = [name for name in further if name in names]
    sums: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(count))
    rung = np.full(count, np.iinfo(np.int64).max)
    for runs, cell in windows(columns):
        laid_out = BySeed(runs, cell, count)
        seeds, (outer, folds) = seeds + laid_out.seeds, laid_out.splits
        splits = max(splits[0], outer), max(splits[1], folds)
        for name, values in _told(runs, compared).items():
            sums[name] += np.bincount(cell, values, minlength=count)
        if "rung" in runs:
            np.minimum.at(rung, cell, runs["rung"].to_numpy(np.int64))
    found = {name: sums[name].astype(np.int64) for name in ("runs", "diverged")}
    cells = cells.assign(**found, share_diverged=sums["diverged"] / np.maximum(sums["runs"], 1))
    if "rung" in names:
        cells["rung"] = rung
    if "effective" in names:
        cells["constant"] = sums["constant"].astype(np.int64)
    for name in compared:
        above = pd.Series(sums[name].astype(np.int64), dtype="Int64")
        cells[name] = above.mask(sums[f"{name} known"] == 0)
    train, val = (sums[name] for name in _ROWS)
    ratio = np.divide(val, train, out=np.full(count, np.nan), where=(train > 0) & (val > 0))
    if "val_from" in names:  # all seeds hold out the same rows, which say nothing of other data
        cells["by_time"], ratio = True, np.full(count, np.nan)
    return Counts(cells, seeds, splits, ratio)


def constant(cells: pd.DataFrame | pd.Series) -> Any:
    """Tell whether no input passes any network of a cell, or of each: they give all rows the same.

    Then what seeds give differs by nothing, whatever new data would.
    """
    done = cells["runs"] - cells["diverged"]
    return (done > 0) & (cells.get("constant", -1) == done)


def guesses(cells: pd.DataFrame | pd.Series) -> Any:
    """Tell whether the networks of a cell, or of each, reach what the class shares do.

    That is so within `NEAR` of it, for both ends of the interval of the difference.
    """
    if "mean_val_loss_from_baseline" not in cells:
        return cells["runs"] < 0  # for none
    shares = cells["mean_val_loss"] - cells["mean_val_loss_from_baseline"]
    low, high = (cells[f"{end}_val_loss_from_baseline"] for end in ("low", "high"))
    return (abs(low) <= NEAR * shares) & (abs(high) <= NEAR * shares)


def _told(runs: pd.DataFrame, compared: dict[str, tuple[str, str]]) -> dict[str, NDArray]:
    """Return what is added up over the runs of a cell."""
    done = (runs["status"] == "done").to_numpy()
    told = {"runs": np.ones(len(runs)), "diverged": ~done}
    for name, pair in compared.items():
        value, other = (_numbers(runs, column) for column in pair)
        most = other * (1 - NEAR) if name == "above_baseline" else other
        told |= {name: done & (value > most), f"{name} known": np.isfinite(other)}
    if "effective" in runs:  # no input reaches an output
        told["constant"] = done & (_numbers(runs, "effective") == 0)
    for name in _ROWS:
        if name in runs:
            told[name] = np.nan_to_num(_numbers(runs, name))
    return told


def _numbers(runs: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return runs[column].to_numpy(np.float64, na_value=np.nan)
