"""Two halves of the rows that have none in common, and hold the classes in proportion.

They are the complementary pairs of Shah and Samworth (Variable selection with error control, 2013).
"""

import numpy as np

from sweep.data.splitters.asked import Asked
from sweep.errors import InputError


def halves(
    y: np.ndarray, classes: tuple[str, ...], asked: Asked, draw: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of two halves, each sorted and of as many rows; of an odd one is in neither.

    Parameters
    ----------
    y : ndarray of int64, shape (rows,)
        Class of each row; 0 where there are none.
    classes : tuple of str
        Their names.
    asked : Asked
    draw : RandomState
        What the order within each class comes from.

    Raises
    ------
    InputError
        If a class has one row, or there is but one.
    """
    counts = np.bincount(y)
    if (counts == 1).any():
        which = f"class {classes[int(np.argmax(counts == 1))]!r} of " if classes else ""
        raise InputError(
            f"{which}{asked.name} has one row{asked.where}, and `subsample` trains on either of "
            "two halves: leave it out, or give more rows"
        )
    order = draw.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]  # class after class, shuffled within each
    first, second = order[0::2], order[1::2]
    if len(first) > len(second):
        more, fewer = (np.bincount(y[half], minlength=len(counts)) for half in (first, second))
        spare = np.flatnonzero(y[first] == np.argmax(more - fewer))[-1]
        first = np.delete(first, spare)
    return np.sort(first), np.sort(second)
