"""Columns of new data -> the features that a model was trained on."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from sweep.data import encoding
from sweep.data.files import Column
from sweep.errors import InputError, hint
from sweep.specification.values import NUMBER


class Variable(NamedTuple):
    """A column as it was at training: numbers, or text with these levels."""

    name: str
    levels: tuple[str, ...] | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that it becomes."""
        if self.levels is None:
            return (self.name,)
        return tuple(f"{self.name}={level}" for level in self.levels)


def variables_of(columns: Sequence[Column]) -> tuple[Variable, ...]:
    """Return what `sweep.data.encoding.features` takes these columns for."""
    found = []
    for column in columns:
        _, names = encoding.features([column])
        numeric = names == (column.name,)
        levels = None if numeric else tuple(name.removeprefix(f"{column.name}=") for name in names)
        found.append(Variable(column.name, levels))
    return tuple(found)


def encode(
    variables: Sequence[Variable], columns: Sequence[Column], used: Collection[int]
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

    Raises
    ------
    InputError
        For a column that is missing or holds what it did not hold at training.
    """
    by_name = {column.name: column for column in columns}
    X = np.zeros((len(columns[0].values), sum(len(one.features) for one in variables)))
    first = 0
    for variable in variables:
        places = range(first, first + len(variable.features))
        first = places.stop
        if not set(places) & set(used):
            continue
        if variable.name not in by_name:
            raise InputError(
                f"{columns[0].source} has no column {variable.name!r}, which the model was trained "
                f"on{hint(variable.name, by_name)}"
            )
        column = by_name[variable.name]
        if variable.levels is None:
            X[:, places.start] = _numbers(column)
        else:
            X[np.arange(len(X)), places.start + _places(column, variable.levels)] = 1.0
    return X


def _numbers(column: Column) -> np.ndarray:
    numbers = encoding.as_numbers(column)
    if numbers is not None:
        return numbers.astype(np.float64)
    codes, levels = encoding.as_levels(column)
    numeric = np.array([NUMBER.fullmatch(level) is not None for level in levels])
    if not numeric.all():
        row = int(np.argmin(numeric[codes]))
        raise column.error(f"{levels[codes[row]]!r} is not a number, as it was at training", row)
    return np.array([float(level) for level in levels])[codes]


def _places(column: Column, known: Sequence[str]) -> np.ndarray:
    """Return the place of each row's text among the levels known from training."""
    encoding.as_numbers(column)  # which refuses missing values
    codes, levels = encoding.as_levels(column)
    place = {level: i for i, level in enumerate(known)}
    places = np.array([place.get(level, -1) for level in levels])[codes]
    if (places < 0).any():
        row = int(np.argmin(places))
        raise column.error(
            f"{levels[codes[row]]!r} did not occur at training, where there were "
            f"{encoding.listed(known)}",
            row,
        )
    return places
