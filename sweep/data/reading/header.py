"""Whether the first line of a file holds names; and the column that only counts its rows."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sweep.errors import InputError
from sweep.specification.values import NUMBER

if TYPE_CHECKING:
    import pyarrow as pa

_UNNAMED = ("", "Unnamed: 0")  # the second is what pandas calls the first, and writes
_SHARE = 5  # one column in so many tells that the names are none


def refuse_rows(names: Sequence[str], table: "pa.Table", source: str) -> None:
    """Refuse a first line that looks like a row of the table and not like names.

    Names are numbers then, or are found among the cells below them, in a fifth of the columns.
    Numbers that count the columns are names.
    """
    stripped = [name.strip() for name in names]
    if _count(stripped):
        return
    numbers = [name for name in stripped if NUMBER.fullmatch(name)]
    decimals = [name for name in numbers if "." in name]
    found = [n for n, column in zip(stripped, table.columns, strict=True) if _holds(column, n)]
    if decimals or len(numbers) == len(names) or _SHARE * len(found) >= max(len(names), 1):
        example = (decimals or found or numbers)[0]
        why = "is a number" if example in numbers else "stands in that column, too"
        raise InputError(
            f"{source} seems to have no names in its first line, where {example!r} {why}: "
            "--no-header takes that line for a row, --header for names"
        )


def without_index(
    names: Sequence[str], table: "pa.Table"
) -> "tuple[list[str], pa.Table, list[str]]":
    """Leave out an unnamed first column that counts or names the rows, and unnamed empty ones."""
    from pyarrow import types

    kept, notes = list(range(len(names))), []
    if names and names[0].strip() in _UNNAMED and _tells_rows_apart(table.column(0)):
        kept = kept[1:]
        does = "names" if types.is_string(table.schema.types[0]) else "counts"
        notes.append(f"the unnamed first column, which {does} the rows, is left out")
    empty = [i for i in kept if not names[i].strip() and _is_empty(table.column(i))]
    if empty:
        kept = [i for i in kept if i not in empty]
        one = len(empty) == 1
        notes.append(
            "an empty column without a name is left out"
            if one
            else f"{len(empty)} empty columns without names are left out"
        )
    return [names[i] for i in kept], table.select(kept), notes


def _count(names: Sequence[str]) -> bool:
    """Tell whether names, but for one at either end, are 0, 1, 2, ... or 1, 2, 3, ..."""
    for inner in (names, names[1:], names[:-1]):
        for first in ("0", "1"):
            counted = map(str, itertools.count(int(first)))
            if len(inner) > 2 and all(n == c for n, c in zip(inner, counted, strict=False)):
                return True
    return False


def _holds(column: "pa.ChunkedArray", name: str) -> bool:
    """Tell whether a name is one of the cells below it."""
    import pyarrow as pa
    from pyarrow import compute, types

    if not name:
        return False
    if types.is_string(column.type):
        trimmed = compute.utf8_trim_whitespace(column)
        return bool(compute.any(compute.equal(trimmed, name)).as_py())
    if types.is_null(column.type) or not NUMBER.fullmatch(name):
        return False
    number = pa.scalar(float(name))
    return bool(compute.any(compute.equal(column.cast(pa.float64(), safe=False), number)).as_py())


def _tells_rows_apart(column: "pa.ChunkedArray") -> bool:
    """Tell whether each row has another whole number or text."""
    from pyarrow import compute, types

    if not (types.is_integer(column.type) or types.is_string(column.type)):
        return False
    return column.null_count == 0 and compute.count_distinct(column).as_py() == len(column)


def _is_empty(column: "pa.ChunkedArray") -> bool:
    return column.null_count == len(column)
