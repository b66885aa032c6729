"""A task: run numbers in, trained, rows out."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.network import Network, network
from results import columns as tables
from sweep.draws import initial_weights
from sweep.fold import Fold, fold_of
from sweep.packs import pack
from sweep.path import train_paths
from sweep.plan import Plan
from sweep.sparsity import sparsity
from sweep.trainer import State, Trained, train_runs

if TYPE_CHECKING:
    import pyarrow as pa

    from sweep.datasets import Dataset

Ranges = list[tuple[int, int]]
Columns = dict[str, np.ndarray]


class Rows(NamedTuple):
    """What a task gives: one row a run, and its history where one is kept."""

    runs: "pa.Table"
    history: "pa.Table | None"


def run_task(
    plan: Plan,
    dataset: "Dataset | None",
    ranges: Ranges,
    stopped: Callable[[], bool] = lambda: False,
) -> Rows:
    """Train the runs of these ranges of run numbers.

    Raises
    ------
    sweep.trainer.Stopped
        If ``stopped()`` says so.
    """
    begun = time.perf_counter()
    numbers = numbers_of(ranges)
    batch = Batch(plan, dataset, numbers, stopped)
    found, _ = train(batch)
    found["seconds"] = np.full(len(numbers), (time.perf_counter() - begun) / len(numbers))
    return Rows(table(plan, found), batch.history_table())


def numbers_of(ranges: Ranges) -> np.ndarray:
    """Return the run numbers of some ranges."""
    return np.concatenate([np.arange(start, stop) for start, stop in ranges])


def failed_rows(plan: Plan, numbers: np.ndarray) -> Rows:
    """Return the rows of runs that ended in error: their places in the grid, and nothing known."""
    columns = {"run": numbers, **plan.coordinates(numbers)}
    return Rows(table(plan, {**columns, "status": np.full(len(numbers), "error")}), None)


class Batch:
    """Runs that are trained together, with their data.

    Parameters
    ----------
    plan : Plan
    dataset : Dataset or None
    numbers : ndarray of int64
        Their run numbers.
    stopped : callable
        Asked a few times a second whether to give up.
    """

    def __init__(
        self,
        plan: Plan,
        dataset: "Dataset | None",
        numbers: np.ndarray,
        stopped: Callable[[], bool],
    ) -> None:
        self.plan = plan
        self.columns = {"run": numbers, **plan.coordinates(numbers)}
        self.net: Network = network(plan.widths)
        self._stopped = stopped
        self._history: list[Columns] = []
        seeds, folds = self.columns["seed"].tolist(), self.columns["fold"].tolist()
        self._keys = list(zip(seeds, folds, strict=True))
        self._folds: dict[tuple[int, int], Fold] = {
            key: fold_of(plan.spec, dataset, *key) for key in dict.fromkeys(self._keys)
        }

    def drawn(self) -> State:
        """Return the state in which the runs begin."""
        seeds = self.columns["seed"].tolist()
        drawn = {
            seed: initial_weights(self.net, self.plan.spec, seed) for seed in dict.fromkeys(seeds)
        }
        return State.fresh(np.stack([drawn[seed] for seed in seeds], axis=1), self.plan.spec)

    def train(self, index: np.ndarray, state: State, epochs: int) -> tuple[Columns, State]:
        """Train some of the runs until they have had so many epochs in all.

        Parameters
        ----------
        index : ndarray of int64
            Which runs of the batch.
        state : State
            Their states.
        epochs : int

        Returns
        -------
        columns : dict of str to ndarray
            Of the table, in the order of ``index``.
        state : State
        """
        spec = self.plan.spec
        groups = self._of_one_size(index)
        found: list[Columns] = []
        states: list[State] = []
        for group in groups:
            before = state if len(groups) == 1 else state.take(group)
            some = {name: values[index[group]] for name, values in self.columns.items()}
            packs = pack(spec, self.net, some, self._folds, before, self.plan.worth_freezing)
            pace = self.plan.seconds_a_run / max(spec.epochs, 1)
            trained = train_runs(spec, packs, before, epochs, pace, self._stopped)
            found.append({**some, **self._judged(trained)})
            states.append(trained.state)
            self._remember(some, trained)
        if len(groups) == 1:
            return found[0], states[0]
        order = np.argsort(np.concatenate(groups))
        merged = {name: np.concatenate([one[name] for one in found])[order] for name in found[0]}
        return merged, State.join(states).take(order)

    def history_table(self) -> "pa.Table | None":
        """Return what was recorded along the way, by run and epoch."""
        if not self.plan.spec.history:
            return None
        import pyarrow as pa

        wanted = tables.history_schema(self.plan.spec.vary, _extras(self.plan))
        pieces = [_filled(wanted, self.plan.name, then) for then in self._history]
        order = [("run", "ascending"), ("epoch", "ascending")]
        return pa.concat_tables([wanted.empty_table(), *pieces]).sort_by(order)

    def _of_one_size(self, index: np.ndarray) -> list[np.ndarray]:
        """Return places in ``index`` whose parts are of one size: a pack shares its batches."""
        groups: dict[tuple[int, int], list[int]] = {}
        sizes = {key: (len(fold.train), len(fold.val)) for key, fold in self._folds.items()}
        for i, run in enumerate(index.tolist()):
            groups.setdefault(sizes[self._keys[run]], []).append(i)
        return [np.array(group) for group in groups.values()]

    def _judged(self, trained: Trained) -> Columns:
        """Return the columns that training gives: status, metrics, sparsity."""
        finite = np.isfinite(trained.metrics["final_loss"])
        finite &= np.isfinite(trained.weights).all(axis=0)
        tolerance = self.plan.spec.zero_tol
        return {
            "status": np.where(finite, "done", "diverged"),
            **trained.metrics,
            **sparsity(self.net, trained.weights, trained.peak, tolerance),
        }

    def _remember(self, columns: Columns, trained: Trained) -> None:
        for then in trained.history:
            index = then["index"]
            places = {name: values[index] for name, values in columns.items()}
            self._history.append({**places, **then})


def train(batch: Batch) -> tuple[Columns, np.ndarray]:
    """Train all runs of a batch to their end; return their columns and their weights."""
    spec = batch.plan.spec
    if spec.path:
        return train_paths(batch)
    columns, state = batch.train(np.arange(len(batch.columns["run"])), batch.drawn(), spec.epochs)
    return columns, state.weights(spec)


def table(plan: Plan, columns: Columns) -> "pa.Table":
    """Make the table of some runs."""
    return _filled(schema(plan), plan.name, columns).sort_by("run")


def schema(plan: Plan) -> "pa.Schema":
    """Return the columns of a plan's table."""
    weights = [f"w{i}" for i in range(1, len(plan.widths))]
    return tables.schema(weights, plan.spec.vary, _extras(plan))


def _extras(plan: Plan) -> list[str]:
    """Return which of the optional columns there are."""
    spec = plan.spec
    there = {"path": spec.path, "best_epoch": spec.patience, "rung": spec.halving}
    return [name for name in tables.OPTIONAL if there[name]]


def _filled(wanted: "pa.Schema", data: str, columns: Columns) -> "pa.Table":
    """Make a table of a schema; what is not known is null."""
    import pyarrow as pa

    count = len(columns["run"])
    known = {"data": pa.repeat(pa.scalar(data), count), **columns}
    return pa.table(
        [
            _array(known[field.name]).cast(field.type)
            if field.name in known
            else pa.nulls(count, field.type)
            for field in wanted
        ],
        schema=wanted,
    )


def _array(values: "np.ndarray | pa.Array") -> "pa.Array":
    """Make an array of Arrow; NumPy's texts, which repeat themselves, text by text."""
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        texts, places = np.unique(values, return_inverse=True)
        return pa.array(texts.tolist(), pa.string()).take(pa.array(places))
    return pa.array(values)
