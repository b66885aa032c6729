"""Weights of a sweep's runs, which no table holds: by training them again, to the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sweep.errors import InputError
from sweep.experiment import prepare
from sweep.spec import Sweep
from sweep.task import Batch
from sweep.trainer import State


class Retrained(NamedTuple):
    """Runs that were trained again; the last axis of an array is the run.

    Attributes
    ----------
    columns : dict of str to ndarray
        Their rows of the table.
    before, after : dict of str to ndarray
        Parameters by name: ``w1`` [outputs, inputs, run], ``b1`` [outputs, run] and so on.
    """

    columns: dict[str, NDArray]
    before: dict[str, NDArray]
    after: dict[str, NDArray]


def retrained(spec: Sweep, cells: Mapping[str, ArrayLike]) -> Retrained:
    """Train the runs of some cells again, with the first seed and fold.

    Parameters
    ----------
    spec : Sweep
    cells : dict of str to array-like, shape (runs,)
        Their values on the axes ``l1, l2, lr, momentum`` and what else varies; with `path`, all
        of one path.

    Raises
    ------
    InputError
        If a cell is not on the grid, or the sweep dropped some of its runs on the way.
    """
    if spec.halving:
        raise InputError("with `halving` runs end early: their weights cannot be drawn")
    spec, dataset, plan = prepare(spec)
    wanted = {name: np.asarray(values) for name, values in cells.items()}
    if spec.path:  # a run there goes on from those before it
        axis = plan.axes[spec.path]
        steps = axis[axis <= wanted[spec.path].max()]
        wanted = {name: np.repeat(values[:1], len(steps)) for name, values in wanted.items()}
        wanted[spec.path] = steps
    count = len(wanted["l1"])
    first = {"seed": np.full(count, spec.seeds[0]), "fold": np.zeros(count, dtype=np.int32)}
    numbers = plan.numbers({**first, **wanted})
    if (numbers < 0).any():
        raise InputError("that cell is not on the grid of this sweep")
    batch = Batch(plan, dataset, numbers, lambda: False)
    drawn = batch.drawn()
    if spec.path:
        columns, after = _along_path(batch, drawn.take(np.array([0])), spec)
    else:
        columns, state = batch.train(np.arange(count), drawn, spec.epochs)
        after = state.weights(spec)
    net = batch.net
    kept = np.isin(wanted[spec.path or "l1"], np.asarray(cells[spec.path or "l1"]))

    def by_name(parameters: NDArray) -> dict[str, NDArray]:
        return {
            name: parameters[net.place(name)].reshape(*net.shape(name), count)[..., kept]
            for name in net.names
        }

    columns = {name: values[kept] for name, values in columns.items()}
    return Retrained(columns, by_name(drawn.parameters), by_name(after))


def _along_path(batch: Batch, state: State, spec: Sweep) -> tuple[dict[str, NDArray], NDArray]:
    """Train the runs of a batch one after another, each from the weights of the one before."""
    found, weights = [], []
    for i in range(len(batch.columns["run"])):
        start = State.fresh(state.weights(spec), spec) if i else state
        columns, state = batch.train(np.array([i]), start, spec.epochs)
        found.append(columns)
        weights.append(state.weights(spec))
    merged = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    return merged, np.concatenate(weights, axis=1)
