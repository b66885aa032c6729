"""The proximal step of the heavy ball (Ochs et al., 2014), whose zeros are exact.

    w' = prox(w - r g + m u),  u' = w' - w

u is the velocity, r the learning rate and m the momentum. The threshold r l1 acts on the whole
step: where nothing moves any more u is 0, and w the minimum of loss + l1 |w| whatever the momentum.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import emitted, fma
from kernels.penalties import l1 as lasso
from kernels.penalties import l2 as ridge
from kernels.steps.nesterov import begin, finish, start, trained

__all__ = ["HYPER", "INSTRUCTIONS", "advance", "begin", "finish", "start", "trained"]

HYPER = ("momentum",)
INSTRUCTIONS = 12


@kernel
def advance(optimizer, i, w, g, l1, l2):
    """Step along one parameter."""
    g = ridge.add_gradient(g, w, l2)
    rate, momentum = optimizer.rate, optimizer.hyper[0]
    optimizer.weights[i], optimizer.memory[i] = step(
        w, optimizer.memory[i], g, rate, momentum, rate * l1
    )


@emitted(results=2)
def step(w, u, g, rate, momentum, threshold):
    """Return the next weight and velocity."""
    following = lasso.prox(fma(momentum, u, fma(-rate, g, w)), threshold)
    return following, following - w
