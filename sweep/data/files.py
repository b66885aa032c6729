"""CSV and Parquet files, DataFrames and arrays -> named columns that know where their rows are.

Arrow reads both kinds of file. Unlike pandas it gives every decimal its nearest float64 in all
releases, refuses a row of the wrong length, and takes half as long to import.
"""

import json
import math
import os
import re
import reprlib
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from sweep.errors import InputError, hint
from sweep.specification.validators import BUILT_IN
from sweep.specification.values import NUMBER

if TYPE_CHECKING:
    import pyarrow as pa

MOST_COLUMNS = 100_000
_COPIES = 3  # of a table, at the most, that are held at a time
BLOCK = 1 << 26  # bytes that hold any one line of a CSV file
RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


class Column(NamedTuple):
    """A column of a table: what it is called, what it holds, and where that can be found."""

    name: str
    values: "pa.ChunkedArray"
    source: str  # the file or object, as messages name it
    where: Callable[[int], str]  # a row number from 0 -> "line 5"

    def error(self, problem: str, row: int | None = None) -> InputError:
        """Return an error about this column, or about one row of it."""
        place = "" if row is None else f", {self.where(row)}"
        return InputError(f"{self.source}, column {reprlib.repr(self.name)}{place}: {problem}")


class Table(list[Column]):
    """The columns of one source.

    Attributes
    ----------
    kind : str
        What it was read as, such as "CSV with semicolons, decimal commas, gz".
    notes : list of str
        What was done to it that its reader should know.
    """

    def __init__(self, columns: Iterable[Column], kind: str, notes: Iterable[str] = ()) -> None:
        super().__init__(columns)
        self.kind = kind
        self.notes = list(notes)


def read(path: str) -> Table:
    """Read a file: Parquet where it says that it is, by name or first bytes, else CSV."""
    _check_path(path)
    source = repr(path)
    where: Callable[[int], str]
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise InputError(f"{source} is empty")
            check_memory(size, source)
            magic = file.read(4)
            file.seek(0)
            if magic == b"PAR1" or path.lower().endswith((".parquet", ".pq")):
                table, where, kind = _read_parquet(file, source), _row_of_file, "Parquet"
            else:
                table, where, kind = _read_csv(file, source, path), _line_of(path), "CSV"
        names = table.column_names
    except UnicodeDecodeError:
        raise InputError(f"{source} is neither Parquet nor text in UTF-8") from None
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror or _line_one(error)}") from None
    return Table(_columns(names, table.columns, source, where), kind)


def from_frame(frame: Any) -> Table:
    """Take the columns of a DataFrame; its index is left aside."""
    arrays = [_arrow(frame.iloc[:, place], str(n)) for place, n in enumerate(frame.columns)]
    columns = _columns(frame.columns, arrays, "the DataFrame", _row_in_memory)
    return Table(columns, "DataFrame")


def from_arrays(names: Sequence[str], arrays: Iterable[Any], source: str) -> Table:
    """Name columns that are one-dimensional arrays or lists."""
    columns = [_arrow(array, name) for name, array in zip(names, arrays, strict=True)]
    return Table(_columns(names, columns, source, _row_in_memory), "arrays")


def check_memory(size: int, what: str) -> None:
    """Refuse what is larger than this machine's memory.

    All of it, and not what is free: the operating system counts its file cache as used.
    """
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):  # a system that does not tell
        return
    if size > memory:
        raise InputError(
            f"{what} takes {size / 2**30:.3g} GiB, and this machine has {memory / 2**30:.3g} GiB "
            "of memory: give fewer rows or columns"
        )


def _check_path(path: str) -> None:
    if os.path.isdir(path):
        raise InputError(f"{path!r} is a directory: give a CSV or Parquet file")
    if not os.path.exists(path):
        raise InputError(f"{path!r} is no file and no built-in set{hint(path, BUILT_IN)}")
    if not os.path.isfile(path):
        raise InputError(f"{path!r} is not a regular file: give a CSV or Parquet file")


def _check_width(columns: int, source: str) -> None:
    if columns > MOST_COLUMNS:
        raise InputError(f"{source} has {columns} columns: at most {MOST_COLUMNS} can be read")


def _read_parquet(file: BinaryIO, source: str) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            shape = parquet.metadata
            _check_width(shape.num_columns, source)
            schema = parquet.schema_arrow
            texts = _texts(schema, source)
            groups = (shape.row_group(i).total_byte_size for i in range(shape.num_row_groups))
            widths = map(_width, schema.types)
            check_memory(_COPIES * max(sum(groups), shape.num_rows * sum(widths)), source)
        with pq.ParquetFile(
            file, page_checksum_verification=True, read_dictionary=list(texts)
        ) as parquet:
            table = _spelled_out(parquet.read(), schema, texts, source)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{source} is not a whole Parquet file: {_line_one(error)}") from None
    try:
        return _as_pandas_meant(table)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise InputError(f"{source}: what pandas noted in it is damaged: write it again") from None


