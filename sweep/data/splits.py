"""Training, validation and test rows.

How many rows of a class are held out follows from its count alone; which ones, from the seed.
scikit-learn's splitters leave ties among classes to chance, refuse a class of one row, and may draw
differently in another release.
"""

import math
from typing import NamedTuple

import numpy as np

from sweep.data.dataset import Dataset
from sweep.errors import InputError
from sweep.seeded import generator


class Split(NamedTuple):
    """Row numbers of the two parts, each sorted; together they are every one of the rows once."""

    train: np.ndarray  # int64 (n_train,)
    val: np.ndarray  # int64 (n_val,)


def apart(dataset: Dataset, fraction: float, outer: int = 0, outer_folds: int = 0) -> Split:
    """Set the rows of the test part apart, as the second of two.

    No run's seed has to do with them: else a run of another seed would train and choose on them.

    Parameters
    ----------
    dataset : Dataset
        Where it has rows of a test file, those are the part.
    fraction : float
        Share of the rows, as for `split`; 0 for none.
    outer, outer_folds : int
        Which of how many folds of the rows it is, where there are any.
    """
    rows = np.arange(dataset.y.size)
    if outer_folds:
        draw = generator(0, "outer folds")
        return _divided(dataset, rows, draw, outer, outer_folds, 0, "outer_folds")
    if dataset.tested or not fraction:
        own = rows.size - dataset.tested
        return Split(rows[:own], rows[own:])
    return _divided(dataset, rows, generator(0, "test part"), 0, 0, fraction)


def split(
    dataset: Dataset,
    seed: int,
    fold: int,
    folds: int,
    val_fraction: float,
    rows: np.ndarray | None = None,
) -> Split:
    """Divide rows of a data set by class; every run of a seed and fold gets the same parts.

    Parameters
    ----------
    dataset : Dataset
    seed : int
    fold : int
        Which of the `folds` parts validates; without effect where `folds` is 0.
    folds : int
        K of a K-fold cross-validation; 0 for a hold-out.
    val_fraction : float
        Share of a hold-out, rounded up to whole rows, as scikit-learn does. Each class keeps at
        least one row for training, so a class of one row is never held out.
    rows : ndarray of int64, optional
        Which rows, sorted; all unless given.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        Where a class has fewer rows than there are folds.
    """
    some = np.arange(dataset.y.size) if rows is None else rows
    return _divided(dataset, some, generator(seed, "split"), fold, folds, val_fraction)


def _divided(
    dataset: Dataset,
    rows: np.ndarray,
    draw: np.random.RandomState,
    fold: int,
    folds: int,
    fraction: float,
    option: str = "folds",
) -> Split:
    y = dataset.y[rows]
    counts = np.bincount(y, minlength=len(dataset.classes))
    order = draw.permutation(y.size)
    order = order[np.argsort(y[order], kind="stable")]  # class after class, shuffled within each
    place = np.arange(y.size)
    if folds:
        _check_folds(counts, dataset, folds, option, len(rows) < len(dataset.y))
        held = place % folds == fold
    else:
        first = np.cumsum(counts) - counts
        held = place < np.repeat(first + _held_out(counts, fraction), counts)
    return Split(rows[np.sort(order[~held])], rows[np.sort(order[held])])


def _held_out(counts: np.ndarray, fraction: float) -> np.ndarray:
    """Share out the rows to hold out among classes, in proportion: the largest remainders first."""
    quota = counts * fraction
    most = np.maximum(counts - 1, 0)
    held = np.minimum(np.floor(quota).astype(np.int64), most)
    left = math.ceil(counts.sum() * fraction) - held.sum()
    room = np.flatnonzero(held < most)
    held[room[np.argsort((held - quota)[room], kind="stable")][:left]] += 1
    return held


def _check_folds(
    counts: np.ndarray, dataset: Dataset, folds: int, option: str, fewer: bool
) -> None:
    smallest = int(np.argmin(counts))
    if counts[smallest] < folds:
        mend = ", or hold out by `val_fraction`" if option == "folds" else ""
        raise InputError(
            f"`{option}` is {folds}, and class {dataset.classes[smallest]!r} of {dataset.name} has "
            f"{counts[smallest]} rows{' outside of the test part' if fewer else ''}: lower "
            f"`{option}`{mend}"
        )
