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

#: Newton's steps at the most: 15 are enough where d spans ten powers of ten, and weights five.
STEPS = 64


@kernel
def shrink(net, weights, metrics, layer, strength):
    """Take the proximal step of the groups of a layer, in place.

    ``metrics`` holds d, and ``strength`` is l21 times the learning rate.
    """
    for group in range(net.group[layer], net.group[layer + 1]):
        begin, end = net.start[group], net.start[group + 1]
        threshold = strength * sqrt(broadcast(strength, end - begin))
        norm = pull = broadcast(strength, 0.0)
        for k in range(begin, end):
            i = net.members[k]
            norm, pull = squares(weights[i], metrics[i], norm, pull)
        norm, pull = sqrt(norm), sqrt(pull)  # ||z|| and ||d z||
        # Without a threshold any will do, but 0, by which nothing can be divided.
        some = select(threshold == 0.0, 1.0, threshold)
        length = _length(net, weights, metrics, group, some, norm)
        for k in range(begin, end):
            i = net.members[k]
            weights[i] = left(weights[i], metrics[i], length, some, threshold, pull)


@kernel
def _length(net, weights, metrics, group, threshold, norm):
    """Return t, 0 where there is none; see the top of this file.

    The first two steps, which may lead anywhere, are from the ends of where it can be.
    """
    t = nothing = broadcast(norm, 0.0)
    begin = norm
    for step in range(STEPS + 2):
        square = slope = nothing
        for k in range(net.start[group], net.start[group + 1]):
            i = net.members[k]
            square, slope = terms(weights[i], metrics[i], begin, threshold, square, slope)
        following = larger(t, newton(begin, square, slope))
        if step > 1 and not anywhere(following > t):
            break
        t = following
        begin = nothing if step == 0 else t
    return t


@emitted(results=2)
def squares(z, d, norm, pull):
    """Return the sums of z^2 and of (d z)^2 with those of one weight."""
    pulled = d * z
    return fma(z, z, norm), fma(pulled, pulled, pull)


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
