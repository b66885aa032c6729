"""r^2 of a residual r = z - y of up to 1, beyond it 2 |r| - 1, of numbers: far ones pull less.

Since what is learnt is in standard deviations of the target, 1 is one of these.
"""

from kernels.lane.operations import emitted, select
from kernels.losses.by_output import BY_OUTPUT, gradient, measure, predict
from kernels.losses.squared import says

__all__ = ["BY_OUTPUT", "cost", "gradient", "measure", "predict", "says", "slope"]


@emitted()
def cost(z, y):
    """Return r^2 up to |r| = 1, and 2 |r| - 1 beyond."""
    r = z - y
    size = abs(r)
    return select(size > 1.0, size + size - 1.0, r * r)


@emitted()
def slope(z, y):
    """Return 2 r, cut off at -2 and 2."""
    r = z - y
    return select(r > 1.0, 2.0, select(r < -1.0, -2.0, r + r))
