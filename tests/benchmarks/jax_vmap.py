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
    dtype, classes = problem.x.dtype, problem.widths[-1]
    x, order = jnp.asarray(problem.x), jnp.asarray(problem.order)
    counted = jnp.arange(1, len(order) + 1, dtype=dtype)
    wanted = np.eye(classes, dtype=dtype)[problem.y] if problem.y.ndim == 1 else problem.y
    wanted = jnp.asarray(wanted)
    # Weights are [input, output] here, the way x @ w reads them.
    initial = [jnp.asarray(value.T) for value in problem.initial]
    activate, mean = ACTIVATIONS[problem.spec.activation], LOSSES[str(problem.spec.loss)]
    remembered, move = STEPS[problem.spec.optimizer]

    def loss(p, x, wanted):
        w1, b1, w2, b2, w3, b3 = p
        a = activate(x @ w1 + b1)
        a = activate(a @ w2 + b2)
        return mean(a @ w3 + b3, wanted)

    def train(l1, l2):
        def step(state, batch):
            (p, memory), (rows, t) = state, batch
            g = jax.grad(loss)(p, x[rows], wanted[rows])
            g = [
                each + one * jnp.sign(w) + 2 * two * w
                for each, w, one, two in zip(g, p, l1, l2, strict=True)
            ]
            return move(problem, p, memory, g, t), None

        memory = [[jnp.zeros_like(w) for w in initial] for _ in range(remembered)]
        (p, _), _ = jax.lax.scan(step, (initial, memory), (order, counted))
        return jnp.concatenate([w.T.ravel() for w in p])

    return jax.jit(jax.vmap(train))


def _nesterov(problem: Problem, p: list, memory: list, g: list, t) -> tuple[list, list]:
    rate, momentum = map(problem.x.dtype.type, (problem.rate, problem.momentum))
    (u,) = memory
    u = [momentum * v - rate * each for v, each in zip(u, g, strict=True)]
    p = [w + momentum * v - rate * each for w, v, each in zip(p, u, g, strict=True)]
    return p, [u]


def _adam(problem: Problem, p: list, memory: list, g: list, t) -> tuple[list, list]:
    """Step as optax does, with one division a parameter."""
    how = problem.rate, problem.momentum, problem.beta2, problem.epsilon
    rate, beta1, beta2, epsilon = map(problem.x.dtype.type, how)
    m, v = memory
    m = [beta1 * mean + (1 - beta1) * each for mean, each in zip(m, g, strict=True)]
    v = [beta2 * mean + (1 - beta2) * each**2 for mean, each in zip(v, g, strict=True)]
    scale, root = rate / (1 - beta1**t), 1 / jnp.sqrt(1 - beta2**t)
    p = [
        w - scale * mean / (root * jnp.sqrt(square) + epsilon)
        for w, mean, square in zip(p, m, v, strict=True)
    ]
    return p, [m, v]


def _cross_entropy(z, wanted):
    return -jnp.sum(wanted * jax.nn.log_softmax(z)) / len(z)


def _squared(z, wanted):
    return jnp.mean((z - wanted) ** 2)


ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}

LOSSES = {"cross_entropy": _cross_entropy, "squared": _squared}

#: Numbers that are remembered of a parameter, and how it moves at batch t, from 1.
STEPS: dict[str, tuple[int, Callable]] = {"nesterov": (1, _nesterov), "adam": (2, _adam)}
