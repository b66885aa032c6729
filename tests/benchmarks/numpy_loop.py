"""A NumPy loop for each run, on one thread of BLAS; a process for each core."""

from collections.abc import Callable, Iterator

import joblib
import numpy as np

from tests.benchmarks.problem import Problem

NAME = "NumPy loop (BLAS), joblib"
SAME = True


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    if not problem.plain:
        return
    cores = joblib.cpu_count()
    some = problem.take(4 * cores)
    parts = some.split(cores)

    def run() -> np.ndarray:
        call = joblib.delayed(_train_some)
        return np.concatenate(joblib.Parallel(cores)(call(part) for part in parts))

    yield "", len(some.runs), run


def _train_some(problem: Problem) -> np.ndarray:
    return np.stack(
        [_train(problem, l1, l2) for l1, l2 in zip(problem.l1, problem.l2, strict=True)]
    )


def _train(problem: Problem, l1: np.ndarray, l2: np.ndarray) -> np.ndarray:
    batch = problem.order.shape[1]
    wanted = np.eye(problem.widths[-1], dtype=problem.x.dtype)[problem.y]
    p = [value.copy() for value in problem.initial]
    u = [np.zeros_like(value) for value in p]
    # Penalties of which most are zero, and cost nothing then.
    l1, l2 = l1.tolist(), l2.tolist()
    rate, momentum = problem.rate, problem.momentum
    for rows in problem.order:
        w1, b1, w2, b2, w3, b3 = p
        x = problem.x[rows]
        a1 = x @ w1.T
        a1 += b1
        np.maximum(a1, 0, out=a1)
        a2 = a1 @ w2.T
        a2 += b2
        np.maximum(a2, 0, out=a2)
        d3 = a2 @ w3.T
        d3 += b3
        d3 -= d3.max(axis=1, keepdims=True)
        np.exp(d3, out=d3)
        d3 /= d3.sum(axis=1, keepdims=True)
        d3 -= wanted[rows]
        d3 /= batch
        d2 = d3 @ w3
        d2 *= a2 > 0
        d1 = d2 @ w2
        d1 *= a1 > 0
        gradients = (d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0), d3.T @ a2, d3.sum(0))
        for value, velocity, g, one, two in zip(p, u, gradients, l1, l2, strict=True):
            if one:
                g += one * np.sign(value)
            if two:
                g += (2 * two) * value
            g *= rate
            velocity *= momentum
            velocity -= g
            g -= momentum * velocity
            value -= g
    return problem.flat(p)
