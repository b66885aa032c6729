"""The final tables, made of the parts: in run order, as a stream, in bounded memory.

The bytes depend on the rows alone, not on how the parts cut them: rows go out in groups of a
fixed size, and the footer says nothing of times or parts.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from results import csvfile, durable, parts, place, ranges
from results.catalogue import Catalogue, Entry
from results.errors import ResultsError

#: Rows of a row group, and of runs that are put in order at a time.
GROUP = 2**17

#: How much of the parts read last is kept: neighbouring windows need the same ones.
_KEPT_BYTES = 2**24


class Window(NamedTuple):
    """The rows of the runs [start, stop), one each, in order.

    Attributes
    ----------
    start : int
        The first run.
    table : pyarrow.Table
        The rows; ``run`` is the number in the present grid.
    owners : ndarray of int64, shape (rows,)
        For each row, which entry of the catalogue it comes from.
    """

    start: int
    table: pa.Table
    owners: np.ndarray


def write(directory: Path, catalogue: Catalogue, total: int, specification: dict[str, Any]) -> Path:
    """Write ``history.parquet``, where there is one, ``runs.csv`` and ``runs.parquet``.

    ``runs.parquet`` appears last: where it says that it holds these runs, the others are right.
    """
    entries = list(catalogue)
    footer = {
        "specification": specification,
        "total": total,
        "counts": catalogue.counts(),
        "made_by": [json.loads(text) for text in sorted({e.part.made_by for e in entries})],
    }
    history, text, target = (directory / name for name in place.FINAL)
    has_history = any(entry.part.history for entry in entries)
    there = text.is_file() and (history.is_file() or not has_history)
    if there and _footer(target) == footer:
        return target
    scratch = directory / place.SCRATCH
    if has_history:
        with durable.writing(history, scratch) as sink:
            _stream(regrouped(_history(entries, catalogue, total)), sink, footer)
    with (
        durable.writing(target, scratch) as sink,
        durable.writing(text, scratch) as lines,
        ThreadPoolExecutor(1) as beside,
    ):

        def tables() -> Iterator[pa.Table]:
            """Write the lines of a table while its group is written, and the next is read."""
            written = beside.submit(lambda: None)
            for window in windows(entries, catalogue, total, GROUP):
                written.result()
                if not window.start:
                    lines.write(csvfile.header(window.table.schema))
                written = beside.submit(csvfile.write, window.table, lines)
                yield window.table
            written.result()

        _stream(tables(), sink, footer)
    return target


def windows(
    entries: list[Entry],
    catalogue: Catalogue,
    total: int,
    step: int,
    columns: Sequence[str] | None = None,
) -> Iterator[Window]:
    """All runs of the grid, `step` at a time."""
    read = _Reader(catalogue, lambda part: part.path, columns)
    reach = np.array([(entry.ranges[0, 0], entry.ranges[-1, 1]) for entry in entries])
    for start in range(0, total, step):
        stop = min(start + step, total)
        tables, numbers, owners = [], [], []
        for owner in np.flatnonzero((reach[:, 0] < stop) & (reach[:, 1] > start)).tolist():
            part, held = entries[owner]
            if ranges.meets(held, start, stop):
                table, found = read.between(part, start, stop)
                tables.append(table)
                numbers.append(found)
                owners.append(np.full(len(found), owner))
        yield _ordered(start, stop, tables, numbers, owners)


def first_of_each(numbers: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Which rows to take, in run order: of each run the one of the best status, then the first."""
    order = np.lexsort((ranks, numbers))
    kept = np.concatenate(([True], np.diff(numbers[order]) > 0))[: len(order)]
    return order[kept]


