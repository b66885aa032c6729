"""What samples count: for their class, and all together."""

import numpy as np


def balanced(y: np.ndarray, weight: np.ndarray, classes: int) -> np.ndarray:
    """Return by class what makes all that there are count alike: n / (classes * count of class).

    As scikit-learn's ``class_weight="balanced"``: n and counts are sums of the weights, and the
    mean over the samples is 1. A class that has no sample here counts 1.

    Parameters
    ----------
    y : ndarray of int64, shape (samples,)
    weight : ndarray, shape (samples,)
        What each sample counts beside its class, above 0.
    classes : int
    """
    count = np.bincount(y, weights=weight, minlength=classes)
    there = count > 0
    total = count.cumsum()[-1]
    return np.divide(total, there.sum() * count, out=np.ones(classes), where=there)


def effective(weight: np.ndarray, groups: np.ndarray) -> float:
    """Return how many rows of one weight, each of its own, some rows are worth.

    That is Kish's (sum w)^2 / sum w^2, where w is what a group counts together: rows of one group
    may be as alike as one.

    Parameters
    ----------
    weight : ndarray, shape (rows,)
    groups : ndarray of int64, shape (rows,)
    """
    _, place = np.unique(groups, return_inverse=True)
    together = np.bincount(place, weights=weight)
    total, squares = (values.cumsum()[-1] for values in (together, np.square(together)))
    return float(total * total / squares)
