"""A function of a Lane, done to many of an array, four at a time."""

from collections.abc import Callable

from numba.core import types

from kernels.lane.compiled import kernel
from kernels.lane.operations import Traced, lowered


def in_fours(function: Callable) -> Callable:
    """Return ``of_each(x, first, last)``: replace ``x[first:last]`` by what a function gives.

    The function is an `emitted` one, of a Lane; it is done in place.
    """

    def of_four(a, b, c, d):
        return function(a), function(b), function(c), function(d)

    @lowered(4, lambda lane: types.UniTuple(lane, 4), numbers=False)(of_four)
    def _emit(builder, lane, *values):
        # Operation by operation, so that none waits for the one before it.
        return function(Traced(builder, lane, list(values))).values

    @kernel
    def of_each(x, first, last):
        fours = (last - first) // 4
        for four in range(fours):
            i = first + 4 * four
            x[i], x[i + 1], x[i + 2], x[i + 3] = of_four(x[i], x[i + 1], x[i + 2], x[i + 3])
        for i in range(first + 4 * fours, last):
            x[i] = function(x[i])

    return of_each
