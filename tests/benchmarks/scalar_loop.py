"""A scalar Numba loop for each run; a thread for each core.

Every product is written as sums along contiguous memory, and fast-math lets LLVM vectorise them;
sums that run across memory are several times as slow. Matrices are transposed where that is
needed: a copy is cheap beside a batch of multiply-adds.
"""

import math
from collections.abc import Callable, Iterator
from functools import cache

import joblib
import numpy as np
from numba import njit

from tests.benchmarks.problem import Problem

NAME = "scalar `@njit` loop, joblib"
SAME = True

_FLAGS = {"nogil": True, "fastmath": True, "error_model": "numpy"}


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    if not problem.plain:
        return
    threads = joblib.cpu_count()
    some = problem.take((256 if problem.widths[0] < 10 else 8) * threads)
    parts = some.split(threads)
    train = _compiled((*problem.widths, problem.order.shape[1]))

    def run() -> np.ndarray:
        call = joblib.delayed(_train_some)
        found = joblib.Parallel(threads, prefer="threads")(call(part, train) for part in parts)
        return np.concatenate(found)

    yield "", len(some.runs), run


def _train_some(problem: Problem, train: Callable) -> np.ndarray:
    number = problem.x.dtype.type
    how = number(problem.rate), number(problem.momentum)
    data, found = (problem.x, problem.y, problem.order), []
    for l1, l2 in zip(problem.l1, problem.l2, strict=True):
        p = tuple(value.copy() for value in problem.initial)
        train(data, p, (l1, 2 * l2), how, (*problem.widths, problem.order.shape[1]))
        found.append(problem.flat(p))
    return np.stack(found)


@njit(forceinline=True, **_FLAGS)
def _forward(a, w, b, z, sizes, rectify):
    """Write z[i, o] = b[o] + sum_k a[i, k] w[o, k]."""
    batch, inputs, outputs = sizes
    for o in range(outputs):
        for i in range(batch):
            total = b[o]
            for k in range(inputs):
                total += a[i, k] * w[o, k]
            z[i, o] = max(total, w.dtype.type(0)) if rectify else total


@njit(forceinline=True, **_FLAGS)
def _softmax_gradient(z, y, rows, sizes):
    batch, classes = sizes
    share = z.dtype.type(1 / batch)
    for i in range(batch):
        top = z[i, 0]
        for c in range(1, classes):
            top = max(top, z[i, c])
        total = z.dtype.type(0)
        for c in range(classes):
            z[i, c] = math.exp(z[i, c] - top)
            total += z[i, c]
        for c in range(classes):
            z[i, c] *= share / total
        z[i, y[rows[i]]] -= share


@njit(forceinline=True, **_FLAGS)
def _backward(delta, w, a, below, across, sizes):
    """Write below[i, k] = sum_o delta[i, o] w[o, k] where a[i, k] > 0, and 0 elsewhere."""
    batch, inputs, outputs = sizes
    _transpose(w, across, outputs, inputs)
    for k in range(inputs):
        for i in range(batch):
            total = w.dtype.type(0)
            for o in range(outputs):
                total += delta[i, o] * across[k, o]
            below[i, k] = total if a[i, k] > 0 else w.dtype.type(0)


@njit(forceinline=True, **_FLAGS)
def _transpose(a, across, rows, columns):
    for i in range(rows):
        for j in range(columns):
            across[j, i] = a[i, j]


@njit(forceinline=True, **_FLAGS)
def _learn(layer, work, sizes, weight_penalties, bias_penalties, how):
    """Step along each row of the weights, as soon as its gradient is there."""
    a, delta, w, b, uw, ub = layer
    a_across, delta_across, row = work
    batch, inputs, outputs = sizes
    _transpose(a, a_across, batch, inputs)
    _transpose(delta, delta_across, batch, outputs)
    for o in range(outputs):
        for k in range(inputs):
            total = w.dtype.type(0)
            for i in range(batch):
                total += delta_across[o, i] * a_across[k, i]
            row[k] = total
        _step(w[o], uw[o], row, inputs, weight_penalties, how)
    for o in range(outputs):
        total = w.dtype.type(0)
        for i in range(batch):
            total += delta_across[o, i]
        row[o] = total
    _step(b, ub, row, outputs, bias_penalties, how)


@njit(forceinline=True, **_FLAGS)
def _step(p, u, g, size, penalties, how):
    one, twice_two = penalties
    rate, momentum = how
    for i in range(size):
        value = p[i]
        sign = one if value > 0 else (-one if value < 0 else p.dtype.type(0))
        descent = rate * (g[i] + sign + twice_two * value)
        velocity = momentum * u[i] - descent
        u[i] = velocity
        p[i] = value + (momentum * velocity - descent)


@njit(forceinline=True, **_FLAGS)
def _train(data, p, penalties, how, sizes):
    x, y, order = data
    w1, b1, w2, b2, w3, b3 = p
    l1, l2 = penalties
    n0, n1, n2, n3, batch = sizes
    u1, v1, u2 = np.zeros_like(w1), np.zeros_like(b1), np.zeros_like(w2)
    v2, u3, v3 = np.zeros_like(b2), np.zeros_like(w3), np.zeros_like(b3)
    a0 = np.empty((batch, n0), x.dtype)
    a1, d1 = np.empty((batch, n1), x.dtype), np.empty((batch, n1), x.dtype)
    a2, d2 = np.empty((batch, n2), x.dtype), np.empty((batch, n2), x.dtype)
    d3 = np.empty((batch, n3), x.dtype)
    w2_across, w3_across = np.empty((n1, n2), x.dtype), np.empty((n2, n3), x.dtype)
    widest = max(n0, n1, n2, n3)
    across = np.empty((widest, batch), x.dtype), np.empty((widest, batch), x.dtype)
    work = across[0], across[1], np.empty(widest, x.dtype)
    for t in range(order.shape[0]):
        rows = order[t]
        for i in range(batch):
            for k in range(n0):
                a0[i, k] = x[rows[i], k]
        _forward(a0, w1, b1, a1, (batch, n0, n1), True)
        _forward(a1, w2, b2, a2, (batch, n1, n2), True)
        _forward(a2, w3, b3, d3, (batch, n2, n3), False)
        _softmax_gradient(d3, y, rows, (batch, n3))
        _backward(d3, w3, a2, d2, w3_across, (batch, n2, n3))
        _backward(d2, w2, a1, d1, w2_across, (batch, n1, n2))
        third, second, first = (batch, n2, n3), (batch, n1, n2), (batch, n0, n1)
        _learn((a2, d3, w3, b3, u3, v3), work, third, (l1[4], l2[4]), (l1[5], l2[5]), how)
        _learn((a1, d2, w2, b2, u2, v2), work, second, (l1[2], l2[2]), (l1[3], l2[3]), how)
        _learn((a0, d1, w1, b1, u1, v1), work, first, (l1[0], l2[0]), (l1[1], l2[1]), how)


@cache
def _compiled(sizes: tuple[int, ...]) -> Callable:
    """Compile the loop, for a tiny network with its sizes known: LLVM then unrolls all of it."""
    if max(sizes) > 8:

        @njit(**_FLAGS)
        def train(data, p, penalties, how, sizes):
            _train(data, p, penalties, how, sizes)
    else:

        @njit(**_FLAGS)
        def train(data, p, penalties, how, _):
            _train(data, p, penalties, how, sizes)

    return train
