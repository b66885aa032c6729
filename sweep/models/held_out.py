"""What a cell's runs say of rows that did not train them, which no table holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.errors import ResultsError
from results.labels import counted
from sweep.data.dataset import Dataset, Variable
from sweep.data.fold import fold_of
from sweep.models.best import again
from sweep.models.model import Model
from sweep.plan.experiment import Experiment, prepare
from sweep.plan.recorded import specified

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: What is true of some rows and what is said, shape (rows, targets).
Part = tuple["NDArray", "NDArray"]


class HeldOut(NamedTuple):
    """What is true of rows that were held out, and what runs say that did not train on them.

    Attributes
    ----------
    targets : list of Variable
        What is predicted; the levels of one are its classes.
    parts : dict of str to Part
        By what rows they are; numbers of classes, where a target has these.
    whose : str
        Which runs say it.
    stopped : bool
        Whether the rows held out also said when the runs stopped.
    """

    targets: list[Variable]
    parts: dict[str, Part]
    whose: str
    stopped: bool


def held_out(directory: str | os.PathLike[str], runs: pd.DataFrame) -> HeldOut:
    """Train runs of a cell again, those of its first seed, and see what they say.

    Each tells the rows that it held out. Those of a test part are told by the first run alone. With
    outer folds, whose test parts had a say in the cell, only runs of the first are asked, and they
    are asked of no test part.

    Parameters
    ----------
    directory : path
        A results directory.
    runs : DataFrame
        The cell's finished runs.

    Raises
    ------
    InputError
        If the data have changed, or are not there.
    ResultsError
        If nothing was held out, or no seed has all its runs.
    """
    spec = specified(directory)
    if not spec.holds_out:
        raise ResultsError("nothing was held out to be predicted: run it with --val-fraction")
    if "outer" in runs:
        runs = runs[runs["outer"] == 0]
    whole = runs.groupby("seed").filter(lambda some: len(some) == max(spec.folds, 1))
    if whole.empty:
        raise ResultsError("no seed of that cell has all its runs done, which would predict")
    own = whole[whole["seed"] == whole["seed"].min()].sort_values("run")
    experiment = prepare(spec)
    models = again(experiment, own, directory)
    told = [_told(experiment, model, "val") for model in models]
    truth, said = (np.concatenate([part[side] for part in told]) for side in (0, 1))
    parts = {f"{counted(len(truth), 'row')} held out": (truth, said)}
    seed, first = int(own["seed"].iloc[0]), int(own["run"].iloc[0])
    whose = f"seed {seed}, run {first}"
    if len(own) > 1:
        whose = f"seed {seed}, each of its {len(own)} runs on the fold that it held out"
    if spec.test:
        test = _told(experiment, models[0], "test")
        parts[f"{counted(len(test[0]), 'row')} of the test part"] = test
        if len(own) > 1:
            whose += f", and run {first} on the test part"
    stopped = "best_epoch" in own and bool(own["best_epoch"].notna().any())
    dataset = experiment.dataset
    targets = [Variable("class", dataset.classes)] if dataset.classes else list(dataset.targets)
    return HeldOut(targets, parts, whose, stopped=stopped)


def _told(experiment: Experiment, model: Model, part: str) -> Part:
    """Return what is true and what a model says of a part of the rows that it did not train on."""
    spec, dataset, _ = experiment
    assert isinstance(dataset, Dataset)
    place = (model.trained_on.get(name, 0) for name in ("seed", "fold", "outer"))
    rows = getattr(fold_of(spec, dataset, *place), part)
    truth = dataset.y[rows] if dataset.y.ndim > 1 else dataset.y[rows, None]
    outputs = model.outputs(dataset.X[rows])
    if model.kind == "class":
        return truth, outputs.argmax(axis=1)[:, None]
    return truth, (outputs > 0.5).astype(np.int64) if model.kind == "answers" else outputs
