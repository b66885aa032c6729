"""A data set as numbers."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """A classification problem, as numbers that are not scaled yet."""

    name: str
    X: np.ndarray  # float64 (rows, features), C-contiguous, finite
    y: np.ndarray  # int64 (rows,), places in `classes`
    classes: tuple[str, ...]  # each occurs; sorted naturally, or as scikit-learn has them
    features: tuple[str, ...]
    tested: int = 0  # how many rows at the end are those of a test file
    weight: np.ndarray | None = None  # float64 (rows,), above 0: what each counts; None for alike
    groups: np.ndarray | None = None  # int64 (rows,): rows of one number stay together
    order: np.ndarray | None = None  # (rows,), numbers or datetime64: what is later is held out
    weightless: int = 0  # how many rows of weight 0 were left out
