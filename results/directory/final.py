"""The final tables, made of the parts: in run order, as a stream, in bounded memory.

The bytes depend on the rows alone, not on how the parts cut them: rows go out in groups of a
fixed size, and the footer says nothing of times or parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from results.directory import csvfile, durable, layout, parts
from results.directory.accepting import Grid
from results.directory.valid_parts import Catalogue, Entry
from results.directory.windows import (
    Found,
    Reader,
    first_of_each,
    gathered,
    path_beside,
    rows_beside,
    window_runs,
)
from results.errors import ResultsError

#: Rows of a row group, and of runs that are put in order at a time.
GROUP = 2**17


def write(directory: Path, catalogue: Catalogue, grid: Grid) -> Path:
    """Write the tables beside that of runs, where there are any, ``runs.csv`` and ``runs.parquet``.

    ``runs.parquet`` appears last: where it says that it holds these runs, the others are right.
    """
    entries = list(catalogue)
    footer = {
        "specification": grid.specification,
        "total": grid.total,
        "counts": catalogue.counts(),
        "made_by": [json.loads(text) for text in sorted({e.part.made_by for e in entries})],
    }
    text, target = directory / layout.RUNS_CSV, directory / layout.RUNS
    others = {
        kind: directory / name
        for kind, name in layout.BESIDE.items()
        if any(kind in entry.part.beside for entry in entries)
    }
    there = text.is_file() and all(path.is_file() for path in others.values())
    if there and _footer(target) == footer:
        return target
    scratch = directory / layout.SCRATCH
    for kind, path in others.items():
        with durable.writing(path, scratch) as sink:
            _stream(regrouped(_beside(kind, entries, catalogue, grid)), sink, footer)
    with (
        durable.writing(target, scratch) as sink,
        durable.writing(text, scratch) as lines,
        ThreadPoolExecutor(1) as beside,
    ):

        def tables() -> Iterator[pa.Table]:
            """Write the lines of a table while its group is written, and the next is read."""
            written = beside.submit(lambda: None)
            for found in gathered(entries, catalogue, grid.total, GROUP, grid.schema):
                table = _ordered(found).table
                written.result()
                if not found.start:
                    lines.write(csvfile.header(table.schema))
                written = beside.submit(csvfile.write, table, lines)
                yield table
            written.result()

        _stream(tables(), sink, footer)
    return target


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


def _beside(
    kind: str, entries: list[Entry], catalogue: Catalogue, grid: Grid
) -> Iterator[pa.Table]:
    """Rows of another table in run order."""
    read = Reader(catalogue, partial(path_beside, kind))
    step = window_runs(entries, GROUP, [kind])
    columns = pa.schema([grid.schema.field(name) for name in ("run", "status")])
    for found in gathered(entries, catalogue, grid.total, step, columns):
        rows = rows_beside(kind, read, entries, _ordered(found))
        if rows is not None:
            yield rows


def _ordered(found: Found) -> Found:
    """Put the rows of some runs in order, and see that they are one of each."""
    wanted = np.arange(found.start, found.stop)
    if not np.array_equal(found.numbers, wanted):
        found = found.take(first_of_each(found.numbers, parts.status_rank(found.table)))
    if not np.array_equal(found.numbers, wanted):
        raise ResultsError(
            f"the parts do not hold the runs {found.start} to {found.stop - 1}, one row each"
        )
    return found


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
