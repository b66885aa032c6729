"""Functional ANOVA of a full grid: exact, by its definition.

A function of the axes is the sum of its mean, of what each axis alone adds to it (its mean over
all other axes, less what is explained so far), of what each pair adds to that, and so on. On a
grid whose points count alike these parts have no covariance, so that their variances add up to
that of the function (Sobol, 1993; Hooker, 2004).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: An axis, or a pair of them, by their numbers.
Term = tuple[int, ...]


def variances(values: NDArray[np.float64]) -> dict[Term, float]:
    """Return the variance of what each axis adds, and each pair; of all others together under ().

    Parameters
    ----------
    values : ndarray of float64, shape (levels of the first axis, of the second, ...)
    """
    every = range(values.ndim)
    values = values - values.mean()

    def mean(*kept: int) -> NDArray[np.float64]:
        return values.mean(axis=tuple(i for i in every if i not in kept))

    alone = [mean(i) for i in every]
    found: dict[Term, float] = {(i,): float((alone[i] ** 2).mean()) for i in every}
    for i, j in combinations(every, 2):
        both = mean(i, j) - alone[i][:, None] - alone[j]
        found[i, j] = float((both**2).mean())
    return found | {(): max(float((values**2).mean()) - sum(found.values()), 0.0)}


def freedom(shape: tuple[int, ...]) -> dict[Term, int]:
    """Return in how many directions each of those parts may vary, of a grid of this shape."""
    found: dict[Term, int] = {
        term: int(np.prod([shape[i] - 1 for i in term]))
        for count in (1, 2)
        for term in combinations(range(len(shape)), count)
    }
    return found | {(): int(np.prod(shape)) - 1 - sum(found.values())}
