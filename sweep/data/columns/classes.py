"""The target -> classes."""

import numpy as np

from sweep.data.columns.cells import as_levels, as_numbers, few, is_declared
from sweep.data.files import Column
from sweep.specification.spec import Specification


def classes(column: Column, spec: Specification) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return y, int64 (rows,), and the classes that it numbers, in their natural order."""
    y, found = classes_of(column)
    if len(found) == 1:
        raise column.error(f"every row is of class {found[0]!r}, and there should be two or more")
    if spec.as_first_taken:
        if not few(len(found), y.size):
            raise column.error(
                f"{len(found)} classes in {y.size} rows are too many (at most 100, or half as many "
                "as rows): name another column as `target`"
            )
    else:
        _check_classes(column, found, spec)
    return y.astype(np.int64), tuple(found)


def _check_classes(column: Column, found: list[str], spec: Specification) -> None:
    """Refuse more classes than are meant, unless they are declared so."""
    if len(found) > spec.most_levels and not is_declared(column, spec):
        numbers = ", take them for --task numbers" * (as_numbers(column) is not None)
        raise column.error(
            f"{len(found):,} classes, such as {found[0]!r}, are more than --most-levels "
            f"{spec.most_levels}: raise that{numbers}, or name another column as --target"
        )


def classes_of(column: Column) -> tuple[np.ndarray, list[str]]:
    """Return the place of each row's class among the distinct ones, and these."""
    numbers = as_numbers(column)
    if numbers is None:
        return as_levels(column)
    distinct, y = np.unique(numbers, return_inverse=True)
    return y, [str(_plain(number)) for number in distinct.tolist()]


def _plain(number: float) -> float:
    """Return a whole number without its point."""
    return int(number) if isinstance(number, float) and number.is_integer() else number
