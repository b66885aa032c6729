"""The proximal step of `kernels.steps.proximal_heavy_ball`, for groups of weights as well.

    w' = prox_groups(prox_l1(w - r g + m u)),  u' = w' - w

Until its group is shrunk a weight is what L1 leaves of it, and the one before is kept in the place
of its velocity.
"""

from kernels.lane.compiled import kernel
from kernels.penalties import l2 as ridge
from kernels.penalties import l21
from kernels.steps import proximal_heavy_ball
from kernels.steps.proximal_heavy_ball import HYPER, begin, start, step, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "settle", "start", "trained"]

INSTRUCTIONS = 20


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter, or as far as L1 leads if it is in a group."""
    if i < optimizer.grouped:
        rate, momentum = optimizer.rate, optimizer.hyper[0]
        g = ridge.add_gradient(g, w, l2)
        following, _ = step(w, optimizer.memory[i], g, rate, momentum, rate * l1)
        optimizer.memory[i], optimizer.weights[i] = w, following
    else:
        proximal_heavy_ball.advance(optimizer, i, w, g, l1, l2)


@kernel
def finish(net, optimizer, layer):
    """Shrink the groups of a layer, and find the velocities that led to them."""
    l21.shrink(net, optimizer.weights, layer, optimizer.rate * optimizer.l21)
    for k in range(net.start[net.group[layer]], net.start[net.group[layer + 1]]):
        settle(optimizer, net.members[k])


@kernel
def settle(optimizer, i):
    """Find the velocity that led to a parameter of a group that has been shrunk."""
    optimizer.memory[i] = optimizer.weights[i] - optimizer.memory[i]
