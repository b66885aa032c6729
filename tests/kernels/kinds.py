"""Kinds of code that tests have compiled: few enough, and each choice in some."""

from collections.abc import Iterable
from itertools import cycle

from tests.kernels.packing import OPTIMIZERS


def kinds(name: str, values: Iterable) -> list[dict]:
    """Return kinds of code to compile, one for each value of an option.

    Steps and precisions take turns: every one with each value and lane width would be compiled for
    minutes, and they have nothing to do with one another.
    """
    turns = (False, "float64"), (True, "float32"), (False, "float32"), (True, "float64")
    return [
        {name: value, "proximal": proximal, "precision": precision}
        for value, (proximal, precision) in zip(values, cycle(turns), strict=False)
    ]


def kinds_and_widths(name: str, values: Iterable) -> list[tuple[dict, int]]:
    """Return such kinds, each in the least or the most lanes; either step and precision in both.

    Widths between are other processors', with all that `tests.recorded` has.
    """
    return list(zip(kinds(name, values), cycle((1, 1, 16, 16)), strict=False))


#: Each optimizer with either step.
EITHER_STEP = kinds("optimizer", [optimizer for optimizer in OPTIMIZERS for _ in (False, True)])
