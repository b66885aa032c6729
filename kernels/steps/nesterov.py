"""Nesterov's accelerated step, with L1 through its subgradient.

    u <- m u - r g
    w <- w + f (m u - r g)

The weight is kept where the gradient is taken, at the look-ahead point; u is the velocity, r the
learning rate of the run, f what the epoch multiplies it by and m the momentum. As in PyTorch the
velocity is that of the whole rate: a step along it, and not what it remembers, follows a schedule.
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
    """Return velocities of zero."""
    return aligned_zeros(parameters.shape, parameters.dtype)


def trained(parameters: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """Return the parameters."""
    return parameters


@nothing
def begin(optimizer):
    """Do nothing: all is remembered by parameter."""


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    g = lasso.add_gradient(ridge.add_gradient(g, w, l2), w, l1)
    lr, factor, momentum = optimizer.lr, optimizer.factor, optimizer.hyper[0]
    optimizer.weights[i], optimizer.memory[i] = step(
        w, optimizer.memory[i], g, lr, factor, momentum
    )


@nothing
def finish(net, optimizer, layer):
    """Do nothing: each parameter moves by itself."""


@emitted(results=2)
def step(w, u, g, lr, factor, momentum):
    """Return the next weight and velocity."""
    descent = -lr * g
    u = fma(momentum, u, descent)
    return fma(factor, fma(momentum, u, descent), w), u
