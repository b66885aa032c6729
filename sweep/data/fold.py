"""The data of one seed and fold, outer and inner: split, and scaled by its training part."""

from typing import NamedTuple

import numpy as np

from sweep.data.article import CLASS, Article
from sweep.data.dataset import Dataset
from sweep.data.scaling import scale
from sweep.data.splits import apart, split
from sweep.specification.spec import Specification


class Fold(NamedTuple):
    """Samples, and which of them train, which are held out, and which are for a test.

    Attributes
    ----------
    x : ndarray of float64, shape (samples, features)
    y : ndarray, shape (samples,)
        Number of each sample's class.
    weight : ndarray, shape (samples,)
        What each sample counts in the loss and the metrics.
    train, val, test : ndarray of int64
        Rows of x.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


def fold_of(
    spec: Specification, data: Dataset | Article, seed: int, fold: int, outer: int = 0
) -> Fold:
    """Return the data of a seed and fold; of the article its sample, as it is."""
    if isinstance(data, Article):
        one, none = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
        return Fold(data.sample(seed)[None], np.full(1, CLASS), np.ones(1), one, none, none)
    share = spec.test if isinstance(spec.test, float) else 0.0
    rest, test = apart(data, share, outer, spec.outer_folds)
    rows = split(data, seed, fold, spec.folds, spec.val_fraction, rest)
    mean, deviation = scale_of(data, rows.train)
    x = (data.X - mean) / deviation
    return Fold(x, data.y, np.ones(len(x)), rows.train, rows.val, test)


def scale_of(data: Dataset | Article, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the scale of the features over some rows; 0 and 1 for the article."""
    if isinstance(data, Article):
        return np.zeros(len(data.features)), np.ones(len(data.features))
    return scale(data, rows)


def widths(spec: Specification, data: Dataset | Article) -> tuple[int, ...]:
    """Return the widths of the network, from inputs to classes."""
    return (len(data.features), *spec.hidden, len(data.classes))
