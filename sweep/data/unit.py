"""The unit that a loss takes numbers to predict in, found on the rows of a training part."""

from typing import NamedTuple

import numpy as np

from sweep.data.scaling import ROUNDING


class Unit(NamedTuple):
    """What numbers are taken as: ``(y - centre) / scale``.

    Attributes
    ----------
    centre, scale : ndarray of float64, shape (outputs,)
    """

    centre: np.ndarray
    scale: np.ndarray


def unit_of(loss: str, y: np.ndarray, weight: np.ndarray) -> Unit:
    """Return the unit of a loss: for counts their mean, for others mean and standard deviation.

    A log link needs no centre. What is constant but for rounding, as it may be in one part alone,
    gets the scale 1. Sums are in the order of the rows.

    Parameters
    ----------
    loss : str
        One of numbers.
    y : ndarray of float64, shape (rows, outputs)
        At least one row.
    weight : ndarray, shape (rows,)
        What each counts.
    """
    share = (weight / weight.cumsum()[-1])[:, None]
    if loss == "poisson":
        mean = _total(share * y)
        return Unit(np.zeros(len(mean)), np.where(mean > 0, mean, 1.0))
    away = y - y[0]  # so that a constant is exactly 0
    shift = _total(share * away)
    away -= shift
    spread = abs(away).max(axis=0)
    constant = spread <= ROUNDING * abs(y).max(axis=0)
    peak = np.where(constant, 1.0, spread)
    deviation = peak * np.sqrt(_total(share * np.square(away / peak)))
    return Unit(y[0] + shift, np.where(constant, 1.0, deviation))


def _total(values: np.ndarray) -> np.ndarray:
    """Sum over the rows, in their order; NumPy's own sum may change that with the shape."""
    return values.cumsum(axis=0)[-1]
