"""log(1 + exp(z)) - y z, of answers y: 1 for yes, 0 for no; -log of the right one's probability.

Each output is an answer of its own, of which both, one or none may be yes.
"""

from kernels.lane.exp_log import exp, log
from kernels.lane.operations import emitted, select
from kernels.lane.saturating import logistic
from kernels.losses.by_output import BY_OUTPUT, gradient, measure, predict

__all__ = ["BY_OUTPUT", "cost", "gradient", "measure", "predict", "says", "slope"]


@emitted()
def cost(z, y):
    """Return log(1 + exp(z)) - y z; exp, of nothing above 0, does not overflow."""
    above = select(z <= 0.0, 0.0, z)
    return log(1.0 + exp(-abs(z))) + (above - y * z)


@emitted()
def slope(z, y):
    """Return the probability of yes, less y."""
    return logistic(z) - y


@emitted()
def says(z):
    """Return the probability of yes, 1 / (1 + exp(-z))."""
    return logistic(z)
