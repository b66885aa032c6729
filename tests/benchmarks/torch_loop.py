"""A PyTorch training loop for each run; a process of one thread for each core."""

from collections.abc import Callable, Iterator

import joblib
import numpy as np
import torch

from tests.benchmarks.problem import Problem

NAME = "PyTorch loop, joblib"
SAME = True


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    cores = joblib.cpu_count()
    some = problem.take(cores)
    parts = some.split(cores)

    def run() -> np.ndarray:
        call = joblib.delayed(_train_some)
        return np.concatenate(joblib.Parallel(cores)(call(part) for part in parts))

    yield "", len(some.runs), run


def _train_some(problem: Problem) -> np.ndarray:
    torch.set_num_threads(1)
    return np.stack(
        [_train(problem, l1, l2) for l1, l2 in zip(problem.l1, problem.l2, strict=True)]
    )


def _train(problem: Problem, l1: np.ndarray, l2: np.ndarray) -> np.ndarray:
    x, y, order = (torch.from_numpy(a.copy()) for a in (problem.x, problem.y, problem.order))
    activation = ACTIVATIONS[problem.spec.activation]
    layers: list[torch.nn.Module] = []
    for inputs, outputs in zip(problem.widths, problem.widths[1:], strict=False):
        layers += [torch.nn.Linear(inputs, outputs, dtype=x.dtype), activation()]
    model = torch.nn.Sequential(*layers[:-1])
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, value in zip(parameters, problem.initial, strict=True):
            parameter.copy_(torch.from_numpy(value.copy()))
    groups = {
        float(two): [p for p, own in zip(parameters, l2, strict=True) if own == two] for two in l2
    }
    decayed = [{"params": group, "weight_decay": 2 * two} for two, group in groups.items()]
    optimizer = STEPS[problem.spec.optimizer](problem, decayed)
    strength = float(max(l1))
    penalised = [p for p, one in zip(parameters, l1, strict=True) if one]
    criterion = LOSSES[str(problem.spec.loss)]()
    for rows in order:
        loss = criterion(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        if penalised:
            with torch.no_grad():
                signs = torch._foreach_sign(penalised)
                torch._foreach_add_([p.grad for p in penalised], signs, alpha=strength)
        optimizer.step()
    return problem.flat([p.detach().numpy() for p in parameters])


def _nesterov(problem: Problem, groups: list[dict]) -> torch.optim.Optimizer:
    rate, momentum = problem.rate, problem.momentum
    return torch.optim.SGD(groups, lr=rate, momentum=momentum, nesterov=True, fused=True)


def _adam(problem: Problem, groups: list[dict]) -> torch.optim.Optimizer:
    betas = problem.momentum, problem.beta2
    return torch.optim.Adam(groups, lr=problem.rate, betas=betas, eps=problem.epsilon, fused=True)


ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}

LOSSES = {"cross_entropy": torch.nn.CrossEntropyLoss, "squared": torch.nn.MSELoss}

STEPS = {"nesterov": _nesterov, "adam": _adam}
