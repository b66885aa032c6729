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
