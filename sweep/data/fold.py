"""The data of one seed and fold: split, and scaled by its training part."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sweep.specification.spec import Sweep
from sweep.training.draws import article_sample

if TYPE_CHECKING:
    from sweep.data.datasets import Dataset

#: The article's network has five inputs and four classes; its one sample is of the second.
ARTICLE_INPUTS, ARTICLE_CLASSES, ARTICLE_CLASS = 5, 4, 1


class Fold(NamedTuple):
    """Samples, and which of them train and which are held out.

    Attributes
    ----------
    x : ndarray of float64, shape (samples, features)
    y : ndarray, shape (samples,)
        Number of each sample's class.
    weight : ndarray, shape (samples,)
        What each sample counts in the loss and the accuracy.
    train, val : ndarray of int64
        Rows of x.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    train: np.ndarray
    val: np.ndarray


def fold_of(spec: Sweep, dataset: "Dataset | None", seed: int, fold: int) -> Fold:
    """Return the data of a seed and fold; without a data set, the article's sample."""
    if dataset is None:
        x, _ = article_sample(seed)
        one, none = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
        return Fold(x[None], np.full(1, ARTICLE_CLASS), np.ones(1), one, none)
    from sweep.data.splits import scale, split

    rows = split(dataset, seed, fold, spec.folds, spec.val_fraction)
    mean, deviation = scale(dataset, rows.train)
    x = (dataset.X - mean) / deviation
    return Fold(x, dataset.y, np.ones(len(x)), rows.train, rows.val)


def widths(spec: Sweep, dataset: "Dataset | None") -> tuple[int, ...]:
    """Return the widths of the network, from inputs to classes."""
    if dataset is None:
        return (ARTICLE_INPUTS, *spec.hidden, ARTICLE_CLASSES)
    return (dataset.X.shape[1], *spec.hidden, len(dataset.classes))
