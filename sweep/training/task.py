"""A task: run numbers in, trained, rows out."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.network import Network, network
from results import columns as tables
from sweep.data.fold import Fold, fold_of
from sweep.plan.grid import Plan
from sweep.training.draws import initial_weights
from sweep.training.loop import State, Trained, train_runs
from sweep.training.packs import Group, Streams, distinct
from sweep.training.path import following, train_paths
from sweep.training.patience import Pool
from sweep.training.sparsity import sparsity

if TYPE_CHECKING:
    import pyarrow as pa

    from sweep.data.datasets import Dataset

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
    sweep.training.loop.Stopped
        If ``stopped()`` says so.
    """
    begun = time.perf_counter()
    numbers = numbers_of(ranges)
    batch = Batch(plan, dataset, numbers, stopped)
    found = batch.take_turns() if plan.spec.patience else train(batch)[0]
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
        self._pairs, self._pair = distinct(self.columns["seed"], self.columns["fold"])
        # Runs of a seed stand together: the last draw is enough.
        self._drawn = lru_cache(maxsize=1)(partial(initial_weights, self.net, plan.spec))
        parts: dict[tuple[int, int], dict[tuple[int, int], Fold]] = {}
        for pair in self._pairs:
            fold = fold_of(plan.spec, dataset, *pair)
            parts.setdefault((len(fold.train), len(fold.val)), {})[pair] = fold
        #: A pack shares its batches: its parts are of one size.
        self._streams = [Streams.of(plan.spec, some) for some in parts.values()]

    def drawn(self) -> State:
        """Return the state in which the runs begin."""
        seeds, place = np.unique(self.columns["seed"], return_inverse=True)
        begin = np.stack([self._drawn(seed) for seed in seeds.tolist()], axis=1)
        return State.fresh(begin[:, place])

    def train(
        self, index: np.ndarray, state: State, epochs: int
    ) -> tuple[Columns, Callable[[], State]]:
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
        state : callable
            Gives the state in which they are then, which few ask for.
        """
        found: list[tuple[np.ndarray, Columns]] = []
        states: list[Callable[[], State]] = []
        groups = list(self._groups(index))
        for place, group in groups:
            before = state if len(groups) == 1 else state.take(place)
            for trained in self._trained(group, before, epochs):
                found.append((place[trained.runs], self._columns(group, trained)))
                states.append(trained.state)
        columns, order = _in_order(found)
        return columns, lambda: State.join([state() for state in states]).take(order)

    def take_turns(self) -> Columns:
        """Train all runs, which have patience; return their columns of the table.

        Along a path each run begins with the weights of the run before it, and at rest.
        """
        found: list[tuple[np.ndarray, Columns]] = []
        for place, group in self._groups(np.arange(len(self._pair))):
            begin = partial(self._begin, place)
            after = following(self.plan, group.columns)
            for trained in self._pool(group, begin, self.plan.spec.epochs, after):
                found.append((place[trained.runs], self._columns(group, trained)))
        return _in_order(found)[0]

    def history_table(self) -> "pa.Table | None":
        """Return what was recorded along the way, by run and epoch."""
        if not self.plan.spec.history:
            return None
        import pyarrow as pa

        wanted = tables.history_schema(self.plan.spec.vary, _extras(self.plan))
        pieces = [_filled(wanted, self.plan.name, then) for then in self._history]
        order = [("run", "ascending"), ("epoch", "ascending")]
        return pa.concat_tables([wanted.empty_table(), *pieces]).sort_by(order)

    def _groups(self, index: np.ndarray) -> Iterator[tuple[np.ndarray, Group]]:
        """Yield these runs in groups of one size, each with its places in ``index``."""
        for streams in self._streams:
            mine = np.array([pair in streams.number for pair in self._pairs])
            place = np.flatnonzero(mine[self._pair[index]])
            if len(place):
                some = {name: values[index[place]] for name, values in self.columns.items()}
                freeze = self.plan.worth_freezing
                yield place, Group(self.plan.spec, self.net, some, streams, freeze)

    def _trained(self, group: Group, state: State, epochs: int) -> Iterable[Trained]:
        if self.plan.spec.patience:
            return self._pool(group, lambda run: state.parameters[:, run], epochs, {})
        return [train_runs(group, state, epochs, self.plan.pace, self._stopped)]

    def _pool(
        self, group: Group, begin: Callable[[int], np.ndarray], epochs: int, after: dict[int, int]
    ) -> Iterator[Trained]:
        size, pace = self.plan.lanes, self.plan.pace
        return Pool(group, begin, size, epochs, pace, self._stopped, after).trained()

    def _begin(self, place: np.ndarray, run: int) -> np.ndarray:
        """Return the parameters with which the run at a place begins."""
        return self._drawn(int(self.columns["seed"][place[run]]))

    def _columns(self, group: Group, trained: Trained) -> Columns:
        """Return all columns of some runs, and remember their history."""
        for then in trained.history:
            places = {name: values[then["index"]] for name, values in group.columns.items()}
            self._history.append({**places, **then})
        weights = trained.weights()
        finite = np.isfinite(trained.metrics["final_loss"])
        finite &= np.isfinite(weights).all(axis=0)
        tolerance = self.plan.spec.zero_tol
        return {
            **{name: values[trained.runs] for name, values in group.columns.items()},
            "status": np.where(finite, "done", "diverged"),
            **trained.metrics,
            **sparsity(self.net, weights, trained.peak, tolerance),
        }


def _in_order(found: list[tuple[np.ndarray, Columns]]) -> tuple[Columns, np.ndarray]:
    """Join columns that were found by and by; return them in the order of the runs, and that."""
    order = np.argsort(np.concatenate([place for place, _ in found]))
    names = found[0][1]
    return {name: np.concatenate([one[name] for _, one in found])[order] for name in names}, order


def train(batch: Batch) -> tuple[Columns, Callable[[], np.ndarray]]:
    """Train all runs of a batch to their end; return their columns and what gives their weights."""
    spec = batch.plan.spec
    if spec.path:
        columns, weights = train_paths(batch)
        return columns, lambda: weights
    columns, state = batch.train(np.arange(len(batch.columns["run"])), batch.drawn(), spec.epochs)
    return columns, lambda: state().weights(spec)


def table(plan: Plan, columns: Columns) -> "pa.Table":
    """Make the table of some runs."""
    found = _filled(schema(plan), plan.name, columns)
    return found if (np.diff(columns["run"]) > 0).all() else found.sort_by("run")


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
