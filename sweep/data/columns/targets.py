"""The target columns -> what is predicted: classes, numbers, or yes and no."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sweep.data.columns.answers import answers, is_yes_or_no
from sweep.data.columns.cells import as_levels, as_numbers, is_declared, reads_as_number
from sweep.data.columns.classes import classes
from sweep.data.columns.numeric import numbers, refuse_text
from sweep.data.dataset import Variable
from sweep.data.files import Column
from sweep.errors import InputError
from sweep.specification.choices import Kind, kind_of
from sweep.specification.spec import Specification

#: So many different whole numbers are classes, unless told; more are numbers.
MOST_NUMBERS = 20

#: How a mixture of targets is said.
_CALLED = {"numbers": "numbers", "answers": "yes or no", "class": "neither"}


class Predicted(NamedTuple):
    """What is predicted, see `sweep.data.dataset.Dataset`.

    Attributes
    ----------
    y : ndarray
    classes : tuple of str
    targets : tuple of Variable
    guessed : bool
        Whether it is numbers, more than two different ones, and their looks alone tell whether
        each is a class.
    """

    y: np.ndarray
    classes: tuple[str, ...] = ()
    targets: tuple[Variable, ...] = ()
    guessed: bool = False


def predicted(columns: Sequence[Column], spec: Specification) -> Predicted:
    """Return what target columns hold: what the specification says, or else what they look like.

    Raises
    ------
    InputError
        For what cannot be predicted, or is not what the specification says.
    """
    told = spec.task != "auto" or spec.loss is not None
    kind = _kind(columns, spec)
    if kind == "numbers":
        values = [numbers(column, spec) for column in columns]
        targets = tuple(Variable(column.name) for column in columns)
        return Predicted(np.stack(values, axis=1), targets=targets, guessed=not told)
    if kind == "answers":
        found = [answers(column) for column in columns]
        targets = tuple(
            Variable(column.name, levels)
            for column, (_, levels) in zip(columns, found, strict=True)
        )
        return Predicted(np.stack([values for values, _ in found], axis=1), targets=targets)
    (column,) = columns
    y, names = classes(column, spec)
    told = told or len(names) == 2 or is_declared(column, spec) or as_numbers(column) is None
    return Predicted(y, names, guessed=not told)


def _kind(columns: Sequence[Column], spec: Specification) -> Kind:
    told = kind_of(spec.task, spec.loss, len(columns))
    if told is not None:
        return told
    if len(columns) > 1:
        return _kind_of_all(columns, spec)
    looks = spec.as_first_taken or _looks_like_classes(columns[0], spec)
    return "class" if looks else "numbers"


def _looks_like_classes(column: Column, spec: Specification) -> bool:
    """Tell whether a column holds texts, truth values, categories or a few whole numbers.

    Raises
    ------
    InputError
        For a text among many different numbers.
    """
    if is_declared(column, spec):
        return True
    values = as_numbers(column)
    if values is not None:
        distinct = np.unique(values)
        return len(distinct) <= MOST_NUMBERS and bool((distinct % 1 == 0).all())
    _, levels = as_levels(column)
    numeric = sum(map(reads_as_number, levels))
    if len(levels) <= MOST_NUMBERS or 2 * numeric <= len(levels):
        return True
    if numeric < len(levels):
        refuse_text(column)
    return False


def _kind_of_all(columns: Sequence[Column], spec: Specification) -> Kind:
    """Tell what several columns are by their looks: all of them numbers, or all yes or no."""
    kinds = [_kind_of_one(column, spec) for column in columns]
    if len(set(kinds)) == 1 and kinds[0] != "class":
        return kinds[0]
    told = ", ".join(
        f"{column.name!r} is {_CALLED[kind]}" for column, kind in zip(columns, kinds, strict=True)
    )
    raise InputError(
        f"{columns[0].source}: several targets should be all numbers, or all yes or no, and {told}:"
        " give --task if they are of one kind, or predict them apart"
    )


def _kind_of_one(column: Column, spec: Specification) -> Kind:
    if is_yes_or_no(column, spec):
        return "answers"
    if is_declared(column, spec):
        return "class"
    texts = [] if as_numbers(column) is not None else as_levels(column)[1]
    return "numbers" if all(map(reads_as_number, texts)) else "class"
