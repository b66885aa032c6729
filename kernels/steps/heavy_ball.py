"""The heavy ball (Polyak, 1964), with L1 through its subgradient.

    u <- m u - r g
    w <- w + f u

u is the velocity, r the learning rate, f what the epoch multiplies it by, and m the momentum.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import emitted, fma
from kernels.penalties import l1 as lasso
from kernels.penalties import l2 as ridge
from kernels.steps.nesterov import begin, finish, start, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]

HYPER = ("momentum",)
INSTRUCTIONS = 11


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    g = lasso.add_gradient(ridge.add_gradient(g, w, l2), w, l1)
    lr, factor, momentum = optimizer.lr, optimizer.factor, optimizer.hyper[0]
    optimizer.weights[i], optimizer.memory[i] = step(
        w, optimizer.memory[i], g, lr, factor, momentum
    )


@emitted(results=2)
def step(w, u, g, lr, factor, momentum):
    """Return the next weight and velocity."""
    u = fma(momentum, u, -lr * g)
    return fma(factor, u, w), u
