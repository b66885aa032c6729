"""ARFF -> columns, by liac-arff: attributes that it declares nominal are categories."""

import re
from typing import TYPE_CHECKING, Any, BinaryIO

from sweep.data.reading.column import Table, check_width, columns_of, line_one, row_of_file
from sweep.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_SPARSE = re.compile(r"^[ \t]*@data[^\n]*\n(?:[ \t]*(?:%[^\n]*)?\r?\n)*[ \t]*\{", re.I | re.M)


def read(file: BinaryIO, source: str) -> Table:
    """Read a file in UTF-8."""
    import arff

    file.seek(0)
    text = file.read().decode().removeprefix("\ufeff")
    if _SPARSE.search(text):
        raise InputError(
            f"{source} is ARFF in its sparse form: write it in the dense one, or as CSV"
        )
    try:
        found = arff.loads(text)
    except (arff.ArffException, ValueError) as error:
        raise InputError(f"{source} cannot be read as ARFF: {_problem(error)}") from None
    attributes, rows = found["attributes"], found["data"]
    check_width(len(attributes), source)
    cells: list[Any] = list(zip(*rows, strict=True)) or [()] * len(attributes)
    arrays = [_column(cell, kind) for cell, (_, kind) in zip(cells, attributes, strict=True)]
    names = [name for name, _ in attributes]
    return Table(columns_of(names, arrays, source, row_of_file), "ARFF")


def _problem(error: Exception) -> str:
    try:
        return line_one(error)
    except (ValueError, TypeError):  # it formats what it says by a cell, and that had a % in it
        return f"line {getattr(error, 'line', '?')} does not fit what the file declares"


def _column(cells: tuple[Any, ...], kind: str | list[str]) -> "pa.ChunkedArray":
    import pyarrow as pa

    if isinstance(kind, list):
        return pa.chunked_array([pa.array(cells, pa.string()).dictionary_encode()])
    types = {"INTEGER": pa.int64(), "STRING": pa.string()}
    return pa.chunked_array([pa.array(cells, types.get(kind.upper(), pa.float64()))])
