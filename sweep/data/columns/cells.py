"""What the cells of a column hold, as arrays: numbers, or places among texts."""

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sweep.data.files import Column
from sweep.specification.spec import Specification
from sweep.specification.values import NUMBER

if TYPE_CHECKING:
    import pyarrow as pa

#: What truth values are written as, in any case.
TRUTH = {"false": 0.0, "true": 1.0}


def as_numbers(column: Column) -> np.ndarray | None:
    """Return numbers or truth values, NaN where missing, and None for what may be text."""
    import pyarrow as pa
    from pyarrow import types

    values = column.values
    if types.is_boolean(values.type):
        if not values.null_count:
            return values.to_numpy()
        values = values.cast(pa.int8())  # which NumPy can have as floats
    if types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if not (types.is_integer(values.type) or types.is_floating(values.type)):
        return None
    numbers = values.to_numpy()
    infinite = np.isinf(numbers)
    if infinite.any():
        row = int(np.argmax(infinite))
        raise column.error(f"{numbers[row]} is not a finite number", row)
    return numbers


def as_levels(column: Column) -> tuple[np.ndarray, list[str]]:
    """Return the place of each value among the column's distinct texts, in natural order.

    The place is -1 where there is none.
    """
    import pyarrow as pa
    from pyarrow import compute

    values, kind = column.values, column.values.type
    try:
        if pa.types.is_dictionary(kind):
            values, kind = values.cast(kind.value_type), kind.value_type
        if pa.types.is_floating(kind) and is_whole(values):
            values = values.cast(pa.int64())
        if pa.types.is_duration(kind) or isinstance(kind, pa.BaseExtensionType):
            raise pa.ArrowTypeError("Arrow would write the number that stands for it")
        texts = compute.utf8_trim_whitespace(values.cast(pa.large_string()))
    except pa.ArrowException:
        held = "bytes that are no UTF-8" if pa.types.is_binary(kind) else kind
        raise column.error(
            f"it holds {held}: only numbers, true or false, and text can be used"
        ) from None
    blank = compute.equal(texts, "").fill_null(False)
    coded = compute.if_else(blank, None, texts).combine_chunks().dictionary_encode()
    found = coded.dictionary.to_pylist()
    order = sorted(range(len(found)), key=lambda code: _natural(found[code]))
    place = np.full(len(found) + 1, -1, np.int64)  # the last is that of no value
    place[order] = np.arange(len(found))
    return place[coded.indices.fill_null(-1).to_numpy()], [found[code] for code in order]


def is_whole(values: "pa.ChunkedArray") -> bool:
    """Tell whether floats are all whole numbers, as those of a column with missing cells are."""
    numbers = values.drop_null().to_numpy()
    return bool((np.abs(numbers) < 2**53).all() and (numbers % 1 == 0).all())


def reads_as_number(text: str) -> bool:
    """Tell whether a text is a finite number as people write it in a table."""
    return NUMBER.fullmatch(text) is not None


def numbers_of(levels: Sequence[str], codes: np.ndarray) -> np.ndarray:
    """Return the number that each row's text reads as, or its truth; NaN where there is none."""
    values = [TRUTH.get(level.casefold(), level) for level in levels]
    return np.array([*map(float, values), np.nan])[codes]


def is_declared(column: Column, spec: Specification) -> bool:
    """Tell whether the specification, its file or its DataFrame says that it holds categories."""
    from pyarrow import types

    return column.name in spec.categories or types.is_dictionary(column.values.type)


def quoted(name: str) -> str:
    """Write a name as an option that is a list of names takes it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if set(name) & set(',"') else name


def typed(*names: str) -> str:
    """Write names as the value of such an option is typed in a shell."""
    return shlex.quote(",".join(map(quoted, names)))


def listed(names: Sequence[str]) -> str:
    """Say the first few names."""
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")


def _natural(text: str) -> tuple[bool, float, str, str]:
    """Order numbers by value, then texts with the digits in them by value: a2 before a10."""
    number = NUMBER.fullmatch(text)
    padded = re.sub("[0-9]+", lambda digits: digits[0].zfill(20), text)
    return number is None, float(text) if number else 0.0, padded, text


def few(levels: int, rows: int) -> bool:
    """Tell whether the first version took so many texts for categories."""
    return levels <= max(100, rows // 2)
