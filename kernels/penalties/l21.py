"""The penalty of a group lasso: l21 sqrt(size of g) ||g||_2, summed over groups g of parameters.

prox(g) = g max(1 - t / ||g||, 0)        the proximal step of t ||g||, which gives whole zeros

Together with L1 it is the sparse group lasso, whose proximal step is that of L1 and after it this
one (Jenatton, Mairal, Obozinski and Bach, 2011: groups that hold others come after them).
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import broadcast, emitted, fma, select, sqrt


@kernel
def value(net, weights):
    """Return what all groups cost at strength 1."""
    total = broadcast(weights[0], 0.0)
    for group in range(net.group[net.layers]):
        size, norm = _measured(net, weights, group)
        total = fma(sqrt(size), norm, total)
    return total


@kernel
def shrink(net, weights, layer, strength):
    """Take the proximal step of the groups of a layer, in place; ``strength`` is l21 times rate."""
    for group in range(net.group[layer], net.group[layer + 1]):
        size, norm = _measured(net, weights, group)
        share = left(norm, strength * sqrt(size))
        for k in range(net.start[group], net.start[group + 1]):
            i = net.members[k]
            weights[i] = times(share, weights[i])


@kernel
def _measured(net, weights, group):
    """Return the size of a group, and its norm: one sum, member after member."""
    total = broadcast(weights[0], 0.0)
    for k in range(net.start[group], net.start[group + 1]):
        w = weights[net.members[k]]
        total = fma(w, w, total)
    return broadcast(total, net.start[group + 1] - net.start[group]), sqrt(total)


@emitted()
def left(norm, threshold):
    """Return the share of a group that its proximal step leaves; all of it without a threshold."""
    share = select(norm <= threshold, 0.0, 1.0 - threshold / norm)
    return select(threshold == 0.0, 1.0, share)


@emitted()
def times(share, w):
    """Return a share of w; 0, and never -0, where that is nothing."""
    return select(share == 0.0, 0.0, share * w)
