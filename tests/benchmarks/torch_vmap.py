"""torch.func: the gradient of one run, vmapped over an ensemble; all threads.

As it stands, and through torch.compile where there is a C++ compiler.
"""

import shutil
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.func import grad, vmap
from torch.nn import functional

from tests.benchmarks.problem import Problem

NAME = "`torch.func` vmap"
SAME = True


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    torch.compiler.reset()
    small, wide = problem.widths[0] < 10, problem.widths[0] > 100
    sizes = (256, 1024, 4096) if small else (16, 32) if wide else (16, 64, 256)
    for size in sizes:
        run = _trainer(problem.take(size), compiled=False)
        yield f"{size} runs", size, run
    for size in sizes[-2:] if shutil.which("c++") else ():
        run = _trainer(problem.take(size), compiled=True)
        yield f"{size} runs, compiled", size, run


def _trainer(problem: Problem, compiled: bool) -> Callable[[], np.ndarray]:
    x, y, order = (torch.from_numpy(a.copy()) for a in (problem.x, problem.y, problem.order))
    runs = len(problem.runs)
    activate, mean = ACTIVATIONS[problem.spec.activation], LOSSES[str(problem.spec.loss)]
    remembered, move = STEPS[problem.spec.optimizer]
    hyper = problem.rate, problem.momentum, problem.beta2
    corrections = torch.from_numpy(_corrections(problem))
    initial = [torch.from_numpy(value.copy()) for value in problem.initial]
    # A penalty for each run, shaped to go with the parameter.
    l1, l2 = (
        [
            torch.from_numpy(np.ascontiguousarray(one)).reshape(runs, *[1] * value.ndim)
            for one, value in zip(own.T, initial, strict=True)
        ]
        for own in (problem.l1, 2 * problem.l2)
    )

    def loss(p, x, y):
        w1, b1, w2, b2, w3, b3 = p
        a = activate(functional.linear(x, w1, b1))
        a = activate(functional.linear(a, w2, b2))
        return mean(functional.linear(a, w3, b3), y)

    gradient = vmap(grad(loss), in_dims=(0, None, None))

    def step(p, memory, x, y, correction):
        g = gradient(p, x, y)
        torch._foreach_addcmul_(g, torch._foreach_sign(p), l1)
        torch._foreach_addcmul_(g, p, l2)
        move(hyper, p, memory, g, correction)

    if compiled:
        step = torch.compile(step, dynamic=False, fullgraph=True)

    def run() -> np.ndarray:
        p = [value.expand(runs, *value.shape).clone() for value in initial]
        memory = [[torch.zeros_like(value) for value in p] for _ in range(remembered)]
        for rows, correction in zip(order, corrections, strict=True):
            step(p, memory, x[rows], y[rows], correction)
        return np.concatenate([value.reshape(runs, -1).numpy() for value in p], axis=1)

    return run


def _nesterov(hyper: tuple, p: list, memory: list, g: list, correction: torch.Tensor) -> None:
    rate, momentum, _ = hyper
    (u,) = memory
    torch._foreach_mul_(u, momentum)
    torch._foreach_add_(u, g)
    torch._foreach_add_(g, u, alpha=momentum)
    torch._foreach_add_(p, g, alpha=-rate)


def _adam(hyper: tuple, p: list, memory: list, g: list, correction: torch.Tensor) -> None:
    _, beta1, beta2 = hyper
    m, v = memory
    torch._foreach_lerp_(m, g, 1 - beta1)
    torch._foreach_mul_(v, beta2)
    torch._foreach_addcmul_(v, g, g, 1 - beta2)
    metric = torch._foreach_sqrt(v)
    torch._foreach_mul_(metric, correction[0])
    torch._foreach_add_(metric, [correction[1]] * len(p))  # alone it would end the graph
    torch._foreach_addcdiv_(p, m, metric, -1)


def _corrections(problem: Problem) -> np.ndarray:
    """Return what Adam's metric is multiplied by and what is added to it, a row a batch.

    With them p moves by m / metric: learning rate and corrections of both means are in it.
    """
    t = np.arange(1, len(problem.order) + 1)
    scale = (1 - problem.momentum**t) / problem.rate
    both = scale / np.sqrt(1 - problem.beta2**t), scale * problem.epsilon
    return np.stack(both, axis=1).astype(problem.x.dtype)


ACTIVATIONS = {"relu": functional.relu, "tanh": torch.tanh}

LOSSES = {"cross_entropy": functional.cross_entropy, "squared": functional.mse_loss}

#: Numbers that are remembered of a parameter, and how it moves, in place.
STEPS: dict[str, tuple[int, Callable]] = {"nesterov": (1, _nesterov), "adam": (2, _adam)}
