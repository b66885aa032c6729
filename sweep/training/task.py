"""A task: run numbers in, trained, rows out."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sweep.data.article import Article
from sweep.data.dataset import Dataset
from sweep.plan.plan import Plan, Ranges
from sweep.training.batch import Batch
from sweep.training.path import train_leg, train_paths
from sweep.training.path_order import runs_along, whole_paths
from sweep.training.rows import Columns, Rows, features_beside, numbers_of, only, table


class Leg(NamedTuple):
    """Some paths, and how far they have come.

    Attributes
    ----------
    paths : ndarray of int64
        Their numbers, in order; see `sweep.training.path_order.places`.
    step : int
        The next step.
    begin : ndarray, shape (parameters, paths), or None
        What the runs there begin with; None for what their seeds draw.
    """

    paths: np.ndarray
    step: int = 0
    begin: np.ndarray | None = None


def run_task(
    plan: Plan,
    dataset: Dataset | Article,
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
    batch = Batch(plan, dataset, whole_paths(plan, numbers), stopped)
    found = batch.take_turns()[0] if plan.spec.stops_early else train_all(batch)[0]
    return only(_rows(batch, found, begun), numbers)


def run_leg(
    plan: Plan,
    dataset: Dataset | Article,
    leg: Leg,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Rows, Leg]:
    """Train the runs of the next steps of some paths; return where the paths are then too.

    Raises
    ------
    sweep.training.loop.Stopped
        If ``stopped()`` says so.
    """
    begun = time.perf_counter()
    until = min(leg.step + plan.tasks.leg, plan.tasks.steps)
    batch = Batch(plan, dataset, runs_along(plan, leg.paths, range(leg.step, until)), stopped)
    found, onward = train_leg(batch, leg.begin)
    return _rows(batch, found, begun), Leg(leg.paths, until, onward)


def train_all(batch: Batch) -> tuple[Columns, Callable[[], np.ndarray]]:
    """Train all runs of a batch to their end; return their columns and what gives their weights."""
    spec = batch.plan.spec
    if spec.path:
        return train_paths(batch)
    columns, state = batch.train(np.arange(len(batch.columns["run"])), batch.drawn(), spec.epochs)
    return columns, lambda: state().weights(batch.step)


def _rows(batch: Batch, found: Columns, begun: float) -> Rows:
    """Return rows of runs that share the time since a task began."""
    count = len(found["run"])
    found["seconds"] = np.full(count, (time.perf_counter() - begun) / count)
    past = batch.history_table()
    beside = {} if past is None else {"history": past}
    return Rows(table(batch.plan, found), beside | features_beside(batch.plan, found))
