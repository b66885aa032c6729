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
        Their values on the axes ``l1, l2, lr, momentum`` and what else varies.

    Raises
    ------
    InputError
        If a run cannot be trained by itself, or is not on the grid.
    """
    for way in ("path", "halving"):
        if getattr(spec, way):
            raise InputError(f"a run with `{way}` depends on others: its weights cannot be drawn")
    experiment = prepare(spec)
    plan = experiment.plan
    count = np.size(cells["l1"])
    place = {"seed": np.full(count, spec.seeds[0]), "fold": np.zeros(count, dtype=np.int32)}
    numbers = plan.numbers({**place, **{name: np.asarray(v) for name, v in cells.items()}})
    if (numbers < 0).any():
        raise InputError("that cell is not on the grid of this sweep")
    batch = Batch(plan, experiment.dataset, numbers, lambda: False)
    drawn = batch.drawn()
    columns, state = batch.train(np.arange(count), drawn, spec.epochs)
    net = batch.net

    def by_name(parameters: NDArray) -> dict[str, NDArray]:
        return {
            name: parameters[net.place(name)].reshape(*net.shape(name), count) for name in net.names
        }

    return Retrained(columns, by_name(drawn.parameters), by_name(state.weights(spec)))
