"""The ensemble of a results directory, with all that is to be said of it."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import pandas as pd

from results.cells.best import best, where
from results.cells.summary import cell_columns, deciding, runs_of
from results.columns import REPEATED, is_better_high
from results.labels import counted, figure, most
from sweep.errors import InputError
from sweep.machine import version
from sweep.models.best import best_run
from sweep.models.ensemble.average import Ensemble
from sweep.models.ensemble.choosing import Chosen, choose
from sweep.models.ensemble.tested import Tested, finite, in_outer_folds, on_test_part
from sweep.models.header import MOST_MEMBERS
from sweep.plan.experiment import prepare
from sweep.plan.recorded import specified


class Told(NamedTuple):
    """An ensemble, sentences on it, and the same as plain data."""

    ensemble: Ensemble
    lines: list[str]
    data: dict[str, Any]


def best_ensemble(
    directory: str | os.PathLike[str], picks: int, rule: str = "min", by: str | None = None
) -> Told:
    """Choose runs of a results directory that predict best together, and train them again.

    Parameters
    ----------
    directory : path
        A results directory, whose runs hold rows out.
    picks : int
        How many picks; a run that is picked again counts more.
    rule : {"min", "one-se"}
        How the cell is chosen with whose run it is compared on a test part.
    by : str, optional
        The metric that decides, as for `results.summary`.

    Raises
    ------
    InputError
        If nothing is held out, or a run does not repeat.
    results.errors.ResultsError
        If the directory is none, or holds no cell to choose.
    """
    import results

    if not 1 <= picks <= MOST_MEMBERS:
        raise InputError(f"--ensemble should be from 1 to {MOST_MEMBERS:,}; it is {picks:,}")
    spec = specified(directory)
    if not spec.holds_out:
        raise InputError(
            f"--ensemble chooses by rows that were held out, and {directory} holds out none: run "
            "it with --val-fraction or --folds"
        )
    runs = results.load(directory)
    cells = results.summary(runs, by=by)
    single = best(cells, rule).iloc[0]
    experiment = prepare(spec)
    chosen = choose(experiment, directory, runs, cells, picks)
    tested = None
    if spec.test:
        run = best_run(runs_of(runs, single), deciding(cells)).iloc[0]
        tested = on_test_part(experiment, chosen, run)
    elif spec.outer_folds:
        tested = in_outer_folds(experiment, directory, runs, picks, rule, by)
    lines = [_how(chosen), *_members(chosen, cells), f"In all an {chosen.ensemble}."]
    lines += [tested.said] if tested else []
    data = _data(chosen, tested)
    told = {name: data[name] for name in ("cells", chosen.metric, "test") if name in data}
    chosen.ensemble.trained_on.update(
        ensemble=picks, **told, how=" ".join(filter(None, [lines[0], tested and tested.said]))
    )
    chosen.ensemble.trained_on["regsweep"] = version("regsweep")
    if target := chosen.ensemble.members[0].trained_on.get("target"):
        chosen.ensemble.trained_on["target"] = target
    return Told(chosen.ensemble, lines, data)


def _how(chosen: Chosen) -> str:
    """Say how it was chosen, and what that makes of what it reaches."""
    metric, over = chosen.metric, ""
    if chosen.splits > 1:
        over = (
            f" in the mean over {chosen.splits:,} splits, in each of which a row is told by runs "
            "that held it out"
        )
    lower = "higher" if is_better_high(metric) else "lower"
    return (
        f"Ensemble of {counted(chosen.picks, 'pick')}, made greedily and with replacement (Caruana "
        f"and others, 2004) from the best {chosen.cells:,} of {counted(chosen.of, 'cell')}: what "
        f"it says is the mean of what its networks say. On rows held out the picks have the "
        f"{metric} {figure(chosen.reached)}{over}; the best cell alone has "
        f"{figure(chosen.alone)}. Picked for being the {most(metric)}, that is likely {lower} than "
        "on new rows."
    )


def _members(chosen: Chosen, cells: pd.DataFrame) -> list[str]:
    """Say which runs they are, and what each weighs."""
    runs = chosen.runs
    repeated = [name for name in REPEATED if name in runs and runs[name].nunique() > 1]
    lines = []
    for weight, (_, run) in zip(chosen.ensemble.weights, runs.iterrows(), strict=True):
        luck = "".join(f", {name} {int(run[name])}" for name in repeated)
        lines.append(f"{weight:.3f} run {run['run']}: {where(cells, run)}{luck}")
    return lines


def _data(chosen: Chosen, tested: Tested | None) -> dict[str, Any]:
    ensemble, runs = chosen.ensemble, chosen.runs
    placed = ["run", *(name for name in REPEATED if name in runs), *cell_columns(runs)]
    members = [
        {"weight": float(weight)} | {name: run[name] for name in placed if name != "data"}
        for weight, run in zip(ensemble.weights, runs[placed].to_dict("records"), strict=True)
    ]
    return {
        "members": members,
        "picks": chosen.picks,
        "parameters": sum(len(member.parameters) for member in ensemble.members),
        "nonzero": sum(member.nonzero for member in ensemble.members),
        "cells": chosen.cells,
        "of_cells": chosen.of,
        "splits": chosen.splits,
        chosen.metric: finite(chosen.reached),
        f"{chosen.metric}_of_best_cell": finite(chosen.alone),
        **({"test": tested.figures} if tested else {}),
    }
