"""Nesterov's accelerated step for one parameter.

    u <- m u - r g
    w <- w + m u - r g

The weight is kept where the gradient is taken, at the look-ahead point; u is the velocity, r the
learning rate and m the momentum.
"""

from kernels.lane.operations import emitted, fma
from kernels.penalty import soft_threshold


@emitted(results=2)
def step(w, u, g, rate, momentum):
    """Return the next weight and velocity."""
    descent = -rate * g
    u = fma(momentum, u, descent)
    return w + fma(momentum, u, descent), u


@emitted(results=2)
def proximal_step(w, x, g, rate, momentum, threshold):
    """Return the next look-ahead weight and iterate, with l1 |x| through its proximal step.

        x' = prox(w - r g),  w' = x' + m (x' - x)

    The ``threshold`` r l1 acts on the iterate x, before the momentum, as in FISTA (Beck and
    Teboulle, 2009): the fixed point is then the minimum of loss + l1 |x| whatever the momentum,
    and the zeros of x are exact.
    """
    following = soft_threshold(fma(-rate, g, w), threshold)
    return fma(momentum, following - x, following), following
