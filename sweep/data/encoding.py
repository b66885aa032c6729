"""Columns of a table -> features and classes.

Numbers stay, true and false become 1 and 0, and text becomes one feature for each of its levels:
``colour`` gives ``colour=blue`` and ``colour=red``, which are 1 where the row says so. Text is
taken for such levels where none of them reads as a number and there are few: at most 100, or
half as many as rows. Text that reads as numbers throughout is numbers. A column that its file
or DataFrame declares a category is one, whatever its levels.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sweep.data.dataset import Variable
from sweep.data.files import Column, check_memory
from sweep.errors import InputError
from sweep.specification.spec import Specification
from sweep.specification.values import NUMBER


def features(
    columns: Sequence[Column], spec: Specification
) -> tuple[np.ndarray, tuple[Variable, ...]]:
    """Return X, float64 (rows, features), and the columns as variables.

    A missing number is NaN, and a missing text has none of the levels; a last feature of either
    column is 1 there.
    """
    encoded = [_feature(column, spec) for column in columns]
    variables = tuple(variable for variable, _ in encoded)
    names = [name for variable in variables for name in variable.features]
    if len(set(names)) < len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise InputError(f"{columns[0].source}: two features would be called {twice!r}: rename one")
    rows = len(columns[0].values)
    check_memory(8 * rows * len(names), f"{columns[0].source} with {len(names)} features")
    X = np.zeros((rows, len(names)))
    first = 0
    for variable, values in encoded:
        fill(X[:, first : first + len(variable.features)], variable, values)
        first += len(variable.features)
    return X, variables


def fill(X: np.ndarray, variable: Variable, values: np.ndarray) -> None:
    """Write the features of one column into X, which is 0, in place.

    ``values`` are numbers, NaN where missing, or places among the levels, -1 where missing.
    """
    if variable.levels is None:
        X[:, 0] = values
        missing = np.isnan(values)
    else:
        missing = values < 0
        known = np.flatnonzero(~missing)
        X[known, values[known]] = 1.0
    if variable.tells:
        X[:, -1] = missing


def classes(column: Column) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return y, int64 (rows,), and the classes that it numbers, in their natural order."""
    y, found = _classes(column)
    if len(found) == 1:
        raise column.error(f"every row is of class {found[0]!r}, and there should be two or more")
    if not _few(len(found), y.size):
        raise column.error(
            f"{len(found)} classes in {y.size} rows are too many (at most 100, or half as many as "
            "rows): name another column as `target`"
        )
    return y.astype(np.int64), tuple(found)


def known_classes(column: Column, known: Sequence[str]) -> np.ndarray:
    """Return the place of each row's class among those known from the training file."""
    y, found = _classes(column)
    place = {name: i for i, name in enumerate(known)}
    places = np.array([place.get(name, -1) for name in found])[y]
    if (places < 0).any():
        row = int(np.argmin(places))
        raise column.error(
            f"class {found[y[row]]!r} does not occur in the data to train on, where there are "
            f"{listed(known)}",
            row,
        )
    return places


def listed(names: Sequence[str]) -> str:
    """Say the first few names."""
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")


def _classes(column: Column) -> tuple[np.ndarray, list[str]]:
    """Return the place of each row's class among the distinct ones, and these."""
    numbers = as_numbers(column)
    if numbers is None:
        return as_levels(column)
    broken = numbers % 1 != 0 if numbers.dtype.kind == "f" else np.zeros(1, bool)
    if broken.any():
        row = int(np.argmax(broken))
        raise column.error(f"{numbers[row]} is no class: a class is text or a whole number", row)
    distinct, y = np.unique(numbers, return_inverse=True)
    return y, [str(int(n) if numbers.dtype.kind == "f" else n) for n in distinct.tolist()]


def _feature(column: Column, spec: Specification) -> tuple[Variable, np.ndarray]:
    """Return what a column is, and its numbers or the place of each value among its levels."""
    import pyarrow as pa

    tells = column.values.null_count > 0
    numbers = None if column.name in spec.categories else as_numbers(column)
    if numbers is not None:
        return Variable(column.name, None, tells), numbers.astype(np.float64)
    codes, levels = as_levels(column)
    category = Variable(column.name, tuple(levels), tells), codes
    if column.name in spec.categories or pa.types.is_dictionary(column.values.type):
        return category
    numeric = np.array([NUMBER.fullmatch(level) is not None for level in levels], bool)
    if numeric.all():
        return Variable(column.name, None, tells), numbers_of(levels, codes)
    if numeric.any():
        reads = np.append(numeric, False)[codes]
        there = codes >= 0
        most = "numbers" if 2 * reads.sum() >= there.sum() else "text"
        odd = there & (reads if most == "text" else ~reads)
        row = int(np.argmax(odd))
        raise column.error(
            f"{levels[codes[row]]!r} among {most}: a feature should be all numbers or all text",
            row,
        )
    if not _few(len(levels), codes.size):
        raise column.error(
            f"{len(levels)} different texts in {codes.size} rows are too many for categories (at "
            "most 100, or half as many as rows): leave the column out, or write numbers"
        )
    return category


def numbers_of(levels: Sequence[str], codes: np.ndarray) -> np.ndarray:
    """Return the number that each row's text reads as, NaN where there is none."""
    return np.array([*map(float, levels), np.nan])[codes]


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


def _natural(text: str) -> tuple[bool, float, str, str]:
    """Order numbers by value, then texts with the digits in them by value: a2 before a10."""
    number = NUMBER.fullmatch(text)
    padded = re.sub("[0-9]+", lambda digits: digits[0].zfill(20), text)
    return number is None, float(text) if number else 0.0, padded, text


def _few(levels: int, rows: int) -> bool:
    return levels <= max(100, rows // 2)