def _texts(schema: "pa.Schema", source: str) -> set[str]:
    """Return the names of the columns of texts; refuse those whose cells are no single values."""
    import pyarrow as pa

    found = set()
    for name, kind in zip(schema.names, schema.types, strict=True):
        where = f"{source}, column {reprlib.repr(name)}: "
        if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
            raise InputError(
                f"{where}its cells are of type {kind!s:.30}: only numbers, true or false, and text "
                "can be used"
            )
        if schema.get_field_index(name) < 0:
            raise InputError(f"{where}another has the same name")
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if str(kind).removeprefix("large_").removesuffix("_view") in ("string", "binary"):
            found.add(name)
    return found


def _width(kind: "pa.DataType") -> int:
    """Return how many bytes a cell takes; of a text, those that lead to it."""
    import pyarrow as pa

    return int(kind.byte_width) if pa.types.is_fixed_size_binary(kind) else 8


def _spelled_out(
    table: "pa.Table", schema: "pa.Schema", texts: set[str], source: str
) -> "pa.Table":
    """Write out texts of which a file holds each one once: a small file may grow a lot by that."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for name in texts:
        for chunk in table[name].chunks:
            lengths = pc.binary_length(chunk.dictionary.cast(pa.large_binary()))
            size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    check_memory(_COPIES * size, source)
    columns = [
        column.cast(column.type.value_type)
        if name in texts and not pa.types.is_dictionary(kind)  # categories stay what they are
        else column
        for name, kind, column in zip(schema.names, schema.types, table.columns, strict=True)
    ]
    return pa.table(columns, names=schema.names, metadata=table.schema.metadata)


def _as_pandas_meant(table: "pa.Table") -> "pa.Table":
    """Follow pandas' notes: which columns were categories, and which the index, so no feature."""
    notes = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
    for column in notes.get("columns", []):
        if column["pandas_type"] == "categorical" and column["name"] in table.column_names:
            place = table.column_names.index(column["name"])
            table = table.set_column(place, column["name"], table[place].dictionary_encode())
    index = [name for name in notes.get("index_columns", []) if name in table.column_names]
    return table.drop_columns(index)


def _read_csv(file: BinaryIO, source: str, path: str) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    _check_width(file.readline(BLOCK).count(b",") + 1, source)  # before Arrow makes them all

    def table(types: dict[str, pa.DataType]) -> pa.Table:
        file.seek(0)
        return csv.read_csv(
            file,
            csv.ReadOptions(use_threads=False, block_size=BLOCK),  # only one thread counts rows
            csv.ParseOptions(newlines_in_values=True),
            csv.ConvertOptions(strings_can_be_null=True, column_types=types),
        )

    try:
        first = table({})
        # Dates and times are text here, in the file's own spelling.
        times = [field.name for field in first.schema if pa.types.is_temporal(field.type)]
        return table(dict.fromkeys(times, pa.string())) if times else first
    except pa.ArrowException as error:
        problem = _line_one(error)
        if ragged := RAGGED.search(problem):
            row, expected, cells = map(int, ragged.groups())
            problem = f"{_line_of(path)(row - 2)} has {cells} cells, and line 1 names {expected}"
        elif "Empty CSV" in problem:
            problem = "it has no rows below a line of names"
        raise InputError(f"{source} cannot be read as CSV: {problem}") from None


def _line_of(path: str) -> Callable[[int], str]:
    """Return where a row of a CSV file begins: blank lines hold none, quotes may hold several."""

    def where(row: int) -> str:
        first, quotes, left = 1, 0, row + 1  # the names are a row too
        with open(path, encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if quotes % 2 == 0:
                    first = number
                quotes += line.count('"')
                if quotes % 2 == 0 and line != "\n":
                    if left == 0:
                        break
                    left -= 1
        return f"line {first}"

    return where


def _row_of_file(row: int) -> str:
    return f"row {row + 1}"


def _row_in_memory(row: int) -> str:
    return f"row {row} (from 0)"


def _columns(
    names: Iterable[Any],
    arrays: "Iterable[pa.ChunkedArray]",
    source: str,
    where: Callable[[int], str],
) -> list[Column]:
    """Put columns together, and refuse names that cannot tell them apart."""
    columns = [
        Column(str(name).strip(), array, source, where)
        for name, array in zip(names, arrays, strict=True)
    ]
    seen: set[str] = set()
    for place, column in enumerate(columns, 1):
        if not column.name:
            raise InputError(
                f"{source}: column {place} has no name: give it one, or leave it out (pandas "
                "writes its index so, without index=False)"
            )
        if column.name in seen:
            raise column.error("another has the same name (are there names in the first line?)")
        if "." in column.name and NUMBER.fullmatch(column.name):
            raise column.error("a number, where the first line should hold names")
        seen.add(column.name)
    if columns and len(columns[0].values) == 0:
        raise InputError(f"{source} has no rows")
    return columns


def _arrow(values: Any, name: str) -> "pa.ChunkedArray":
    """Turn an array, list or Series into Arrow's form; a mixture of types becomes text."""
    import pyarrow as pa

    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = pa.array([_text(value, name) for value in values], pa.large_string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _text(value: Any, name: str) -> str | None:
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return None
    if isinstance(value, str | Real | Decimal):
        return str(value)
    raise InputError(
        f"column {name!r} holds {reprlib.repr(value)}, of type {type(value).__name__}: only "
        "numbers, true or false, and text can be used"
    )


def _line_one(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
