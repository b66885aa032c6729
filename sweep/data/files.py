"""The door to data: files of every format, DataFrames and arrays -> named columns."""

import io
import os
from typing import BinaryIO

from sweep.data.reading import arff, columnar, csvfile, formats, jsonlines, spreadsheet
from sweep.data.reading.column import Column, Table, line_one
from sweep.data.reading.decoding import as_utf8
from sweep.data.reading.dialect import Dialect, head_of
from sweep.data.reading.in_memory import from_arrays, from_frame
from sweep.data.reading.memory import check_memory
from sweep.data.reading.standard_input import NAME as STANDARD_INPUT
from sweep.data.reading.unpacking import is_spreadsheet, unpacked
from sweep.errors import InputError
from sweep.specification.paths import missing

__all__ = ["Column", "Dialect", "Table", "check_memory", "from_arrays", "from_frame", "read"]

_NOTHING_TOLD = Dialect()
_GIVE = "give a CSV, Parquet, Feather, ARFF or JSON lines file, or a spreadsheet"
_HEAD = 512


def read(path: str | bytes, dialect: Dialect = _NOTHING_TOLD, spelled: str | None = None) -> Table:
    """Read a file, whatever its format, which its first bytes tell.

    Parameters
    ----------
    path : str or bytes
        Where it is, or what came through standard input.
    dialect : Dialect, optional
        What is told of a text file; the rest is found out.
    spelled : str, optional
        A column of which the table should hold the file's own spelling, too.
    """
    if isinstance(path, bytes):
        if not path:
            raise InputError(f"{STANDARD_INPUT} is empty")
        return _read(io.BytesIO(path), dialect, STANDARD_INPUT, spelled)
    _check_path(path)
    source = repr(path)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise InputError(f"{source} is empty")
            check_memory(size, source)
            return _read(file, dialect, source, spelled)
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror or line_one(error)}") from None


def _read(file: BinaryIO, dialect: Dialect, source: str, spelled: str | None) -> Table:
    packed = formats.packed(file.read(_HEAD))
    file.seek(0)
    if packed == "zip" and is_spreadsheet(file):
        return spreadsheet.read(file, dialect.header, source)
    inside = unpacked(file, packed, source) if packed else file
    head = inside.read(_HEAD)
    inside.seek(0)
    if not head:
        raise InputError(f"{source} is empty: nothing is packed in it")
    if packed and formats.packed(head) and not is_spreadsheet(inside):
        raise InputError(f"{source} is packed twice: unpack it once")
    kind = "zip" if formats.packed(head) else formats.binary(head, source)
    if kind in ("spreadsheet", "zip"):
        table = spreadsheet.read(inside, dialect.header, source)
    elif kind == "Parquet":
        table = columnar.read_parquet(inside, source)
    elif kind:
        table = columnar.read_feather(inside, kind, source)
    else:
        table = _read_text(inside, dialect, source, spelled)
    if not table:
        raise InputError(f"{source} has no columns: its first line names none, and no cell is full")
    table.kind += f", {packed}" if packed else ""
    return table


def _read_text(file: BinaryIO, dialect: Dialect, source: str, spelled: str | None) -> Table:
    text, encoding = as_utf8(file, dialect.encoding, source)
    kind = formats.textual(head_of(text).text, source)
    if kind == "ARFF":
        table = arff.read(text, source)
    elif kind == "JSON lines":
        table = jsonlines.read(text, source)
    else:
        table = csvfile.read(text, dialect, source, lambda: _again(text), spelled)
    table.kind += f", {encoding}" if encoding else ""
    return table


def _again(text: BinaryIO) -> BinaryIO:
    """Open a text once more, to find the line of a row."""
    return io.BytesIO(text.getvalue()) if isinstance(text, io.BytesIO) else open(text.name, "rb")


def _check_path(path: str) -> None:
    if os.path.isdir(path):
        raise InputError(f"{path!r} is a directory: {_GIVE}")
    if not os.path.exists(path):
        raise InputError(missing(path))
    if not os.path.isfile(path):
        raise InputError(
            f"{path!r} is not a regular file: {_GIVE} (to predict and "
            f"evaluate, '-' is {STANDARD_INPUT})"
        )
