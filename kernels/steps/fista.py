"""The accelerated proximal step of FISTA (Beck and Teboulle, 2009), whose zeros are exact.

    x' = prox(w - r g),  w' = x' + m (x' - x)

w is the look-ahead point, where the gradient is taken, x the iterate, r the learning rate of the
epoch and m the momentum. The threshold r l1 acts on the iterate, before the momentum: the fixed
point is then the minimum of loss + l1 |x| whatever the momentum.
"""

import numpy as np

from kernels.lane.compiled import kernel
from kernels.lane.emitting import nothing
from kernels.lane.lanes import aligned_zeros
from kernels.lane.operations import emitted, fma
from kernels.penalties import l1 as lasso
from kernels.penalties import l2 as ridge

HYPER = ("momentum",)
INSTRUCTIONS = 12


def start(parameters: np.ndarray) -> np.ndarray:
    """Return the parameters: the first iterates."""
    iterates = aligned_zeros(parameters.shape, parameters.dtype)
    iterates[...] = parameters
    return iterates


def trained(parameters: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """Return the iterates."""
    return memory


@nothing
def begin(optimizer):
    """Do nothing: all is remembered by parameter."""


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    g = ridge.add_gradient(g, w, l2)
    rate, momentum = optimizer.rate, optimizer.hyper[0]
    optimizer.weights[i], optimizer.memory[i] = step(
        w, optimizer.memory[i], g, rate, momentum, rate * l1
    )


@nothing
def finish(net, optimizer, layer):
    """Do nothing: each parameter moves by itself."""


@emitted(results=2)
def step(w, x, g, rate, momentum, threshold):
    """Return the next look-ahead weight and iterate."""
    following = lasso.prox(fma(-rate, g, w), threshold)
    return fma(momentum, following - x, following), following
