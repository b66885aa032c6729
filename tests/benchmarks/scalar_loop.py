"""A scalar Numba loop for each run, its sizes compiled in; a thread for each core.

Every product is written as sums along contiguous memory, and fast-math lets LLVM vectorise them;
sums that run across memory it leaves scalar, four times as slow. Matrices are transposed where
that is needed: a copy costs one multiply-add in a batch's worth.
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
    threads = joblib.cpu_count()
    some = problem.take((256 if problem.widths[0] < 10 else 8) * threads)
    parts = some.split(threads)
    train = _compiled(*problem.widths, problem.order.shape[1], problem.precision)

    def run() -> np.ndarray:
        call = joblib.delayed(_train_some)
        found = joblib.Parallel(threads, prefer="threads")(call(part, train) for part in parts)
        return np.concatenate(found)

    yield "", len(some.runs), run


def _train_some(problem: Problem, train: Callable) -> np.ndarray:
    number = problem.x.dtype.type
    how = number(problem.rate), number(problem.momentum)
    found = []
    for l1, l2 in zip(problem.l1, problem.l2, strict=True):
        p = [value.copy() for value in problem.initial]
        train(problem.x, problem.y, problem.order, *p, l1, 2 * l2, *how)
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


@cache
def _compiled(n0: int, n1: int, n2: int, n3: int, batch: int, precision: str) -> Callable:
    dtype = np.dtype(precision).type
    widest = max(n0, n1, n2, n3)

    @njit(**_FLAGS)
    def train(x, y, order, w1, b1, w2, b2, w3, b3, l1, l2, rate, momentum):
        u1, v1 = np.zeros((n1, n0), dtype), np.zeros(n1, dtype)
        u2, v2 = np.zeros((n2, n1), dtype), np.zeros(n2, dtype)
        u3, v3 = np.zeros((n3, n2), dtype), np.zeros(n3, dtype)
        a0, row = np.empty((batch, n0), dtype), np.empty(widest, dtype)
        a1, d1 = np.empty((batch, n1), dtype), np.empty((batch, n1), dtype)
        a2, d2 = np.empty((batch, n2), dtype), np.empty((batch, n2), dtype)
        d3 = np.empty((batch, n3), dtype)
        w2_across, w3_across = np.empty((n1, n2), dtype), np.empty((n2, n3), dtype)
        work = np.empty((widest, batch), dtype), np.empty((widest, batch), dtype), row
        how = rate, momentum
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

    return train
