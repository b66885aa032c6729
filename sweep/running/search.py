"""A search: the cells of a round are chosen by what came of all before, and train side by side.

What is asked and told is the same for any number of workers: rounds have one size, and a round is
asked for when the one before it has ended. Whatever rows there are stand: their cells are not asked
for again, and a search that was interrupted goes on as it would have.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from results.columns import RANKED
from sweep.plan.experiment import Experiment
from sweep.plan.plan import Plan
from sweep.plan.sample import Cells, columns_of, told
from sweep.plan.tasks import QUANTUM
from sweep.plan.tpe import ROUND, first_round, next_cells
from sweep.running.backends import Workers
from sweep.running.interrupt import Interrupt
from sweep.running.progress import Report
from sweep.running.sink import Sink
from sweep.running.worker import work
from sweep.specification.axes import drawn_from
from sweep.training.rows import Ranges

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
    """Train the cells of all rounds, one round after another; see `sweep.plan.tpe`."""
    plan = experiment.plan
    found = _Found(plan, sink)
    for first in range(0, plan.grid.cells, ROUND):
        known = found.asked(range(first, min(first + ROUND, plan.grid.cells)))
        calls = (
            (ranges[0][0], known, workers.dataset, ranges, stopped)
            for ranges in _tasks(known, sink, first)
            if not interrupt.requested()
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
        self._spread = drawn_from(plan.spec)
        self._losses = np.full(plan.grid.total, math.inf)
        rows = sink.rows(["run", *self._spread, self._loss])
        self.take(rows)
        columns = {name: rows[name].to_numpy() for name in ("run", *self._spread)}
        #: The cells of which there are rows, in their places.
        self._recorded = told(plan.grid.axes, self._spread, plan.grid.cells, columns)
        self._there = set((columns["run"] % plan.grid.cells).tolist())
        self._cells = {name: column[:0] for name, column in self._recorded.items()}

    def take(self, rows: pa.Table) -> None:
        """Note what came of some runs; of one that failed, and was done again, the better."""
        loss = rows[self._loss].to_numpy()
        runs = rows["run"].to_numpy()
        np.minimum.at(self._losses, runs, np.where(np.isfinite(loss), loss, math.inf))

    def asked(self, cells: range) -> Plan:
        """Return the plan that knows the cells of a round too, the next ones."""
        mine = {name: column[cells.start : cells.stop] for name, column in self._recorded.items()}
        if not self._there.issuperset(cells):
            fresh = self._fresh(cells)
            kept = [cell for cell in cells if cell in self._there]
            for name, column in fresh.items():
                column[np.array(kept, int) - cells.start] = self._recorded[name][kept]
            mine = fresh
        self._cells = {
            name: np.concatenate([column, mine[name]]) for name, column in self._cells.items()
        }
        columns = columns_of(self._plan.grid.axes, self._spread, self._cells)
        return self._plan.knowing({"run": np.arange(cells.stop), **columns})

    def _fresh(self, cells: range) -> Cells:
        """Return the cells that are chosen by what came of all before."""
        plan, seed = self._plan, self._plan.spec.seeds[0]
        if not cells.start:
            return first_round(self._spread, cells.stop, seed)
        each = self._losses.reshape(-1, plan.grid.cells).T[: cells.start]
        means = np.array([math.fsum(losses) / len(losses) for losses in each])
        chosen = next_cells(plan.grid.axes, self._spread, self._cells, means, seed)
        new = list(islice(chosen, len(cells)))
        return {
            name: np.array([cell[name] for cell in new], column.dtype)
            for name, column in self._cells.items()
        }


def _tasks(plan: Plan, sink: Sink, first: int) -> Iterator[Ranges]:
    """Yield the tasks of a round: its runs of one seed and fold after another, shared out."""
    import joblib

    total, cells = plan.grid.total, plan.grid.cells
    size = min(ROUND, cells - first)
    left = [
        one for start in range(first, total, cells) for one in sink.claim(start, start + size) or []
    ]
    runs = sum(stop - start for start, stop in left)
    share = -(-runs // (joblib.effective_n_jobs(None) * QUANTUM)) * QUANTUM
    most = min(share, plan.tasks.runs)
    task: Ranges = []
    for start, stop in left:
        if task and sum(b - a for a, b in task) + stop - start > most:
            yield task
            task = []
        task.append((start, stop))
    if task:
        yield task
