"""JAX: the whole training of one run as a scan, vmapped over an ensemble, jitted."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import joblib
import numpy as np

from tests.benchmarks.problem import Problem

NAME = "JAX `jit(vmap(scan))`"
SAME = True

jax.config.update("jax_enable_x64", True)


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    small, wide = problem.widths[0] < 10, problem.widths[0] > 100
    threads = joblib.cpu_count()
    pool = ThreadPoolExecutor(threads)
    train = _compiled(problem)
    for size in (1024, 4096, 16384) if small else (16, 32) if wide else (16, 64, 256):
        some = problem.take(size)
        # One call, to divide among threads as XLA sees fit, or a part of the runs to each.
        for calls in dict.fromkeys((1, threads)):
            parts = some.split(calls)

            def run(parts=parts) -> np.ndarray:
                return np.concatenate(
                    list(pool.map(lambda part: np.asarray(train(part.l1, part.l2)), parts))
                )

            yield f"{size} runs in {calls}", size, run


def _compiled(problem: Problem) -> Callable:
    dtype = problem.x.dtype
    x, order = jnp.asarray(problem.x), jnp.asarray(problem.order)
    wanted = jnp.eye(problem.widths[-1], dtype=dtype)[problem.y]
    # Weights are [input, output] here, the way x @ w reads them.
    initial = [jnp.asarray(value.T) for value in problem.initial]
    rate, momentum = dtype.type(problem.rate), dtype.type(problem.momentum)

    def loss(p, x, wanted):
        w1, b1, w2, b2, w3, b3 = p
        a = jax.nn.relu(x @ w1 + b1)
        a = jax.nn.relu(a @ w2 + b2)
        return -jnp.sum(wanted * jax.nn.log_softmax(a @ w3 + b3)) / len(x)

    def train(l1, l2):
        def step(state, rows):
            p, u = state
            g = jax.grad(loss)(p, x[rows], wanted[rows])
            g = [
                each + one * jnp.sign(w) + 2 * two * w
                for each, w, one, two in zip(g, p, l1, l2, strict=True)
            ]
            u = [momentum * v - rate * each for v, each in zip(u, g, strict=True)]
            p = [w + momentum * v - rate * each for w, v, each in zip(p, u, g, strict=True)]
            return (p, u), None

        (p, _), _ = jax.lax.scan(step, (initial, [jnp.zeros_like(w) for w in initial]), order)
        return jnp.concatenate([w.T.ravel() for w in p])

    return jax.jit(jax.vmap(train))
