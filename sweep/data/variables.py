"""Columns of new data -> the features that a model was trained on."""

from collections.abc import Collection, Sequence

import numpy as np

from sweep.data import encoding
from sweep.data.dataset import Variable
from sweep.data.files import Column
from sweep.data.missing import is_missing
from sweep.errors import InputError, hint
from sweep.specification.values import NUMBER


def encode(
    variables: Sequence[Variable],
    columns: Sequence[Column],
    used: Collection[int],
    impute: bool = False,
) -> np.ndarray:
    """Return the features of new rows, float64 (rows, features).

    Parameters
    ----------
    variables : sequence of Variable
    columns : sequence of Column
        In any order; those that are no variable are left aside.
    used : collection of int
        Features that are needed: a column that has none of them may be missing, and its features
        are 0.
    impute : bool
        Whether cells may be missing: a number is NaN then, a text none of the levels.

    Raises
    ------
    InputError
        For a column that is missing or holds what it did not hold at training.
    """
    by_name = {column.name: column for column in columns}
    needed = set(used)
    X = np.zeros((len(columns[0].values), sum(len(one.features) for one in variables)))
    first = 0
    for variable in variables:
        places = range(first, first + len(variable.features))
        first = places.stop
        if needed.isdisjoint(places):
            continue
        if variable.name not in by_name:
            raise InputError(
                f"{columns[0].source} has no column {variable.name!r}, which the model was trained "
                f"on{hint(variable.name, by_name)}"
            )
        column = by_name[variable.name]
        missing = is_missing(column)
        if missing.any() and not impute:
            raise column.error(
                "no value: fill it in, or leave the row out", int(np.argmax(missing))
            )
        levels = variable.levels
        values = _numbers(column) if levels is None else _places(column, levels)
        encoding.fill(X[:, places.start : places.stop], variable, values)
    return X


def _numbers(column: Column) -> np.ndarray:
    numbers = encoding.as_numbers(column)
    if numbers is not None:
        return numbers.astype(np.float64)
    codes, levels = encoding.as_levels(column)
    numeric = np.array([NUMBER.fullmatch(level) is not None for level in levels], bool)
    if not numeric.all():
        row = int(np.argmin(np.append(numeric, True)[codes]))
        raise column.error(f"{levels[codes[row]]!r} is not a number, as it was at training", row)
    return encoding.numbers_of(levels, codes)


def _places(column: Column, known: Sequence[str]) -> np.ndarray:
    """Return the place of each row's text among the levels known from training, -1 for none."""
    codes, levels = encoding.as_levels(column)
    place = {level: i for i, level in enumerate(known)}
    places = np.array([*(place.get(level, -2) for level in levels), -1])[codes]
    if (places < -1).any():
        row = int(np.argmin(places))
        raise column.error(
            f"{levels[codes[row]]!r} did not occur at training, where there were "
            f"{encoding.listed(known)}",
            row,
        )
    return places
