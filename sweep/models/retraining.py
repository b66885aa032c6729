"""What no table holds of a sweep's runs: their weights, by training them again to the same bits.

And how they learnt, where that was not recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

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

if TYPE_CHECKING:
    import pandas as pd

#: So many times the metrics of a run are taken that is trained again for its learning curve.
_POINTS = 50


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
    stops: Columns | None = None,
) -> tuple[Columns, NDArray, NDArray]:
    """Train the runs of these numbers again, and what comes before them on their paths.

    They are all of one part of the plan, see `sweep.plan.plan.Plan.apart`.
    ``stopped`` is asked a few times a second whether to give up.
    ``stops`` says when they stopped early, see `when_they_stopped`: they are trained as far as to
    the weights that they kept, and nothing is watched.

    Returns
    -------
    columns : dict of str to ndarray
        Of the table.
    before, after : ndarray, shape (parameters, runs)
        Parameters.
    """
    ((part, _),) = experiment.plan.apart(numbers)
    needed = leading_to(part, numbers)
    kept = np.searchsorted(needed, numbers)
    ends = None
    if stops:
        ends = np.empty(len(needed), dtype=np.int64)
        ends[kept] = stops.get("best_epoch", stops["epochs"])
    batch = Batch(part, experiment.dataset, needed, stopped, kept=False, ends=ends)
    columns, weights = train_all(batch)
    columns = {name: values[kept] for name, values in columns.items()} | (stops or {})
    return columns, batch.drawn().parameters[:, kept], weights()[:, kept]


def when_they_stopped(spec: Specification, rows: pd.DataFrame) -> Columns:
    """Return what rows of runs say of it; nothing where the way there hangs on what is watched.

    So it does along paths, and where what is watched lowers the learning rate. What cannot be is 0.
    """
    if not spec.stops_early or spec.path or spec.schedule == "adaptive":
        return {}
    names = ["epochs", "best_epoch"] if spec.patience else ["epochs"]
    said = {name: rows[name].to_numpy(dtype=np.float64, na_value=0) for name in names}
    return {
        name: np.where((values >= 1) & (values <= spec.epochs), values, 0).astype(np.int64)
        for name, values in said.items()
    }


def history_again(spec: Specification, runs: pd.DataFrame) -> pd.DataFrame:
    """Train runs of one cell again, and take their metrics some fifty times on the way.

    Parameters
    ----------
    spec : Specification
    runs : DataFrame
        Their rows of the table.

    Returns
    -------
    DataFrame
        As `results.load_history` returns it.

    Raises
    ------
    InputError
        If they do not come to the losses of their rows, or the sweep dropped runs on the way.
    """
    import pyarrow as pa

    if spec.halving:
        raise InputError("with `halving` runs end early, and are not trained again one by one")
    experiment = prepare(spec.replace(history=max(spec.epochs // _POINTS, 1)))
    known = experiment.plan.knowing({str(name): runs[name].to_numpy() for name in runs})
    numbers = runs["run"].to_numpy()
    ((part, _),) = known.apart(numbers)
    batch = Batch(part, experiment.dataset, leading_to(part, numbers), lambda: False, kept=False)
    columns, _ = train_all(batch)
    kept = np.searchsorted(columns["run"], numbers)
    if (columns["final_loss"][kept] != runs["final_loss"].to_numpy()).any():
        raise InputError(
            "the runs do not repeat: the data or regsweep have changed since; run the sweep again"
        )
    found = batch.history_table()
    assert found is not None
    return found.filter(pa.array(np.isin(found["run"], numbers))).to_pandas()
