"""Greedy selection with replacement: which networks are best together.

R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes (2004). Ensemble selection from libraries of
models.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Numbers that are averaged at a time.
_ROOM = 2**22


class Picked(NamedTuple):
    """What was chosen.

    Attributes
    ----------
    order : list of int
        The candidate of each pick; one may come again.
    cost : float
        What they cost together.
    """

    order: list[int]
    cost: float


def greedy(
    said: NDArray,
    cost: Callable[[NDArray], NDArray],
    picks: int,
    turn: Callable[[int], NDArray] | None = None,
) -> Picked:
    """Add, one after another, the candidate with which the mean of all so far costs least.

    Of candidates that cost the same it is the first. None is so bad that all picks are not made:
    one that is good already can be picked again.

    Parameters
    ----------
    said : ndarray of float64, shape (candidates, rows, outputs)
        What each candidate predicts of each row.
    cost : callable
        Gives what predictions cost, shape (some,), from an array of shape (some, rows, outputs).
    picks : int
        1 or more.
    turn : callable, optional
        Gives by the number of a pick, from 0, of which row each row has what is said then, int64
        (rows,); see `sweep.models.ensemble.turns`. Unless given each has its own.
    """
    order: list[int] = []
    total = np.zeros(said.shape[1:])
    few = max(_ROOM // max(total.size, 1), 1)
    for pick in range(picks):
        rows = slice(None) if turn is None else turn(pick)
        each = [
            cost((total + said[first : first + few][:, rows]) / (pick + 1))
            for first in range(0, len(said), few)
        ]
        costs = np.concatenate(each)
        order.append(int(np.where(np.isnan(costs), np.inf, costs).argmin()))
        total += said[order[-1]][rows]
    return Picked(order, float(costs[order[-1]]))
