"""Training, validation and test rows.

How many rows of a class are held out follows from its count alone; which ones, from the seed. What
is no class, numbers and answers of yes and no, is divided as if all rows were of one class.
scikit-learn's splitters leave ties among classes to chance, refuse a class of one row, and may draw
differently in another release. Where rows have groups or a time, `sweep.data.splitters` divide
them.
"""

import math
from typing import NamedTuple

import numpy as np

from results.labels import counted
from sweep.data.dataset import Dataset
from sweep.data.splitters import by_group, by_half, by_time
from sweep.data.splitters.asked import Asked
from sweep.seeded import generator


class Split(NamedTuple):
    """Row numbers of the two parts, each sorted; no row is in both.

    Together they are all of the rows, but for those that are later than a fold forward in time.
    """

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
    rows = np.arange(len(dataset.y))
    if outer_folds:
        asked = Asked(dataset.name, "", outer, outer_folds, 0, "outer_folds")
        return _divided(dataset, rows, generator(0, "outer folds"), asked)
    if dataset.tested or not fraction:
        own = rows.size - dataset.tested
        return Split(rows[:own], rows[own:])
    asked = Asked(dataset.name, "", 0, 0, fraction)
    return _divided(dataset, rows, generator(0, "test part"), asked)


def split(
    dataset: Dataset,
    seed: int,
    fold: int,
    folds: int,
    val_fraction: float,
    rows: np.ndarray | None = None,
    *,
    subsample: bool = False,
) -> Split:
    """Divide rows of a data set; every run of a seed and fold gets the same parts.

    By class where there are classes, or by the data set's groups or order; by order every seed
    gets the same.

    Parameters
    ----------
    dataset : Dataset
    seed : int
    fold : int
        Which of the `folds` parts validates; without effect where `folds` is 0.
    folds : int
        K of a K-fold cross-validation; 0 for a hold-out.
    val_fraction : float
        Share of a hold-out, rounded up to whole rows, as scikit-learn does. By class each keeps at
        least one row for training, so a class of one row is never held out.
    rows : ndarray of int64, optional
        Which rows, sorted; all unless given.
    subsample : bool
        Whether a half trains, of seeds 2 k and 2 k + 1 either one of the same two, and all the
        others are held out.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        Where a class has fewer rows than there are folds, or there are too few groups or times.
    """
    some = np.arange(len(dataset.y)) if rows is None else rows
    fewer = len(some) < len(dataset.y)
    where = " outside of the test part" if fewer else ""
    asked = Asked(dataset.name, where, fold, folds, val_fraction)
    if subsample:
        y = _strata(dataset, some)
        pair = by_half.halves(y, dataset.classes, asked, generator(seed // 2, "halves"))
        trains = np.isin(np.arange(len(some)), pair[seed % 2])
        return Split(some[trains], some[~trains])
    return _divided(dataset, some, generator(seed, "split"), asked)


def _divided(
    dataset: Dataset, rows: np.ndarray, draw: np.random.RandomState, asked: Asked
) -> Split:
    if dataset.order is not None:
        train, val = by_time.parts(dataset.order[rows], asked)
        return Split(rows[train], rows[val])
    y = _strata(dataset, rows)
    if dataset.groups is not None:
        out = by_group.held_out(dataset.groups[rows], y, asked, draw)
        return Split(rows[~out], rows[out])
    counts = np.bincount(y, minlength=len(dataset.classes) or 1)
    order = draw.permutation(y.size)
    order = order[np.argsort(y[order], kind="stable")]  # class after class, shuffled within each
    place = np.arange(y.size)
    if asked.folds:
        _check_folds(counts, dataset, asked)
        held = place % asked.folds == asked.fold
    else:
        first = np.cumsum(counts) - counts
        held = place < np.repeat(first + _held_out(counts, asked.fraction), counts)
    return Split(rows[np.sort(order[~held])], rows[np.sort(order[held])])


def _strata(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the class of each row; where there are none, one for all."""
    return dataset.y[rows] if dataset.classes else np.zeros(len(rows), dtype=np.int64)


def _held_out(counts: np.ndarray, fraction: float) -> np.ndarray:
    """Share out the rows to hold out among classes, in proportion: the largest remainders first."""
    quota = counts * fraction
    most = np.maximum(counts - 1, 0)
    held = np.minimum(np.floor(quota).astype(np.int64), most)
    left = math.ceil(counts.sum() * fraction) - held.sum()
    room = np.flatnonzero(held < most)
    held[room[np.argsort((held - quota)[room], kind="stable")][:left]] += 1
    return held


def _check_folds(counts: np.ndarray, dataset: Dataset, asked: Asked) -> None:
    smallest = int(np.argmin(counts))
    if counts[smallest] < asked.folds:
        rows = counted(int(counts[smallest]), "row")
        of_class = f"class {dataset.classes[smallest]!r} of " if dataset.classes else ""
        raise asked.too_many(f"{of_class}{dataset.name} has {rows}")
