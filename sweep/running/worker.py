"""What a worker does: one task, wherever it is called, and to end when it is asked to.

What goes wrong in a task becomes rows in error, unless it is a GPU: all tasks would fail that come.
"""

import os
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

from kernels.cuda import NoDevice
from results.labels import counted
from sweep.data.article import Article
from sweep.data.dataset import Dataset
from sweep.plan.plan import Plan, Ranges
from sweep.running import halving_tasks
from sweep.running.backends import Where, WorkerDied
from sweep.training.loop import Stopped
from sweep.training.path_order import runs_along
from sweep.training.rows import Columns, Rows, failed_rows, numbers_of
from sweep.training.task import Leg, run_leg, run_task


class Done(NamedTuple):
    """What a worker gives back: where its task begins, its rows, and why it failed if it did."""

    start: int
    rows: Rows | None
    error: str | None


def work(
    start: int, plan: Plan, dataset: Dataset | Article, ranges: Ranges, stopped: Callable[[], bool]
) -> Done:
    """Do one task of a sweep."""
    try:
        return Done(start, run_task(plan, dataset, ranges, stopped), None)
    except Stopped:
        return Done(start, None, None)
    except NoDevice as error:
        raise _lost(error) from None
    except Exception as error:
        first, last = ranges[0][0], ranges[-1][1] - 1
        reason = f"runs {first} to {last} ended in error: {type(error).__name__}: {error}"
        return Done(start, failed_rows(plan, numbers_of(ranges)), reason)


class Walked(NamedTuple):
    """What a worker gives back of a leg: as `Done`, and where its paths are then."""

    start: int
    rows: Rows | None
    leg: Leg
    error: str | None


def walk_on(
    start: int, plan: Plan, dataset: Dataset | Article, leg: Leg, stopped: Callable[[], bool]
) -> Walked:
    """Train a leg of the paths of a task, as `work` does one; a path that fails is at its end."""
    try:
        rows, onward = run_leg(plan, dataset, leg, stopped)
        return Walked(start, rows, onward, None)
    except Stopped:
        return Walked(start, None, leg, None)
    except NoDevice as error:
        raise _lost(error) from None
    except Exception as error:
        numbers = runs_along(plan, leg.paths, range(leg.step, plan.tasks.steps))
        reason = f"{counted(len(numbers), 'run')} ended in error: {type(error).__name__}: {error}"
        return Walked(start, failed_rows(plan, numbers), Leg(leg.paths, plan.tasks.steps), reason)


def climb(
    task: halving_tasks.Task,
    plan: Plan,
    dataset: Dataset | Article,
    epochs: int,
    stopped: Callable[[], bool],
) -> tuple[halving_tasks.Task, Columns, str | None]:
    """Do one task of a rung, as `work` does one of a sweep; asked to stop, give no columns."""
    try:
        return *halving_tasks.climb(task, plan, dataset, epochs, stopped), None
    except Stopped:
        return task, {}, None
    except NoDevice as error:
        raise _lost(error) from None
    except Exception as error:
        ended = counted(len(task.numbers), "run")
        reason = f"{ended} ended in error: {type(error).__name__}: {error}"
        return task, halving_tasks.failed(task, plan), reason


def _lost(error: NoDevice) -> WorkerDied:
    return WorkerDied(f"the GPU of a worker was lost ({error})")


def asks_to_stop(are: Where, requested: Callable[[], bool]) -> Callable[[], bool]:
    """Return what a task asks, a few times a second, whether to give up.

    Parameters
    ----------
    are : {"threads", "processes", "elsewhere"}
        What does the tasks.
    requested : callable
        Says in this process whether an end was asked for. Only threads can ask it; other processes
        are ended, and see to it that they end with us.
    """
    answers: dict[Where, Callable[[], bool]] = {
        "threads": requested,
        "processes": partial(_ends_with, os.getpid()),
        "elsewhere": _never,
    }
    return answers[are]


def _never() -> bool:
    """Say that nobody asks to stop: a worker on another machine is ended from outside."""
    return False


def _ends_with(parent: int) -> bool:
    """Say that nobody asks to stop, and see to it that this worker ends soon after its parent."""
    if os.getpid() != parent:  # joblib needs no process where one worker is enough
        _watch(parent)
    return False


@cache
def _watch(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
