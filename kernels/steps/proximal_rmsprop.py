"""RMSprop with the proximal step of L1 in its own metric, whose zeros are exact.

    w <- prox(w - r g / d),  threshold r l1 / d

The symbols are those of `kernels.steps.rmsprop`; g contains the gradient of the L2 penalty. Loss
and threshold are divided by the same metric d: where nothing moves any more, w is the minimum of
loss + l1 |w|.
"""

from kernels.lane.compiled import kernel
from kernels.penalties import l2 as ridge
from kernels.steps.proximal_adam import step
from kernels.steps.rmsprop import HYPER, INSTRUCTIONS, begin, direction, finish, start, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    descent, metric = direction(optimizer, i, ridge.add_gradient(g, w, l2))
    optimizer.weights[i] = step(w, descent, metric, optimizer.rate * l1)
