"""What the runs of cells do with each column of the data: means, and intervals of importance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from results.cells.by_seed import BySeed
from results.cells.intervals import Moments
from results.cells.summary import cell_columns
from results.columns import REPEATED
from results.errors import ResultsError
from results.labels import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What is told of each column of the data in each cell, beside where the cell is.
TOLD = ("feature", "runs", "kept", "weight", "importance", "low_importance", "high_importance")


def of_cells(
    features: pd.DataFrame, runs: pd.DataFrame, cells: pd.DataFrame, threshold: float
) -> pd.DataFrame:
    """Sum up what the runs of some cells do with each column of the data.

    Parameters
    ----------
    features : DataFrame
        As `results.load_features` returns it.
    runs : DataFrame
        As `results.load` does.
    cells : DataFrame
        Some rows of their `results.summary`.
    threshold : float
        The share of its runs from which on a cell has selected a column.

    Returns
    -------
    DataFrame
        One row per cell and column: the place of the cell, and `TOLD`: ``runs``, those that are
        done; ``kept``, the share of them that keep it; the means of ``weight`` and ``importance``
        over them, and the interval of that over seeds and folds, as for ``val_loss``; and whether
        it is ``selected``.
    """
    axes = [name for name in cell_columns(cells) if name != "data"]
    known = features["run"].unique()
    there = runs.merge(cells[axes].assign(cell=np.arange(len(cells))), on=axes)
    done = there[(there["status"] == "done") & there["run"].isin(known)].sort_values("run")
    rows = features[features["run"].isin(done["run"])]
    if rows.empty:
        if len(there) and (there["status"] == "diverged").all():
            ended = counted(len(there), "run")
            raise ResultsError(f"all that ended there diverged ({ended}), and so have no features")
        raise ResultsError("none of the runs there is done and has features: wait for the first")
    names = rows["feature"][rows["run"] == rows["run"].iloc[0]]
    _check(rows, done, names)
    cell, count, shape = done["cell"].to_numpy(), len(cells), (len(done), len(names))
    kept, weight, importance = (
        rows[name].to_numpy(np.float64).reshape(shape) for name in ("kept", "weight", "importance")
    )
    counts = np.bincount(cell, minlength=count)
    mean, low, high = _importance(done, cell, count, importance)
    table = cells[axes].loc[cells.index.repeat(len(names))].reset_index(drop=True)
    told = {
        "feature": np.tile(names.astype(str).to_numpy(), count),
        "runs": counts.repeat(len(names)),
        "kept": _means(kept, cell, counts).ravel(),
        "weight": _means(weight, cell, counts).ravel(),
        **dict(zip(TOLD[4:], (mean.ravel(), low.ravel(), high.ravel()), strict=True)),
    }
    table = table.assign(**told)
    return table.assign(selected=table["kept"] >= threshold)


def ranked(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort what is told of the columns: by importance, or else by the share kept and the weight."""
    return rows.sort_values(
        ["importance", "kept", "weight"], ascending=False, kind="stable", na_position="last"
    )


def by_stability(path: pd.DataFrame) -> list[str]:
    """Order the columns along a path: the longer kept the earlier, of equals the more important."""
    names = ["kept", "importance", "weight"]
    sums = path.groupby("feature")[names].sum().round(9)
    return sums.sort_values(names, ascending=False, kind="stable").index.tolist()


def _check(rows: pd.DataFrame, done: pd.DataFrame, names: pd.Series) -> None:
    """Refuse rows that are not of the same columns for each run, in their order."""
    shape = len(done), len(names)
    runs, codes = rows["run"].to_numpy(), rows["feature"].cat.codes.to_numpy()
    if (
        len(rows) != math.prod(shape)
        or (runs.reshape(shape) != done["run"].to_numpy()[:, None]).any()
        or (codes.reshape(shape) != names.cat.codes.to_numpy()).any()
    ):
        raise ResultsError("its features are damaged: not all runs have the same columns")


def _means(values: NDArray, cell: NDArray, counts: NDArray) -> NDArray[np.float64]:
    """Average ``[run, column]`` over the runs of each cell."""
    sums = np.zeros((len(counts), values.shape[1]))
    np.add.at(sums, cell, values)
    with np.errstate(invalid="ignore"):
        return sums / counts[:, None]


def _importance(
    runs: pd.DataFrame, cell: NDArray, count: int, values: NDArray
) -> tuple[NDArray, NDArray, NDArray]:
    """Return means of ``values [run, column]`` over each cell and their intervals."""
    columns = [str(column) for column in range(values.shape[1])]
    placed = runs[[name for name in (*REPEATED, "status") if name in runs]].reset_index(drop=True)
    by_seed = BySeed(
        pd.concat([placed, pd.DataFrame(values, columns=columns)], axis=1), cell, count
    )
    ratio = np.full(count, np.nan)
    if {"train_rows", "val_rows"} <= set(runs) and "val_from" not in runs:
        held, trained = (
            np.bincount(cell, runs[name].to_numpy(np.float64, na_value=np.nan), minlength=count)
            for name in ("val_rows", "train_rows")
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(held > 0, held / trained, np.nan)
    found = []
    for column in columns:
        moments = Moments(count, *by_seed.splits)
        moments.add(by_seed.by_fold(column, by_seed.splits))
        estimate = moments.estimate(ratio)
        found.append((estimate.mean, estimate.low, estimate.high))
    mean, low, high = (np.stack(part, axis=1) for part in zip(*found, strict=True))
    return mean, low, high
