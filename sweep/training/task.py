"""A task: run numbers in, trained, rows out."""

import time
from collections.abc import Callable

import numpy as np

from sweep.data.article import Article
from sweep.data.dataset import Dataset
from sweep.plan.plan import Plan
from sweep.training.batch import Batch
from sweep.training.path import train_paths
from sweep.training.rows import Columns, Ranges, Rows, numbers_of, table


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
    batch = Batch(plan, dataset, numbers, stopped)
    found = batch.take_turns() if plan.spec.patience else train_all(batch)[0]
    found["seconds"] = np.full(len(numbers), (time.perf_counter() - begun) / len(numbers))
    return Rows(table(plan, found), batch.history_table())


def train_all(batch: Batch) -> tuple[Columns, Callable[[], np.ndarray]]:
    """Train all runs of a batch to their end; return their columns and what gives their weights."""
    spec = batch.plan.spec
    if spec.path:
        columns, weights = train_paths(batch)
        return columns, lambda: weights
    columns, state = batch.train(np.arange(len(batch.columns["run"])), batch.drawn(), spec.epochs)
    return columns, lambda: state().weights(batch.step)
