"""Weights of a sweep's runs, which no table holds: by training them again, to the same bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.network import network
from sweep.errors import InputError
from sweep.plan.experiment import Experiment, prepare
from sweep.specification.spec import Specification
from sweep.training.batch import Batch
from sweep.training.path_order import leading_to
from sweep.training.rows import Columns
from sweep.training.task import train_all


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


def retrained(spec: Specification, cells: Mapping[str, ArrayLike]) -> Retrained:
    """Train the runs of some cells again, with the first seed and fold.

    Parameters
    ----------
    spec : Specification
    cells : dict of str to array-like, shape (runs,)
        Their values on the axes ``l1, l2, lr, momentum`` and what else varies.

    Raises
    ------
    InputError
        If a cell is not on the grid, or the sweep dropped some of its runs on the way.
    """
    if spec.halving:
        raise InputError("with `halving` runs end early: their weights cannot be drawn")
    experiment = prepare(spec)
    wanted = {name: np.asarray(values) for name, values in cells.items()}
    count = len(wanted["l1"])
    folds = dict.fromkeys(("outer", "fold"), np.zeros(count, dtype=np.int32))
    first = {"seed": np.full(count, spec.seeds[0]), **folds}
    known = experiment.plan.knowing({"run": np.arange(count), **wanted})
    experiment = experiment._replace(plan=known)
    numbers = known.grid.numbers({**first, **wanted})
    if (numbers < 0).any():
        raise InputError("that cell is not on the grid of this sweep")
    columns, before, after = train_again(experiment, numbers)
    ((part, _),) = experiment.plan.apart(numbers)
    net = network(part.widths)

    def by_name(parameters: NDArray) -> dict[str, NDArray]:
        return {
            name: parameters[net.place(name)].reshape(*net.shape(name), count) for name in net.names
        }

    return Retrained(columns, by_name(before), by_name(after))


def train_again(
    experiment: Experiment,
    numbers: NDArray[np.int64],
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Columns, NDArray, NDArray]:
    """Train the runs of these numbers again, and what comes before them on their paths.

    They are all of one part of the plan, see `sweep.plan.plan.Plan.apart`.
    ``stopped`` is asked a few times a second whether to give up.

    Returns
    -------
    columns : dict of str to ndarray
        Of the table.
    before, after : ndarray, shape (parameters, runs)
        Parameters.
    """
    ((part, _),) = experiment.plan.apart(numbers)
    needed = leading_to(part, numbers)
    batch = Batch(part, experiment.dataset, needed, stopped)
    columns, weights = train_all(batch)
    kept = np.searchsorted(needed, numbers)
    columns = {name: values[kept] for name, values in columns.items()}
    return columns, batch.drawn().parameters[:, kept], weights()[:, kept]
