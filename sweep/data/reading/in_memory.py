"""DataFrames and arrays -> columns."""

import math
import reprlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.data.reading.column import Table, columns_of
from sweep.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def from_frame(frame: Any) -> Table:
    """Take the columns of a DataFrame; its index is left aside."""
    arrays = [_arrow(frame.iloc[:, place], str(n)) for place, n in enumerate(frame.columns)]
    columns = columns_of(frame.columns, arrays, "the DataFrame", _row_in_memory)
    return Table(columns, "DataFrame")


def from_arrays(names: Sequence[str], arrays: Iterable[Any], source: str) -> Table:
    """Name columns that are one-dimensional arrays or lists; what a mask covers has no value."""
    columns = [_arrow(array, name) for name, array in zip(names, arrays, strict=True)]
    return Table(columns_of(names, columns, source, _row_in_memory), "arrays")


def _row_in_memory(row: int) -> str:
    return f"row {row} (from 0)"


def _arrow(values: Any, name: str) -> "pa.ChunkedArray":
    """Turn an array, list or Series into Arrow's form; a mixture of types becomes text."""
    import pyarrow as pa

    if isinstance(values, np.ma.MaskedArray):
        values = values.tolist()  # None where it covers a cell
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
