"""One part: the finished runs of one task, as a Parquet file whose name holds its digest.

The name is ``part-<first run>-<last run>-<BLAKE2b of the file>.parquet``, so that a part cut
short or with a flipped byte gives itself away. The footer says which runs it holds, by ranges,
and what became of them, so that counting reads no data. Nothing in a part is ever executed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import reprlib
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results import ranges
from results.columns import RANKED, STATUSES, are_of_runs, completed, coordinates, is_axis
from results.directory import durable
from results.directory.sweeptoml import LARGEST
from results.errors import ResultsError
from results.labels import printable

#: Keys of the Parquet footer. The specification stands apart, since it is seldom looked at.
ABOUT, SPECIFICATION = b"regsweep", b"regsweep.specification"

_NAME = re.compile(r"part-\d{12}-\d{12}-([0-9a-f]{32})\.parquet")
_LARGEST_FOOTER = 64 * 2**20
_MOST_COLUMNS = 10_000

#: Characters of a specification; more would make a footer that nobody reads.
LARGEST_SPECIFICATION = LARGEST

#: Columns that say where a row belongs, beside the axes of the grid.
_PLACES = {"run", "data", "status", "epoch", "feature"}

#: Kinds of tables that lie beside that of runs.
_BESIDE = ("history", "features")

#: Further columns whose values repeat themselves.
_REPEATED = ("status", "epoch", "feature")

#: Bytes that a cell, or the number of its text, takes in a file at the most.
_CELL = 16

#: Bytes for the distinct texts of a column, which are names, and for what Parquet says of it.
_LONGEST_TEXT = 2**12

#: The same where the names are those of all columns of the data.
_NAMES = {"feature": 2**24}

#: What Arrow raises over bytes that are no Parquet.
_UNREADABLE = (pa.ArrowException, OSError, ValueError)


class Damaged(ResultsError):
    """A file that is not what a results directory holds there; the message says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged: {reason}")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is known of a part from its footer.

    Attributes
    ----------
    path : Path
        Where it is.
    grid : str
        Digest of the specification that it was written under.
    ranges : ndarray of int64, shape (n, 2)
        Its runs, by the numbers of that specification's grid.
    counts : tuple of int
        Runs done, diverged and in error.
    beside : dict of str to str
        Names of the parts of other tables that belong to it, by their kind: see
        `results.directory.layout.BESIDE`.
    made_by : str
        JSON text of what the writer said of itself: versions, CPU, lanes.
    columns : int
        How many columns the table has.
    """

    path: Path
    grid: str
    ranges: np.ndarray
    counts: tuple[int, ...]
    beside: dict[str, str]
    made_by: str
    columns: int

    @property
    def rows(self) -> int:
        """How many runs it holds."""
        return sum(self.counts)


def digest(specification: dict[str, Any]) -> str:
    """Digest by which parts of the same specification know each other."""
    return hashlib.blake2b(canonical(specification).encode(), digest_size=16).hexdigest()


def canonical(value: Any) -> str:
    """JSON text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def is_name(name: str) -> bool:
    """Whether a file could be a part, by its name."""
    return _NAME.fullmatch(name) is not None


def options(schema: pa.Schema) -> dict[str, Any]:
    """How Parquet files are written here: dictionaries only for columns that repeat themselves."""
    repeated = [name for name in (*coordinates(schema.names), *_REPEATED) if name != "run"]
    return {
        "compression": "zstd",
        "use_dictionary": [name for name in repeated if name in schema.names],
        "write_page_checksum": True,
    }


def write(
    folder: Path, scratch: Path, table: pa.Table, about: dict[str, Any], specification: str
) -> Path:
    """Write sorted rows as a part, whole or not at all, and return its path."""
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, **options(table.schema)) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({ABOUT: canonical(about), SPECIFICATION: specification})
    data = sink.getvalue()
    first, last = table["run"][0].as_py(), table["run"][-1].as_py()
    path = folder / f"part-{first:012}-{last:012}-{_digest(data)}.parquet"
    durable.write(path, data, scratch)
    return path


def describe(
    table: pa.Table, grid: str, beside: dict[str, str], made_by: dict[str, Any]
) -> dict[str, Any]:
    """Make the footer of a part of finished runs; see `Part`."""
    counts = np.bincount(status_rank(table), minlength=len(STATUSES)).tolist()
    return {
        "grid": grid,
        "ranges": ranges.of(table["run"].to_numpy()).tolist(),
        **dict(zip(STATUSES, counts, strict=True)),
        "history": None,  # as in directories from before there was anything else beside
        **beside,
        "made_by": made_by,
    }


def look(path: Path) -> Part:
    """Read the footer of a part."""
    return _parse(path, footer(path))


