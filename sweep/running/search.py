"""A search: the cells of a round are chosen by what came of all before, and train side by side.

What is asked and told is the same for any number of workers: rounds have one size, and a round is
asked for when the one before it has ended. Whatever rows there are stand: their cells are not asked
for again, and a search that was interrupted goes on as it would have.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from results import ranges
from results.columns import RANKED
from sweep.plan.experiment import Experiment
from sweep.plan.plan import Plan, Ranges
from sweep.plan.sampling.tpe import ROUND, Cell, as_runs, first_round, next_round
from sweep.plan.tasks import QUANTUM
from sweep.running.backends import Workers
from sweep.running.claims import claims
from sweep.running.interrupt import Interrupt
from sweep.running.progress import Report
from sweep.running.sink import Sink
from sweep.running.worker import work
from sweep.specification.axes import drawn_from
from sweep.training.chosen_kernels import compile_kernels

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger(__name__)


def search(
    experiment: Experiment,
    workers: Workers,
    sink: Sink,
    interrupt: Interrupt,
    stopped: Callable[[], bool],
    report: Report,
) -> None:
    """Train the cells of all rounds, one round after another; see `sweep.plan.sampling.tpe`."""
    cells = experiment.plan.grid.cells
    found = _Found(experiment.plan, sink)
    for first in range(0, cells, ROUND):
        plan = found.asked(range(first, min(first + ROUND, cells)))
        tasks = list(_tasks(plan, range(first, min(first + ROUND, cells))))
        for part in {part for part, _ in tasks}:
            with interrupt.noted():  # LLVM calls Python back: what a signal raises there is lost
                compile_kernels(part)
        calls = (
            (task.start, task.plan, workers.dataset, task.ranges, stopped)
            for task in claims(tasks, sink, interrupt)
            if task
        )
        for done in workers.call(work, calls):
            if done.rows is not None:
                with interrupt.noted():  # what is kept is counted too
                    sink.append(done.start, done.rows)
                report(done.rows.runs)
                found.take(done.rows.runs)
            if done.error:
                _log.warning(done.error)
        if interrupt.requested():
            return


class _Found:
    """What a search has found: its cells so far, and the loss of each run."""

    def __init__(self, plan: Plan, sink: Sink) -> None:
        self._plan = plan
        self._loss = RANKED[0] if plan.spec.holds_out else RANKED[-1]
        self._losses = np.full(plan.grid.total, math.inf)
        self._cells: list[Cell] = []
        names = [*drawn_from(plan.spec)]
        rows = sink.rows(["run", *names, self._loss])
        self.take(rows)
        cell, first = np.unique(rows["run"].to_numpy() % plan.grid.cells, return_index=True)
        #: The cells of which there are rows, by their places.
        self._recorded: dict[int, Cell] = dict(
            zip(cell.tolist(), rows.select(names).take(first).to_pylist(), strict=True)
        )

    def take(self, rows: pa.Table) -> None:
        """Note what came of some runs; of one that failed, and was done again, the better."""
        loss = rows[self._loss].to_numpy()
        reached = np.where(np.isfinite(loss), loss, math.inf)
        np.minimum.at(self._losses, rows["run"].to_numpy(), reached)

    def asked(self, cells: range) -> Plan:
        """Return the plan that knows the cells of a round too, the next ones."""
        mine = [self._recorded.get(cell) for cell in cells]
        if None in mine:
            fresh = self._fresh(cells)
            mine = [known or new for known, new in zip(mine, fresh, strict=True)]
        self._cells += [cell for cell in mine if cell]
        return self._plan.knowing(as_runs(self._cells))

    def _fresh(self, cells: range) -> list[Cell]:
        """Return the cells that are chosen by what came of all before."""
        spec = self._plan.spec
        if not cells.start:
            return first_round(spec)
        each = self._losses.reshape(-1, self._plan.grid.cells).T[: cells.start]
        means = [math.fsum(losses) / len(losses) for losses in each.tolist()]
        return next_round(spec, self._cells, means, len(cells))


def _tasks(plan: Plan, cells: range) -> Iterator[tuple[Plan, Ranges]]:
    """Yield the tasks of a round: the runs of each part, shared out among the workers."""
    import joblib

    repeats = np.arange(0, plan.grid.total, plan.grid.cells)
    numbers = (repeats[:, None] + np.array(cells)).ravel()
    share = -(-len(numbers) // (joblib.effective_n_jobs(None) * QUANTUM)) * QUANTUM
    for part, places in plan.apart(numbers):
        size = min(share, part.tasks.runs)
        for start in range(0, len(places), size):
            yield part, ranges.pairs(ranges.of(numbers[places[start : start + size]]))
