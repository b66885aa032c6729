"""A race: successive halving run through workers, rung by rung."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from sweep.plan.experiment import Experiment
from sweep.plan.halving import rungs
from sweep.running import halving_tasks, kept_rungs
from sweep.running.backends import Workers
from sweep.running.interrupt import Interrupt
from sweep.running.progress import Report
from sweep.running.sink import Sink
from sweep.running.worker import climb
from sweep.training.rows import numbers_of

_log = logging.getLogger(__name__)


def race(
    experiment: Experiment,
    workers: Workers,
    sink: Sink,
    interrupt: Interrupt,
    stopped: Callable[[], bool],
    report: Report,
) -> None:
    """Train all runs a little and the better cells more; see `sweep.plan.halving`.

    Where a rung ends it is kept how the runs stand that go on, so a sweep that was interrupted
    trains again what it had trained of one rung. Of runs that are finished nothing is appended.
    """
    plan = experiment.plan
    assert plan.spec.halving
    left = [sink.claim(task) for _, task in plan.handed_out()]
    if not any(left):
        return
    missing = np.concatenate([numbers_of(ranges) for ranges in left if ranges])
    ladder = rungs(plan.grid.cells, plan.spec.epochs, plan.spec.halving)
    begun, tasks = kept_rungs.resumed(sink, plan, missing)
    if not begun:
        tasks = halving_tasks.first_tasks(plan)
    for rung, (_, epochs) in list(enumerate(ladder))[begun:]:
        calls = (
            (task, part, workers.dataset, epochs, stopped)
            for part, task in halving_tasks.closed_up(tasks, plan)
            if not interrupt.requested()
        )
        climbed = list(workers.call(climb, calls))
        if interrupt.requested():
            return
        runs = np.concatenate([task.numbers for task, *_ in climbed])
        scores = np.concatenate([halving_tasks.score(columns) for _, columns, _ in climbed])
        go_on = ladder[rung + 1][0] if rung + 1 < len(ladder) else 0
        chosen = halving_tasks.survivors(runs % plan.grid.cells, scores, go_on)
        tasks = []
        for task, columns, error in climbed:
            if error:
                _log.warning(error)
            survives = np.isin(task.numbers % plan.grid.cells, chosen) & (
                columns["status"] != "error"
            )
            ends = ~survives & np.isin(task.numbers, missing)
            if ends.any():
                rows = halving_tasks.rows_of(task, plan, columns, ends, rung)
                with interrupt.noted():
                    sink.append(task.start, rows)
                report(rows.runs)
            if survives.any():
                tasks.append(task.take(survives))
        if not tasks:
            return
        with interrupt.noted():
            kept_rungs.keep(sink, plan, rung, tasks)
