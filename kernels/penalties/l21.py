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
    for layer in range(net.layers):
        for group in range(net.group[layer], net.group[layer + 1]):
            size, norm = _measured(net, weights, layer, group)
            total = fma(sqrt(size), norm, total)
    return total


@kernel
def shrink(net, weights, layer, strength):
    """Take the proximal step of the groups of a layer, in place; ``strength`` is l21 times rate."""
    for group in range(net.group[layer], net.group[layer + 1]):
        size, norm = _measured(net, weights, layer, group)
        share = left(norm, strength * sqrt(size))
        first, rows, columns, bias = place(net, group)
        for row in range(rows):
            start = first + row * net.widths[layer]
            for i in range(start, start + columns):
                weights[i] = times(share, weights[i])
        if bias >= 0:
            weights[bias] = times(share, weights[bias])


@kernel
def bounds(net, layer):
    """Return the first of a layer's parameters that are in groups, and the end of them."""
    first = net.weight[layer]
    end = first + (net.widths[layer] + 1) * net.widths[layer + 1]
    return first, min(end, net.grouped)


@kernel
def place(net, group):
    """Return a group's first weight, its rows and columns, and its bias, -1 for none."""
    i = 4 * group
    return net.groups[i], net.groups[i + 1], net.groups[i + 2], net.groups[i + 3]


@kernel
def _measured(net, weights, layer, group):
    """Return the size of a group, and its norm: one sum, row after row, the bias last."""
    first, rows, columns, bias = place(net, group)
    total = broadcast(weights[first], 0.0)
    for row in range(rows):
        start = first + row * net.widths[layer]
        for i in range(start, start + columns):
            w = weights[i]
            total = fma(w, w, total)
    size = rows * columns
    if bias >= 0:
        w = weights[bias]
        total = fma(w, w, total)
        size = size + 1
    return broadcast(total, size), sqrt(total)


@emitted()
def left(norm, threshold):
    """Return the share of a group that its proximal step leaves; all of it without a threshold."""
    share = select(norm <= threshold, 0.0, 1.0 - threshold / norm)
    return select(threshold == 0.0, 1.0, share)


@emitted()
def times(share, w):
    """Return a share of w; 0, and never -0, where that is nothing."""
    return select(share == 0.0, 0.0, share * w)
