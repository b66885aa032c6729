"""What an estimator's ``class_weight`` says."""

import reprlib
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from sweep.errors import InputError


def counts_of(class_weight: Any, classes: np.ndarray) -> np.ndarray | None:
    """Return what each class counts by a dict; None where none is given.

    Raises
    ------
    InputError
        Where it is neither that, nor None, nor "balanced", or names what is no class.
    """
    if class_weight is None or (isinstance(class_weight, str) and class_weight == "balanced"):
        return None
    if not isinstance(class_weight, Mapping):
        raise InputError(
            "`class_weight` should be 'balanced', a dict of what each class counts, or None, not "
            f"{reprlib.repr(class_weight)}"
        )
    if not class_weight:
        raise InputError("`class_weight` names no class: leave it out, or say what some count")
    known = classes.tolist()
    for name, count in class_weight.items():
        if name not in known:
            raise InputError(f"`class_weight` names {name!r}, which is no class of y")
        if not (isinstance(count, Real) and 0 < float(count) < np.inf):
            raise InputError(
                f"`class_weight` of {name!r} should be a number above 0, not {reprlib.repr(count)}"
            )
    return np.array([float(class_weight.get(name, 1.0)) for name in known])