def check(path: Path) -> None:
    """Hold all of a part against the digest in its name."""
    _read(path)


def table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read rows of a part, held against its digest."""
    return _rows(path, pa.BufferReader(_read(path)), columns)


def table_of(part: Part, columns: Sequence[str] | None = None) -> pa.Table:
    """Read rows of a part as `table` does, which are those of the runs that its footer names."""
    found = table(part.path, columns and list(dict.fromkeys(["run", *columns])))
    numbers = found["run"].to_numpy()
    if (np.diff(numbers) < 1).any() or not np.array_equal(ranges.of(numbers), part.ranges):
        raise Damaged(part.path, "its rows are not of the runs that its footer names")
    return (
        found if columns is None else found.select([n for n in columns if n in found.schema.names])
    )


def final_table(path: Path) -> pa.Table:
    """Read a final table, held against the checksums of its pages."""
    with _open(path) as file:
        return _rows(path, file, None)


def batches(path: Path, columns: Sequence[str], rows: int) -> Iterator[pa.Table]:
    """Read columns of a final table, so many ``rows`` at a time, as `final_table` does."""
    with _open(path) as file:
        try:
            parquet = _parquet(file)
            for batch in parquet.iter_batches(rows, columns=list(columns), use_threads=False):
                yield _spelled_out(path, pa.Table.from_batches([batch]))
        except Damaged:
            raise
        except _UNREADABLE as error:
            raise Damaged(path, _first_line(error)) from error


def schema(path: Path) -> pa.Schema:
    """Read names and types of a part's columns."""
    return footer(path).schema.to_arrow_schema().remove_metadata()


def check_columns(path: Path) -> None:
    """Refuse a table whose columns are not those of runs."""
    if not are_of_runs(schema(path)):
        raise Damaged(path, "its columns are not those of runs, or those of another version")


def are_columns(rows: pa.Table, wanted: pa.Schema) -> bool:
    """Tell whether the rows of a part have the columns of a schema, but for those of later."""
    return completed(rows, wanted).schema.equals(wanted)


def footer(path: Path) -> pq.FileMetaData:
    """Read a Parquet footer, after a look at its size: the file may be a stranger's."""
    with _open(path) as file:
        try:
            size = file.size()
            file.seek(max(size - 8, 0))
            tail = file.read(8)
            if len(tail) < 8 or tail[4:] != b"PAR1":
                raise Damaged(path, "it is no Parquet file, or was cut short")
            if int.from_bytes(tail[:4], "little") > min(size, _LARGEST_FOOTER):
                raise Damaged(path, "its footer is too large")
            file.seek(0)
            found = pq.read_metadata(file)
        except Damaged:
            raise
        except _UNREADABLE as error:
            raise Damaged(path, _first_line(error)) from error
    if found.num_columns > _MOST_COLUMNS:
        raise Damaged(path, f"it has {found.num_columns} columns")
    if found.num_rows > size:
        raise Damaged(path, f"it has {found.num_rows} rows in {size} bytes")
    _bounded(path, found)
    return found


def about(path: Path, found: pq.FileMetaData, key: bytes = ABOUT) -> dict[str, Any]:
    """Read the JSON that stands under `key` in the footer of `path`."""
    try:
        value = json.loads(found.metadata[key])
        if isinstance(value, dict):
            return value
    except (KeyError, TypeError, ValueError, RecursionError):
        pass
    raise Damaged(path, "its footer is not one of a results directory")


def specification(path: Path) -> dict[str, Any]:
    """Read the specification that a part was written under."""
    return about(path, footer(path), SPECIFICATION)


def status_rank(table: pa.Table) -> np.ndarray:
    """Place of each row's status in `STATUSES`, the best first."""
    found = pc.index_in(table["status"], pa.array(STATUSES))
    return pc.fill_null(found, len(STATUSES)).to_numpy()


def lowest(table: pa.Table) -> float:
    """Return the lowest loss of the runs that are done, of the kind by which cells are ranked."""
    done = table.filter(pc.equal(table["status"], "done"))
    losses = (done[name] for name in RANKED if done[name].null_count < len(done))
    found = pc.min(next(losses, done[RANKED[-1]])).as_py()
    return math.inf if found is None else found


def _bounded(path: Path, found: pq.FileMetaData) -> None:
    """Refuse what a small file could make large in memory: cells that are not plain, long texts."""
    try:
        fields = list(found.schema.to_arrow_schema())
    except _UNREADABLE as error:
        raise Damaged(path, _first_line(error)) from error
    for field in fields:
        is_plain = pa.types.is_primitive(field.type) or pa.types.is_null(field.type)
        if not is_plain and not _is_text(field.type):
            kind = reprlib.repr(str(field.type))
            raise Damaged(path, f"its column {reprlib.repr(field.name)} is of type {kind}")
    # Now that none is nested, the columns of the file are those of the table.
    for group in map(found.row_group, range(found.num_row_groups)):
        for place, field in enumerate(fields):
            most = _CELL * group.num_rows + _NAMES.get(field.name, _LONGEST_TEXT)
            size = group.column(place).total_uncompressed_size
            if size > most:
                name = reprlib.repr(field.name)
                raise Damaged(path, f"its column {name} has {size} bytes for {group.num_rows} rows")


def _open(path: Path) -> pa.NativeFile:
    """Open a file of a results directory; a link could lead out of it, a pipe has no end."""
    try:
        kind = os.lstat(path).st_mode
        if stat.S_ISLNK(kind):
            raise Damaged(path, "it is a link")
        if not stat.S_ISREG(kind):
            raise Damaged(path, "it is no regular file")
        return pa.OSFile(os.fsencode(path))  # Arrow's own reading of a name takes UTF-8 alone
    except (Damaged, FileNotFoundError):
        raise
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(path: Path) -> bytes:
    with _open(path) as file:
        try:
            data = file.read()
        except OSError as error:
            raise _unreadable(path, error) from error
    expected = _NAME.fullmatch(path.name)
    if expected is None or expected[1] != _digest(data):
        raise Damaged(path, "its content does not match the digest in its name")
    return data


def _rows(path: Path, source: pa.NativeFile, columns: Sequence[str] | None) -> pa.Table:
    try:
        table = _parquet(source).read(columns=columns, use_threads=False)
        return _spelled_out(path, table)
    except Damaged:
        raise
    except _UNREADABLE as error:
        raise Damaged(path, _first_line(error)) from error


def _parquet(source: pa.NativeFile) -> pq.ParquetFile:
    """Open a file, whose columns of texts then hold each text once, as the file does."""
    found = pq.read_metadata(source)
    source.seek(0)
    texts = [field.name for field in found.schema.to_arrow_schema() if _is_text(field.type)]
    return pq.ParquetFile(
        source, metadata=found, read_dictionary=texts, page_checksum_verification=True
    )


def _spelled_out(path: Path, table: pa.Table) -> pa.Table:
    """Write out the texts in each row, unless one is too long to be a name, and see to gaps."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            coded = table.column(place)
            for chunk in coded.chunks:
                longest = pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0
                if longest > _LONGEST_TEXT:
                    name = reprlib.repr(field.name)
                    raise Damaged(path, f"its column {name} has a text of {longest} bytes")
            table = table.set_column(place, field.name, coded.cast(field.type.value_type))
    _check_filled(path, table)
    return table.replace_schema_metadata(None)


def _check_filled(path: Path, table: pa.Table) -> None:
    """Refuse rows that have no place in a grid, or no status that there is."""
    for name in table.column_names:
        if name in _PLACES or is_axis(name):
            values = table[name]
            if values.null_count or (
                pa.types.is_floating(values.type) and not pc.all(pc.is_finite(values)).as_py()
            ):
                raise Damaged(path, f"its column {name} has gaps")
    if "status" in table.column_names and (status_rank(table) == len(STATUSES)).any():
        raise Damaged(path, f"its column status should hold {', '.join(STATUSES)}")


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _parse(path: Path, found: pq.FileMetaData) -> Part:
    text = about(path, found)
    try:
        part = Part(
            path=path,
            grid=str(text["grid"]),
            ranges=np.asarray(text["ranges"], dtype=np.int64).reshape(-1, 2),
            counts=tuple(int(text[status]) for status in STATUSES),
            beside={kind: str(text[kind]) for kind in _BESIDE if text.get(kind) is not None},
            made_by=sys.intern(canonical(text["made_by"])),
            columns=found.num_columns,
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Damaged(path, "its footer is not that of a part") from error
    bounds = part.ranges.ravel()
    if not (
        len(bounds)
        and min(part.counts) >= 0
        and bounds[0] >= 0
        and (np.diff(bounds) > 0).all()
        and ranges.size(part.ranges) == found.num_rows == part.rows
        and all(map(is_name, part.beside.values()))
    ):
        raise Damaged(path, "its footer contradicts itself")
    return part


def _unreadable(path: Path, error: OSError) -> Exception:
    """Tell a bad disk, which is the file's fault, from what may pass, such as permissions."""
    if error.errno == errno.EIO:
        return Damaged(path, "the disk cannot read it")
    reason = os.strerror(error.errno) if error.errno else _first_line(error)
    return ResultsError(f"{path} cannot be read ({reason}): mend that and try again")


def _digest(data: bytes | pa.Buffer) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _first_line(error: Exception) -> str:
    return printable(str(error).partition("\n")[0])
