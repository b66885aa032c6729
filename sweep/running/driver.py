"""The driver: tasks to joblib, rows to where they are kept."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sweep.errors import InputError
from sweep.plan.experiment import Experiment, prepare
from sweep.plan.grid import Plan
from sweep.running import halving
from sweep.running.interrupt import Interrupt, Interrupted
from sweep.running.progress import Report, progress
from sweep.running.sink import Directory, Memory, Sink
from sweep.running.workers import Workers, parallel
from sweep.specification.spec import Sweep
from sweep.training.loop import Stopped
from sweep.training.task import Ranges, Rows, failed_rows, numbers_of, run_task

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sweep.data.datasets import Dataset

_log = logging.getLogger(__name__)

#: How often a joined process asks again for the tasks of the others, in seconds.
_ASK_AGAIN = 0.2


class Where(NamedTuple):
    """Where and how to run a sweep, whatever it is; see the options of `run`."""

    jobs: int = -1
    backend: str = "threading"
    scheduler: str | None = None
    out: str | os.PathLike[str] | None = None
    extend: bool = False
    join: bool = False
    retry_failed: bool = False
    quiet: bool = False


class Outcome(NamedTuple):
    """What became of a sweep.

    Attributes
    ----------
    plan : Plan
    counts : dict of str to int
        Runs ``done``, ``diverged``, in ``error``, and ``total``.
    trained : int
        Runs that were trained now.
    seconds : dict of str to float
        What loading the data, compiling, training and writing the table took.
    signal : int or None
        The signal that ended it early.
    tables : list of pyarrow.Table
        The rows, where they are kept in memory.
    """

    plan: Plan
    counts: dict[str, int]
    trained: int
    seconds: dict[str, float]
    signal: int | None
    tables: list[pa.Table]


class Done(NamedTuple):
    """What a worker gives back: where its task begins, its rows, and why it failed if it did."""

    start: int
    rows: Rows | None
    error: str | None


def run(spec: Sweep, where: Where) -> Outcome:
    """Run a sweep, or what is left of it.

    Raises
    ------
    sweep.errors.InputError
        If the specification, the data or the way to run cannot be used.
    results.errors.ResultsError
        If the results directory cannot be.
    sweep.running.workers.WorkerDied
        If a worker did; what is finished is kept in the results directory.
    sweep.running.interrupt.Interrupted
        If a signal came before there was a results directory to keep anything in.
    """
    if spec.halving and where.join:
        raise InputError("`join` shares tasks out, and `halving` is one race: leave one out")
    clock = _Clock()
    with Interrupt() as interrupt:
        experiment = prepare(spec)
        clock.lap("data")
        with parallel(where.jobs, where.backend, where.scheduler, experiment.dataset) as workers:
            with interrupt.noted():  # LLVM calls Python back: what a signal raises there is lost
                compile_kernels(experiment.plan)
            clock.lap("compile")
            with _opened(experiment, where) as sink:
                with suppress(Interrupted):  # the outcome says so
                    _train(experiment, workers, sink, interrupt, where.quiet)
                clock.lap("training")
                with suppress(Interrupted):
                    if not interrupt.requested():
                        sink.finish()
                clock.lap("table")
                return Outcome(
                    experiment.plan,
                    sink.counts(),
                    sink.trained,
                    clock.laps,
                    interrupt.signal,
                    sink.tables,
                )


def table_of(outcome: Outcome, out: str | os.PathLike[str] | None) -> pd.DataFrame:
    """Return the table of a sweep that was run with this ``out``.

    Raises
    ------
    KeyboardInterrupt
        If the sweep was interrupted.
    """
    if outcome.signal is not None:
        raise KeyboardInterrupt
    if out is not None:
        import results

        return results.load(out)
    import pyarrow

    return pyarrow.concat_tables(outcome.tables).sort_by("run").to_pandas()


def compile_kernels(plan: Plan) -> None:
    """Compile the kernels of a plan, or load them, before threads would wait for each other."""
    from kernels.network import network
    from kernels.training import prepare as prepare_kernels
    from sweep.training.packs import shape_of

    spec = plan.spec
    freeze, width = shape_of(spec, plan.widths, plan.samples, plan.worth_freezing)
    batch = min(spec.batch_size or plan.samples, plan.samples)
    proximal = spec.l1_method == "proximal"
    net = network(plan.widths)
    prepare_kernels(net, spec.precision, width, batch, proximal=proximal, freeze=freeze)


def work(
    start: int, plan: Plan, dataset: Dataset | None, ranges: Ranges, stopped: Callable[[], bool]
) -> Done:
    """Do one task, wherever this is called; what goes wrong becomes rows in error."""
    try:
        return Done(start, run_task(plan, dataset, ranges, stopped), None)
    except Stopped:
        return Done(start, None, None)
    except Exception as error:
        first, last = ranges[0][0], ranges[-1][1] - 1
        reason = f"runs {first} to {last} ended in error: {type(error).__name__}: {error}"
        return Done(start, failed_rows(plan, numbers_of(ranges)), reason)


def climb(
    task: halving.Task,
    plan: Plan,
    dataset: Dataset | None,
    epochs: int,
    stopped: Callable[[], bool],
) -> tuple[halving.Task, halving.Columns, str | None]:
    """Do one task of a rung, as `work` does one of a sweep; asked to stop, give no columns."""
    try:
        return *halving.climb(task, plan, dataset, epochs, stopped), None
    except Stopped:
        return task, {}, None
    except Exception as error:
        reason = f"{len(task.numbers)} runs ended in error: {type(error).__name__}: {error}"
        return task, halving.failed(task, plan), reason


def never() -> bool:
    """Say that nobody asks to stop: a worker on another machine is ended from outside."""
    return False


def following(parent: int) -> bool:
    """Say that nobody asks to stop, and see to it that this worker ends soon after its parent."""
    if os.getpid() != parent:  # joblib needs no process where one worker is enough
        _follow(parent)
    return False


@cache
def _follow(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _opened(experiment: Experiment, where: Where) -> AbstractContextManager[Sink]:
    if where.out is None:
        return nullcontext(Memory(experiment.plan))
    return closing(
        Directory(
            experiment,
            where.out,
            extend=where.extend,
            join=where.join,
            retry_failed=where.retry_failed,
        )
    )


def _train(
    experiment: Experiment, workers: Workers, sink: Sink, interrupt: Interrupt, quiet: bool
) -> None:
    plan, dataset = experiment.plan, workers.dataset
    # Threads stop between two calls of a kernel; processes are ended, and we stop at once.
    held = interrupt.noted() if workers.are == "threads" else nullcontext()
    stops: dict[str, Callable[[], bool]] = {
        "threads": interrupt.requested,
        "processes": partial(following, os.getpid()),
        "elsewhere": never,
    }
    stopped = stops[workers.are]
    counts = sink.counts()
    before = counts["done"] + counts["diverged"] + counts["error"]
    with progress(plan.total, before, quiet) as report, held:
        if plan.spec.halving:
            _halve(experiment, workers, sink, interrupt, stopped, report, plan.spec.halving)
            return
        tasks = (
            (start, plan, dataset, ranges, stopped)
            for start, ranges in _tasks(plan, sink, interrupt)
        )
        for done in workers.call(work, tasks):
            if done.rows is not None:
                with interrupt.noted():  # what is kept is counted too
                    sink.append(done.start, done.rows)
                report(done.rows.runs)
            if done.error:
                _log.warning(done.error)


def _tasks(plan: Plan, sink: Sink, interrupt: Interrupt) -> Iterator[tuple[int, Ranges]]:
    """Yield what is left to do, task by task, until nobody else is at work either."""
    asked: Iterable[tuple[int, int]] = plan.ranges()
    while True:
        others = []
        for start, stop in asked:
            if interrupt.requested():
                return
            ranges = sink.claim(start, stop)
            if ranges is None:
                others.append((start, stop))
            elif ranges:
                yield start, ranges
        if not others:
            return
        asked = others  # and not all: a plan may have millions of tasks
        time.sleep(_ASK_AGAIN)


def _halve(
    experiment: Experiment,
    workers: Workers,
    sink: Sink,
    interrupt: Interrupt,
    stopped: Callable[[], bool],
    report: Report,
    eta: int,
) -> None:
    """Train all runs a little and the better cells more; see `sweep.running.halving`.

    What a cell gives depends on all others, so a sweep that was interrupted trains again what it
    had trained, and appends what is missing.
    """
    plan = experiment.plan
    tasks = halving.first_tasks(plan)
    left = {task.start: sink.claim(task.start, int(task.numbers[-1]) + 1) for task in tasks}
    if not any(left.values()):
        return
    missing = np.concatenate([numbers_of(ranges) for ranges in left.values() if ranges])
    ladder = halving.rungs(plan.cells, plan.spec.epochs, eta)
    for rung, (_, epochs) in enumerate(ladder):
        calls = (
            (task, plan, workers.dataset, epochs, stopped)
            for task in halving.closed_up(tasks, plan.task_runs)
            if not interrupt.requested()
        )
        climbed = list(workers.call(climb, calls))
        if interrupt.requested():
            return
        runs = np.concatenate([task.numbers for task, *_ in climbed])
        scores = np.concatenate([halving.score(columns) for _, columns, _ in climbed])
        go_on = ladder[rung + 1][0] if rung + 1 < len(ladder) else 0
        chosen = halving.survivors(runs % plan.cells, scores, go_on)
        tasks = []
        for task, columns, error in climbed:
            if error:
                _log.warning(error)
            survives = np.isin(task.numbers % plan.cells, chosen) & (columns["status"] != "error")
            ends = ~survives & np.isin(task.numbers, missing)
            if ends.any():
                rows = halving.rows_of(task, plan, columns, ends, rung)
                with interrupt.noted():
                    sink.append(task.start, rows)
                report(rows.runs)
            if survives.any():
                tasks.append(task.take(survives))
        if not tasks:
            return


class _Clock:
    """Measures one thing after another."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note what was done since the last lap as ``name``."""
        now = time.perf_counter()
        self.laps[name] = now - self._since
        self._since = now
