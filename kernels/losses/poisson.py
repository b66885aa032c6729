"""exp(z) - y z + (y log y - y), of counts y: half the Poisson deviance of the mean exp(z).

It is 0 where exp(z) = y, and nowhere less. The best constant is the logarithm of their mean.
"""

from kernels.lane.exp_log import exp, log
from kernels.lane.operations import emitted, select
from kernels.losses.by_output import BY_OUTPUT, gradient, measure, predict

__all__ = ["BY_OUTPUT", "cost", "gradient", "measure", "predict", "says", "slope"]


@emitted()
def cost(z, y):
    """Return exp(z) - y z + (y log y - y), where 0 log 0 is 0."""
    least = select(y > 0.0, y * log(y) - y, 0.0)
    found = exp(z) - y * z + least
    return select(found < 0.0, 0.0, found)  # by rounding alone


@emitted()
def slope(z, y):
    """Return exp(z) - y."""
    return exp(z) - y


@emitted()
def says(z):
    """Return the mean, exp(z)."""
    return exp(z)
