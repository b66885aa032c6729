"""What a model of a sweep is worth on its test part, which no run and no choice saw."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from results.cells.best import best
from results.cells.summary import deciding, runs_of
from results.labels import counted, listed, number
from sweep.data.dataset import Dataset, Variable
from sweep.data.fold import fold_of
from sweep.models.best import again, best_run
from sweep.models.evaluating import wording
from sweep.models.evaluating.evaluation import Evaluation, as_data, of_rows, without_inputs
from sweep.models.evaluating.resampling import DEFAULT
from sweep.models.evaluating.scores import fitting
from sweep.models.evaluating.truth import Rows
from sweep.models.predictor import Predictor
from sweep.plan.experiment import Experiment, prepare
from sweep.plan.recorded import specified

if TYPE_CHECKING:
    import pandas as pd

#: What is said of it in a line.
_SAID = ("auc", "brier", "rmse", "mae")


def on_test_part(experiment: Experiment, model: Predictor) -> Evaluation:
    """Judge a model of a sweep on the sweep's test part.

    Parameters
    ----------
    experiment : Experiment
        Of a sweep that has one, the same for all its runs.
    model : Model or Ensemble
    """
    spec, dataset, _ = experiment
    assert isinstance(dataset, Dataset)
    fold = fold_of(spec, dataset, spec.seeds[0], 0)
    test = fold.test
    truth = fold.y[test].reshape(len(test), -1).astype(np.float64)
    groups = np.arange(len(fold.y)) if dataset.groups is None else dataset.groups
    targets = dataset.targets or (Variable("class", dataset.classes),)
    rows = Rows(
        *(model.kind, model.loss, targets, truth, model.outputs(dataset.X[test])),
        *(fold.weight[test].astype(np.float64), groups[test], np.arange(len(test))),
    )
    return of_rows(rows, without_inputs(model), fitting(model.loss), DEFAULT)


def of_best(
    directory: str | os.PathLike[str], runs: pd.DataFrame, cells: pd.DataFrame
) -> dict[str, Any] | None:
    """Train the best cell's best run again, and judge it on the test part, as plain data.

    None where there is no test part that all runs share; `sweep.models.evaluating.evaluation` tells
    what is in it, and ``run`` is which run it is of.

    Parameters
    ----------
    directory : path
        A results directory.
    runs, cells : DataFrame
        Its table, and a summary of it.

    Raises
    ------
    InputError
        If the run does not repeat, or the data are not there.
    results.errors.ResultsError
        If no cell can be chosen.
    """
    spec = specified(directory)
    if not spec.test:
        return None
    run = best_run(runs_of(runs, best(cells).iloc[0]), deciding(cells))
    experiment = prepare(spec)
    (model,) = again(experiment, run, directory)
    return {"run": int(run["run"].iloc[0]), **as_data(on_test_part(experiment, model))}


def said(found: Evaluation, whose: str) -> str:
    """Say figures that a table of runs has not, in a sentence; ``whose`` they are begins it."""
    metrics = found.tables["metrics"]
    whole = metrics[metrics["metric"].isin(_SAID)].drop_duplicates("metric")
    figures = []
    for one in whole.to_dict("records"):
        ends = wording.interval(one["low"], one["high"])
        sure = "" if math.isnan(one["low"]) else f" ({ends})"
        figures.append(f"{one['metric']} {wording.value(one['value'])}{sure}")
    if found.figures:
        error, bins = number(found.figures["ece"], 3), found.figures["bins"]
        figures.append(f"an expected calibration error of {error} over {bins} bins")
    rows = counted(len(found.rows.truth), "row")
    return (
        f"{whose} has {listed(figures)} on the {rows} of the test part; intervals, at 95 %, are of "
        f"{DEFAULT:,} bootstrap resamples of them."
    )
