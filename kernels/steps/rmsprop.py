"""RMSprop (Tieleman and Hinton, 2012), with both penalties through their gradients.

    v <- b2 v + (1 - b2) g^2
    w <- w - r g / d,   d = sqrt(v) + e

r is the learning rate, b2 beta2, which PyTorch calls alpha, and e epsilon, outside of the root as
there; d is the metric of the step. There is no momentum, and no correction for the first batches.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import sqrt
from kernels.penalties import l1 as lasso
from kernels.penalties import l2 as ridge
from kernels.steps.adam import mean
from kernels.steps.nesterov import begin, finish, start, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]

HYPER = ("beta2", "epsilon")
INSTRUCTIONS = 16


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    g = lasso.add_gradient(ridge.add_gradient(g, w, l2), w, l1)
    descent, metric = direction(optimizer, i, g)
    optimizer.weights[i] = w - descent / metric


@kernel
def direction(optimizer, i, g):
    """Take a gradient into the mean; return r g and the metric, of one parameter."""
    beta2, epsilon = optimizer.hyper
    v = mean(optimizer.memory[i], g * g, beta2)
    optimizer.memory[i] = v
    return optimizer.rate * g, sqrt(v) + epsilon
