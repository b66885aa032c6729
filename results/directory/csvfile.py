"""Tables as CSV, a piece at a time, whose floats read back to the same bits.

A float has the fewest digits that give it back, and always looks like one: ``0.0``, not ``0``,
so that a column of whole numbers is not read as integers. A text that a spreadsheet would run as
a formula gets an apostrophe in front, be it a cell or the name of a column; one that is a number,
such as -1.5, is no formula.
"""

from __future__ import annotations

import io
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from results.directory.durable import Sink

#: Rows that are texts at a time: as texts they take three times the room.
_ROWS = 2**14

_FORMULA = r"^[=+\-@\t\r\n]"
_NUMBER = r"^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$"
_INTEGER = r"^-?\d+$"
_NEEDS_QUOTES = r'[",\r\n]'


def header(schema: pa.Schema) -> bytes:
    """Line of the columns' names."""
    line = io.BytesIO()
    places = [str(place) for place in range(len(schema))]
    write(pa.table([[name] for name in schema.names], places), line)
    return line.getvalue()


def write(table: pa.Table, sink: Sink | IO[bytes]) -> None:
    """Write the rows of a table, without a header."""
    for start in range(0, len(table), _ROWS):
        _write(table.slice(start, _ROWS), sink)


def _write(table: pa.Table, sink: Sink | IO[bytes]) -> None:
    columns, quoted = [], False
    for column in table.combine_chunks().columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            # Names and statuses repeat themselves, so their few distinct texts are looked at.
            coded = column.chunk(0).dictionary_encode()
            texts = coded.dictionary
            quoted |= bool(pc.any(pc.match_substring_regex(texts, _NEEDS_QUOTES)).as_py())
            number = pc.match_substring_regex(texts, _NUMBER)
            guarded = pc.replace_substring_regex(texts, _FORMULA, r"'\0")
            columns.append(_decode(coded, pc.if_else(number, texts, guarded)))
        elif pa.types.is_floating(column.type) and _any_whole(column.to_numpy()):
            coded = column.chunk(0).dictionary_encode()
            texts = pc.cast(coded.dictionary, pa.string())
            whole = pc.match_substring_regex(texts, _INTEGER)
            points = pc.if_else(whole, ".0", "")
            columns.append(_decode(coded, pc.binary_join_element_wise(texts, points, "")))
        else:
            columns.append(column)
    options = pa.csv.WriteOptions(
        include_header=False, quoting_style="needed" if quoted else "none"
    )
    pa.csv.write_csv(pa.table(columns, names=table.schema.names), pa.PythonFile(sink, "w"), options)


def _decode(coded: pa.DictionaryArray, texts: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(coded.indices, texts).dictionary_decode()


def _any_whole(values: np.ndarray) -> bool:
    return bool((values == np.rint(values)).any())
