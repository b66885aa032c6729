"""The data of one seed and fold, outer and inner: split, and scaled by its training part."""

import math
from typing import NamedTuple

import numpy as np

from sweep.data import scaling
from sweep.data.article import CLASS, Article
from sweep.data.counts import balanced, effective
from sweep.data.dataset import Dataset
from sweep.data.scaling import Scaling
from sweep.data.splits import apart, split
from sweep.data.unit import Unit, unit_of
from sweep.specification.several.alternatives import several
from sweep.specification.spec import Specification


class Fold(NamedTuple):
    """Samples, and which of them train, which are held out, and which are for a test.

    Attributes
    ----------
    X : ndarray of float64, or of float32 where an estimator was given it, shape (samples, features)
        Features as they are, the same array for every fold of a data set.
    y : ndarray
        Number of each sample's class, shape (samples,); or what is true of it, in its own unit,
        float64 (samples, outputs).
    weight : ndarray, shape (samples,)
        What each sample counts in the metrics.
    train, val, test : ndarray of int64
        Rows of X.
    scaling : Scaling, optional
        How they become inputs; as they are unless given.
    by_class : ndarray, shape (classes,), optional
        What a sample counts for its class in the loss, beside its weight; None for alike.
    val_from : str
        The time at which the held-out part begins; empty where rows have none.
    test_size : float
        How many rows of one weight and no group the test part is worth; NaN where its rows are.
    unit : Unit, optional
        That in which the loss takes numbers; None for classes, and for yes and no.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    scaling: Scaling | None = None
    by_class: np.ndarray | None = None
    val_from: str = ""
    test_size: float = math.nan
    unit: Unit | None = None

    @property
    def loss_weight(self) -> np.ndarray:
        """What each sample counts in the loss."""
        return self.weight if self.by_class is None else self.weight * self.by_class[self.y]

    @property
    def targets(self) -> np.ndarray:
        """What the loss takes: float64 (samples, 1) of classes, else (samples, outputs)."""
        if self.unit is None:
            return self.y.reshape(len(self.y), -1).astype(np.float64)
        away = self.y - self.unit.centre
        return np.divide(away, self.unit.scale, out=away)

    @property
    def scaled(self) -> bool:
        """Whether inputs are other numbers than features."""
        return self.scaling is not None and not self.scaling.does_nothing

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
    """Return the data of a seed and fold; of the article its sample, as it is.

    The specification is one whose task and loss are those of the data, see
    `sweep.plan.experiment.prepare`.
    """
    train, val, test = parts_of(spec, data, seed, fold, outer)
    if isinstance(data, Article):
        return Fold(data.sample(seed)[None], np.full(1, CLASS), np.ones(1), train, val, test)
    fitted = scaling.fit(spec.scale, data, train)
    weight = np.ones(len(data.y)) if data.weight is None else data.weight
    by_class = None
    if spec.class_weight == "balanced":
        by_class = balanced(data.y[train], weight[train], len(data.classes))
    found = Fold(data.X, data.y, weight, train, val, test, fitted, by_class)
    if spec.task == "numbers":
        found = found._replace(unit=unit_of(str(spec.loss), data.y, weight, train))
    if data.order is not None and len(val):
        found = found._replace(val_from=str(data.order[val].min()))
    if len(test) and (data.weight is not None or data.groups is not None):
        groups = np.arange(len(data.y)) if data.groups is None else data.groups
        found = found._replace(test_size=effective(weight[test], groups[test]))
    return found


class Parts(NamedTuple):
    """Row numbers that train, that are held out, and that are for a test, each sorted."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


def parts_of(
    spec: Specification, data: Dataset | Article, seed: int, fold: int, outer: int = 0
) -> Parts:
    """Return how the rows of a data set are divided for a seed and fold."""
    if isinstance(data, Article):
        none = np.zeros(0, dtype=np.int64)
        return Parts(np.zeros(1, dtype=np.int64), none, none)
    share = spec.test if isinstance(spec.test, float) else 0.0
    rest, test = apart(data, share, outer, spec.outer_folds)
    halved = spec.subsample is not None
    inner = split(data, seed, fold, spec.folds, spec.val_fraction, rest, subsample=halved)
    return Parts(*inner, test)


def widths(spec: Specification, data: Dataset | Article) -> tuple[int, ...]:
    """Return the widths of the network, from inputs to outputs; of several the deepest."""
    return (len(data.features), *deepest(spec), data.outputs)


def deepest(spec: Specification) -> tuple[int, ...]:
    """Return the widths of the hidden layers, of several networks the most layers."""
    return max(several("hidden", spec.hidden), key=len)
