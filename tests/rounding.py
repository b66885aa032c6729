"""A multiply-add with one rounding, in plain NumPy, which has none: made of several operations."""

import numpy as np


def normal(x):
    """Return x, and 0 where it is below the normal range."""
    return np.where(abs(x) < np.finfo(x.dtype).tiny, x.dtype.type(0), x)


def two_sum(a, b):
    """Return a + b and its error (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a, b):
    """Return a * b and its error (Veltkamp and Dekker)."""

    def halves(x):
        high = 134217729.0 * x
        high = high - (high - x)
        return high, x - high

    p = a * b
    (a1, a2), (b1, b2) = halves(a), halves(b)
    return p, a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)


def odd_sum(a, b):
    """Return a + b, rounded to the neighbour whose last bit is 1 where it is not exact."""
    s, error = two_sum(a, b)
    bits = np.array(s).view(np.int64)
    away = np.where((error > 0) == (s > 0), 1, -1)
    return (bits + np.where((error != 0) & (bits % 2 == 0), away, 0)).view(np.float64)


def fma(a, b, c):
    """Return a * b + c with one rounding (Boldo and Melquiond, 2008)."""
    a, b, c = np.broadcast_arrays(a, b, c)
    if c.dtype == np.float32:  # the product is exact in float64, and the sum odd: then rounded once
        return normal(odd_sum(a * b.astype(np.float64), c.astype(np.float64)).astype(np.float32))
    # Tiny products would lose their error: they are made larger, if c does not swallow them anyway.
    scale = np.where((abs(a * b) < 2.0**-500) & (abs(c) < 2.0**-300), 2.0**300, 1.0)
    high, low = two_product(a * scale, b * scale)
    middle, lowest = two_sum(c * scale * scale, low)
    top, rest = two_sum(high, middle)
    found = top + odd_sum(lowest, rest)
    return normal(np.where(abs(found) < 2.0**-1022 * scale * scale, 0.0, found) / scale / scale)
