"""Where finished rows go: into memory, or into a results directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sweep.errors import InputError
from sweep.machine import versions
from sweep.plan.experiment import Experiment
from sweep.plan.grid import Plan
from sweep.specification.spec import Sweep
from sweep.specification.values import parse
from sweep.training.task import Ranges, Rows, schema

if TYPE_CHECKING:
    import pyarrow as pa

#: Axes of the grid, by their options: they may grow while all else stays.
AXES = ("seeds", "l1", "l2", "lr", "momentum", "path_order")


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

    def claim(self, start: int, stop: int) -> Ranges | None:
        """Return what is left to do of the runs [start, stop), None while others do it."""

    def append(self, start: int, rows: Rows) -> None:
        """Keep the rows of the task that begins at ``start``."""

    def counts(self) -> dict[str, int]:
        """Return how many runs are ``done``, ``diverged``, in ``error``, and in ``total``."""

    def finish(self) -> None:
        """Make the final tables."""


class Memory(Sink):
    """Keeps the rows of a sweep that has no directory."""

    def __init__(self, plan: Plan) -> None:
        self.tables = []
        self.trained = 0
        self._total = plan.total

    def claim(self, start: int, stop: int) -> Ranges:
        """Return the whole task: nothing is done before, or by others."""
        return [(start, stop)]

    def append(self, start: int, rows: Rows) -> None:
        """Keep the rows."""
        self.tables.append(rows.runs)
        self.trained += len(rows.runs)

    def counts(self) -> dict[str, int]:
        """Count the rows by status."""
        found = [status for table in self.tables for status in table["status"].to_pylist()]
        counts = {status: found.count(status) for status in ("done", "diverged", "error")}
        return {**counts, "total": self._total}

    def finish(self) -> None:
        """Do nothing: the tables are all there is."""


class Directory(Sink):
    """Keeps the rows of a sweep in a results directory, which it locks until it is closed."""

    def __init__(
        self,
        experiment: Experiment,
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
            number=plan.numbers,
            subset=lambda older: is_subset(older, spec),
            total=plan.total,
            footer=versions(spec.precision),
            extend=extend,
            join=join,
        )

    def claim(self, start: int, stop: int) -> Ranges | None:
        """Return what is left to do of a task, and hold it until its rows are appended."""
        with self._lock, ExitStack() as held:
            if not self._store.missing(start, stop, self._retry_failed):
                return []
            if not held.enter_context(self._store.claim(start, stop, self._retry_failed)):
                return None
            left = self._store.missing(start, stop, self._retry_failed)
            self._claims[start] = held.pop_all()
            return left

    def append(self, start: int, rows: Rows) -> None:
        """Keep the rows for good, and let go of the task."""
        with self._lock, self._claims.pop(start, nullcontext()):
            self._store.append(rows.runs, rows.history)
            self.trained += len(rows.runs)

    def counts(self) -> dict[str, int]:
        """Count the runs by status."""
        with self._lock:
            return self._store.counts()

    def finish(self) -> None:
        """Write the final tables."""
        with self._lock:
            self._store.finish()

    def close(self) -> None:
        """Let go of all tasks, and unlock the directory."""
        for claim in self._claims.values():
            claim.close()
        self._store.close()


def is_subset(older: Mapping[str, Any], spec: Sweep) -> bool:
    """Whether a specification only adds runs to an older one.

    ``older`` is the keys of a ``sweep.toml``, or what `Sweep.specification` returned.
    """
    new = spec.specification()
    try:
        if "data_sha256" in older:
            old = dict(older)
        else:
            # Of the data a sweep.toml has the path alone; their content is in each part.
            moved = isinstance(spec.data, str) and Path(str(older.get("data"))).name == new["data"]
            given = {**older, "data": spec.data} if moved else older
            old = Sweep(**given).of_content(new["data_sha256"]).specification()
    except InputError:  # of another version, or data in memory: no subset of anything
        return False
    # Where runs depend on each other, along a path or in a race, no axis may grow.
    free = () if spec.halving else tuple(set(AXES) - {spec.path})
    axes = [(_axis(name, old.pop(name, [])), _axis(name, new.pop(name))) for name in free]
    old_varied, new_varied = dict(old.pop("vary")), dict(new.pop("vary"))
    axes += [(old_varied.get(name, []), values) for name, values in new_varied.items()]
    return (
        old == new
        and list(old_varied) == list(new_varied)
        and all(np.isin(before, now).all() for before, now in axes)
    )


def _axis(name: str, values: Any) -> Any:
    return parse(values, integers=True) if name == "seeds" and values else values
