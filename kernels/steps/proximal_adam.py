"""Adam with the proximal step of L1 in its own metric, whose zeros are exact.

    w <- prox(w - r m / (1 - b1^t) / d),  threshold r l1 / d

The symbols are those of `kernels.steps.adam`; g contains the gradient of the L2 penalty. Loss and
threshold are divided by the same metric d: where nothing moves any more, w is the minimum of
loss + l1 |w|.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import emitted, fma
from kernels.penalties import l1 as lasso
from kernels.penalties import l2 as ridge
from kernels.steps.adam import HYPER, INSTRUCTIONS, begin, direction, finish, start, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    descent, metric = direction(optimizer, i, ridge.add_gradient(g, w, l2))
    optimizer.weights[i] = step(w, descent, metric, optimizer.rate * l1)


@emitted()
def step(w, descent, metric, threshold):
    """Return the next weight; the threshold is that where the metric is 1."""
    inverse = 1.0 / metric
    return lasso.prox(fma(-descent, inverse, w), threshold * inverse)
