"""A walk: paths that last run through workers, leg by leg, and kept where each leg ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from sweep.plan.plan import Plan, Ranges
from sweep.running.backends import Workers
from sweep.running.claims import claims, rounds
from sweep.running.interrupt import Interrupt
from sweep.running.progress import Report
from sweep.running.sink import Sink
from sweep.running.worker import walk_on
from sweep.training.chosen_kernels import network_of
from sweep.training.path_order import places
from sweep.training.rows import numbers_of, only
from sweep.training.task import Leg

_log = logging.getLogger(__name__)


class _Task(NamedTuple):
    """A task whose paths are under way.

    Attributes
    ----------
    start : int
        Where it begins.
    missing : ndarray of int64
        Its runs that are not finished.
    legs : list of Leg
        Where its paths are, in pieces.
    """

    start: int
    missing: np.ndarray
    legs: list[Leg]

    @property
    def all(self) -> range:
        """The numbers from the first path's to the last run's."""
        first = min(int(leg.paths[0]) for leg in self.legs)
        return range(first, int(self.missing[-1]) + 1)


def walk(
    plan: Plan,
    workers: Workers,
    sink: Sink,
    interrupt: Interrupt,
    stopped: Callable[[], bool],
    report: Report,
) -> None:
    """Train the runs of the paths of a part; see `sweep.plan.tasks.Tasks`.

    Rows are kept before it is kept where the paths stand: what is begun again from there may have
    been trained before, and lacks no row.
    """
    import joblib

    at_once = 2 * joblib.effective_n_jobs(None)
    asked = claims(plan.handed_out(), sink, interrupt)
    for some in rounds(asked, max(at_once // plan.tasks.pieces, 1)):
        tasks = [_begun(plan, sink, task.start, task.ranges) for task in some]
        while tasks and not interrupt.requested():
            tasks = list(_leg(plan, tasks, workers, sink, interrupt, stopped, report))


def _leg(
    plan: Plan,
    tasks: list[_Task],
    workers: Workers,
    sink: Sink,
    interrupt: Interrupt,
    stopped: Callable[[], bool],
    report: Report,
) -> Iterator[_Task]:
    """Train a leg of each piece; yield the tasks that are not at their ends."""
    number = {task.start: place for place, task in enumerate(tasks)}
    left = [len(task.legs) for task in tasks]
    onward: list[list[Leg]] = [[] for _ in tasks]
    calls = (
        (task.start, plan, workers.dataset, leg, stopped)
        for task in tasks
        for leg in task.legs
        if not interrupt.requested()
    )
    for done in workers.call(walk_on, calls):
        if done.rows is None:
            continue
        place = number[done.start]
        task = tasks[place]
        left[place] -= 1
        if done.leg.step < plan.tasks.steps:
            onward[place].append(done.leg)
        ends = not left[place] and not onward[place]
        rows = only(done.rows, task.missing)
        with interrupt.noted():  # what is kept is counted too
            if ends or len(rows.runs):
                sink.append(task.start, rows, ends=ends)
            if done.leg.begin is not None:
                paths = done.leg.paths
                arrays = {"paths": paths, "begin": done.leg.begin}
                sink.keep(done.leg.step, range(int(paths[0]), int(paths[-1]) + 1), arrays)
        if len(rows.runs):
            report(rows.runs)
        if done.error:
            _log.warning(done.error)
    for task, legs, unfinished in zip(tasks, onward, left, strict=True):
        if not unfinished:
            here = min((leg.step for leg in legs), default=plan.tasks.steps)
            with interrupt.noted():
                sink.forget(task.all, range(here))
            if legs:
                yield task._replace(legs=legs)


def _begun(plan: Plan, sink: Sink, start: int, ranges: Ranges) -> _Task:
    """Return a task with its paths where they are kept, or at their beginnings."""
    missing = numbers_of(ranges)
    step, path = places(plan, plan.grid.coordinates(missing))
    paths, first = np.unique(path, return_inverse=True)
    needed = np.full(len(paths), plan.tasks.steps)
    np.minimum.at(needed, first, step)
    size = network_of(plan.widths, plan.spec).size
    legs, unknown = [], np.full(len(paths), True)
    for stage, arrays, _ in sink.kept(range(int(paths[0]), int(missing[-1]) + 1)):
        theirs, begin = arrays.get("paths"), arrays.get("begin")
        if theirs is None or begin is None or theirs.ndim != 1 or theirs.dtype != np.int64:
            continue
        if begin.dtype != np.float64 or begin.shape != (size, len(theirs)):
            continue
        _, here, there = np.intersect1d(paths, theirs, return_indices=True)
        usable = unknown[here] & (needed[here] >= stage)
        if usable.any():
            legs.append(Leg(paths[here[usable]], stage, begin[:, there[usable]]))
            unknown[here[usable]] = False
    if unknown.any():
        legs.append(Leg(paths[unknown]))
    return _Task(start, missing, [piece for leg in legs for piece in _pieces(plan, leg)])


def _pieces(plan: Plan, leg: Leg) -> Iterator[Leg]:
    """Cut paths into as many as train side by side."""
    for first in range(0, len(leg.paths), plan.tasks.abreast):
        some = slice(first, first + plan.tasks.abreast)
        begin = None if leg.begin is None else leg.begin[:, some]
        yield Leg(leg.paths[some], leg.step, begin)
