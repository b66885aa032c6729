"""How the runs of each cell stood: finished, diverged, worse than at the start or than guessing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from results.cells.by_seed import BySeed, Windows
from results.columns import OF_NUMBERS, baseline_of, is_better_high, possible

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A metric within this share of that of a guess is no better.
NEAR = 1e-3

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


def counted(cells: pd.DataFrame, windows: Windows, names: Sequence[str], metric: str) -> Counts:
    """Count the runs of each cell.

    ``names`` are the columns that the runs have, ``metric`` is that which decides where it can.
    """
    count, seeds, splits = len(cells), 0, (1, 1)
    pairs = {
        "above_initial": ("final_loss", "initial_loss"),
        no_better(metric): (metric, baseline_of(metric)),
    }
    compared = {name: pair for name, pair in pairs.items() if set(pair) <= set(names)}
    further = [
        *(column for pair in compared.values() for column in pair),
        *_ROWS,
        *("rung", "effective", metric),
    ]
    columns = [name for name in further if name in names]
    sums: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(count))
    rung = np.full(count, np.iinfo(np.int64).max)
    for runs, cell in windows(columns):
        laid_out = BySeed(runs, cell, count)
        seeds, (outer, folds) = seeds + laid_out.seeds, laid_out.splits
        splits = max(splits[0], outer), max(splits[1], folds)
        for name, values in _told(runs, compared, metric).items():
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
    if metric in names and sums["undefined"].any():
        cells["undefined"] = sums["undefined"].astype(np.int64)
    train, val = (sums[name] for name in _ROWS)
    ratio = np.divide(val, train, out=np.full(count, np.nan), where=(train > 0) & (val > 0))
    if "val_from" in names:  # all seeds hold out the same rows, which say nothing of other data
        cells["by_time"], ratio = True, np.full(count, np.nan)
    return Counts(cells, seeds, splits, ratio)


def no_better(metric: str) -> str:
    """Name the column that counts the runs whose metric is no better than that of a guess."""
    return f"{'below' if is_better_high(metric) else 'above'}_baseline"


def constant(cells: pd.DataFrame | pd.Series) -> Any:
    """Tell whether no input passes any network of a cell, or of each: they give all rows the same.

    Then what seeds give differs by nothing, whatever new data would.
    """
    done = cells["runs"] - cells["diverged"]
    return (done > 0) & (cells.get("constant", -1) == done)


def guesses(cells: pd.DataFrame | pd.Series, metric: str = "val_loss") -> Any:
    """Tell whether the networks of a cell, or of each, reach what a guess does and no more.

    That is so within `NEAR` of it, for both ends of the interval of the difference.
    """
    if f"mean_{metric}_from_baseline" not in cells:
        return cells["runs"] < 0  # for none
    guess = cells[f"mean_{metric}"] - cells[f"mean_{metric}_from_baseline"]
    low, high = (cells[f"{end}_{metric}_from_baseline"] for end in ("low", "high"))
    near = _near(guess, metric)
    return (abs(low) <= near) & (abs(high) <= near)


def _near(guess: Any, metric: str) -> Any:
    """Return what is near a guess: a share of it, or of 1 where the metric has no foot.

    The R2 of a guess is about 0.
    """
    return NEAR * (guess if possible(metric)[0] == 0 else 1.0)


def of_numbers(cells: pd.DataFrame | pd.Series) -> bool:
    """Tell whether cells are of numbers, by what is measured of them."""
    return any(f"mean_val_{name}" in cells for name in OF_NUMBERS)


def _told(
    runs: pd.DataFrame, compared: dict[str, tuple[str, str]], metric: str
) -> dict[str, NDArray]:
    """Return what is added up over the runs of a cell."""
    done = (runs["status"] == "done").to_numpy()
    told = {"runs": np.ones(len(runs)), "diverged": ~done}
    for name, pair in compared.items():
        value, other = (_numbers(runs, column) for column in pair)
        with np.errstate(invalid="ignore"):  # of a guess that costs without end, and is not known
            if name == "below_baseline":
                worse = value <= other + _near(other, metric)
            else:
                worse = value > (other - _near(other, metric) if "baseline" in name else other)
        told |= {name: done & worse, f"{name} known": np.isfinite(other)}
    if metric in runs and metric != "val_loss":
        told["undefined"] = done & ~np.isfinite(_numbers(runs, metric))
    if "effective" in runs:  # no input reaches an output
        told["constant"] = done & (_numbers(runs, "effective") == 0)
    for name in _ROWS:
        if name in runs:
            told[name] = np.nan_to_num(_numbers(runs, name))
    return told


def _numbers(runs: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return runs[column].to_numpy(np.float64, na_value=np.nan)
