"""Parts that no group is on both sides of, and that hold the classes in proportion.

Let a_gc be the share of class c that is in group g. A part is as good as its shares h_c of the
classes, the sums of a_gc over its groups, are near to the share F that it should have: by the
squared distance sum_c (h_c - F)^2.

Folds are filled group by group, the largest by sum_c a_gc^2 first, each into the fold f that adds
the least to sum_f sum_c h_fc^2, where sum_c h_fc a_gc is smallest. That is no more than the mean
over the folds adds, so that for K folds the squared distances come to no more than
(1 - 1/K) sum_g sum_c a_gc^2: what chance would give. scikit-learn's StratifiedGroupKFold is greedy
likewise, by the mean of standard deviations.

A hold-out begins empty. Groups in the order drawn come in or go out if that lessens the distance,
round after round until none does. Where that leaves nothing on one side, the group goes there that
adds the least to the distance. It is at most half of sum_g sum_c a_gc^2.

All sums have one order, so that the parts are the same on every machine.
"""

import numpy as np

from sweep.data.splitters.asked import Asked
from sweep.errors import InputError

#: A distance that is less by no more than this is the same, but for rounding.
_SAME = 1e-12


def held_out(
    groups: np.ndarray, y: np.ndarray, asked: Asked, draw: np.random.RandomState
) -> np.ndarray:
    """Tell which rows are held out.

    Parameters
    ----------
    groups, y : ndarray of int64, shape (rows,)
        Group and class of each row.
    asked : Asked
    draw : RandomState
        What the order of the groups comes from.

    Returns
    -------
    ndarray of bool, shape (rows,)

    Raises
    ------
    InputError
        If there are too few groups.
    """
    if not asked.folds and not asked.fraction:
        return np.zeros(len(y), dtype=bool)
    distinct, group = np.unique(groups, return_inverse=True)
    count = len(distinct)
    if count < max(asked.folds, 2):
        what = f"{asked.name} has {count} group{'s'[: count != 1]}"
        if asked.folds:
            raise asked.too_many(what)
        raise InputError(
            f"{what}{asked.where}, and what is held out needs one of its own: leave `groups` out, "
            "or hold nothing out"
        )
    shares = _shares(group, y, count)
    order = draw.permutation(count)
    if asked.folds:
        return _folds(shares, np.bincount(group), order, asked.folds)[group] == asked.fold
    return _hold_out(shares, order, asked.fraction)[group]


def _shares(group: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
    """Return a, shape (groups, classes), of the classes that there are."""
    _, label = np.unique(y, return_inverse=True)
    classes = int(label.max()) + 1
    held = np.bincount(group * classes + label, minlength=count * classes)
    held = held.reshape(count, classes)
    return held / held.sum(axis=0)


def _folds(shares: np.ndarray, sizes: np.ndarray, order: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold of each group."""
    weight = np.square(shares).cumsum(axis=1)[:, -1]
    found = np.zeros(len(shares), dtype=np.int64)
    held = np.zeros((folds, shares.shape[1]))
    rows = np.zeros(folds, dtype=np.int64)
    for group in order[np.argsort(-weight[order], kind="stable")]:
        adds = (held * shares[group]).cumsum(axis=1)[:, -1]
        fold = np.lexsort((rows, adds))[0]  # of equals the one with the fewest rows: an empty one
        found[group] = fold
        held[fold] += shares[group]
        rows[fold] += sizes[group]
    return found


def _hold_out(shares: np.ndarray, order: np.ndarray, fraction: float) -> np.ndarray:
    """Tell which groups are held out: one at the least, and never all."""
    held = np.zeros(len(shares), dtype=bool)
    missing = np.full(shares.shape[1], fraction)

    def further(step: np.ndarray) -> np.ndarray:
        """By how much the squared distance grows where the held-out part does by a step."""
        return (step * (step - 2 * missing)).cumsum(axis=-1)[..., -1]

    moved = True
    while moved:
        moved = False
        for group in order:
            step = -shares[group] if held[group] else shares[group]
            if further(step) < -_SAME:
                held[group] = not held[group]
                missing = missing - step
                moved = True
    if held.all() or not held.any():
        step = -shares[order] if held.any() else shares[order]
        held[order[np.argmin(further(step))]] ^= True
    return held
