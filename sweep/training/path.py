"""Regularisation paths: runs along a penalty, each begun with the weights of the one before it."""

from typing import TYPE_CHECKING

import numpy as np

from sweep.plan.grid import Plan
from sweep.training.loop import State

if TYPE_CHECKING:
    from sweep.training.task import Batch, Columns


def train_paths(batch: "Batch") -> "tuple[Columns, np.ndarray]":
    """Train the runs of a batch along the path's axis.

    Within a path the first run begins with its seed's initial weights, and each next one at rest
    with the weights of the run before it. ``cold`` runs all begin with the initial weights.

    Parameters
    ----------
    batch : sweep.training.task.Batch
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
    path = batch.plan.numbers({**batch.columns, **smallest})  # its runs differ on the axis alone
    steps = np.lexsort((path, step)).reshape(len(values), -1)  # [step, path]
    cold = order[steps[0]] == "cold"
    drawn = batch.drawn().parameters
    weights, before = drawn.copy(), steps[0]
    found: list[Columns] = []
    for now in steps:
        start = np.where(cold, drawn[:, now], weights[:, before])
        columns, state = batch.train(now, State.fresh(start), spec.epochs)
        weights[:, now] = state().weights(spec)
        found.append(columns)
        before = now
    back = np.argsort(steps.ravel())
    return {name: np.concatenate([one[name] for one in found])[back] for name in found[0]}, weights


def following(plan: Plan, columns: "Columns") -> dict[int, int]:
    """Return which of some runs comes after each on its path, by their places in ``columns``."""
    if not plan.spec.path:
        return {}
    axis = plan.axes[plan.spec.path]
    towards = {"up": 1, "down": -1, "cold": 0}
    step = np.array([towards[order] for order in columns["path"].tolist()])
    value = np.searchsorted(axis, columns[plan.spec.path]) + step
    goes_on = np.flatnonzero((step != 0) & (value >= 0) & (value < len(axis)))
    then = {name: values[goes_on] for name, values in columns.items()}
    numbers = plan.numbers({**then, plan.spec.path: axis[value[goes_on]]})
    place = {run: i for i, run in enumerate(columns["run"].tolist())}
    return {i: place[run] for i, run in zip(goes_on.tolist(), numbers.tolist(), strict=True)}


def leading_to(plan: Plan, numbers: np.ndarray) -> np.ndarray:
    """Return the numbers of some runs and of those before them on their paths, in grid order."""
    if not plan.spec.path:
        return np.unique(numbers)
    name = plan.spec.path
    axis = plan.axes[name]
    before = {"up": np.less_equal, "down": np.greater_equal, "cold": np.equal}
    found = []
    for run in numbers:
        place = plan.coordinates(np.array([run]))
        values = axis[before[str(place["path"][0])](axis, place[name])]
        same = {other: np.repeat(value, len(values)) for other, value in place.items()}
        found.append(plan.numbers({**same, name: values}))
    return np.unique(np.concatenate(found))
