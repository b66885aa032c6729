"""exp and log of a Lane, and how a function of one is done to many of an array.

They are our own, so that they work on whole Lanes and give the same bits on every machine.
Both are within 1 ulp of the correctly rounded value. Their polynomials interpolate, at Chebyshev
points and in 200-bit arithmetic, the functions named beside them.
"""

from collections.abc import Callable

import numpy as np
from numba.core import types

from kernels.lane.compiled import kernel
from kernels.lane.operations import (
    Traced,
    broadcast,
    emitted,
    exponent,
    fma,
    lowered,
    power_of_two,
    rounded,
    select,
    significand,
)


def in_fours(function: Callable) -> Callable:
    """Return ``of_each(x, first, last)``: replace ``x[first:last]`` by what a function gives.

    The function is an `emitted` one, of a Lane; it is done in place.
    """

    def of_four(a, b, c, d):
        return function(a), function(b), function(c), function(d)

    @lowered(4, lambda lane: types.UniTuple(lane, 4), numbers=False)(of_four)
    def _emit(builder, lane, *values):
        # Operation by operation, so that none waits for the one before it.
        return function(Traced(builder, lane, list(values))).values

    @kernel
    def of_each(x, first, last):
        fours = (last - first) // 4
        for four in range(fours):
            i = first + 4 * four
            x[i], x[i + 1], x[i + 2], x[i + 3] = of_four(x[i], x[i + 1], x[i + 2], x[i + 3])
        for i in range(first + 4 * fours, last):
            x[i] = function(x[i])

    return of_each


@emitted()
def exp(x):
    """Return e**x: 0 and inf beyond the range, subnormals gradually, NaN for NaN.

    Kernels that Python calls have no subnormals, see `kernels.lane.subnormals`: there they are 0.
    """
    return (_exp64 if x.dtype == np.float64 else _exp32)(x)


#: ``exp_all(x, first, last)``: replace ``x[first:last]`` by e**x, in place.
exp_all = in_fours(exp)


def _exp64(x):
    x = select(x > 800.0, 800.0, x)
    x = select(x < -800.0, -800.0, x)
    n, r, _, p = _reduced64(x)
    return _scaled(1.0 + fma(r * r, p, r), n)


def _exp32(x):
    x = select(x > 120.0, 120.0, x)
    x = select(x < -120.0, -120.0, x)
    n, r, _, p = _reduced32(x)
    return _scaled(1.0 + fma(r * r, p, r), n)


def _scaled(y, n):
    """Return y * 2**n, in two steps since 2**n itself may be out of range."""
    half = rounded(n * 0.5)
    return y * power_of_two(half) * power_of_two(n - half)


def reduced(x):
    """Return the n and q of e**x = 2**n * (1 + q), n whole and q between -0.3 and 0.42."""
    n, r, rest, p = (_reduced64 if x.dtype == np.float64 else _reduced32)(x)
    return n, r + fma(r * r, p, rest)


def _reduced64(x):
    """Return n, r = x - n ln 2, what rounding took off it, and p of e**r = 1 + r + r**2 p."""
    n = rounded(x * 1.4426950408889634)
    # n ln 2 in two parts; the first is taken off exactly.
    most = fma(n, -0.6931471805599453, x)
    r = fma(n, -2.3190468138462996e-17, most)
    rest = fma(n, -2.3190468138462996e-17, most - r)
    # (exp(r) - 1 - r) / r^2 on [-ln 2 / 2, ln 2 / 2], within 2^-61.9 of exp(r)
    p = fma(r, 2.09147553258932e-09, 2.5105312729622103e-08)
    p = fma(p, r, 2.755727347871858e-07)
    p = fma(p, r, 2.755725517000089e-06)
    p = fma(p, r, 2.480158732567746e-05)
    p = fma(p, r, 0.0001984126987500228)
    p = fma(p, r, 0.0013888888888883711)
    p = fma(p, r, 0.008333333333326084)
    p = fma(p, r, 0.04166666666666667)
    p = fma(p, r, 0.1666666666666667)
    return n, r, rest, fma(p, r, 0.5)


def _reduced32(x):
    n = rounded(x * 1.4426950216293335)
    most = fma(n, -0.6931471824645996, x)
    r = fma(n, 1.9046542121259336e-09, most)
    rest = fma(n, 1.9046542121259336e-09, most - r)
    # the same, within 2^-32
    p = fma(r, 0.000198910798644647, 0.0013933731243014336)
    p = fma(p, r, 0.00833331048488617)
    p = fma(p, r, 0.041666463017463684)
    p = fma(p, r, 0.1666666716337204)
    return n, r, rest, fma(p, r, 0.5)


@emitted()
def log(x):
    """Return the natural logarithm: -inf for 0, NaN below, inf for inf, NaN for NaN."""
    return (_log64 if x.dtype == np.float64 else _log32)(x)


def _log64(x):
    subnormal = x < 2.2250738585072014e-308
    scaled = select(subnormal, x * 18014398509481984.0, x)
    n = exponent(scaled) - select(subnormal, broadcast(x, 54.0), 0.0)
    f = significand(scaled) - 1.0
    s = f / (2.0 + f)
    z = s * s
    # (log((1 + s) / (1 - s)) / s - 2) / z for s in +-(sqrt(2) - 1) / (sqrt(2) + 1), within 2^-64.8
    p = fma(z, 0.13086907887965027, 0.13268746195596595)
    p = fma(p, z, 0.15386240708969665)
    p = fma(p, z, 0.18181795621632782)
    p = fma(p, z, 0.22222222391887064)
    p = fma(p, z, 0.2857142857080285)
    p = fma(p, z, 0.4000000000000088)
    p = fma(p, z, 0.6666666666666666) * z
    # log(1 + f) = f - f^2/2 + s (f^2/2 + p); n ln 2 in two parts, n times the first is exact.
    half = 0.5 * f * f
    low = fma(n, 1.9082149292705877e-10, s * (half + p))
    return _at_the_ends(x, fma(n, 0.6931471803691238, f - (half - low)))


def _log32(x):
    subnormal = x < 1.1754943508222875e-38
    scaled = select(subnormal, x * 33554432.0, x)
    n = exponent(scaled) - select(subnormal, broadcast(x, 25.0), 0.0)
    f = significand(scaled) - 1.0
    s = f / (2.0 + f)
    z = s * s
    # the same, within 2^-35.8
    p = fma(z, 0.23330697417259216, 0.2855081260204315)
    p = fma(p, z, 0.4000012278556824)
    p = fma(p, z, 0.6666666865348816) * z
    half = 0.5 * f * f
    low = fma(n, 3.194618329871446e-05, s * (half + p))
    return _at_the_ends(x, fma(n, 0.693115234375, f - (half - low)))


def _at_the_ends(x, y):
    """Return y, the logarithm of x, put right where x is 0, negative, infinite or NaN."""
    y = select(x < np.inf, y, x)
    y = select(x < 0.0, np.nan, y)
    return select(x == 0.0, -np.inf, y)
