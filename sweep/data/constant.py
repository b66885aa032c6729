"""The best constant: what predicts numbers and answers best without a look at the inputs.

All is in the unit in which the loss takes its targets, see `sweep.data.fold.Fold.targets`, and is
what is predicted: with a log link the mean, of yes and no the share of yes. Sums are in the order
of the samples.
"""

from collections.abc import Callable

import numpy as np

from kernels.metrics.log_loss import logarithms
from kernels.outputs import total_of


def best_constant(
    loss: str, targets: np.ndarray, weight: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Return what costs least all together, a number an output.

    Parameters
    ----------
    loss : str
        One that takes each output by itself.
    targets : ndarray of float64, shape (samples, outputs)
    weight : ndarray, shape (samples,)
        What each sample counts, above 0.
    rows : ndarray of int, shape (rows,)
        The samples that it is to cost least on.
    """
    if loss in _BY_RANK:
        some, counts = targets[rows], weight[rows]
        return np.array([_BY_RANK[loss](y, counts) for y in some.T])
    sums = total_of(len(rows), lambda i: weight[rows[i], None] * targets[rows[i]])
    return sums / total_of(len(rows), lambda i: weight[rows[i]])


def costs(loss: str, constant: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return what a constant costs on each sample and output, where these are numbers."""
    away = abs(constant - targets)
    if loss == "absolute":
        return away
    if loss == "poisson":
        known = (targets > 0) & (constant > 0)
        ratio = np.divide(targets, constant, out=np.ones(targets.shape), where=known)
        found = targets * logarithms(ratio) - targets + constant
        return np.where((targets > 0) & ~known, np.inf, found)
    return np.where((away > 1) & (loss == "huber"), away + away - 1, away * away)


def _median(y: np.ndarray, weight: np.ndarray) -> float:
    """Return the weighted median; where every number between two is one, their middle."""
    distinct, place = np.unique(y, return_inverse=True)
    up_to = np.bincount(place, weights=weight).cumsum()
    first, last = (2 * up_to < up_to[-1]).sum(), (2 * up_to <= up_to[-1]).sum()
    return float((distinct[first] + distinct[last]) / 2)


def _huber(y: np.ndarray, weight: np.ndarray) -> float:
    """Return where the pulls of all samples are even, each cut off at 1.

    Between two ends of what some sample's pull grows in, the sum of all is a line: the two about
    its zero are found by halving.
    """

    def pull(c: float) -> float:
        return _total(weight * np.clip(c - y, -1, 1))

    first, last = y - 1, y + 1
    ends = np.unique(np.concatenate([first, last]))
    low, high = 0, len(ends) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if pull(ends[middle]) < 0 else (low, middle)
    growing = (first <= ends[low]) & (last >= ends[high])
    if not growing.any():  # even all along, but for rounding
        return float((ends[low] + ends[high]) / 2)
    cut_off = (first >= ends[high]) * 1.0 - (last <= ends[low])
    return _total(weight * np.where(growing, y, cut_off)) / _total(weight * growing)


def _total(values: np.ndarray) -> float:
    return float(values.cumsum()[-1])


#: Of other losses it is the mean.
_BY_RANK: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "absolute": _median,
    "huber": _huber,
}
