"""A data set as numbers, and the columns of the table that they come from."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Variable(NamedTuple):
    """A column as it was at training: numbers, or texts with these levels."""

    name: str
    levels: tuple[str, ...] | None = None
    tells: bool = False  # whether cells were missing, so that a last feature tells where

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that it becomes."""
        told = (f"{self.name} is missing",) if self.tells else ()
        if self.levels is None:
            return (self.name, *told)
        return (*(f"{self.name}={level}" for level in self.levels), *told)


class Found(NamedTuple):
    """A column of a table as it was found, and what it was taken for.

    Attributes
    ----------
    name : str
    role : str
        Feature, target, weight, groups, order; or left out.
    taken_as : str
        Numbers, true/false, categories, classes or yes/no; empty for what is none of them.
    levels : int or None
        How many different ones there are, where it is categories, classes or yes/no.
    low, high : float or None
        The range of numbers.
    missing : int
        Cells without a value, also in rows that were left out.
    """

    name: str
    role: str
    taken_as: str = ""
    levels: int | None = None
    low: float | None = None
    high: float | None = None
    missing: int = 0


class Origin(NamedTuple):
    """The table that a data set comes from.

    Attributes
    ----------
    kind : str
        What it was read as.
    notes : tuple of str
        What was done to it on the way.
    columns : tuple of Found
    without_target, incomplete : int
        Rows that were left out for want of a target, and of another cell.
    tested_left_out : int
        Rows of a test file that were left out for want of either.
    guessed : bool
        Whether the looks of numbers alone say if each of them is a class.
    """

    kind: str
    notes: tuple[str, ...]
    columns: tuple[Found, ...]
    without_target: int = 0
    incomplete: int = 0
    tested_left_out: int = 0
    guessed: bool = False


@dataclass(frozen=True, eq=False)
class Dataset:
    """What to learn from and what to predict, as numbers that are not scaled yet."""

    name: str
    X: np.ndarray  # float64 (rows, features), C-contiguous; NaN where it is to be imputed
    y: np.ndarray  # int64 (rows,), places in `classes`; or float64 (rows, targets)
    classes: tuple[str, ...]  # each occurs; sorted naturally, or as scikit-learn has them
    features: tuple[str, ...]
    tested: int = 0  # how many rows at the end are those of a test file
    weight: np.ndarray | None = None  # float64 (rows,), above 0: what each counts; None for alike
    groups: np.ndarray | None = None  # int64 (rows,): rows of one number stay together
    order: np.ndarray | None = None  # (rows,), numbers or datetime64: what is later is held out
    weightless: int = 0  # how many rows of weight 0 were left out
    variables: tuple[Variable, ...] = ()  # whose features these are
    origin: Origin | None = None  # where it is a table
    targets: tuple[Variable, ...] = ()  # where no class is predicted: numbers, or yes and no

    @property
    def outputs(self) -> int:
        """How many outputs a network has that predicts it."""
        return len(self.classes) or len(self.targets)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many features each column becomes."""
        return tuple(len(variable.features) for variable in self.variables)