def regrouped(tables: Iterable[pa.Table], size: int = GROUP) -> Iterator[pa.Table]:
    """Cut a stream of tables anew, into groups of `size` rows and a last one."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        while sum(map(len, held)) >= size:
            joined = pa.concat_tables(held)
            yield joined.slice(0, size)
            held = [joined.slice(size)]
    if any(map(len, held)):
        yield pa.concat_tables(held)


class Lost(Exception):
    """A part that was valid and cannot be read any more.

    Attributes
    ----------
    part : Part
        That part; its history may be what is damaged.
    damage : parts.Damaged
        What is wrong.
    """

    def __init__(self, part: parts.Part, damage: parts.Damaged) -> None:
        super().__init__(str(damage))
        self.part = part
        self.damage = damage


class _Reader:
    """Reads parts in the present numbers, and keeps some of those read last.

    Parameters
    ----------
    catalogue : Catalogue
        Knows the numbers.
    path : callable
        Gives the file to read for a part: itself, or its history.
    columns : sequence of str, optional
        Which columns; all unless given.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        path: Callable[[parts.Part], Path],
        columns: Sequence[str] | None = None,
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
        if part.grid == self._catalogue.grid:
            table = parts.table(path, self._columns)
            return table, table["run"].to_numpy()
        table = parts.table(path)
        numbers = self._catalogue.numbers(part, table)
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        table = table.take(order).set_column(0, "run", pa.array(numbers))
        return table.select(self._columns or table.column_names), numbers


def _history(entries: list[Entry], catalogue: Catalogue, total: int) -> Iterator[pa.Table]:
    """Rows of the history in run order; those of a run come from the part its row comes from."""
    folder = catalogue.folder.with_name(place.HISTORY_PARTS)

    def path(part: parts.Part) -> Path:
        return folder / str(part.history)

    read = _Reader(catalogue, path)
    held = [entry for entry in entries if entry.part.history]
    rows = sum(parts.footer(path(entry.part)).num_rows for entry in held)
    runs = sum(ranges.size(entry.ranges) for entry in held)
    step = max(min(GROUP * runs // max(rows, 1), GROUP), 1)
    for window in windows(entries, catalogue, total, step, ("run", "status")):
        tables, numbers = [], []
        for owner in np.unique(window.owners).tolist():
            if entries[owner].part.history:
                table, found = read.between(entries[owner].part, window.start, window.start + step)
                own = window.owners[found - window.start] == owner
                tables.append(table.filter(pa.array(own)))
                numbers.append(found[own])
        if tables:
            order = np.argsort(np.concatenate(numbers), kind="stable")
            yield pa.concat_tables(tables).take(order)


def _ordered(
    start: int,
    stop: int,
    tables: list[pa.Table],
    numbers: list[np.ndarray],
    owners: list[np.ndarray],
) -> Window:
    """Put the rows of [start, stop) in order, one of each run."""
    wanted = np.arange(start, stop)
    table = pa.concat_tables(tables)
    found, owner = np.concatenate(numbers), np.concatenate(owners)
    if not np.array_equal(found, wanted):
        order = first_of_each(found, parts.status_rank(table))
        table, found, owner = table.take(order), found[order], owner[order]
    if not np.array_equal(found, wanted):
        raise ResultsError(f"the parts do not hold the runs {start} to {stop - 1}, one row each")
    return Window(start, table, owner)


def _stream(tables: Iterator[pa.Table], sink: durable.Sink, footer: dict[str, Any]) -> None:
    """Write each table as one row group."""
    table = next(tables)
    options = parts.options(table.schema)
    with pq.ParquetWriter(pa.PythonFile(sink, "w"), table.schema, **options) as writer:
        writer.write_table(table.combine_chunks(), row_group_size=GROUP)
        for table in tables:
            writer.write_table(table.combine_chunks(), row_group_size=GROUP)
        writer.add_key_value_metadata({parts.ABOUT: parts.canonical(footer)})


def _footer(path: Path) -> dict[str, Any] | None:
    try:
        return parts.about(path, parts.footer(path))
    except (parts.Damaged, FileNotFoundError):
        return None
