"""Regularisation paths: runs along a penalty, each begun with the weights of the one before it."""

import numpy as np

from sweep.training.batch import Batch
from sweep.training.path_order import nothing_to_go_on_with
from sweep.training.rows import Columns
from sweep.training.state import State


def train_paths(batch: Batch) -> tuple[Columns, np.ndarray]:
    """Train the runs of a batch along the path's axis.

    Within a path the first run begins with its seed's initial weights, and each next one at rest
    with the weights of the run before it. ``cold`` runs all begin with the initial weights, and so
    does a run after one that has left `nothing_to_go_on_with`.

    Parameters
    ----------
    batch : sweep.training.batch.Batch
        Whole paths, or the beginnings of paths at the same values.

    Returns
    -------
    columns : dict of str to ndarray
        Of the table, in the order of the batch.
    weights : ndarray, shape (parameters, runs)
    """
    spec = batch.plan.spec
    axis, order = batch.columns[str(spec.path)], batch.columns["path"]
    values, place = np.unique(axis, return_inverse=True)
    step = np.where(order == "down", len(values) - 1 - place, place)
    smallest = {str(spec.path): np.full(len(axis), values[0])}
    path = batch.plan.grid.numbers(
        {**batch.columns, **smallest}
    )  # its runs differ on the axis alone
    steps = np.lexsort((path, step)).reshape(len(values), -1)  # [step, path]
    cold = order[steps[0]] == "cold"
    drawn = batch.drawn().parameters
    weights, before = drawn.copy(), steps[0]
    found: list[Columns] = []
    anew = cold
    for now in steps:
        start = np.where(anew, drawn[:, now], weights[:, before])
        columns, state = batch.train(now, State.fresh(start), spec.epochs)
        weights[:, now] = state().weights(batch.step)
        found.append(columns)
        before, anew = now, cold | nothing_to_go_on_with(batch.net, columns["effective"])
    back = np.argsort(steps.ravel())
    return {name: np.concatenate([one[name] for one in found])[back] for name in found[0]}, weights
