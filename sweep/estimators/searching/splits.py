"""The splits of a search, by number of row, as `cv` gives them."""

import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv

from sweep.errors import InputError

#: Rows to train on, and rows to test on.
Split = tuple[np.ndarray, np.ndarray]


def splits_of(cv: Any, X: Any, y: Any, classifier: bool, further: Mapping[str, Any]) -> list[Split]:
    """Return the splits that `cv` gives of data as they were given to a search.

    Raises
    ------
    InputError
        If there is none, or not as many as `cv` says.
    """
    splitter = check_cv(cv, y, classifier=classifier)
    expected = splitter.get_n_splits(X, y, **further)
    splits = splitter.split(X, y, **further)
    try:
        found = [(_numbers(training), _numbers(test)) for training, test in splits]
    except TypeError:
        raise InputError(
            "`cv` should be a number of folds, a splitter, or pairs of the samples to train on and "
            f"those to test, not {reprlib.repr(cv)}"
        ) from None
    if not found:
        raise InputError(
            "No fits were performed. Was the CV iterator empty? `cv` gives no split: an iterator "
            "that was used before has none left, so give a list of its splits, or a splitter"
        )
    if len(found) != expected:
        raise InputError(
            "cv.split and cv.get_n_splits return inconsistent results. Expected "
            f"{expected} splits, got {len(found)}"
        )
    return found


def _numbers(rows: Any) -> np.ndarray:
    """Return the rows of a split, which may be given as a mask, as numbers."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows
