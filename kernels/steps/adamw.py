"""AdamW (Loshchilov and Hutter, 2019): Adam whose L2 penalty acts beside the step.

    w <- w - 2 r l2 w - r m / (1 - b1^t) / d

The symbols are those of `kernels.steps.adam`; g contains a subgradient of the L1 penalty, and
nothing of L2. 2 l2 is what PyTorch calls weight_decay.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import emitted, fma
from kernels.penalties import l1 as lasso
from kernels.steps.adam import HYPER, INSTRUCTIONS, begin, direction, finish, start, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    descent, metric = direction(optimizer, i, lasso.add_gradient(g, w, l1))
    optimizer.weights[i] = decayed(w, optimizer.rate, l2) - descent / metric


@emitted()
def decayed(w, rate, l2):
    """Return w - 2 r l2 w."""
    return fma(-rate * (l2 + l2), w, w)
