"""Where PyTorch's optimizers go from the same start, recorded, since the tests do not need PyTorch.

    python -m tests.kernels.torch_trajectories

writes ``torch_trajectories.json`` anew, beside this file, in an environment that has torch; no
package of ours is imported. 2 l2 is its ``weight_decay``, on all parameters.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".json")

WIDTHS = (5, 6, 4, 3)
SAMPLES, BATCH = 43, 8  # the last batch of an epoch is short
EPOCHS = (1, 20)
L2 = 0.003

#: Options of a sweep, and the optimizer that they stand for.
CASES = {
    "nesterov": ({"rate": 0.02, "momentum": 0.9}, "SGD", {"nesterov": True}),
    "momentum": ({"rate": 0.02, "momentum": 0.8}, "SGD", {}),
    "adam": ({"rate": 0.01, "momentum": 0.9, "beta2": 0.999, "epsilon": 1e-8}, "Adam", {}),
    "adamw": ({"rate": 0.02, "momentum": 0.8, "beta2": 0.99, "epsilon": 1e-4}, "AdamW", {}),
    "rmsprop": ({"rate": 0.005, "beta2": 0.99, "epsilon": 1e-8}, "RMSprop", {}),
}

#: Schedules of a sweep, and warm-ups, which are PyTorch's LinearLR and one of these after it.
SCHEDULES = {
    "cosine": (5, "CosineAnnealingLR", (15,)),
    "exponential:0.85": (0, "ExponentialLR", (0.85,)),
    "step:4:0.5": (5, "StepLR", (4, 0.5)),
}


def problem():
    """Return inputs, classes, the order of each epoch and the initial parameters, flat.

    What is drawn is rounded to whole 64ths: the same numbers whatever the version of NumPy.
    """
    random = np.random.RandomState(3)
    x = np.rint(random.uniform(-2, 2, size=(SAMPLES, WIDTHS[0])) * 64) / 64
    y = random.randint(WIDTHS[-1], size=SAMPLES)
    order = np.stack([random.permutation(SAMPLES) for _ in range(max(EPOCHS))])
    size = sum((a + 1) * b for a, b in pairwise(WIDTHS))
    return x, y, order, np.rint(random.uniform(-1, 1, size=size) * 64) / 64


def trajectory(name, l2, schedule=None):
    """Return the parameters after each of `EPOCHS`, flat."""
    import torch

    options, kind, more = CASES[name]
    x, y, order, start = problem()
    layers, first = [], 0
    for inputs, outputs in pairwise(WIDTHS):
        layer = torch.nn.Linear(inputs, outputs, dtype=torch.float64)
        with torch.no_grad():
            for parameter in (layer.weight, layer.bias):
                values = start[first : first + parameter.numel()]
                parameter.copy_(torch.from_numpy(values.copy()).reshape(parameter.shape))
                first += parameter.numel()
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    taken = {"lr": options["rate"], "weight_decay": 2 * l2, **more}
    if kind == "SGD":
        taken["momentum"] = options["momentum"]
    elif kind == "RMSprop":
        taken |= {"alpha": options["beta2"], "eps": options["epsilon"]}
    else:
        taken |= {"betas": (options["momentum"], options["beta2"]), "eps": options["epsilon"]}
    optimizer = getattr(torch.optim, kind)(model.parameters(), **taken)
    scheduler = following(optimizer, schedule) if schedule else None
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    found = []
    for epoch, rows in enumerate(order, start=1):
        for first in range(0, SAMPLES, BATCH):
            batch = rows[first : first + BATCH]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs[batch]), labels[batch]).backward()
            optimizer.step()
        if scheduler:
            scheduler.step()
        if epoch in EPOCHS:
            flat = torch.cat([p.detach().ravel() for p in model.parameters()])
            found.append(flat.tolist())
    return found


def following(optimizer, schedule):
    """Return what steps the learning rate, once an epoch."""
    from torch.optim import lr_scheduler

    warmup, kind, given = SCHEDULES[schedule]
    if not warmup:
        return getattr(lr_scheduler, kind)(optimizer, *given)
    rising = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1.0, warmup - 1)
    after = getattr(lr_scheduler, kind)(optimizer, *given)
    return lr_scheduler.SequentialLR(optimizer, [rising, after], [warmup])


def main():
    import torch

    found = {f"{name} {l2}": trajectory(name, l2) for name in CASES for l2 in (0, L2)}
    for name in CASES:
        found |= {f"{name} {schedule}": trajectory(name, L2, schedule) for schedule in SCHEDULES}
    lines = ",\n".join(f"{json.dumps(case)}: {json.dumps(flat)}" for case, flat in found.items())
    FILE.write_text(f'{{"torch": "{torch.__version__}",\n{lines}}}\n')


if __name__ == "__main__":
    main()
