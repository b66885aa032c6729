"""What an ensemble gives on rows that chose nothing, beside the one run that a sweep would save."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import results.cells.honest as honest
from results.cells.best import best
from results.cells.summary import runs_of, summary
from results.errors import ResultsError
from results.labels import counted, figure, listed
from sweep.data.dataset import Dataset
from sweep.data.fold import fold_of
from sweep.models.best import best_run
from sweep.models.ensemble.candidates import place_of
from sweep.models.ensemble.choosing import Chosen, choose
from sweep.models.ensemble.judging import Judge
from sweep.plan.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd

#: Share of a loss by which rounding makes another one of the same network.
_SAME = 1e-9


class Tested(NamedTuple):
    """Figures of a test part.

    Attributes
    ----------
    figures : dict of str to dict
        Of the "ensemble", and of the "single" run, by their columns of the table.
    said : str
        The same in a sentence.
    """

    figures: dict[str, dict[str, float | None]]
    said: str


def on_test_part(experiment: Experiment, chosen: Chosen, run: pd.Series) -> Tested:
    """Say what an ensemble gives on the test part, and what a run does."""
    both, rows = _both(experiment, chosen, run)
    size = run.get("test_size")
    ours, theirs = (honest.on_test_part(figures, rows, size) for figures in both)
    return _tested(
        both,
        f"On the {counted(rows, 'row')} of the test part, which no run trained on and no choice "
        f"saw, it has {ours}. Run {run['run']}, which --save alone would save, has {theirs}.",
    )


def in_outer_folds(
    experiment: Experiment,
    directory: str | os.PathLike[str],
    runs: pd.DataFrame,
    picks: int,
    rule: str,
    by: str | None,
) -> Tested | None:
    """Choose anew in each outer fold by its runs alone; say what comes out on that fold.

    None where in none of them a cell can be chosen. The other parameters are those of
    `sweep.models.ensemble.telling.best_ensemble`.
    """
    found = []
    for _, own in runs.groupby("outer", sort=True):
        cells = summary(own, by=by)
        try:
            single = best(cells, rule).iloc[0]
        except ResultsError:  # none of its runs has a finite loss
            continue
        chosen = choose(experiment, directory, own, cells, picks)
        run = best_run(runs_of(own, single), chosen.metric).iloc[0]
        found.append(_both(experiment, chosen, run)[0])
    if not found:
        return None
    names = list(found[0][0])
    means = [
        {name: _mean([pair[which][name] for pair in found]) for name in names} for which in (0, 1)
    ]
    ours, theirs = (listed([f"{name} {figure(of[name])}" for name in names]) for of in means)
    better = sum(of["test_loss"] < alone["test_loss"] * (1 - _SAME) for of, alone in found)
    many = counted(len(found), "outer fold")
    return _tested(
        (means[0], means[1]),
        f"Chosen anew in each of {many}, by the runs of that fold alone, such ensembles have on "
        f"the test parts, in the mean, {ours}; the runs that --save alone would save there have "
        f"{theirs}. The ensemble's test_loss is the lower one in {better} of {many}.",
    )


def _both(
    experiment: Experiment, chosen: Chosen, run: pd.Series
) -> tuple[tuple[dict[str, float], dict[str, float]], int]:
    """Return what an ensemble and a run give on the test part of that run, and its rows.

    A loss of numbers is in units of the rows that trained the run.
    """
    spec, dataset, _ = experiment
    assert isinstance(dataset, Dataset)
    fold = fold_of(spec, dataset, *place_of(run))
    found = Judge(spec, fold, fold.test).figures(chosen.ensemble.outputs(dataset.X[fold.test]))
    every = {f"test_{name}": value for name, value in found.items()}
    told = honest.tested(every, chosen.metric)
    ours = {name: every[name] for name in told}
    return (ours, {name: float(run[name]) for name in told}), len(fold.test)


def _mean(values: list[float]) -> float:
    """Return the mean of the values that there are."""
    there = [value for value in values if not math.isnan(value)]
    return float(np.mean(there)) if there else math.nan


def _tested(both: tuple[dict[str, float], dict[str, float]], said: str) -> Tested:
    plain = [{name: finite(value) for name, value in one.items()} for one in both]
    return Tested({"ensemble": plain[0], "single": plain[1]}, said)


def finite(value: float) -> float | None:
    """Return a number as JSON has it: None for what is not defined, or has no end."""
    return value if math.isfinite(value) else None
