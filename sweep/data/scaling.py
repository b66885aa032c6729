"""Scaling: how features become the inputs of a network, fitted on the rows of a training part.

All of it is comparing, sorting and +, -, *, / and square roots, in an order that nobody else
chooses: the same bits on every processor. Each row counts once, whatever it weighs in the loss.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

import numpy as np

from sweep.data.dataset import Dataset
from sweep.data.inverse_normal import inverse_normal
from sweep.errors import InputError

ROUNDING = 8 * np.finfo(np.float64).eps  # a spread this small beside the values is no spread

#: Quantiles that a distribution is told by, at the most; scikit-learn's number.
_QUANTILES = 1000

#: How near to 0 and 1 the share below a value may come: the least score is -5.2.
NEAREST = 1e-7

#: Numbers that are worked on at a time, so that what is made on the way stays small.
_BLOCK = 2**21


class Scaling(NamedTuple):
    """What a training part says of some features; called, it gives the inputs of any rows.

    What is missing is filled in; where there are quantiles, a value becomes the normal score of
    its place among them; and the input is ``(x - mean) / scale``.

    Attributes
    ----------
    mean, scale : ndarray of float64, shape (features,)
    fill : ndarray of float64, shape (features,), or None
        What stands for a missing value: NaN where a feature has none, None where no feature has.
    quantiles : ndarray of float64, shape (quantiles, features), or None
        Evenly spaced ones, from the smallest value to the largest.
    """

    mean: np.ndarray
    scale: np.ndarray
    fill: np.ndarray | None = None
    quantiles: np.ndarray | None = None

    @classmethod
    def nothing(cls, features: int) -> Self:
        """Return the scaling that leaves some features as they are."""
        return cls(np.zeros(features), np.ones(features))

    def __call__(self, X: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return the inputs of rows of X; ``out`` is written to where there is one."""
        found = np.empty(X.shape) if out is None else out
        for rows in _blocks(*X.shape):
            x = X[rows]
            if self.fill is not None:
                x = np.where(np.isnan(x), self.fill, x)
            if self.quantiles is not None:
                columns = zip(x.T, self.quantiles.T, strict=True)
                x = np.stack([_scores(*column) for column in columns], axis=1)
            found[rows] = (x - self.mean) / self.scale
        return found

    @property
    def does_nothing(self) -> bool:
        """Whether inputs are the features as they are."""
        moved = self.mean.any() or (self.scale != 1).any()
        return self.fill is None and self.quantiles is None and not moved

    def take(self, chosen: np.ndarray) -> Self:
        """Return the scaling of some of the features."""
        mean, scale, fill, quantiles = self
        return type(self)(
            mean[chosen],
            scale[chosen],
            None if fill is None else fill[chosen],
            None if quantiles is None else quantiles[:, chosen],
        )


def fit(kind: str, dataset: Dataset, train: np.ndarray) -> Scaling:
    """Fit a scaling to the rows ``train`` of a data set.

    Parameters
    ----------
    kind : {"standard", "robust", "quantile", "none"}
        By mean and standard deviation; by median and interquartile range; by normal scores; or
        none, which fills in what is missing and no more.
    dataset : Dataset
    train : ndarray of int64, shape (n_train,)
        At least one row.

    Raises
    ------
    InputError
        Where a feature's spread is beyond the largest number.
    """
    X, features = dataset.X, dataset.X.shape[1]
    missing = np.isnan(X.max(axis=0))
    if kind == "none" and not missing.any():
        return Scaling.nothing(features)
    fill = np.full(features, np.nan)
    of_block = []
    for columns in _blocks(features, len(train)):
        values = X[:, columns][train].astype(np.float64, copy=False)
        for place in np.flatnonzero(missing[columns]):
            fill[columns][place] = _fill_in(values[:, place])
        of_block.append(_KINDS[kind](values))
    mean, scale, quantiles = (np.concatenate(one, axis=-1) for one in zip(*of_block, strict=True))
    if not np.isfinite(scale).all():
        worst = dataset.features[int(np.argmin(np.isfinite(scale)))]
        raise InputError(
            f"feature {worst!r} of {dataset.name} is too large to be scaled: divide it by its "
            "largest value first"
        )
    return Scaling(
        mean, scale, fill if missing.any() else None, quantiles if len(quantiles) else None
    )


def filling_any_number(found: Scaling, dataset: Dataset, train: np.ndarray) -> Scaling:
    """Return a scaling that fills in every number, also one that no row of the data set lacks.

    New rows may lack it.
    """
    fill = np.full(len(found.mean), np.nan) if found.fill is None else found.fill.copy()
    first = 0
    for variable in dataset.variables:
        if variable.levels is None and np.isnan(fill[first]):
            fill[first] = _fill_in(dataset.X[train, first])
        first += len(variable.features)
    return found._replace(fill=fill)


