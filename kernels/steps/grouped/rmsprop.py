"""The proximal step of `kernels.steps.proximal_rmsprop`, for groups of weights as well.

    w <- prox_groups(prox_l1(w - r g / d)),  both in the metric d / r

The memory is that of the step alone, and the metric of each parameter.
"""

import numpy as np

from kernels.lane.compiled import kernel
from kernels.lane.lanes import aligned_zeros, lanes_from
from kernels.lane.operations import sqrt
from kernels.penalties import l21_in_metric
from kernels.steps.proximal_rmsprop import HYPER, advance, begin, trained

__all__ = [
    "HYPER",
    "INSTRUCTIONS",
    "advance",
    "begin",
    "finish",
    "measure",
    "metrics_from",
    "start",
    "trained",
]

#: So many that no network is frozen: how often a group is looked at hangs on its numbers.
INSTRUCTIONS = 10_000


def start(parameters: np.ndarray) -> np.ndarray:
    """Return means of nothing: zeros."""
    packs, size, width = parameters.shape
    return aligned_zeros((packs, 2 * size, width), parameters.dtype)


@kernel
def finish(net, optimizer, layer):
    """Shrink the groups of a layer in the metric of its step."""
    for k in range(net.start[net.group[layer]], net.start[net.group[layer + 1]]):
        measure(optimizer, net.members[k])
    metrics = lanes_from(optimizer.memory, metrics_from(optimizer.size))
    strength = optimizer.rate * optimizer.l21
    l21_in_metric.shrink(net, optimizer.weights, metrics, layer, strength)


@kernel
def measure(optimizer, i):
    """Note the metric of a parameter."""
    memory, epsilon = optimizer.memory, optimizer.hyper[1]
    memory[metrics_from(optimizer.size) + i] = sqrt(memory[i]) + epsilon


@kernel
def metrics_from(size):
    """Return where metrics begin in the memory."""
    return size
