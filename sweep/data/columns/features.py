"""Columns of a table -> features.

Numbers stay, true and false become 1 and 0, and text becomes one feature for each of its levels:
``colour`` gives ``colour=blue`` and ``colour=red``, which are 1 where the row says so. Text is
taken for such levels where none of them reads as a number or a date, and they are few. Text that
reads as numbers throughout is numbers. A column that its file, its DataFrame or the specification
declares a category is one, whatever its levels.
"""

import reprlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sweep.data.columns.cells import (
    TRUTH,
    as_levels,
    as_numbers,
    few,
    is_declared,
    listed,
    numbers_of,
    reads_as_number,
    typed,
)
from sweep.data.columns.lookalikes import lookalike
from sweep.data.dataset import Variable
from sweep.data.files import Column, check_memory
from sweep.errors import InputError
from sweep.specification.spec import Specification


def features(
    columns: Sequence[Column], spec: Specification
) -> tuple[np.ndarray, tuple[Variable, ...]]:
    """Return X, float64 (rows, features), and the columns as variables.

    A missing number is NaN, and a missing text has none of the levels; a last feature of either
    column is 1 there.
    """
    encoded = [_encoded(column, spec) for column in columns]
    _check_levels(encoded, spec)
    variables = tuple(one.variable for one in encoded)
    names = [name for variable in variables for name in variable.features]
    if len(set(names)) < len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise InputError(f"{columns[0].source}: two features would be called {twice!r}: rename one")
    rows = len(columns[0].values)
    check_memory(8 * rows * len(names), f"{columns[0].source} with {len(names)} features")
    X = np.zeros((rows, len(names)))
    first = 0
    for _, variable, values, _ in encoded:
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


class _Encoded(NamedTuple):
    """A column as features: its numbers, or the place of each value among its levels."""

    column: Column
    variable: Variable
    values: np.ndarray
    guessed: bool = False  # whether nobody says that its texts are categories


def _encoded(column: Column, spec: Specification) -> _Encoded:
    declared = is_declared(column, spec)
    tells = column.values.null_count > 0
    numbers = None if column.name in spec.categories else as_numbers(column)
    if numbers is not None:
        return _Encoded(column, Variable(column.name, None, tells), np.asarray(numbers, float))
    codes, levels = as_levels(column)
    category = Variable(column.name, tuple(levels), tells)
    if declared:
        return _Encoded(column, category, codes)
    numeric = np.array(list(map(reads_as_number, levels)), bool)
    if numeric.all() or {level.casefold() for level in levels} <= TRUTH.keys():
        return _Encoded(column, Variable(column.name, None, tells), numbers_of(levels, codes))
    if not spec.as_first_taken:
        _refuse_lookalike(column, codes, levels)
    if numeric.any() and (spec.as_first_taken or (~numeric).sum() <= spec.most_levels):
        _refuse_mixture(column, codes, levels, numeric)
    return _Encoded(column, category, codes, guessed=True)


def _refuse_lookalike(column: Column, codes: np.ndarray, levels: Sequence[str]) -> None:
    if found := lookalike(levels):
        kind, place = found
        name = typed(column.name)
        raise column.error(
            f"{levels[place]!r} and the others read like {kind.called}: {kind.mend}, or leave the "
            f"column out with --drop {name}, or take each text as a category with --categories "
            f"{name}",
            int(np.argmax(codes == place)),
        )


def _refuse_mixture(
    column: Column, codes: np.ndarray, levels: Sequence[str], numeric: np.ndarray
) -> None:
    reads = np.append(numeric, False)[codes]
    there = codes >= 0
    most = "numbers" if 2 * reads.sum() >= there.sum() else "text"
    odd = there & (reads if most == "text" else ~reads)
    row = int(np.argmax(odd))
    word = levels[codes[row]]
    mends = f"--categories {typed(column.name)} takes all of it as texts, --drop leaves it out"
    if most == "numbers":
        mends = f"--missing-values {typed(word)} says that it is no value, {mends}"
    raise column.error(
        f"{word!r} among {most}: a feature should be all numbers or all text ({mends})", row
    )


def _check_levels(encoded: Sequence[_Encoded], spec: Specification) -> None:
    """Refuse texts that have too many levels to be categories, all of them at once."""
    many = [(one.column, one.variable.levels or ()) for one in encoded if one.guessed]
    if spec.as_first_taken:
        for column, levels in many:
            if not few(len(levels), len(column.values)):
                raise column.error(
                    f"{len(levels)} different texts in {len(column.values)} rows are too many for "
                    "categories (at most 100, or half as many as rows): leave the column out, or "
                    "write numbers"
                )
        return
    many = [(column, levels) for column, levels in many if len(levels) > spec.most_levels]
    if not many:
        return
    (first, texts), *others = many
    names = typed(*(column.name for column, _ in many))
    most = max(len(levels) for _, levels in many)
    also = [f"{column.name!r} has {len(levels):,}" for column, levels in others]
    raise first.error(
        f"{len(texts):,} different texts, such as {reprlib.repr(texts[0])}, are more than "
        f"--most-levels {spec.most_levels}{f' ({listed(also)})' if also else ''}: leave out what "
        f"tells no class, --drop {names}, or take each text as a category, --most-levels {most}"
    )
