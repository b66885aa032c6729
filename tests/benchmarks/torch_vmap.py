"""torch.func: the gradient of one run, vmapped over an ensemble; all threads."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.func import grad, vmap
from torch.nn import functional

from tests.benchmarks.problem import Problem

NAME = "`torch.func` vmap"
SAME = True


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    small, wide = problem.widths[0] < 10, problem.widths[0] > 100
    for size in (256, 1024, 4096) if small else (16, 32) if wide else (16, 64, 256):
        some = problem.take(size)
        yield f"{size} runs", size, lambda some=some: _train(some)


def _train(problem: Problem) -> np.ndarray:
    x, y, order = (torch.from_numpy(a.copy()) for a in (problem.x, problem.y, problem.order))
    net, rate, momentum = problem.net, problem.rate, problem.momentum
    places = [(net.place(name), net.shape(name)) for name in net.names]
    sizes = [place.stop - place.start for place, _ in places]

    def loss(flat, x, y):
        w1, b1, w2, b2, w3, b3 = (flat[place].view(shape) for place, shape in places)
        a = functional.relu(functional.linear(x, w1, b1))
        a = functional.relu(functional.linear(a, w2, b2))
        return functional.cross_entropy(functional.linear(a, w3, b3), y)

    gradient = vmap(grad(loss), in_dims=(0, None, None))
    start = torch.from_numpy(problem.flat(problem.initial)).to(x.dtype)
    weights = start.repeat(len(problem.runs), 1)
    velocity = torch.zeros_like(weights)
    l1, l2 = (
        torch.from_numpy(np.repeat(own, sizes, axis=1)).to(x.dtype)
        for own in (problem.l1, problem.l2)
    )
    l2 = 2 * l2
    for rows in order:
        g = gradient(weights, x[rows], y[rows])
        g.addcmul_(l1, weights.sign()).addcmul_(l2, weights)
        velocity.mul_(momentum).add_(g)
        g.add_(velocity, alpha=momentum)
        weights.add_(g, alpha=-rate)
    return weights.numpy()
