"""The tasks of successive halving: what trains at a rung, and who goes on to the next.

A cell goes on with the weights it has, over all its seeds and folds.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.columns import RANKED
from sweep.data.article import Article
from sweep.data.dataset import Dataset
from sweep.plan.plan import Plan
from sweep.training.batch import Batch
from sweep.training.rows import Columns, Rows, features_beside, numbers_of, table
from sweep.training.state import State

if TYPE_CHECKING:
    import pyarrow as pa


def survivors(cells: np.ndarray, scores: np.ndarray, count: int) -> np.ndarray:
    """Return the ``count`` cells of the lowest mean score, in their order.

    Parameters
    ----------
    cells : ndarray of int64, shape (runs,)
        Cell of each run.
    scores : ndarray, shape (runs,)
        Lower is better; a cell with a score that is not finite comes last.
    count : int
    """
    names, place = np.unique(cells, return_inverse=True)
    finite = np.where(np.isfinite(scores), scores, np.inf)
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(len(names) + 1))
    means = np.array([math.fsum(finite[order[a:b]]) for a, b in pairwise(bounds)])
    means /= np.diff(bounds)
    return np.sort(names[np.argsort(means, kind="stable")[:count]])


class Task(NamedTuple):
    """The runs of a task that are still in the race.

    Attributes
    ----------
    start : int
        Where the task begins.
    numbers : ndarray of int64
        Their run numbers.
    state : State or None
        Where they stand; None at the beginning.
    seconds : ndarray
        What each has taken so far.
    history : list of pyarrow.Table
        What was recorded of them so far.
    """

    start: int
    numbers: np.ndarray
    state: State | None
    seconds: np.ndarray
    history: list[pa.Table]

    def take(self, chosen: np.ndarray) -> Task:
        """Return the task with only some of its runs."""
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = self.numbers[chosen]
        index = np.flatnonzero(chosen)
        state = self.state.take(index) if self.state else None
        kept = pa.array(numbers)
        history = [past.filter(pc.is_in(past["run"], value_set=kept)) for past in self.history]
        return Task(self.start, numbers, state, self.seconds[chosen], history)

    @classmethod
    def join(cls, tasks: list[Task]) -> Task:
        """Return several tasks that stand at the same rung as one."""
        states = [task.state for task in tasks if task.state]
        return cls(
            tasks[0].start,
            np.concatenate([task.numbers for task in tasks]),
            State.join(states) if states else None,
            np.concatenate([task.seconds for task in tasks]),
            [past for task in tasks for past in task.history],
        )


def first_tasks(plan: Plan) -> list[Task]:
    """Return all runs of a plan as tasks at their beginning."""
    numbers = (numbers_of(ranges) for _, ranges in plan.handed_out())
    return [Task(int(runs[0]), runs, None, np.zeros(len(runs)), []) for runs in numbers]


def closed_up(tasks: list[Task], plan: Plan) -> list[tuple[Plan, Task]]:
    """Return tasks that the race has thinned out as fewer ones with full lanes.

    Each is of one part of the plan, and comes with the plan of that.
    """
    pieces: dict[tuple[int, int], list[Task]] = {}
    parts: dict[int, Plan] = {}
    before: dict[int, int] = defaultdict(int)
    for task in sorted(tasks, key=lambda task: task.start):
        ((part, _),) = plan.apart(task.numbers)
        parts[id(part)] = part
        place = (before[id(part)] + np.arange(len(task.numbers))) // part.tasks.runs
        for one in np.unique(place).tolist():
            pieces.setdefault((id(part), one), []).append(task.take(place == one))
        before[id(part)] += len(task.numbers)
    return [(parts[of], Task.join(group)) for (of, _), group in pieces.items()]


def climb(
    task: Task, plan: Plan, dataset: Dataset | Article, epochs: int, stopped: Callable[[], bool]
) -> tuple[Task, Columns]:
    """Train the runs of a task until they have had so many epochs; return their columns too.

    Raises
    ------
    sweep.training.loop.Stopped
        If ``stopped()`` says so.
    """
    begun = time.perf_counter()
    batch = Batch(plan, dataset, task.numbers, stopped)
    state = batch.drawn() if task.state is None else task.state
    columns, after = batch.train(np.arange(len(task.numbers)), state, epochs)
    past = batch.history_table()
    history = [*task.history, past] if past is not None else []
    seconds = task.seconds + (time.perf_counter() - begun) / len(task.numbers)
    return Task(task.start, task.numbers, after(), seconds, history), columns


def failed(task: Task, plan: Plan) -> Columns:
    """Return the columns of runs that ended in error."""
    status = np.full(len(task.numbers), "error")
    return {"run": task.numbers, **plan.grid.coordinates(task.numbers), "status": status}


def rows_of(task: Task, plan: Plan, columns: Columns, chosen: np.ndarray, rung: int) -> Rows:
    """Return the rows of the runs of a task that end at this rung."""
    import pyarrow as pa

    count = int(chosen.sum())
    ended = {name: values[chosen] for name, values in columns.items()}
    ended |= {"rung": np.full(count, rung), "seconds": task.seconds[chosen]}
    past = task.take(chosen).history
    beside = {"history": pa.concat_tables(past).sort_by("run")} if past else {}
    return Rows(table(plan, ended), beside | features_beside(plan, ended))


def score(columns: Columns) -> np.ndarray:
    """Return what cells are chosen by: the validation loss, or else the final loss.

    Runs that ended in error have neither.
    """
    nothing = np.full(len(columns["run"]), np.inf)
    return next((columns[name] for name in RANKED if name in columns), nothing)
