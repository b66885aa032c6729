"""Splits by group and by time as `sweep info --method` tells them, see `tests.method`."""

import math

import numpy as np

from tests.method import running, stream


def by_group(groups, y, seed, fold, folds, fraction, name="split"):
    """Return the rows that train and those that are held out."""
    distinct, classes = np.unique(groups), np.unique(y)
    a = np.array([[np.mean(groups[y == c] == g) for c in classes] for g in distinct])
    order = stream(seed, name).permutation(len(distinct))
    held = np.zeros(len(distinct), dtype=bool)
    if folds:
        of = {}
        h, rows = np.zeros((folds, len(classes))), [0] * folds
        for g in sorted(order, key=lambda g: -running(a[g] ** 2)):
            f = min(range(folds), key=lambda f: (running(h[f] * a[g]), rows[f], f))
            of[g], h[f], rows[f] = f, h[f] + a[g], rows[f] + (groups == distinct[g]).sum()
        held = np.array([of[g] == fold for g in range(len(distinct))])
    else:
        missing = np.full(len(classes), fraction)
        before = None
        while before is None or (before != held).any():
            before = held.copy()
            for g in order:
                step = -a[g] if held[g] else a[g]
                if running(step * (step - 2 * missing)) < -1e-12:
                    held[g], missing = not held[g], missing - step
        if held.all() or not held.any():
            step = -a if held.any() else a
            g = min(order, key=lambda g: running(step[g] * (step[g] - 2 * missing)))
            held[g] = not held[g]
    out = np.isin(groups, distinct[held])
    return np.flatnonzero(~out), np.flatnonzero(out)


def by_time(order, fold, folds, fraction):
    """Return the rows that train and those that are held out."""
    n, row = len(order), np.argsort(order, kind="stable")
    between = [i for i in range(1, n) if order[row[i - 1]] < order[row[i]]]
    size = n // (folds + 1)
    wanted = [n - (folds - f) * size for f in range(folds)] or [n - math.ceil(n * fraction)]
    cuts = [min(between, key=lambda i: abs(i - w)) for w in wanted] + [n]
    return np.sort(row[: cuts[fold]]), np.sort(row[cuts[fold] : cuts[fold + 1]])
