"""The proximal step of a group where distances have a metric: weights d of their squares.

The x that minimises  sum d (x - z)^2 / 2 + s ||x||  is 0 if ||d z|| is at most the threshold s. If
not it is x = d z t / (d t + s), where t is its norm: the t with

    ||p(t)|| = 1,    p(t) = d z / (d t + s)

There is no closed form, unless all d are one. But 1 / ||p(t)|| is nearly linear, as in trust
regions (Moré and Sorensen, 1983), rising, and concave by the inequality of Cauchy and Schwarz:
Newton's step from either side leads to the left of where it is 1, and from the left only nearer.
So each lane goes on until it rests, and stays there while others go on: it knows nothing of them.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import anywhere, broadcast, emitted, fma, select, sqrt
from kernels.penalties.l21 import bounds, place

__all__ = ["bounds", "shrink"]

#: Newton's steps at the most: 15 are enough where d spans ten powers of ten, and weights five.
_STEPS = 64


@kernel
def shrink(net, weights, metrics, layer, strength):
    """Take the proximal step of the groups of a layer, in place.

    ``metrics`` holds d, and ``strength`` is l21 times the learning rate.
    """
    distance = net.widths[layer]
    for group in range(net.group[layer], net.group[layer + 1]):
        at = place(net, group)
        first, rows, columns, bias = at
        size = rows * columns + (1 if bias >= 0 else 0)
        threshold = strength * sqrt(broadcast(strength, size))
        norm, pull = _norms(weights, metrics, at, distance)
        # Without a threshold any will do, but 0, by which nothing can be divided.
        some = select(threshold == 0.0, 1.0, threshold)
        length = _length(weights, metrics, at, distance, some, norm)
        for row in range(rows):
            start = first + row * distance
            for i in range(start, start + columns):
                weights[i] = left(weights[i], metrics[i], length, some, threshold, pull)
        if bias >= 0:
            weights[bias] = left(weights[bias], metrics[bias], length, some, threshold, pull)


@kernel
def _norms(weights, metrics, at, distance):
    """Return ||z|| and ||d z|| of a group."""
    first, rows, columns, bias = at
    norm = pull = broadcast(weights[first], 0.0)
    for row in range(rows):
        start = first + row * distance
        for i in range(start, start + columns):
            z = weights[i]
            norm, pull = fma(z, z, norm), squared(metrics[i] * z, pull)
    if bias >= 0:
        z = weights[bias]
        norm, pull = fma(z, z, norm), squared(metrics[bias] * z, pull)
    return sqrt(norm), sqrt(pull)


@kernel
def _length(weights, metrics, at, distance, threshold, norm):
    """Return t, 0 where there is none; see the top of this file."""
    nothing = broadcast(norm, 0.0)
    t = larger(nothing, _nearer(weights, metrics, at, distance, threshold, norm))
    t = larger(t, _nearer(weights, metrics, at, distance, threshold, nothing))
    for _ in range(_STEPS):
        following = larger(t, _nearer(weights, metrics, at, distance, threshold, t))
        if not anywhere(following > t):
            break
        t = following
    return t


@kernel
def _nearer(weights, metrics, at, distance, threshold, t):
    """Return where Newton's step leads from t: no number where it cannot be told."""
    first, rows, columns, bias = at
    square = slope = broadcast(t, 0.0)
    for row in range(rows):
        start = first + row * distance
        for i in range(start, start + columns):
            square, slope = terms(weights[i], metrics[i], t, threshold, square, slope)
    if bias >= 0:
        square, slope = terms(weights[bias], metrics[bias], t, threshold, square, slope)
    return newton(t, square, slope)


@emitted()
def squared(x, total):
    """Return the total with the square of x."""
    return fma(x, x, total)


@emitted(results=2)
def terms(z, d, t, threshold, square, slope):
    """Return the sums of p^2 and of p^2 d / (d t + s) with those of one weight."""
    inverse = 1.0 / fma(d, t, threshold)
    p = d * z * inverse
    return fma(p, p, square), fma(p * p, d * inverse, slope)


@emitted()
def newton(t, square, slope):
    """Return the zero of the tangent at t of 1 / ||p|| - 1."""
    return fma(sqrt(square) - 1.0, square / slope, t)


@emitted()
def larger(a, b):
    """Return the larger of two numbers, a where b is none."""
    return select(b > a, b, a)


@emitted()
def left(z, d, length, some, threshold, pull):
    """Return what a proximal step leaves of z; all of it without a threshold."""
    reached = d * length
    part = z * (reached / (reached + some))
    return select(threshold == 0.0, z, select(pull <= threshold, 0.0, part))
