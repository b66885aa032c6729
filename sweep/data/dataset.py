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


@dataclass(frozen=True, eq=False)
class Dataset:
    """A classification problem, as numbers that are not scaled yet."""

    name: str
    X: (
        np.ndarray
    )  # float64 (rows, features), C-contiguous, finite, or NaN where it is to be imputed
    y: np.ndarray  # int64 (rows,), places in `classes`
    classes: tuple[str, ...]  # each occurs; sorted naturally, or as scikit-learn has them
    features: tuple[str, ...]
    tested: int = 0  # how many rows at the end are those of a test file
    weight: np.ndarray | None = None  # float64 (rows,), above 0: what each counts; None for alike
    groups: np.ndarray | None = None  # int64 (rows,): rows of one number stay together
    order: np.ndarray | None = None  # (rows,), numbers or datetime64: what is later is held out
    weightless: int = 0  # how many rows of weight 0 were left out
    variables: tuple[Variable, ...] = ()  # whose features these are
