"""A scalar Numba loop for each run, its sizes compiled in; a thread for each core.

Fast-math, so that LLVM may vectorise sums; weights are ``[input, output]``, so that the inner
loop runs along memory. A row of a gradient is stepped along while it is in the cache.
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
    found = []
    for l1, l2 in zip(problem.l1, problem.l2, strict=True):
        p = [np.ascontiguousarray(value.T).copy() for value in problem.initial]
        train(problem.x, problem.y, problem.order, *p, l1, l2, *_numbers(problem))
        found.append(problem.flat([value.T for value in p]))
    return np.stack(found)


def _numbers(problem: Problem) -> tuple:
    return problem.x.dtype.type(problem.rate), problem.x.dtype.type(problem.momentum)


@njit(forceinline=True, **_FLAGS)
def _forward(a, w, b, z, sizes, rectify):
    batch, inputs, outputs = sizes
    for i in range(batch):
        for o in range(outputs):
            z[i, o] = b[o]
        for k in range(inputs):
            value = a[i, k]
            for o in range(outputs):
                z[i, o] += value * w[k, o]
        if rectify:
            for o in range(outputs):
                z[i, o] = max(z[i, o], 0)


@njit(forceinline=True, **_FLAGS)
def _softmax_gradient(z, y, rows, sizes):
    batch, classes = sizes
    for i in range(batch):
        top = z[i, 0]
        for c in range(1, classes):
            top = max(top, z[i, c])
        total = z.dtype.type(0)
        for c in range(classes):
            z[i, c] = math.exp(z[i, c] - top)
            total += z[i, c]
        share = 1 / (total * batch)
        for c in range(classes):
            z[i, c] *= share
        z[i, y[rows[i]]] -= z.dtype.type(1) / batch


@njit(forceinline=True, **_FLAGS)
def _backward(delta, w, a, below, sizes):
    batch, inputs, outputs = sizes
    for i in range(batch):
        for k in range(inputs):
            total = w.dtype.type(0)
            for o in range(outputs):
                total += delta[i, o] * w[k, o]
            below[i, k] = total if a[i, k] > 0 else 0


@njit(forceinline=True, **_FLAGS)
def _step(p, u, g, size, penalties, rate, momentum):
    l1, l2 = penalties
    for o in range(size):
        value = p[o]
        sign = l1 if value > 0 else (-l1 if value < 0 else p.dtype.type(0))
        descent = rate * (g[o] + sign + 2 * l2 * value)
        u[o] = momentum * u[o] - descent
        p[o] = value + momentum * u[o] - descent


@njit(forceinline=True, **_FLAGS)
def _learn(a, delta, w, b, uw, ub, row, sizes, on_weights, on_biases, rate, momentum):
    batch, inputs, outputs = sizes
    for k in range(inputs):
        for o in range(outputs):
            row[o] = 0
        for i in range(batch):
            value = a[i, k]
            for o in range(outputs):
                row[o] += value * delta[i, o]
        _step(w[k], uw[k], row, outputs, on_weights, rate, momentum)
    for o in range(outputs):
        row[o] = 0
    for i in range(batch):
        for o in range(outputs):
            row[o] += delta[i, o]
    _step(b, ub, row, outputs, on_biases, rate, momentum)


@cache
def _compiled(n0: int, n1: int, n2: int, n3: int, batch: int, precision: str) -> Callable:
    dtype = np.dtype(precision).type

    @njit(**_FLAGS)
    def train(x, y, order, w1, b1, w2, b2, w3, b3, l1, l2, rate, momentum):
        u1, v1 = np.zeros((n0, n1), dtype), np.zeros(n1, dtype)
        u2, v2 = np.zeros((n1, n2), dtype), np.zeros(n2, dtype)
        u3, v3 = np.zeros((n2, n3), dtype), np.zeros(n3, dtype)
        a0, row = np.empty((batch, n0), dtype), np.empty(max(n1, n2, n3), dtype)
        a1, d1 = np.empty((batch, n1), dtype), np.empty((batch, n1), dtype)
        a2, d2 = np.empty((batch, n2), dtype), np.empty((batch, n2), dtype)
        d3 = np.empty((batch, n3), dtype)
        for t in range(order.shape[0]):
            rows = order[t]
            for i in range(batch):
                for k in range(n0):
                    a0[i, k] = x[rows[i], k]
            _forward(a0, w1, b1, a1, (batch, n0, n1), True)
            _forward(a1, w2, b2, a2, (batch, n1, n2), True)
            _forward(a2, w3, b3, d3, (batch, n2, n3), False)
            _softmax_gradient(d3, y, rows, (batch, n3))
            _backward(d3, w3, a2, d2, (batch, n2, n3))
            _backward(d2, w2, a1, d1, (batch, n1, n2))
            s = (batch, n2, n3)
            _learn(a2, d3, w3, b3, u3, v3, row, s, (l1[4], l2[4]), (l1[5], l2[5]), rate, momentum)
            s = (batch, n1, n2)
            _learn(a1, d2, w2, b2, u2, v2, row, s, (l1[2], l2[2]), (l1[3], l2[3]), rate, momentum)
            s = (batch, n0, n1)
            _learn(a0, d1, w1, b1, u1, v1, row, s, (l1[0], l2[0]), (l1[1], l2[1]), rate, momentum)

    return train
