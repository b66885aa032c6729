"""A network of the chosen cell, trained on all rows: what a sweep was for, once it has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from results.labels import counted
from sweep.plan.experiment import Experiment, prepare
from sweep.specification.spec import Specification

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
    """
    came_to = runs["best_epoch" if spec.patience else "epochs"]
    epochs, seed = round(float(came_to.median())), min(spec.seeds)
    alone = spec.replace(
        seeds=[seed], folds=0, val_fraction=0, outer_folds=None, epochs=epochs - spec.finish,
        finish=spec.finish, history=0, patience=None, halving=None,
    )  # fmt: skip
    experiment = prepare(alone)
    place = {**cell, "seed": seed, "fold": 0}
    (run,) = experiment.plan.grid.numbers({name: np.array([at]) for name, at in place.items()})
    rows = counted(experiment.plan.samples, "row")
    where = f"the {rows} outside of the test part" if spec.test else f"all {rows}"
    if spec.patience:
        median = f"the median of the epochs whose weights {counted(len(runs), 'run')} of it kept"
    else:
        median = "as its runs had"
        if spec.finish:
            median += f", the last {spec.finish:,} of them in full batches"
    how = (
        f"Trained on {where}, for {counted(epochs, 'epoch')}, {median}, with seed {seed}, the "
        "smallest, so that no luck is chosen."
    )
    if spec.holds_out:
        how += (
            " Nothing was held out from it: the sweep's val_loss, of networks that had fewer rows, "
            "is an estimate of what it gives on new ones."
        )
    return experiment, int(run), how
