"""Adam (Kingma and Ba, 2015), with both penalties through their gradients.

    m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
    w <- w - r m / (1 - b1^t) / d,   d = sqrt(v / (1 - b2^t)) + e

r is the learning rate, b1 the momentum, b2 beta2, and e epsilon, outside of the root as in
PyTorch; d is the metric of the step. After t batches 1 - b^t is what a mean of ones has come to:
c <- b c + (1 - b). It is kept for each run, since those of a pack may be at different batches.

The memory is m of all parameters, v of all, and four Lanes: c of b1 and of b2, and what a batch
has in common, r / c1 and 1 / sqrt(c2), so that a parameter takes one division and one root.
"""

import numpy as np

from kernels.lane.compiled import kernel
from kernels.lane.lanes import aligned_zeros
from kernels.lane.operations import emitted, fma, sqrt
from kernels.penalties import l1 as lasso
from kernels.penalties import l2 as ridge
from kernels.steps.nesterov import finish, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]

HYPER = ("momentum", "beta2", "epsilon")
INSTRUCTIONS = 21


def start(parameters: np.ndarray) -> np.ndarray:
    """Return means of nothing: zeros."""
    packs, size, width = parameters.shape
    return aligned_zeros((packs, 2 * size + 4, width), parameters.dtype)


@kernel
def begin(optimizer):
    """Let a batch more be counted, and find what its parameters have in common."""
    memory, common = optimizer.memory, 2 * optimizer.size
    beta1, beta2, _ = optimizer.hyper
    memory[common], memory[common + 1], memory[common + 2], memory[common + 3] = corrections(
        memory[common], memory[common + 1], optimizer.rate, beta1, beta2
    )


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    g = lasso.add_gradient(ridge.add_gradient(g, w, l2), w, l1)
    descent, metric = direction(optimizer, i, g)
    optimizer.weights[i] = w - descent / metric


@kernel
def direction(optimizer, i, g):
    """Take a gradient into the means; return r m / c1 and the metric, of one parameter."""
    memory, size = optimizer.memory, optimizer.size
    beta1, beta2, epsilon = optimizer.hyper
    m, v = mean(memory[i], g, beta1), mean(memory[size + i], g * g, beta2)
    memory[i], memory[size + i] = m, v
    return memory[2 * size + 2] * m, fma(memory[2 * size + 3], sqrt(v), epsilon)


@emitted(results=4)
def corrections(one, two, rate, beta1, beta2):
    """Return the next c of both betas, r / c1 and 1 / sqrt(c2)."""
    one, two = mean(one, 1.0, beta1), mean(two, 1.0, beta2)
    return one, two, rate / one, 1.0 / sqrt(two)


@emitted()
def mean(before, now, beta):
    """Return the next exponentially weighted mean."""
    return fma(beta, before, (1.0 - beta) * now)
