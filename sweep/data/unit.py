"""The unit that a loss takes numbers to predict in, found on the rows of a training part."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kernels.outputs import total_of
from sweep.data.scaling import ROUNDING


class Unit(NamedTuple):
    """What numbers are taken as: ``(y - centre) / scale``.

    Attributes
    ----------
    centre, scale : ndarray of float64, shape (outputs,)
    """

    centre: np.ndarray
    scale: np.ndarray


def unit_of(loss: str, y: np.ndarray, weight: np.ndarray, rows: np.ndarray) -> Unit:
    """Return the unit of a loss: for counts their mean, for others mean and standard deviation.

    A log link needs no centre. What is constant but for rounding, as it may be in one part alone,
    gets the scale 1. Sums are in the order of the rows.

    Parameters
    ----------
    loss : str
        One of numbers.
    y : ndarray of float64, shape (samples, outputs)
    weight : ndarray, shape (samples,)
        What each counts.
    rows : ndarray of int, shape (rows,)
        The samples that it is found on, at least one.
    """
    whole = total_of(len(rows), lambda some: weight[rows[some]])

    def mean_of(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return total_of(
            len(rows), lambda some: (weight[rows[some]] / whole)[:, None] * of(y[rows[some]])
        )

    if loss == "poisson":
        mean = mean_of(lambda some: some)
        return Unit(np.zeros(len(mean)), np.where(mean > 0, mean, 1.0))
    first = y[rows[0]]
    shift = mean_of(lambda some: some - first)  # so that a constant is exactly 0
    ends = np.stack([y[rows].min(axis=0), y[rows].max(axis=0)])
    spread = abs(ends - first - shift).max(axis=0)
    constant = spread <= ROUNDING * abs(ends).max(axis=0)
    peak = np.where(constant, 1.0, spread)
    deviation = peak * np.sqrt(mean_of(lambda some: np.square((some - first - shift) / peak)))
    return Unit(first + shift, np.where(constant, 1.0, deviation))
