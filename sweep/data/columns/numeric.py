"""The target -> numbers to predict, in their own unit."""

from typing import Never

import numpy as np

from sweep.data.columns.cells import as_levels, as_numbers, numbers_of, reads_as_number, typed
from sweep.data.files import Column
from sweep.data.scaling import ROUNDING
from sweep.errors import InputError
from sweep.specification.spec import Specification

#: Between these a sum of squares is exact enough, however many they are.
_LEAST, _MOST = 1e-100, 1e100


def numbers(column: Column, spec: Specification) -> np.ndarray:
    """Return what a column has to predict, float64 (rows,).

    Raises
    ------
    InputError
        For what is no number, or none that the loss can take; or where there is nothing to predict.
    """
    if column.name in spec.categories:
        raise InputError(
            f"`categories` names {column.name!r}, which is a target taken for numbers: leave it "
            "out there, or take each number as a class by --task classes"
        )
    values = numbers_alone(column, spec)
    low, high = float(values.min()), float(values.max())
    size = max(-low, high)
    if high - low <= ROUNDING * size:
        raise column.error(
            f"every row is {values[0]:g}, so there is nothing to predict: name another --target"
        )
    if high - low < _LEAST:
        raise column.error(
            f"its numbers are no more than {high - low:g} apart: multiply them first"
        )
    return values


def numbers_alone(column: Column, spec: Specification) -> np.ndarray:
    """Return the numbers of a column, which may be all the same."""
    found = as_numbers(column)
    if found is None:
        codes, levels = as_levels(column)
        if not all(map(reads_as_number, levels)):
            refuse_text(column)
        found = numbers_of(levels, codes)
    values = found.astype(np.float64)
    _check(column, abs(values) > _MOST, f"is too large to be predicted: beyond {_MOST:g}", values)
    if spec.loss == "poisson":
        mend = "correct it, or choose another"
        _check(column, values < 0, f"is below 0, and `loss` poisson is of counts: {mend}", values)
    return values


def refuse_text(column: Column) -> Never:
    """Refuse a text in a numeric target, where the first one is."""
    codes, levels = as_levels(column)
    text = np.array([not reads_as_number(level) for level in levels])
    row = int(np.argmax(text[codes]))
    word = levels[codes[row]]
    if text.all():
        raise column.error(
            f"{word!r} is text in a numeric target, as is all else there: take each text as a "
            "class by --task classes, or name another --target",
            row,
        )
    raise column.error(
        f"{word!r} is text in a numeric target: correct it, or say that it is no value by "
        f"--missing-values {typed(word)} --missing drop, or take each text as a class by --task "
        "classes",
        row,
    )


def _check(column: Column, wrong: np.ndarray, problem: str, values: np.ndarray) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise column.error(f"{values[row]:g} {problem}", row)
