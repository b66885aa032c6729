"""(z - y)^2, of numbers; the best constant is their mean."""

from kernels.lane.operations import emitted
from kernels.losses.by_output import BY_OUTPUT, gradient, measure, predict

__all__ = ["BY_OUTPUT", "cost", "gradient", "measure", "predict", "says", "slope"]


@emitted()
def cost(z, y):
    """Return (z - y)^2."""
    r = z - y
    return r * r


@emitted()
def slope(z, y):
    """Return 2 (z - y)."""
    r = z - y
    return r + r


@emitted()
def says(z):
    """Return z."""
    return z
