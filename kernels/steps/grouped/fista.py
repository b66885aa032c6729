"""The accelerated proximal step of `kernels.steps.fista`, for groups of weights as well.

    x' = prox_groups(prox_l1(w - r g)),  w' = x' + m (x' - x)

Until its group is shrunk a weight is what L1 leaves of it, and its iterate the one before.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import emitted, fma
from kernels.penalties import l1 as lasso
from kernels.penalties import l2 as ridge
from kernels.penalties import l21
from kernels.steps import fista
from kernels.steps.fista import HYPER, begin, start, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "settle", "start", "trained"]

INSTRUCTIONS = 20


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter, or as far as L1 leads if it is in a group."""
    if i < optimizer.grouped:
        rate = optimizer.rate
        optimizer.weights[i] = candidate(w, ridge.add_gradient(g, w, l2), rate, rate * l1)
    else:
        fista.advance(optimizer, i, w, g, l1, l2)


@kernel
def finish(net, optimizer, layer):
    """Shrink the groups of a layer, and look ahead from them."""
    l21.shrink(net, optimizer.weights, layer, optimizer.rate * optimizer.l21)
    for k in range(net.start[net.group[layer]], net.start[net.group[layer + 1]]):
        settle(optimizer, net.members[k])


@kernel
def settle(optimizer, i):
    """Look ahead from a parameter of a group that has been shrunk."""
    weights, memory, momentum = optimizer.weights, optimizer.memory, optimizer.hyper[0]
    # The iterate is kept first: uncompiled, what is read from an array is a view of it.
    memory[i], weights[i] = weights[i], ahead(weights[i], memory[i], momentum)


@emitted()
def candidate(w, g, rate, threshold):
    """Return the iterate before groups are shrunk."""
    return lasso.prox(fma(-rate, g, w), threshold)


@emitted()
def ahead(following, x, momentum):
    """Return the next look-ahead weight."""
    return fma(momentum, following - x, following)
