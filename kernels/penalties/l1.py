"""The L1 penalty of one parameter: l1 |w|.

gradient(w) = l1 sign(w)                 with sign(0) = 0: a subgradient
prox(w)     = sign(w) max(|w| - t, 0)    the proximal step of t |w|, which gives exact zeros
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import broadcast, copysign, emitted, select


@emitted()
def add_gradient(g, w, l1):
    """Return g with a subgradient of l1 |w| added."""
    return g + select(w == 0.0, 0.0, copysign(l1, w))


@emitted()
def prox(w, threshold):
    """Return the proximal step of threshold |w|: w moved towards zero, and not beyond."""
    left = abs(w) - threshold
    return select(left <= 0.0, 0.0, copysign(left, w))


@kernel
def value(weights, first, last):
    """Return the sum of |w| over ``weights[first:last]``."""
    total = broadcast(weights[first], 0.0)
    for i in range(first, last):
        total = total + abs(weights[i])
    return total
