"""Functional ANOVA of a sample: of what a random forest has learnt of it.

Each leaf of a tree is a box of levels with one value, so the mean of the forest over all other axes
is a sum over boxes, exact for the forest (Hutter, Hoos and Leyton-Brown, 2014). A level counts as
often as it was drawn. How sure the shares are is seen from forests that each grow on cells drawn
anew from the sample, with replacement.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from results.cells.importance.anova import Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Trees of the forest, forests beside it that say how sure it is, and the trees of each.
_TREES, _AGAIN, _FEWER = 64, 10, 20

#: Points at which the variance of a forest is taken.
_POINTS = 2**12


class Grown(NamedTuple):
    """What a forest says.

    Attributes
    ----------
    shares : dict
        Of the variance of the forest, of each axis and pair; of all others together under ().
    errors : dict
        The standard deviation of each share over forests on cells drawn anew.
    explained : float
        Share of the variance of cells that trees explain which have not seen them.
    """

    shares: dict[Term, float]
    errors: dict[Term, float]
    explained: float


def grow(code: NDArray[np.int64], sizes: list[int], values: NDArray[np.float64]) -> Grown:
    """Fit a forest, and see how its variance is shared.

    Parameters
    ----------
    code : ndarray of int64, shape (cells, axes)
        The level of each cell on each axis.
    sizes : list of int
        How many levels each axis has.
    values : ndarray of float64, shape (cells,)
    """
    from sklearn.ensemble import RandomForestRegressor

    draw = np.random.default_rng(0)
    weights = [
        np.bincount(level, minlength=size) / len(code)
        for level, size in zip(code.T, sizes, strict=True)
    ]
    points = np.stack([draw.choice(len(some), _POINTS, p=some) for some in weights], axis=1)

    def shares(forest: RandomForestRegressor) -> dict[Term, float]:
        found = _variances([tree.tree_ for tree in forest.estimators_], weights)
        whole = max(float(forest.predict(points).var()), sum(found.values()))
        rest = {(): whole - sum(found.values())}
        return {term: part / whole if whole else 0.0 for term, part in (found | rest).items()}

    forest = RandomForestRegressor(_TREES, oob_score=True, random_state=0).fit(code, values)
    again = []
    for seed in range(_AGAIN):
        some = draw.integers(len(code), size=len(code))
        other = RandomForestRegressor(_FEWER, random_state=seed).fit(code[some], values[some])
        again.append(shares(other))
    found = shares(forest)
    errors = {term: float(np.std([one[term] for one in again], ddof=1)) for term in found}
    return Grown(found, errors, float(forest.oob_score_))


def _variances(trees: list, weights: list[NDArray[np.float64]]) -> dict[Term, float]:
    """Return the variance of what each axis adds to the mean of some trees, and each pair."""
    every = range(len(weights))
    alone = [np.zeros(len(some)) for some in weights]
    both = {(i, j): np.zeros((len(weights[i]), len(weights[j]))) for i, j in combinations(every, 2)}
    for tree in trees:
        value, inside = _leaves(tree, [len(some) for some in weights])
        share = np.stack([held @ some for held, some in zip(inside, weights, strict=True)])
        value = value / len(trees)
        for i in every:
            alone[i] += (value * np.delete(share, i, axis=0).prod(axis=0)) @ inside[i]
        for i, j in both:
            other = value * np.delete(share, (i, j), axis=0).prod(axis=0)
            both[i, j] += inside[i].T @ (other[:, None] * inside[j])
    mean = float(alone[0] @ weights[0])
    alone = [line - mean for line in alone]
    found: dict[Term, float] = {(i,): float(alone[i] ** 2 @ weights[i]) for i in every}
    for (i, j), plane in both.items():
        added = plane - mean - alone[i][:, None] - alone[j]
        found[i, j] = float(weights[i] @ added**2 @ weights[j])
    return found


def _leaves(tree: Any, sizes: list[int]) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return the value of each leaf, and for each axis which levels are in it, [leaf, level]."""
    low = np.zeros((tree.node_count, len(sizes)), dtype=np.int64)
    high = np.tile(np.array(sizes), (tree.node_count, 1))
    above = np.zeros(1, dtype=np.int64)  # from the root down, a generation at a time
    while len(above := above[tree.children_left[above] >= 0]):
        left, right, axis = (
            part[above] for part in (tree.children_left, tree.children_right, tree.feature)
        )
        low[left] = low[right] = low[above]
        high[left] = high[right] = high[above]
        high[left, axis] = low[right, axis] = tree.threshold[above].astype(np.int64) + 1
        above = np.concatenate((left, right))
    leaf = tree.children_left < 0
    inside = [
        (np.arange(size) >= low[leaf, axis, None]) & (np.arange(size) < high[leaf, axis, None])
        for axis, size in enumerate(sizes)
    ]
    return tree.value[leaf, 0, 0], [held.astype(np.float64) for held in inside]
