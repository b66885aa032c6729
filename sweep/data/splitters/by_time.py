"""Parts that lie one after the other in time: what is held out is later than what trains.

Their bounds are those of scikit-learn's TimeSeriesSplit, moved to the nearest place between two
different times: rows of one time never stand on both sides.
"""

import math

import numpy as np

from sweep.data.splitters.asked import Asked
from sweep.errors import InputError


def parts(order: np.ndarray, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the rows that train and of those that are held out, each sorted.

    Of n rows a hold-out takes the latest share, rounded up to whole rows. Of K folds each has
    n // (K + 1) rows, the last one the latest, and trains on all that precede it.

    Parameters
    ----------
    order : ndarray, shape (rows,)
        The time of each row: numbers or dates.
    asked : Asked

    Raises
    ------
    InputError
        If there are too few different times.
    """
    n = len(order)
    row = np.argsort(order, kind="stable")
    time = order[row]
    between = np.flatnonzero(time[1:] != time[:-1]) + 1
    if asked.folds:
        size = n // (asked.folds + 1)
        wanted = [n - left * size for left in range(asked.folds, 0, -1)]
        bounds = [_nearest(between, bound) for bound in wanted] if len(between) else []
        if len(set(bounds)) < asked.folds:
            raise asked.too_many(
                f"{asked.name} has too few different values of `order` ({len(between) + 1}), or "
                "too many rows of one of them"
            )
        first, end = [*bounds, n][asked.fold : asked.fold + 2]
    elif asked.fraction:
        if not len(between):
            raise InputError(
                f"{asked.name} has one value of `order`{asked.where}, so no row is later than "
                "another: leave `order` out, or hold nothing out"
            )
        first, end = _nearest(between, n - math.ceil(n * asked.fraction)), n
    else:
        first = end = n
    return np.sort(row[:first]), np.sort(row[first:end])


def _nearest(between: np.ndarray, wanted: int) -> int:
    """Return the place that is nearest to the one wanted, of equals the earlier."""
    return int(between[np.argmin(abs(between - wanted))])
