"""AdamW with the proximal step of L1 in its own metric, whose zeros are exact.

    w <- prox(w - 2 r l2 w - r m / (1 - b1^t) / d),  threshold r l1 / d

The symbols are those of `kernels.steps.adam`. Without L2 it is the proximal step of Adam. L2 is
not divided by the metric: where nothing moves any more, w is the minimum of
loss + l1 |w| + l2 d w^2 with d as it is there, and so of no loss that is known beforehand.
"""

from kernels.lane.compiled import kernel
from kernels.steps.adam import HYPER, INSTRUCTIONS, begin, direction, finish, start, trained
from kernels.steps.adamw import decayed
from kernels.steps.proximal_adam import step

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    descent, metric = direction(optimizer, i, g)
    rate = optimizer.rate
    optimizer.weights[i] = step(decayed(w, rate, l2), descent, metric, rate * l1)
