"""The driver: tasks to joblib, rows to where they are kept."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from typing import TYPE_CHECKING, NamedTuple

from sweep.errors import InputError
from sweep.plan.experiment import Experiment, prepare
from sweep.plan.plan import Plan
from sweep.plan.sampling import tpe
from sweep.running.backends import Workers, gpus_here, parallel
from sweep.running.claims import claims
from sweep.running.halving import race
from sweep.running.interrupt import Interrupt, Interrupted
from sweep.running.progress import progress
from sweep.running.same_sweep import keeping_as
from sweep.running.search import search
from sweep.running.sink import Directory, Memory, Sink
from sweep.running.walk import walk
from sweep.running.worker import asks_to_stop, work
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import compile_kernels, refuse_what_no_gpu_trains

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_log = logging.getLogger(__name__)


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


def run(
    spec: Specification, where: Where, tell: Callable[[Experiment], None] | None = None
) -> Outcome:
    """Run a sweep, or what is left of it.

    Parameters
    ----------
    spec : Specification
    where : Where
    tell : callable, optional
        Called with what is about to be trained, when the data are read.

    Raises
    ------
    sweep.errors.InputError
        If the specification, the data or the way to run cannot be used.
    results.errors.ResultsError
        If the results directory cannot be.
    sweep.running.backends.WorkerDied
        If a worker did; what is finished is kept in the results directory.
    sweep.running.interrupt.Interrupted
        If a signal came before there was a results directory to keep anything in.
    """
    if spec.halving and where.join:
        raise InputError("`join` shares tasks out, and `halving` is one race: leave one out")
    if spec.sampler == "tpe":
        tpe.check_installed()
        if where.join:
            raise InputError(
                "`join` shares tasks out, and `sampler` tpe is one search: leave it out, or take "
                "sobol"
            )
    clock = _Clock()
    with Interrupt() as interrupt:
        if where.backend == "cuda" and where.scheduler is None:
            gpus_here()  # before data are read for nothing
        experiment = prepare(keeping_as(spec, where.out))
        if tell:
            tell(experiment)
        clock.lap("data")
        with parallel(where.jobs, where.backend, where.scheduler, experiment.dataset) as workers:
            experiment = experiment._replace(plan=experiment.plan.on(workers.gpus))
            if workers.gpus:
                refuse_what_no_gpu_trains(experiment.plan)
            mine = not workers.gpus or workers.are == "threads"  # who is elsewhere has GPUs there
            if mine and spec.sampler != "tpe":  # which compiles what it comes to
                # LLVM calls Python back: what a signal raises there is lost.
                with interrupt.noted():
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
    stopped = asks_to_stop(workers.are, interrupt.requested)
    with progress(sink, quiet) as report, held:
        if plan.spec.halving:
            race(experiment, workers, sink, interrupt, stopped, report)
            return
        if plan.spec.sampler == "tpe":
            search(experiment, workers, sink, interrupt, stopped, report)
            return
        walking = [part for part in plan.parts if part.tasks.lasting]
        for part in walking:
            walk(part, workers, sink, interrupt, stopped, report)
        left = (task for task in plan.handed_out() if task[0] not in walking)
        tasks = (
            (task.start, task.plan, dataset, task.ranges, stopped)
            for task in claims(left, sink, interrupt)
            if task
        )
        for done in workers.call(work, tasks):
            if done.rows is not None:
                with interrupt.noted():  # what is kept is counted too
                    sink.append(done.start, done.rows)
                report(done.rows.runs)
            if done.error:
                _log.warning(done.error)


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
