"""Candidates for an ensemble: the best cells of a sweep, and what their runs say of held-out rows.

No table holds weights, so the runs are trained again, in packs; what they say is kept, and they
themselves as long as they do not take too much memory.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.cells.summary import cell_columns, deciding, whole
from results.columns import REPEATED
from sweep.data.dataset import Dataset
from sweep.data.fold import Fold, fold_of
from sweep.models.best import again
from sweep.plan.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from sweep.models.model import Model

#: Cells that are looked at, at the most: the best ones.
MOST_CELLS = 256

#: Numbers that are said of held-out rows, and kept, at the most, unless it is of one cell.
_ROOM = 2**25

#: Parameters of models that are kept, at the most.
_PARAMETERS = 2**25

#: Runs that are trained together: a multiple of what any pack holds.
_TOGETHER = 32


class Candidates(NamedTuple):
    """Cells of a sweep, the best first, each with a run in every one of some splits of the rows.

    Attributes
    ----------
    runs : DataFrame
        Their rows of the table, cell by cell, and split by split within one.
    folds : list of Fold
        The data of each split.
    of : int
        How many cells there were to look at.
    """

    runs: pd.DataFrame
    folds: list[Fold]
    of: int

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.runs) // len(self.folds)

    def run(self, cell: int, split: int) -> pd.DataFrame:
        """Return the row of a cell's run in a split, as a table."""
        place = cell * len(self.folds) + split
        return self.runs[place : place + 1]


def candidates(experiment: Experiment, runs: pd.DataFrame, cells: pd.DataFrame) -> Candidates:
    """Return the best cells whose runs are done in all splits in which those of the best one are.

    Parameters
    ----------
    experiment : Experiment
    runs : DataFrame
        The table.
    cells : DataFrame
        Their `results.summary`, of which one can be chosen.
    """
    axes = [name for name in cell_columns(cells) if name != "data"]
    ranked = cells[whole(cells)].sort_values(f"rank_{deciding(cells)}", kind="stable")
    there = ranked[axes].head(MOST_CELLS)
    done = runs[runs["status"] == "done"]
    own = done.merge(there.assign(_cell=np.arange(len(there))), on=axes)
    # Seeds change first: of several members each begins with weights of its own.
    own["_split"] = own.groupby([name for name in REPEATED[::-1] if name in own]).ngroup()
    splits = own.loc[own["_cell"] == 0, "_split"].unique()
    own = own[own["_split"].isin(splits)]
    own = own[own.groupby("_cell")["_split"].transform("size") == len(splits)]
    own = own.sort_values(["_cell", "_split"]).drop(columns=["_cell", "_split"])
    spec, dataset, _ = experiment
    folds = [fold_of(spec, dataset, *place_of(row)) for _, row in own[: len(splits)].iterrows()]
    room = sum(len(fold.val) for fold in folds) * dataset.outputs
    kept = max(_ROOM // room, 1) * len(folds)
    return Candidates(own[:kept].reset_index(drop=True), folds, len(ranked))


def place_of(run: pd.Series) -> tuple[int, int, int]:
    """Return the seed of a run, its fold and its outer fold."""
    return int(run["seed"]), int(run["fold"]), int(run.get("outer", 0))


def trained(
    experiment: Experiment, found: Candidates, directory: str | os.PathLike[str]
) -> tuple[NDArray, dict[tuple[int, int], Model]]:
    """Train candidates again.

    Returns
    -------
    said : ndarray of float64, shape (cells, rows, outputs)
        What they say of the rows that each split held out, the rows of one split below those of the
        other.
    models : dict
        Some of them, by the numbers of their cell and split: all, if they are small or few.

    Raises
    ------
    InputError
        If a run does not give what its row says.
    """
    from joblib import Parallel, delayed

    dataset = experiment.dataset
    assert isinstance(dataset, Dataset)
    ends = np.cumsum([0, *(len(fold.val) for fold in found.folds)])
    said = np.empty((found.cells, ends[-1], dataset.outputs))
    kept: dict[tuple[int, int], Model] = {}
    stop, one_at_a_time = threading.Event(), threading.Lock()

    def train(split: int, cells: NDArray) -> None:
        rows = found.runs.iloc[cells * len(found.folds) + split]
        models = again(experiment, rows, directory, stop.is_set)
        X = dataset.X[found.folds[split].val]
        for cell, model in zip(cells.tolist(), models, strict=True):
            said[cell, ends[split] : ends[split + 1]] = model.outputs(X)
        with one_at_a_time:
            if sum(len(each.parameters) for each in [*kept.values(), *models]) <= _PARAMETERS:
                # Copies: without what predicting has made of them.
                pairs = zip(cells.tolist(), map(copy, models), strict=True)
                kept.update(((cell, split), model) for cell, model in pairs)

    try:
        Parallel(n_jobs=-1, require="sharedmem")(
            delayed(train)(*piece) for piece in _pieces(experiment, found)
        )
    finally:
        stop.set()  # joblib leaves its threads alone when it is interrupted
    return said, kept


def _pieces(experiment: Experiment, found: Candidates) -> Iterator[tuple[int, NDArray]]:
    """Yield splits, each with the numbers of some cells whose runs there are trained together."""
    # Runs of a path need those before them, which are trained once where all are together.
    together = found.cells if experiment.spec.path else _TOGETHER
    for split in range(len(found.folds)):
        rows = found.runs[split :: len(found.folds)]
        known = experiment.plan.knowing({str(name): rows[name].to_numpy() for name in rows})
        numbers = rows["run"].to_numpy()
        for _, cells in known.apart(numbers):  # only runs of one network fill packs
            order = cells[numbers[cells].argsort()]
            yield from ((split, order[i : i + together]) for i in range(0, len(order), together))
