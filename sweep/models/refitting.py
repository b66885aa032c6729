"""A network of the chosen cell, trained on all rows: what a sweep was for, once it has chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from results.cells.honest import on_test_part, tested, unstopped
from results.labels import counted
from sweep.errors import InputError
from sweep.plan.experiment import Experiment, prepare
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import measured_of, scored_of
from sweep.training.path_order import leading_to

if TYPE_CHECKING:
    import pandas as pd


def on_all_rows(
    spec: Specification, cell: dict[str, float | str], runs: pd.DataFrame
) -> tuple[Experiment, int, str]:
    """Return the experiment that trains a cell on all rows but a test part's, its run, and why so.

    Nothing is held out, so nothing can stop the run: it has the median of the epochs that the
    cell's runs came to. It has the smallest seed, since to choose one would be to choose luck.

    Parameters
    ----------
    spec : Specification
        Of the sweep.
    cell : dict of str to float or str
        Its place in the grid.
    runs : DataFrame
        The cell's finished runs.

    Raises
    ------
    InputError
        If the learning rate hung on losses of theirs.
    """
    if spec.schedule == "adaptive":
        raise InputError(
            "--refit trains for as many epochs as runs had, and with --schedule adaptive the "
            "losses of each said how its learning rate fell: leave --refit out, or run another "
            "schedule"
        )
    came_to = runs["best_epoch" if spec.patience else "epochs"]
    epochs, seed = round(float(came_to.median())), min(spec.seeds)
    # A cosine goes on as if there were the epochs of the sweep.
    schedule = f"cosine:{spec.epochs}" if spec.schedule == "cosine" else spec.schedule
    alone = spec.replace(
        seeds=[seed], folds=0, val_fraction=0, outer_folds=None, epochs=epochs - spec.finish,
        schedule=schedule, finish=spec.finish, history=0, patience=None, tol=None, halving=None,
        subsample=None, features="no", permutations=None,
    )  # fmt: skip
    experiment = prepare(alone)
    place = {name: np.array([at]) for name, at in {**cell, "seed": seed, "fold": 0}.items()}
    known = experiment.plan.knowing({"run": np.array([0]), **place})
    experiment = experiment._replace(plan=known)
    (run,) = known.grid.numbers(place)
    rows = counted(experiment.plan.samples, "row")
    where = f"the {rows} outside of the test part" if spec.test else f"all {rows}"
    if spec.patience:
        median = f"the median of the epochs whose weights {counted(len(runs), 'run')} of it kept"
        cut = unstopped(runs, spec.patience, spec.epochs)
        if cut and _hangs_on(came_to, spec):
            median += (
                f" (likely too few, as {cut:,} of them had not stopped by epoch {spec.epochs:,})"
            )
    elif spec.tol is not None:
        median = f"the median of those that {counted(len(runs), 'run')} of it had"
    else:
        median = "as its runs had"
        if spec.finish:
            median += f", the last {spec.finish:,} of them in full batches"
    before = len(leading_to(experiment.plan, np.array([run]))) - 1
    if before:
        median += (
            f", after as many of each of the {counted(before, 'run')} before it on its path, which "
            f"makes {'at most ' * bool(spec.hidden)}{counted(epochs * (before + 1), 'epoch')} in "
            "all"
        )
    how = (
        f"Trained on {where}, for {counted(epochs, 'epoch')}, {median}, with seed {seed}, the "
        "smallest, so that no luck is chosen."
    )
    return experiment, int(run), how


def _hangs_on(best_epoch: pd.Series, spec: Specification) -> bool:
    """Tell whether the median would be another one if runs that were cut had gone on for good."""
    going = best_epoch + (spec.patience or 0) > spec.epochs
    return bool(best_epoch.mask(going, math.inf).median() != best_epoch.median())


def judged(spec: Specification, reached: Mapping[str, Any], rows: int, metric: str) -> str:
    """Say what tells how such a network does on new rows; empty where nothing does.

    Parameters
    ----------
    spec : Specification
        Of the sweep.
    reached : dict of str to float
        What the network reached: on the test part, where there is one.
    rows : int
        Those of the test part.
    metric : str
        The one by which its cell was chosen.
    """
    if spec.test:
        measured = ("loss", *measured_of(spec), *scored_of(spec))
        names = tested([f"test_{name}" for name in measured], metric)
        known = {name: reached.get(name, math.nan) for name in names}
        figures = on_test_part(known, rows, reached.get("test_size"))
        return f"The test part was held out from it, and there it has {figures}."
    if spec.outer_folds:
        return (
            "Nothing was held out from it: what networks that were chosen likewise, and had fewer "
            "rows, give on the outer folds is an estimate of what it gives on new ones, and not "
            f"the {metric} by which its cell was chosen."
        )
    if spec.patience:
        return (
            "Nothing was held out from it, and the sweep's val_loss is likely lower than its loss "
            "on new rows, for it said when to stop: --test or --outer-folds give a figure that no "
            "choice had a part in."
        )
    if not spec.holds_out:
        return ""
    return (
        f"Nothing was held out from it: the sweep's {metric}, of networks that had fewer rows, is "
        "an estimate of what it gives on new ones."
    )
