"""The data of one seed and fold, outer and inner: split, and scaled by its training part."""

from typing import NamedTuple

import numpy as np

from sweep.data import scaling
from sweep.data.article import CLASS, Article
from sweep.data.dataset import Dataset
from sweep.data.scaling import Scaling
from sweep.data.splits import apart, split
from sweep.specification.spec import Specification


class Fold(NamedTuple):
    """Samples, and which of them train, which are held out, and which are for a test.

    Attributes
    ----------
    X : ndarray of float64, shape (samples, features)
        Features as they are, the same array for every fold of a data set.
    y : ndarray, shape (samples,)
        Number of each sample's class.
    weight : ndarray, shape (samples,)
        What each sample counts in the loss and the metrics.
    train, val, test : ndarray of int64
        Rows of X.
    scaling : Scaling, optional
        How they become inputs; as they are unless given.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    scaling: Scaling | None = None

    @property
    def x(self) -> np.ndarray:
        """Inputs of the network, float64 (samples, features): made when asked for."""
        return self.write_inputs(np.empty(self.X.shape))

    def write_inputs(self, out: np.ndarray) -> np.ndarray:
        """Write the inputs to an array of any precision, and return it."""
        if self.scaling is None:
            out[...] = self.X
            return out
        return self.scaling(self.X, out)


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
    fitted = scaling.fit(spec.scale, data, rows.train)
    return Fold(data.X, data.y, np.ones(len(data.y)), rows.train, rows.val, test, fitted)


def widths(spec: Specification, data: Dataset | Article) -> tuple[int, ...]:
    """Return the widths of the network, from inputs to classes."""
    return (len(data.features), *spec.hidden, len(data.classes))
