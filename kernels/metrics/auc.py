"""The area under the ROC curve: how likely a sample of a class has a higher probability of it.

Higher than one that is not of the class; of equal ones half count. Of two classes it is that of the
last one; of more the mean over the classes, each against the rest. It is not defined where a class
has no sample that counts, or all.
"""

import numpy as np

from kernels.outputs import Outputs, ratio, total


def score(outputs: Outputs) -> np.ndarray:
    """Return what each run reaches."""
    classes = range(outputs.classes) if outputs.classes > 2 else [outputs.classes - 1]
    areas = [_area(outputs, c) for c in classes]
    return total(np.stack(areas, axis=1)) / len(areas)


def _area(outputs: Outputs, c: int) -> np.ndarray:
    """Return the area of a class against the rest, by the trapezoids between distinct values."""
    p, of_class = outputs.probabilities[:, c], outputs.labels == c
    order = p.argsort(axis=1, kind="stable")
    p, of_class, weight = (
        np.take_along_axis(array, order, axis=1) for array in (p, of_class, outputs.weight)
    )
    ends = np.ones(p.shape, dtype=bool)
    ends[:, :-1] = p[:, 1:] != p[:, :-1]
    (below, up), (before, across) = (
        _reached(np.where(chosen, weight, 0), ends) for chosen in (of_class, ~of_class)
    )
    twice = total((up - below) * (across + before))
    known = ~np.isnan(p).any(axis=1)
    return np.where(known, ratio(twice, 2 * up[:, -1] * across[:, -1], np.nan), np.nan)


def _reached(weight: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the running sum before and after each sample, equal ones being taken at their end."""
    after = np.maximum.accumulate(np.where(ends, weight.cumsum(axis=1), 0), axis=1)
    before = np.zeros(after.shape)
    before[:, 1:] = after[:, :-1]
    return before, after
