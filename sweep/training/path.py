"""Regularisation paths: runs along a penalty, each begun with the weights of the one before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from sweep.training.batch import Batch
from sweep.training.path_order import nothing_to_go_on_with, places
from sweep.training.rows import Columns
from sweep.training.state import State


class Step(NamedTuple):
    """What became of the runs at one step of some paths.

    Attributes
    ----------
    runs : ndarray of int64, shape (paths,)
        Their places in the batch.
    columns : dict of str to ndarray
        Of the table.
    weights : ndarray, shape (parameters, paths)
        What they have learnt.
    onward : ndarray, shape (parameters, paths)
        What the runs after them begin with.
    """

    runs: np.ndarray
    columns: Columns
    weights: np.ndarray
    onward: np.ndarray


def train_paths(batch: Batch) -> tuple[Columns, Callable[[], np.ndarray]]:
    """Train the runs of a batch along the path's axis, from the beginning.

    Parameters
    ----------
    batch : sweep.training.batch.Batch
        Whole paths, or the beginnings of paths at the same values.

    Returns
    -------
    columns : dict of str to ndarray
        Of the table, in the order of the batch.
    weights : callable
        Gives those learnt, shape (parameters, runs).
    """
    steps = list(_steps(batch, None))
    back = np.argsort(np.concatenate([step.runs for step in steps]))
    weights = lambda: np.concatenate([step.weights for step in steps], axis=1)[:, back]  # noqa: E731
    return _joined([step.columns for step in steps], back), weights


def train_leg(batch: Batch, begin: np.ndarray | None) -> tuple[Columns, np.ndarray]:
    """Train a leg of some paths: the runs at a few steps, from where the paths stand.

    Parameters
    ----------
    batch : sweep.training.batch.Batch
        The runs of the paths at these steps.
    begin : ndarray, shape (parameters, paths), or None
        What the first of each path begin with, paths in the order of their numbers; None for what
        their seeds draw.

    Returns
    -------
    columns : dict of str to ndarray
        Of the table, in the order of the batch.
    onward : ndarray, shape (parameters, paths)
        What the runs after these begin with.
    """
    if batch.plan.spec.stops_early:
        return _take_turns(batch, begin)
    found: list[Columns] = []
    runs: list[np.ndarray] = []
    for step in _steps(batch, begin):
        runs.append(step.runs)
        found.append(step.columns)
        onward = step.onward
    return _joined(found, np.argsort(np.concatenate(runs))), onward


def _steps(batch: Batch, begin: np.ndarray | None) -> Iterator[Step]:
    """Train one step after another, all paths side by side.

    The first run begins as told, and each next one at rest with the weights of the run before it.
    ``cold`` runs all begin with the initial weights, and so does a run after one that has left
    `nothing_to_go_on_with`.
    """
    step, path = places(batch.plan, batch.columns)
    steps = np.lexsort((path, step)).reshape(len(np.unique(step)), -1)  # [step, path]
    drawn = batch.drawn(steps[0]).parameters
    for now in steps:
        begin = drawn if begin is None else begin
        columns, state = batch.train(now, State.fresh(begin), batch.plan.spec.epochs)
        weights = state().weights(batch.step)
        begin = _onward(batch, columns, drawn, weights)
        yield Step(now, columns, weights, begin)


def _take_turns(batch: Batch, begin: np.ndarray | None) -> tuple[Columns, np.ndarray]:
    """Train a leg of paths whose runs have patience, and so are not all at one step."""
    step, path = places(batch.plan, batch.columns)
    order = np.argsort(path, kind="stable")
    rank = np.searchsorted(np.unique(path), path)
    last = order[step[order] == step.max()]
    drawn = batch.drawn(last).parameters

    def first(run: int) -> np.ndarray:
        """Return the weights of a run that follows none, or an empty network."""
        told = begin if step[run] == step.min() and begin is not None else drawn
        return told[:, rank[run]]

    columns, weights = batch.take_turns(first, last)
    ended = {name: values[last] for name, values in columns.items()}
    return columns, _onward(batch, ended, drawn, weights)


def _onward(batch: Batch, columns: Columns, drawn: np.ndarray, weights: np.ndarray) -> np.ndarray:
    anew = (columns["path"] == "cold") | nothing_to_go_on_with(batch.net, columns["effective"])
    return np.where(anew, drawn, weights)


def _joined(found: list[Columns], back: np.ndarray) -> Columns:
    return {name: np.concatenate([one[name] for one in found])[back] for name in found[0]}
