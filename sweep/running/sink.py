"""Where finished rows go: into memory, or into a results directory."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from sweep.machine import versions
from sweep.plan.experiment import Experiment
from sweep.plan.plan import Plan, Ranges
from sweep.plan.recorded import Recorded
from sweep.running.same_sweep import kinship, placing
from sweep.training.rows import Rows, schema

if TYPE_CHECKING:
    import pyarrow as pa

    from results.directory.checkpoints import Checkpoint


class Standing(NamedTuple):
    """Where a sweep stands.

    Attributes
    ----------
    total, done, diverged : int
        Runs: all, the finished ones, and those of them that diverged.
    lowest : float
        The lowest loss of a finished run; infinite where there is none.
    """

    total: int
    done: int = 0
    diverged: int = 0
    lowest: float = math.inf


class Sink(Protocol):
    """Takes the rows of tasks; `claim` and `append` may be called from different threads.

    Attributes
    ----------
    trained : int
        Runs appended.
    tables : list of pyarrow.Table
        The rows, where they are kept in memory.
    """

    trained: int
    tables: list[pa.Table]

    def claim(self, task: Ranges) -> Ranges | None:
        """Return what is left to do of the runs of a task, None while others do it."""

    def append(self, start: int, rows: Rows, *, ends: bool = True) -> None:
        """Keep rows of the task that begins at ``start``, whose last they are if it ``ends``."""

    def keep(self, stage: int, runs: range, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep where some of these runs stand; what is kept of them from earlier stages stays."""

    def kept(self, runs: range) -> Iterable[Checkpoint]:
        """Return what is kept of some of these runs, the latest stage first."""

    def forget(self, runs: range, stages: range) -> None:
        """Remove what is kept of these runs at some stages."""

    def rows(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of all rows; of a run that was done again there are several."""

    def counts(self) -> dict[str, int]:
        """Return how many runs are ``done``, ``diverged``, in ``error``, and in ``total``."""

    def standing(self) -> Standing:
        """Return where the sweep stands before anything is done now."""

    def finish(self) -> None:
        """Make the final tables."""


class Memory(Sink):
    """Keeps the rows of a sweep that has no directory."""

    def __init__(self, plan: Plan) -> None:
        self.tables = []
        self.trained = 0
        self._total = plan.grid.total
        self._schema = schema(plan)

    def claim(self, task: Ranges) -> Ranges:
        """Return the whole task: nothing is done before, or by others."""
        return task

    def append(self, start: int, rows: Rows, *, ends: bool = True) -> None:
        """Keep the rows."""
        self.tables.append(rows.runs)
        self.trained += len(rows.runs)

    def keep(self, stage: int, runs: range, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep nothing: it would end with this process."""

    def kept(self, runs: range) -> Iterable[Checkpoint]:
        """Return nothing."""
        return []

    def forget(self, runs: range, stages: range) -> None:
        """Do nothing: there is nothing."""

    def rows(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of the rows."""
        import pyarrow as pa

        empty = self._schema.empty_table()
        return pa.concat_tables([empty, *self.tables]).select(list(columns))

    def counts(self) -> dict[str, int]:
        """Count the rows by status."""
        found = [status for table in self.tables for status in table["status"].to_pylist()]
        counts = {status: found.count(status) for status in ("done", "diverged", "error")}
        return {**counts, "total": self._total}

    def standing(self) -> Standing:
        """Return a beginning."""
        return Standing(self._total)

    def finish(self) -> None:
        """Do nothing: the tables are all there is."""


class Directory(Sink):
    """Keeps the rows of a sweep in a results directory, which it locks until it is closed."""

    def __init__(
        self,
        experiment: Experiment | Recorded,
        out: str | os.PathLike[str],
        *,
        extend: bool = False,
        join: bool = False,
        retry_failed: bool = False,
    ) -> None:
        from results.directory.store import Store

        spec, plan = experiment.spec, experiment.plan
        self.tables = []
        self.trained = 0
        self._retry_failed = retry_failed
        self._claims: dict[int, ExitStack] = {}
        self._lock = Lock()
        self._store = Store.open(
            out,
            spec.specification(),
            toml=spec.to_toml(),
            schema=schema(plan),
            number=plan.grid.numbers,
            placing=lambda older: placing(older, plan),
            kinship=lambda older: kinship(older, spec),
            total=plan.grid.total,
            footer=versions(spec.precision),
            extend=extend,
            join=join,
        )

    def claim(self, task: Ranges) -> Ranges | None:
        """Return what is left to do of a task, and hold it until its rows are appended."""
        with self._lock, ExitStack() as held:
            left = [one for one in task if self._missing([one])]
            if not left:
                return []
            for start, stop in left:
                if not held.enter_context(self._store.claim(start, stop, self._retry_failed)):
                    return None
            self._claims[task[0][0]] = held.pop_all()
            return self._missing(left)

    def append(self, start: int, rows: Rows, *, ends: bool = True) -> None:
        """Keep the rows for good, and let go of a task that ends."""
        with self._lock, self._claims.pop(start, nullcontext()) if ends else nullcontext():
            self._store.append(rows.runs, rows.beside)
            self.trained += len(rows.runs)

    def keep(self, stage: int, runs: range, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep where some runs stand, for good."""
        with self._lock:
            self._store.checkpoints.write(stage, runs, arrays)

    def kept(self, runs: range) -> Iterable[Checkpoint]:
        """Return what is kept of some runs, by joined processes too."""
        return self._store.checkpoints.read(runs)

    def forget(self, runs: range, stages: range) -> None:
        """Remove what is kept of some runs."""
        with self._lock:
            self._store.checkpoints.remove(runs, stages)

    def rows(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of the rows."""
        with self._lock:
            return self._store.rows(columns)

    def counts(self) -> dict[str, int]:
        """Count the runs by status."""
        with self._lock:
            return self._store.counts()

    def standing(self) -> Standing:
        """Return where the sweep stands; runs that are done again do not count."""
        counts = self.counts()
        failed = 0 if self._retry_failed else counts["error"]
        done = counts["done"] + counts["diverged"] + failed
        with self._lock:
            return Standing(counts["total"], done, counts["diverged"], self._store.lowest())

    def finish(self) -> None:
        """Write the final tables."""
        with self._lock:
            self._store.finish()

    def _missing(self, ranges: Ranges) -> Ranges:
        """Return what is left to do of some ranges of runs."""
        missing = self._store.missing
        return [left for start, stop in ranges for left in missing(start, stop, self._retry_failed)]

    def close(self) -> None:
        """Let go of all tasks, and unlock the directory."""
        for claim in self._claims.values():
            claim.close()
        self._store.close()