def _blocks(count: int, size: int) -> Iterator[slice]:
    """Yield slices of so many things of that size each."""
    at_once = max(_BLOCK // max(size, 1), 1)
    for first in range(0, count, at_once):
        yield slice(first, min(first + at_once, count))


def _fill_in(values: np.ndarray) -> float:
    """Put the median of a feature, 0 if it has no value, where it is missing, in place."""
    missing = np.isnan(values)
    known = np.sort(values[~missing])
    median = float(_quantile(known, 1, 2)) if len(known) else 0.0
    values[missing] = median
    return median


def _standard(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return mean and standard deviation; a feature that is constant but for rounding gets 1."""
    size = np.abs(rows).max(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        base = rows[0].copy()
        rows -= base  # so that a constant feature is exactly 0
        shift = _sum(rows) / len(rows)
        mean = base + shift
        rows -= shift
        spread = np.abs(rows).max(axis=0)
        constant = spread <= ROUNDING * size
        peak = np.where(constant, 1.0, spread)
        rows /= peak  # so that no square overflows or vanishes
        deviation = peak * np.sqrt(_sum(np.square(rows)) / len(rows))
    return mean, np.where(constant, 1.0, deviation), np.empty((0, len(mean)))


def _robust(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the median and the range of the middle half; where that is 0, the scale is 1."""
    rows.sort(axis=0)
    size = np.maximum(np.abs(rows[0]), np.abs(rows[-1]))
    first, median, third = (_quantile(rows, quarter, 4) for quarter in (1, 2, 3))
    with np.errstate(over="ignore", invalid="ignore"):
        middle_half = third - first
    scale = np.where(middle_half <= ROUNDING * size, 1.0, middle_half)
    return median, scale, np.empty((0, len(median)))


def _scored(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return quantiles from the smallest value to the largest."""
    rows.sort(axis=0)
    parts = max(min(_QUANTILES, len(rows)), 2) - 1
    quantiles = np.stack([_quantile(rows, part, parts) for part in range(parts + 1)])
    with np.errstate(over="ignore"):
        spread = rows[-1] - rows[0]
    return np.zeros(len(spread)), np.where(np.isfinite(spread), 1.0, spread), quantiles


def _unscaled(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    features = rows.shape[1]
    return np.zeros(features), np.ones(features), np.empty((0, features))


_KINDS: dict[str, Callable[[np.ndarray], tuple[np.ndarray, ...]]] = {
    "standard": _standard,
    "robust": _robust,
    "quantile": _scored,
    "none": _unscaled,
}


def _quantile(rows: np.ndarray, part: int, parts: int) -> np.ndarray:
    """Return the ``part / parts`` quantile of sorted rows, between the two nearest to it.

    Written so that between equal values it is that value, and never falls as ``part`` rises.
    """
    place, rest = divmod(part * (len(rows) - 1), parts)
    low, high = rows[place], rows[min(place + 1, len(rows) - 1)]
    with np.errstate(over="ignore", invalid="ignore"):
        return low + (high - low) * (rest / parts)


def _scores(x: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the normal scores of a feature's values.

    A value that many rows share stands where the middle of them does.
    """
    last = len(quantiles) - 1
    x = np.minimum(np.maximum(x, quantiles[0]), quantiles[last])
    place = np.searchsorted(quantiles, x, side="right") - 1  # of the last one that x reaches
    low, high = quantiles[place], quantiles[np.minimum(place + 1, last)]
    shared = shared_places(quantiles)
    above = (x - low) / np.where(x > low, high - low, 1.0)
    share = np.where(x > low, place + above, shared[place]) / last
    return inverse_normal(np.minimum(np.maximum(share, NEAREST), 1 - NEAREST))


def shared_places(quantiles: np.ndarray) -> np.ndarray:
    """Return where a value stands that is equal to a quantile: in the middle of all it equals."""
    return (np.searchsorted(quantiles, quantiles) + np.arange(len(quantiles))) / 2


def _sum(rows: np.ndarray) -> np.ndarray:
    """Add rows up, the second half to the first, until one is left.

    How NumPy's own sums group their terms is not promised to be the same on every CPU; adding one
    row to another leaves no choice, so this tree gives the same bits everywhere. It is as exact
    as a pairwise sum, and for 100 000 rows of 30 takes 3 ms, where np.add.accumulate takes 16
    and math.fsum 200.
    """
    while len(rows) > 1:
        half = (len(rows) + 1) // 2
        total = rows[:half].copy()
        total[: len(rows) - half] += rows[half:]
        rows = total
    return rows[0]
