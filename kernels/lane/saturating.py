"""tanh, the logistic function and ELU of a Lane: made of our own exp, and level at an end or two.

All are within 2 ulp of the exact value. Kernels that Python calls have no subnormals, see
`kernels.lane.subnormals`: there they are 0.
"""

from kernels.lane.exp_log import exp, reduced
from kernels.lane.operations import copysign, emitted, fma, power_of_two, select

#: Where e**-x is too little to be seen beside 1, in either precision.
_FAR = 40.0


@emitted()
def logistic(x):
    """Return 1 / (1 + e**-x): 0 and 1 far out, NaN for NaN."""
    return _share(exp(select(x > _FAR, _FAR, x)))


@emitted()
def tanh(x):
    """Return the hyperbolic tangent, odd to the last bit: -1 and 1 far out, NaN for NaN."""
    twice = abs(x) * 2.0
    twice = select(twice > _FAR, _FAR, twice)
    n, q = reduced(twice)
    scale = power_of_two(n - 1.0)
    return copysign(_share(fma(scale, q, scale - 0.5)), x)  # of (e**2|x| - 1) / 2


@emitted()
def elu(x):
    """Return e**x - 1 below zero and x elsewhere: -1 far down, NaN for NaN."""
    below = select(x < -_FAR, -_FAR, x)
    below = select(x > 0.0, 0.0, below)
    n, q = reduced(below)
    scale = power_of_two(n)
    return select(x < 0.0, fma(scale, q, scale - 1.0), x)


def _share(h):
    """Return h / (1 + h) of h >= 0: a quotient, and what rounding it and 1 + h has left of h."""
    whole = 1.0 + h
    inverse = 1.0 / whole
    quotient = h * inverse
    left = fma(-quotient, (1.0 - whole) + h, fma(-quotient, whole, h))
    return fma(left, inverse, quotient)
