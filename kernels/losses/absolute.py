"""|z - y|, of numbers; the best constant is their median."""

from kernels.lane.operations import emitted, select
from kernels.losses.by_output import BY_OUTPUT, gradient, measure, predict
from kernels.losses.squared import says

__all__ = ["BY_OUTPUT", "cost", "gradient", "measure", "predict", "says", "slope"]


@emitted()
def cost(z, y):
    """Return |z - y|."""
    return abs(z - y)


@emitted()
def slope(z, y):
    """Return the sign of z - y, a subgradient: 0 where they are equal."""
    r = z - y
    return select(r > 0.0, 1.0, select(r < 0.0, -1.0, r))
