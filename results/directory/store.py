"""A results directory: open or continue it, append parts, finish.

Whatever moment a process is killed at, the directory holds every part that `Store.append`
returned from, and opening it again goes on with what is missing. The store knows rows and run
numbers; it knows neither tasks nor what a specification means.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from results import ranges
from results.columns import RANKED
from results.directory import durable, final, layout, parts, sweeptoml
from results.directory.accepting import Grid, Intake
from results.directory.checkpoints import Checkpoints
from results.directory.layout import Kinship
from results.directory.locks import Lock
from results.directory.valid_parts import Catalogue, Number, Placing
from results.directory.windows import Lost
from results.errors import ResultsError

_log = logging.getLogger(__name__)


class Store:
    """An open results directory, locked for this process; made by `Store.open`.

    Use it as a context manager. Its methods are for one thread.

    Attributes
    ----------
    checkpoints : Checkpoints
        Where runs stand that are not finished.
    """

    def __init__(
        self,
        directory: Path,
        catalogue: Catalogue,
        grid: Grid,
        made_by: dict[str, Any],
        lock: Lock,
    ) -> None:
        self._directory = directory
        self._scratch = directory / layout.SCRATCH
        self._catalogue = catalogue
        self._intake = Intake(directory, catalogue, grid)
        self.checkpoints = Checkpoints(directory, catalogue.grid)
        self._grid = grid
        self._made_by = made_by
        self._lock = lock
        self._at_opening: frozenset[str] = frozenset()

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        specification: dict[str, Any],
        *,
        toml: str,
        schema: pa.Schema,
        number: Number,
        placing: Placing | None = None,
        kinship: Kinship,
        total: int,
        footer: dict[str, Any],
        extend: bool = False,
        join: bool = False,
    ) -> Store:
        """Open a results directory, or begin one, and lock it.

        Parameters
        ----------
        path : str or path
            The directory.
        specification : dict
            The specification as plain data ready for JSON; parts that were written under an
            equal one share its run numbers.
        toml : str
            The same as text of ``sweep.toml``.
        schema : pyarrow.Schema
            Columns of the table, as `results.columns.schema` makes them.
        number : callable
            Given a table with the coordinate columns, returns each row's run number in this
            grid, -1 for a row that is not on it.
        placing : callable, optional
            See `results.directory.valid_parts.Placing`.
        kinship : callable
            Given an older specification, the keys of a ``sweep.toml`` or the dict that a part
            carries, returns "same", "subset" where this one only adds runs to it, or None.
        total : int
            Runs of the grid.
        footer : dict
            What this process says of itself: versions, CPU, lanes.
        extend : bool
            Whether a directory that holds a subset becomes one of this specification.
        join : bool
            Whether other processes that join may work in the directory at the same time.

        Raises
        ------
        ResultsError
            If the directory cannot be used, is in use, or holds another sweep.
        """
        directory = Path(path)
        if len(parts.canonical(specification)) > parts.LARGEST_SPECIFICATION:
            raise ResultsError(
                f"{directory} would hold axes of many million uneven numbers in each of its parts: "
                "give ranges, such as 0:1000000, or shorten an axis"
            )
        layout.check(directory)
        layout.compare(directory, toml, kinship, extend)
        durable.folder(directory)
        lock = Lock(directory, join)
        try:
            catalogue = Catalogue(directory / layout.PARTS, specification, number, placing)
            grid = Grid(specification, schema, kinship, total)
            store = cls(directory, catalogue, grid, footer, lock)
            store._settle(toml, extend)
            if join:
                lock.share()
        except BaseException:
            lock.release()
            raise
        return store

    def __enter__(self) -> Store:
        """Give the store itself: `open` has locked it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Unlock the directory; a closed store is of no further use."""
        self._lock.release()

    def done(self, retry_failed: bool = False) -> list[tuple[int, int]]:
        """Sorted, disjoint, half-open ranges of the finished runs.

        With `retry_failed`, runs that had ended in error when the store was opened do not count.
        """
        return ranges.pairs(self._finished(retry_failed))

    def missing(self, start: int, stop: int, retry_failed: bool = False) -> list[tuple[int, int]]:
        """List what of the runs [start, stop) is left to do, as ranges; see `done`."""
        return ranges.pairs(ranges.gaps(self._finished(retry_failed), start, stop))

    @contextmanager
    def claim(self, start: int, stop: int, retry_failed: bool = False) -> Iterator[bool]:
        """Hold the runs [start, stop) until they are appended, if there is work for us in them.

        False where a joined process holds some of them now, or has finished them all by now;
        where it has finished some, `missing` says what is left. Always True without `join`.
        """
        if not self._lock.join:
            yield True
            return
        with self._lock.runs(start, stop) as taken:
            if taken:
                self._intake.refresh()
            yield taken and bool(self.missing(start, stop, retry_failed))

    def append(self, table: pa.Table, beside: Mapping[str, pa.Table] | None = None) -> None:
        """Keep finished runs, and their rows of other tables, for good.

        Parameters
        ----------
        table : pyarrow.Table
            One row per run, with the columns of the schema.
        beside : dict of str to pyarrow.Table, optional
            ``history``, the rows that were recorded in these runs, with the columns of
            `results.columns.history_schema`; and ``features``, of `features_schema`.
        """
        if not len(table):
            return
        table = _by_run(table.select(self._grid.schema.names).cast(self._grid.schema))
        numbers = table["run"].to_numpy()
        if numbers[0] < 0 or numbers[-1] >= self._grid.total or (np.diff(numbers) < 1).any():
            raise ValueError("a part holds distinct runs of the grid")
        specification = parts.canonical(self._grid.specification)
        names = {}
        for kind, rows in (beside or {}).items():
            if len(rows):
                # First, so that a part of runs never stands there without what belongs to it.
                folder = layout.own(self._directory / layout.BESIDE_PARTS[kind])
                other = parts.write(folder, self._scratch, _by_run(rows), {}, specification)
                names[kind] = other.name
        about = parts.describe(table, self._catalogue.grid, names, self._made_by)
        path = parts.write(self._catalogue.folder, self._scratch, table, about, specification)
        self._catalogue.add(self._catalogue.enter(parts.look(path)))

    def counts(self) -> dict[str, int]:
        """How many runs are ``done``, ``diverged``, in ``error``, and the grid's ``total``."""
        return {**self._catalogue.counts(), "total": self._grid.total}

    def rows(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of all rows that are kept; of a run that was done again all of its own."""
        empty = self._grid.schema.empty_table().select(list(columns))
        paths = (entry.part.path for entry in self._catalogue)
        return pa.concat_tables([empty, *(parts.table(path, columns) for path in paths)])

    def lowest(self) -> float:
        """Return the lowest loss of a finished run, infinite where there is none."""
        paths = (entry.part.path for entry in self._catalogue)
        columns = ["status", *RANKED]
        return min((parts.lowest(parts.table(path, columns)) for path in paths), default=math.inf)

    def finish(self) -> Path:
        """Write the final tables, unless they are there, and return the path of runs.parquet.

        Raises
        ------
        ResultsError
            If runs are missing, or a part has been damaged since the store was opened.
        """
        with self._lock.finishing():
            self._intake.refresh()
            left = ranges.gaps(self._catalogue.finished(), 0, self._grid.total)
            if len(left):
                raise ResultsError(
                    f"{self._directory} is not complete: {ranges.size(left)} of "
                    f"{self._grid.total} runs are missing, from run {left[0, 0]} on"
                )
            try:
                path = final.write(self._directory, self._catalogue, self._grid)
                self.checkpoints.remove(range(self._grid.total))
                return path
            except Lost as lost:
                self._catalogue.remove(lost.part)
                self._intake.put_aside(lost.part.path, lost.damage)
                raise ResultsError(
                    f"{lost.damage}; give the same command to do its runs again"
                ) from lost

    def _finished(self, retry_failed: bool) -> np.ndarray:
        if retry_failed:
            return self._catalogue.finished_well(self._at_opening)
        return self._catalogue.finished()

    def _settle(self, toml: str, extend: bool) -> None:
        """Bring a locked directory into order, and make its ``sweep.toml`` the present one."""
        change = layout.compare(self._directory, toml, self._grid.kinship, extend)
        if change == "moved" and not self._lock.alone:
            change = None  # what the others were told is as good
        if change and not self._lock.alone:
            raise ResultsError(f"{self._directory} is in use: its sweep cannot be changed now")
        layout.own(self._catalogue.folder)
        layout.own(self._scratch)
        if self._lock.alone:
            for path in durable.leftovers(self._scratch):
                durable.remove(path)
        self._intake.refresh(whole=True)
        self._at_opening = frozenset(entry.part.path.name for entry in self._catalogue)
        if change == "extended":
            for name in layout.FINAL:  # before the new sweep.toml, beside which they would be wrong
                durable.remove(self._directory / name)
            self.checkpoints.remove(range(self._grid.total))
            if made := layout.made(self._directory):
                _log.warning(
                    "%s: %s tell of the smaller grid: make them anew when the sweep is complete",
                    *(self._directory, ", ".join(made)),
                )
        if change:
            durable.write(self._directory / sweeptoml.NAME, toml.encode(), self._scratch)


def _by_run(table: pa.Table) -> pa.Table:
    """Sort rows by run, and leave the order within a run."""
    numbers = table["run"].to_numpy()
    if (np.diff(numbers) >= 0).all():
        return table
    return table.take(np.argsort(numbers, kind="stable"))
