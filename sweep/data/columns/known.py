"""Columns of new data -> the features and targets that are known from training."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from sweep.data.columns import cells
from sweep.data.columns.classes import classes_of
from sweep.data.columns.features import fill
from sweep.data.columns.missing import is_missing
from sweep.data.columns.numeric import numbers_alone
from sweep.data.dataset import Dataset, Variable
from sweep.data.files import Column
from sweep.errors import InputError, hint
from sweep.specification.spec import Specification

_UNKNOWN = -2


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
        fill(X[:, places.start : places.stop], variable, values)
    return X


def known_targets(
    columns: Sequence[Column], dataset: Dataset, names: Sequence[str], spec: Specification
) -> np.ndarray:
    """Return y of new rows, by the classes or the levels that are known from training.

    Parameters
    ----------
    columns : sequence of Column
        All of the new rows.
    dataset : Dataset
        What was learnt from.
    names : sequence of str
        Its target columns.
    spec : Specification
    """
    by_name = {column.name: column for column in columns}
    if dataset.classes:
        return _known_class(by_name[names[0]], dataset.classes)
    found = [
        numbers_alone(by_name[target.name], spec)
        if target.levels is None
        else _known_class(by_name[target.name], target.levels).astype(np.float64)
        for target in dataset.targets
    ]
    return np.stack(found, axis=1)


def known_target(column: Column, target: Variable) -> np.ndarray:
    """Return a target of new rows as it was at training, float64 (rows,); NaN where it is missing.

    Of yes and no that is 1 and 0.
    """
    if target.levels is None:
        return _numbers(column)
    places = _known(column, *classes_of(column), target.levels, "at training")
    return np.where(places < 0, np.nan, places)


def _known_class(column: Column, known: Sequence[str]) -> np.ndarray:
    codes, found = classes_of(column)
    return _known(column, codes, found, known, "in the data to train on")


def _numbers(column: Column) -> np.ndarray:
    numbers = cells.as_numbers(column)
    if numbers is not None:
        return numbers.astype(np.float64)
    codes, levels = cells.as_levels(column)
    reads = [cells.reads_as_number(v) or v.casefold() in cells.TRUTH for v in levels]
    if not all(reads):
        row = int(np.argmin(np.array([*reads, True])[codes]))
        raise column.error(f"{levels[codes[row]]!r} is not a number, as it was at training", row)
    return cells.numbers_of(levels, codes)


def _places(column: Column, known: Sequence[str]) -> np.ndarray:
    """Return the place of each row's text among the levels known from training, -1 for none."""
    return _known(column, *cells.as_levels(column), known, "at training")


def _known(
    column: Column, codes: np.ndarray, found: Sequence[str], known: Sequence[str], when: str
) -> np.ndarray:
    """Return the place of each row's text among the known ones; a row without one has code -1."""
    same = matched(found, known)
    places = np.array([*(_UNKNOWN if place is None else place for place in same), -1])[codes]
    if (places == _UNKNOWN).any():
        row = int(np.argmax(places == _UNKNOWN))
        raise column.error(
            f"{found[codes[row]]!r} did not occur {when}, where there were {cells.listed(known)}",
            row,
        )
    return places


def matched(texts: Sequence[str], known: Sequence[str]) -> list[int | None]:
    """Return which of the known texts each text is, if it is one without any doubt.

    Files spell one thing in several ways. What is spelled alike is the same; else the one that is
    the same number, ``01`` and ``1``; else the one that differs in capitals alone, ``True`` and
    ``true``. Where there are two of these, it is none.
    """
    exact = {text: place for place, text in enumerate(known)}
    numbers = _alone((float(text), i) for text, i in exact.items() if cells.reads_as_number(text))
    folded = _alone((text.casefold(), i) for text, i in exact.items())

    def place(text: str) -> int | None:
        if text in exact:
            return exact[text]
        if cells.reads_as_number(text):
            return numbers.get(float(text))
        return folded.get(text.casefold())

    return [place(text) for text in texts]


def _alone(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int | None]:
    """Return the place that each key has, None where there are several."""
    found: dict[Any, int | None] = {}
    for key, place in pairs:
        found[key] = None if key in found else place
    return found
