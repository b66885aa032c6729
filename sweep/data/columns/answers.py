"""Columns of yes and no -> answers: 1 where a row has the second of two levels."""

import numpy as np

from results.labels import counted
from sweep.data.columns.cells import as_numbers, is_declared
from sweep.data.columns.classes import classes_of
from sweep.data.files import Column
from sweep.specification.spec import Specification


def answers(column: Column) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return 0 or 1 for each row, float64 (rows,), and the two levels that they stand for."""
    places, levels = classes_of(column)
    if len(levels) == 1:
        raise column.error(f"every row is {levels[0]!r}, and yes or no should both occur")
    if len(levels) > 2:
        raise column.error(
            f"{counted(len(levels), 'level')}, such as {levels[2]!r}, and yes or no has two: name "
            "another --target"
        )
    return places.astype(np.float64), tuple(levels)


def is_yes_or_no(column: Column, spec: Specification) -> bool:
    """Tell whether a column looks so: truth values, 0 and 1, or texts or categories of two."""
    _, levels = classes_of(column)
    if len(levels) != 2:
        return False
    typed = as_numbers(column) is not None and not is_declared(column, spec)
    return not typed or levels in (["0", "1"], ["False", "True"])
