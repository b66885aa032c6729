"""The data of one seed and fold, outer and inner: split, and scaled by its training part."""

from typing import NamedTuple

import numpy as np

from sweep.data import scaling
from sweep.data.article import CLASS, Article
from sweep.data.counts import balanced
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
        What each sample counts in the metrics.
    train, val, test : ndarray of int64
        Rows of X.
    scaling : Scaling, optional
        How they become inputs; as they are unless given.
    by_class : ndarray, shape (classes,), optional
        What it counts for its class in the loss, beside that; None for alike.
    begins : str
        The time at which the held-out part begins; empty where rows have none.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    scaling: Scaling | None = None
    by_class: np.ndarray | None = None
    begins: str = ""

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

    @property
    def loss_weight(self) -> np.ndarray:
        """What each sample counts in the loss."""
        return self.weight if self.by_class is None else self.weight * self.by_class[self.y]


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
    weight = np.ones(len(data.y)) if data.weight is None else data.weight
    by_class = None
    if spec.class_weight == "balanced":
        by_class = balanced(data.y[rows.train], weight[rows.train], len(data.classes))
    begins = ""
    if data.order is not None and len(rows.val):
        begins = str(data.order[rows.val].min())
    return Fold(data.X, data.y, weight, *rows, test, fitted, by_class, begins)


def widths(spec: Specification, data: Dataset | Article) -> tuple[int, ...]:
    """Return the widths of the network, from inputs to classes."""
    return (len(data.features), *spec.hidden, len(data.classes))
