"""The rows of many parts in the order of one grid, a few runs at a time.

The parts may be those of several directories, and their grids smaller ones: each row has its
place by its coordinates. Memory is that of a window and of some parts, however many there are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from results import ranges
from results.columns import completed
from results.directory import layout, parts
from results.directory.valid_parts import Catalogue, Entry

#: How much of the parts read last is kept: neighbouring windows need the same ones.
_KEPT_BYTES = 2**24


class Found(NamedTuple):
    """The rows that there are of the runs [start, stop), in no order; of a run maybe several.

    Attributes
    ----------
    start, stop : int
        The runs.
    table : pyarrow.Table
        The rows; ``run`` is the number in the present grid.
    numbers : ndarray of int64, shape (rows,)
        The same numbers.
    owners : ndarray of int64, shape (rows,)
        For each row, which entry it comes from.
    """

    start: int
    stop: int
    table: pa.Table
    numbers: np.ndarray
    owners: np.ndarray

    def take(self, rows: np.ndarray) -> Found:
        """Return some of the rows, by their places, in that order."""
        return self._replace(
            table=self.table.take(rows), numbers=self.numbers[rows], owners=self.owners[rows]
        )


def gathered(
    entries: Sequence[Entry],
    catalogue: Catalogue,
    total: int,
    step: int,
    columns: pa.Schema,
    within: np.ndarray | None = None,
) -> Iterator[Found]:
    """Yield what there is of the runs of the grid, `step` of them at a time.

    Parameters
    ----------
    entries : sequence of Entry
        The parts, which need not be in the catalogue.
    catalogue : Catalogue
        Knows the numbers.
    total, step : int
        Runs of the grid, and of a window.
    columns : pyarrow.Schema
        Which columns; one that a part of an earlier version lacks is null.
    within : ndarray of int64, shape (n, 2), optional
        Leave out windows without a run of these ranges.

    Raises
    ------
    Lost
        If a part cannot be read any more.
    """
    read = Reader(catalogue, lambda part: part.path, columns)
    reach = np.array([(entry.ranges[0, 0], entry.ranges[-1, 1]) for entry in entries])
    for start in _windows(ranges.union(entry.ranges for entry in entries), step):
        stop = min(start + step, total)
        if within is not None and not ranges.meets(within, start, stop):
            continue
        tables, numbers, owners = [], [], []
        for owner in np.flatnonzero((reach[:, 0] < stop) & (reach[:, 1] > start)).tolist():
            part, held = entries[owner]
            if ranges.meets(held, start, stop):
                table, found = read.between(part, start, stop)
                tables.append(table)
                numbers.append(found)
                owners.append(np.full(len(found), owner))
        if tables:
            table = pa.concat_tables(tables)
            yield Found(start, stop, table, np.concatenate(numbers), np.concatenate(owners))


def _windows(held: np.ndarray, step: int) -> Iterator[int]:
    """Yield the starts of the windows that hold any run, however large the grid is."""
    places = ranges.union([np.stack((held[:, 0] // step, (held[:, 1] - 1) // step + 1), axis=1)])
    for first, stop in ranges.pairs(places):
        yield from range(first * step, stop * step, step)


def first_of_each(numbers: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Which rows to take, in run order: of each run the one of the best status, then the first."""
    order = np.lexsort((ranks, numbers))
    kept = np.concatenate(([True], np.diff(numbers[order]) > 0))[: len(order)]
    return order[kept]


def path_beside(kind: str, part: parts.Part) -> Path:
    """Where the part of another table is that belongs to a part: its history, or its features."""
    return part.path.parent.with_name(layout.BESIDE_PARTS[kind]) / part.beside[kind]


def rows_beside(kind: str, read: Reader, entries: Sequence[Entry], found: Found) -> pa.Table | None:
    """Rows of another table of these runs, in order; each from the part its row comes from."""
    owner_of = np.full(found.stop - found.start, -1)
    owner_of[found.numbers - found.start] = found.owners
    tables, numbers = [], []
    for owner in np.unique(found.owners).tolist():
        part = entries[owner].part
        if kind in part.beside:
            table, there = read.between(part, found.start, found.stop)
            own = owner_of[there - found.start] == owner
            tables.append(table.filter(pa.array(own)))
            numbers.append(there[own])
    if not tables:
        return None
    return pa.concat_tables(tables).take(np.argsort(np.concatenate(numbers), kind="stable"))


def window_runs(entries: Sequence[Entry], rows: int, kinds: Sequence[str]) -> int:
    """How many runs have so many ``rows``, of theirs or of the other tables, if these are more."""
    most = rows
    for kind in kinds:
        held = [entry for entry in entries if kind in entry.part.beside]
        more = sum(parts.footer(path_beside(kind, entry.part)).num_rows for entry in held)
        runs = sum(ranges.size(entry.ranges) for entry in held)
        if held:
            most = max(min(rows * runs // max(more, 1), most), 1)
    return most


class Lost(Exception):
    """A part that was valid and cannot be read any more.

    Attributes
    ----------
    part : Part
        That part; what is damaged may be a part of another table that belongs to it.
    damage : parts.Damaged
        What is wrong.
    """

    def __init__(self, part: parts.Part, damage: parts.Damaged) -> None:
        super().__init__(str(damage))
        self.part = part
        self.damage = damage


class Reader:
    """Reads parts in the present numbers, and keeps some of those read last.

    Parameters
    ----------
    catalogue : Catalogue
        Knows the numbers.
    path : callable
        Gives the file to read for a part: itself, or its part of another table.
    columns : pyarrow.Schema, optional
        Which columns, as for `gathered`; those that the file has unless given.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        path: Callable[[parts.Part], Path],
        columns: pa.Schema | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._path = path
        self._columns = columns
        self._kept: OrderedDict[Path, tuple[pa.Table, np.ndarray]] = OrderedDict()
        self._bytes = 0

    def between(self, part: parts.Part, start: int, stop: int) -> tuple[pa.Table, np.ndarray]:
        """Rows of a part whose runs are in [start, stop), and those runs' numbers, in order."""
        path = self._path(part)
        if path not in self._kept:
            try:
                self._kept[path] = self._read(part, path)
            except FileNotFoundError as error:
                raise Lost(part, parts.Damaged(path, "it is gone")) from error
            except parts.Damaged as damage:
                raise Lost(part, damage) from damage
            self._bytes += self._kept[path][0].nbytes
        self._kept.move_to_end(path)
        while len(self._kept) > 1 and self._bytes > _KEPT_BYTES:
            _, (dropped, _) = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
        table, numbers = self._kept[path]
        first, last = np.searchsorted(numbers, (start, stop)).tolist()
        return table.slice(first, last - first), numbers[first:last]

    def _read(self, part: parts.Part, path: Path) -> tuple[pa.Table, np.ndarray]:
        wanted = self._columns
        if part.grid == self._catalogue.grid:
            names = None
            if wanted is not None:  # of which an earlier version may lack some
                names = [name for name in parts.schema(path).names if name in wanted.names]
            whole = path == part.path
            table = parts.table_of(part, names) if whole else parts.table(path, names)
            numbers = table["run"].to_numpy()
        else:
            table = parts.table_of(part) if path == part.path else parts.table(path)
            table = self._catalogue.placed(part, table)
            numbers = self._catalogue.numbers(part, table)
            order = np.argsort(numbers, kind="stable")
            numbers = numbers[order]
            table = table.take(order).set_column(0, "run", pa.array(numbers))
        if wanted is None:
            return table, numbers
        return completed(table, wanted).select(wanted.names), numbers
