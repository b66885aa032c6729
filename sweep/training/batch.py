"""Runs that are trained together: grouped by the size of their data, and laid out as columns."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from kernels.network import Network
from sweep.data.article import Article
from sweep.data.baseline import baseline
from sweep.data.dataset import Dataset
from sweep.data.fold import Fold, fold_of
from sweep.gpus import OnGpu
from sweep.plan.plan import Plan
from sweep.training.chosen_kernels import planned_network, step_of
from sweep.training.draws import initial_weights
from sweep.training.features.kept import features
from sweep.training.loop import Trained, train_runs
from sweep.training.packs import Folds, Group, distinct
from sweep.training.path_order import following
from sweep.training.patience import Patience
from sweep.training.rows import Columns, history_table
from sweep.training.slots import WHERE_KNOWN, Stopping
from sweep.training.sparsity import sparsity, tolerances
from sweep.training.state import State

if TYPE_CHECKING:
    import pyarrow as pa


class _Common(NamedTuple):
    """What runs of the same seeds and folds have in common.

    Attributes
    ----------
    dataset : Dataset or Article
    drawn : callable
        Gives what a seed draws, shape (parameters,).
    told : dict of str to ndarray, shape (seeds and folds,)
        What the rows of the table say of the parts of the data.
    folds : list of Folds
        A pack shares its batches: its parts are of one size.
    """

    dataset: Dataset | Article
    drawn: Callable[[int], np.ndarray]
    told: Columns
    folds: list[Folds]

    @classmethod
    def of(cls, plan: Plan, dataset: Dataset | Article, pairs: tuple[tuple[int, ...], ...]) -> Self:
        """Split, scale and lay out the data of these seeds and folds."""
        # Runs of a seed stand together: the last draw is enough.
        drawn = lru_cache(maxsize=1)(partial(initial_weights, planned_network(plan), plan.spec))
        parts: dict[tuple[int, ...], dict[tuple[int, ...], Fold]] = {}
        told = []
        for pair in pairs:
            fold = fold_of(plan.spec, dataset, *pair)
            sizes = len(fold.train), len(fold.val), len(fold.test)
            parts.setdefault(sizes, {})[pair] = fold
            told.append(_told(fold, plan))
        columns = {name: np.array([one[name] for one in told]) for name in told[0]}
        folds = [Folds.of(plan.spec, some) for some in parts.values()]
        return cls(dataset, drawn, columns, folds)

    @classmethod
    def kept(
        cls, plan: Plan, dataset: Dataset | Article, pairs: tuple[tuple[int, ...], ...]
    ) -> Self:
        """Do the same once for tasks of a plan that follow one another in a process."""
        found = plan.kept.get(pairs)
        if found is None or found.dataset is not dataset:
            plan.kept.clear()  # first, so that large data are not there twice
            found = plan.kept[pairs] = cls.of(plan, dataset, pairs)
        return found


class Batch:
    """Runs that are trained together, with their data.

    Parameters
    ----------
    plan : Plan
    dataset : Dataset or Article
    numbers : ndarray of int64
        Their run numbers.
    stopped : callable
        Asked a few times a second whether to give up.
    kept : bool, default True
        Whether what a sweep keeps of features is wanted.
    ends : ndarray of int64, shape (runs,), optional
        After how many epochs each has the weights that it keeps, of runs that may stop early, where
        that is known: they are trained so far, and nothing is watched.
    """

    def __init__(
        self,
        plan: Plan,
        dataset: Dataset | Article,
        numbers: np.ndarray,
        stopped: Callable[[], bool],
        kept: bool = True,
        ends: np.ndarray | None = None,
    ) -> None:
        self.plan = plan
        self._ends = ends
        self.columns = {"run": numbers, **plan.grid.coordinates(numbers)}
        self.net: Network = planned_network(plan)
        self.step = step_of(plan.spec)
        self._stopped = stopped
        self._keeps_features = kept and plan.spec.features == "keep"
        self._gpu = OnGpu() if plan.gpus else None
        self._history: list[Columns] = []
        self._pairs, self._pair = distinct(self.columns)
        common = _Common.kept(plan, dataset, tuple(self._pairs))
        self._drawn, self._told, self._folds = common.drawn, common.told, common.folds

    def drawn(self, index: np.ndarray | None = None) -> State:
        """Return the state in which the runs begin, or some of them."""
        seed = self.columns["seed"] if index is None else self.columns["seed"][index]
        seeds, place = np.unique(seed, return_inverse=True)
        begin = np.stack([self._drawn(seed) for seed in seeds.tolist()], axis=1)
        return State.fresh(begin[:, place], place)

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
            for trained in self._trained(group, before, epochs, index[place]):
                last = epochs == self.plan.spec.epochs
                found.append((place[trained.runs], self._columns(group, trained, last=last)))
                states.append(trained.state)
        columns, order = _in_order(found)
        columns |= self._held_out(index)
        return columns, lambda: State.join([state() for state in states]).take(order)

    def take_turns(
        self, begin: Callable[[int], np.ndarray] | None = None, asked: np.ndarray | None = None
    ) -> tuple[Columns, np.ndarray]:
        """Train all runs, which may stop early.

        Along a path each run begins with the weights of the run before it, and at rest.

        Parameters
        ----------
        begin : callable, optional
            Gives the parameters with which a run begins that follows none, by its place in the
            batch; else what its seed draws.
        asked : ndarray of int64, optional
            Of which runs the weights are asked for.

        Returns
        -------
        columns : dict of str to ndarray
            Of the table.
        weights : ndarray, shape (parameters, runs asked for)
        """
        everything = np.arange(len(self._pair))
        asked = everything[:0] if asked is None else asked
        weights = np.empty((self.net.size, len(asked)))
        found: list[tuple[np.ndarray, Columns]] = []
        for place, group in self._groups(everything):
            first = partial(_at, begin or self._begin, place)
            after = following(self.plan, group.columns)
            for trained in self._patient(group, first, self.plan.spec.epochs, after):
                ended = place[trained.runs]
                _, here, there = np.intersect1d(ended, asked, return_indices=True)
                if len(here):
                    weights[:, there] = trained.weights()[:, here]
                found.append((ended, self._columns(group, trained)))
        return _in_order(found)[0] | self._held_out(everything), weights

    def history_table(self) -> "pa.Table | None":
        """Return what was recorded along the way, by run and epoch; None where nothing is."""
        return history_table(self.plan, self._history) if self.plan.spec.history else None

    def _held_out(self, index: np.ndarray) -> Columns:
        """Return what some runs' rows say of their parts of the data."""
        return {name: values[self._pair[index]] for name, values in self._told.items()}

    def _groups(self, index: np.ndarray) -> Iterator[tuple[np.ndarray, Group]]:
        """Yield these runs in groups of one size, each with its places in ``index``."""
        for folds in self._folds:
            mine = np.array([pair in folds.number for pair in self._pairs])
            place = np.flatnonzero(mine[self._pair[index]])
            if len(place):
                some = {name: values[index[place]] for name, values in self.columns.items()}
                work = self.plan.worth_freezing, self.plan.runs
                yield place, Group(self.plan.spec, self.net, some, folds, *work, self._gpu)

    def _trained(
        self, group: Group, state: State, epochs: int, runs: np.ndarray
    ) -> Iterable[Trained]:
        if self.plan.spec.stops_early:
            until = epochs if self._ends is None else self._ends[runs]
            return self._patient(group, lambda run: state.parameters[:, run], until, {})
        return [train_runs(group, state, epochs, self.plan.cost.pace, self._stopped)]

    def _patient(
        self,
        group: Group,
        begin: Callable[[int], np.ndarray],
        until: int | np.ndarray,
        after: dict[int, int],
    ) -> Iterator[Trained]:
        size, pace = self.plan.tasks.lanes, self.plan.cost.pace
        stopping = Stopping.of(self.plan.spec) if self._ends is None else WHERE_KNOWN
        return Patience(group, begin, size, until, pace, self._stopped, after, stopping).trained()

    def _begin(self, run: int) -> np.ndarray:
        """Return the parameters that a run's seed draws."""
        return self._drawn(int(self.columns["seed"][run]))

    def _columns(self, group: Group, trained: Trained, *, last: bool = True) -> Columns:
        """Return all columns of some runs, and remember their history.

        Runs that a race may train on, since this is not the ``last`` rung, have no importance.
        """
        for then in trained.history:
            places = {name: values[then["index"]] for name, values in group.columns.items()}
            self._history.append({**places, **then})
        weights = trained.weights()
        finite = np.isfinite(trained.metrics["final_loss"])
        finite &= np.isfinite(weights).all(axis=0)
        spec = self.plan.spec
        tolerance = tolerances(trained.packs, spec)
        kept = {}
        if self._keeps_features:
            kept = features(
                trained.packs,
                *(spec, self.plan.columns, weights, tolerance),
                permutations=spec.permutations if last else 0,
            )
        return {
            **{name: values[trained.runs] for name, values in group.columns.items()},
            "status": np.where(finite, "done", "diverged"),
            **trained.metrics,
            **sparsity(self.net, weights, trained.largest, tolerance),
            **kept,
        }


def _at(begin: Callable[[int], np.ndarray], place: np.ndarray, run: int) -> np.ndarray:
    """Return the parameters with which the run of a group begins, by those of the batch."""
    return begin(int(place[run]))


def _told(fold: Fold, plan: Plan) -> dict[str, float | str]:
    """Return what the table says of the parts of a fold."""
    rows = {f"{part}_rows": len(getattr(fold, part)) for part in ("train", "val", "test")}
    spec, outputs = plan.spec, plan.widths[-1]
    return {
        **rows,
        "val_from": fold.val_from,
        "test_size": fold.test_size,
        **baseline(fold, spec, outputs),
    }


def _in_order(found: list[tuple[np.ndarray, Columns]]) -> tuple[Columns, np.ndarray]:
    """Join columns that were found by and by; return them in the order of the runs, and that."""
    order = np.argsort(np.concatenate([place for place, _ in found]))
    names = found[0][1]
    return {name: np.concatenate([one[name] for _, one in found])[order] for name in names}, order
