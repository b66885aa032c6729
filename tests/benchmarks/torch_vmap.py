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
    runs, rate, momentum = len(problem.runs), problem.rate, problem.momentum
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
        a = functional.relu(functional.linear(x, w1, b1))
        a = functional.relu(functional.linear(a, w2, b2))
        return functional.cross_entropy(functional.linear(a, w3, b3), y)

    gradient = vmap(grad(loss), in_dims=(0, None, None))

    def step(p, u, x, y):
        g = gradient(p, x, y)
        torch._foreach_addcmul_(g, torch._foreach_sign(p), l1)
        torch._foreach_addcmul_(g, p, l2)
        torch._foreach_mul_(u, momentum)
        torch._foreach_add_(u, g)
        torch._foreach_add_(g, u, alpha=momentum)
        torch._foreach_add_(p, g, alpha=-rate)

    if compiled:
        step = torch.compile(step, dynamic=False)

    def run() -> np.ndarray:
        p = [value.expand(runs, *value.shape).clone() for value in initial]
        u = [torch.zeros_like(value) for value in p]
        for rows in order:
            step(p, u, x[rows], y[rows])
        return np.concatenate([value.reshape(runs, -1).numpy() for value in p], axis=1)

    return run
