"""The L2 penalty of one parameter: l2 w^2, and no one half in it; its gradient is 2 l2 w."""

from kernels.lane.compiled import kernel
from kernels.lane.operations import broadcast, emitted, fma


@emitted()
def add_gradient(g, w, l2):
    """Return g with the gradient of l2 w^2 added."""
    return fma(l2 + l2, w, g)


@kernel
def value(weights, first, last):
    """Return the sum of w^2 over ``weights[first:last]``."""
    total = broadcast(weights[first], 0.0)
    for i in range(first, last):
        w = weights[i]
        total = fma(w, w, total)
    return total
