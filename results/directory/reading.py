"""Reading a results directory, also while another process writes it: no lock, nothing changed.

Parts appear whole and are never taken away, so that what is counted never gets less. A directory
may be a stranger's: nothing in it is executed, links are not followed, and a table that would
not fit into memory is refused before it is read.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from results.columns import completed, coordinates, schema
from results.directory import layout, parts, sweeptoml
from results.directory.valid_parts import Catalogue, Number, Placing
from results.directory.windows import first_of_each, path_beside
from results.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd

In = TypeVar("In")
Out = TypeVar("Out")

_log = logging.getLogger(__name__)


def load(
    path: str | os.PathLike[str], number: Number | None = None, placing: Placing | None = None
) -> pd.DataFrame:
    """Read the runs of a results directory: all, or those finished so far.

    Parameters
    ----------
    path : str or path
        The directory.
    number : callable, optional
        As for `results.directory.store.Store.open`. Only an unfinished sweep whose grid was
        enlarged needs it: without, runs from before that keep the numbers they had then.
    placing : callable, optional
        See `results.directory.valid_parts.Placing`: where the grid has more columns since.

    Returns
    -------
    DataFrame
        One row per run, in grid order; see `results.columns`.

    Raises
    ------
    ResultsError
        If this is no results directory, or the table would not fit into memory.
    """
    directory = Path(path)
    sweeptoml.read(directory)
    table = _final(directory / layout.RUNS)
    if table is None:
        table = _so_far(directory / layout.PARTS, number, placing)
    return table.to_pandas()


def counts(
    path: str | os.PathLike[str],
    specification: dict[str, Any],
    *,
    number: Number,
    placing: Placing | None = None,
    total: int,
) -> dict[str, int]:
    """How many runs are ``done``, ``diverged``, in ``error``, and the grid's ``total``.

    Reads footers alone, but for parts from before the grid was enlarged, and runs done again.

    Parameters
    ----------
    path : str or path
        The directory.
    specification, number, placing, total
        As for `results.directory.store.Store.open`.
    """
    folder = Path(path) / layout.PARTS
    catalogue = Catalogue(folder, specification, number, placing)
    try:
        for entry in _sound(lambda path: catalogue.enter(_look(path)), _paths(folder)):
            if len(entry.ranges) and entry.ranges[-1, 1] <= total:
                catalogue.add(entry)
            elif len(entry.ranges):
                _log.warning("%s holds runs that are not in the grid; left out", entry.part.path)
        return {**catalogue.counts(), "total": total}
    except FileNotFoundError:  # a running sweep has put a part aside
        return counts(path, specification, number=number, placing=placing, total=total)


def sound(path: str | os.PathLike[str]) -> Iterator[parts.Part]:
    """Yield the valid parts of a results directory, held against their digests."""

    def whole(path: Path) -> parts.Part:
        parts.check(path)
        part = _look(path)
        for kind in part.beside:
            other = path_beside(kind, part)
            if other.parent.is_symlink():
                raise parts.Damaged(other, "it lies in a folder that is a link")
            parts.check(other)
        return part

    yield from _sound(whole, _paths(Path(path) / layout.PARTS))


def specification(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the specification that some part was written under; empty where there is no part."""
    for part in _paths(Path(path) / layout.PARTS):
        try:
            return parts.specification(part)
        except (parts.Damaged, FileNotFoundError):  # whoever reads its rows says so
            continue
    return {}


def _look(path: Path) -> parts.Part:
    """Read the footer of a part that may be a stranger's."""
    parts.check_columns(path)
    return parts.look(path)


def _paths(folder: Path) -> list[Path]:
    """List the parts by name."""
    if folder.is_symlink():
        raise ResultsError(f"{folder} is a link, and a results directory holds its own files")
    try:
        return sorted(path for path in folder.iterdir() if parts.is_name(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ResultsError(f"{folder} cannot be read ({error.strerror})") from error


def _sound(read: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Read what can be read, with a line of warning for each that is damaged."""
    for item in items:
        try:
            yield read(item)
        except parts.Damaged as damage:
            _log.warning("%s; left out", damage)
        except FileNotFoundError:  # a running sweep has put it aside
            continue


def complete(path: Path) -> pq.FileMetaData | None:
    """Read the footer of runs.parquet, if it is there and whole; raise Damaged if it is not."""
    try:
        found = parts.footer(path)
    except FileNotFoundError:
        return None
    parts.check_columns(path)
    return found if parts.about(path, found).get("total") == found.num_rows else None


def fits(what: str, numbers: int) -> None:
    """Refuse what would not fit into memory, with what pandas needs beside it."""
    needed = 3 * 8 * numbers
    memory = _memory()
    if needed > memory:
        raise ResultsError(
            f"{what} needs {needed / 2**30:.0f} GiB of memory, and there are "
            f"{memory / 2**30:.0f}: read it by pieces, with polars' scan_parquet or DuckDB"
        )


def _final(path: Path) -> pa.Table | None:
    """Read runs.parquet, if it is there and whole."""
    try:
        found = complete(path)
        if found is None:
            return None
        fits(str(path), found.num_rows * found.num_columns)
        return parts.final_table(path)
    except parts.Damaged as damage:
        _log.warning("%s; its rows are read from the parts: delete it to have it made anew", damage)
        return None


def _so_far(folder: Path, number: Number | None, placing: Placing | None) -> pa.Table:
    """Read the parts as one table in grid order, one row a run."""
    found = list(_sound(_look, _paths(folder)))
    fits(str(folder), sum(part.rows * part.columns for part in found))
    tables = dict(_sound(lambda part: (part, parts.table_of(part)), found))
    if placing is not None and len({part.grid for part in tables}) > 1:
        place = {part.grid: placing(parts.specification(part.path)) for part in tables}
        tables = {part: place[part.grid](table) for part, table in tables.items()}
    try:
        rows = _joined(tables) if tables else schema((), ()).empty_table()
    except pa.ArrowInvalid as error:
        raise ResultsError(
            f"{folder} holds parts with different columns, those of more than one sweep: "
            "move one of them away"
        ) from error
    if number is not None:
        numbers = np.asarray(number(rows), dtype=np.int64)
        rows = rows.set_column(0, "run", pa.array(numbers))
        kept = numbers >= 0
        rows, order = rows.filter(pa.array(kept)), numbers[kept]
    elif len({part.grid for part in tables}) < 2:
        order = rows["run"].to_numpy()
    else:
        order = _places(rows)
    return rows.take(first_of_each(order, parts.status_rank(rows)))


def _joined(tables: dict[parts.Part, pa.Table]) -> pa.Table:
    """Join the tables of parts, of which those of an earlier version may have fewer columns."""
    wanted = tables[max(tables, key=lambda part: part.columns)].schema
    return pa.concat_tables([completed(table, wanted) for table in tables.values()])


def _places(rows: pa.Table) -> np.ndarray:
    """Rank rows by their coordinates, in grid order; rows of the same run share a rank."""
    names = [name for name in coordinates(rows.column_names) if name not in ("run", "data")]
    values = [rows[name].to_numpy() for name in names]
    order = np.lexsort(values[::-1])
    changes = np.any([value[order][1:] != value[order][:-1] for value in values], axis=0)
    places = np.empty(len(rows), dtype=np.int64)
    places[order] = np.concatenate(([0], np.cumsum(changes)))
    return places


def _memory() -> int:
    """Bytes of this machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
