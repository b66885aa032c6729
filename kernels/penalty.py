"""The L1 and L2 penalties of one parameter: value and gradient.

value(w)    = l1 |w| + l2 w^2
gradient(w) = l1 sign(w) + 2 l2 w        with sign(0) = 0, a subgradient of the L1 part
prox(w)     = sign(w) max(|w| - t, 0)    the proximal step of t |w|, which gives exact zeros
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import broadcast, copysign, emitted, fma, select


@emitted()
def add_l1_gradient(g, w, l1):
    """Return g with a subgradient of l1 |w| added."""
    return g + select(w == 0.0, 0.0, copysign(l1, w))


@emitted()
def add_l2_gradient(g, w, twice):
    """Return g with the gradient of l2 w^2 added, where 2 l2 is given."""
    return fma(twice, w, g)


@emitted()
def soft_threshold(w, threshold):
    """Return the proximal step of threshold |w|: w moved towards zero, and not beyond."""
    left = abs(w) - threshold
    return select(left <= 0.0, 0.0, copysign(left, w))


@kernel
def norms(weights, first, last):
    """Return the sums of |w| and of w^2 over ``weights[first:last]``."""
    one = broadcast(weights[first], 0.0)
    two = broadcast(weights[first], 0.0)
    for i in range(first, last):
        w = weights[i]
        one = one + abs(w)
        two = fma(w, w, two)
    return one, two
