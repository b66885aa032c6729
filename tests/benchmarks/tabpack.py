"""A pack of networks and its ensemble, beside one in PyTorch: ``... tests.benchmarks.tabpack``.

As TabPack does (Gorishniy and others, 2026): 64 networks whose widths, depth, learning rate, weight
decay and dropout are sampled, AdamW, each stopped by a patience of 16 epochs, and of their best
weights a greedy ensemble of 32 picks. Both train the same 64, on the same rows: regsweep draws
them, and PyTorch is told. There, networks of one depth are batched, the narrower padded by zeros,
which stay zero; or those of one shape, without padding; whichever is faster counts. Those that have
stopped leave the batch. Seconds are of all from the rows to predictions; compiling is done before.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from torch.nn import functional

import results
from sweep import Sweep
from sweep.data.fold import Fold, fold_of
from sweep.models.ensemble.greedy import greedy
from sweep.models.ensemble.telling import best_ensemble
from sweep.plan.experiment import prepare

PACK = {
    **{"sample": 64, "sampler": "random", "optimizer": "adamw", "precision": "float32"},
    **{"hidden": "64/128/64,64/128,128/64,64,64/128,128,128", "lr": "1e-4:5e-3:log"},
    **{"l1": 0, "l2": "5e-4:0.5:log", "dropout": "0:0.5:lin", "finish": 0, "seeds": 0},
    **{"patience": 16, "epochs": 400},
}
PICKS = 32

#: Rows of the table that is made, and of a batch there; of a batch elsewhere.
MADE, LARGE, SMALL = 20_000, 256, 32


def made() -> pd.DataFrame:
    """Return rows of eight numbers and of one that is a known function of five, with noise."""
    random = np.random.RandomState(0)
    x = random.uniform(size=(MADE, 8))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    y += 10 * x[:, 3] + 5 * x[:, 4] + random.normal(size=MADE)
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(8)]).assign(target=y)


SETS = {
    "digits": lambda: load_digits(as_frame=True).frame,
    "breast_cancer": lambda: load_breast_cancer(as_frame=True).frame,
    "diabetes": lambda: load_diabetes(as_frame=True).frame,
    "made": made,
}


class Group(NamedTuple):
    """Networks of one depth that are trained together, and what Adam remembers of them.

    Attributes
    ----------
    who : Tensor, shape (networks,)
        Their numbers.
    weights, biases : list of Tensor, shapes (networks, inputs, outputs), (networks, 1, outputs)
    first, second : list of Tensor
        Means of the gradients and of their squares, of the weights and then of the biases.
    rate, decay, dropout : Tensor, shape (networks, 1, 1)
    """

    who: torch.Tensor
    weights: list[torch.Tensor]
    biases: list[torch.Tensor]
    first: list[torch.Tensor]
    second: list[torch.Tensor]
    rate: torch.Tensor
    decay: torch.Tensor
    dropout: torch.Tensor

    @property
    def parameters(self) -> list[torch.Tensor]:
        return [*self.weights, *self.biases]

    def take(self, places: torch.Tensor) -> "Group":
        """Return copies of some of the networks."""
        return Group(
            *(
                [one[places].clone() for one in part] if isinstance(part, list) else part[places]
                for part in self
            )
        )


def drawn(cells: pd.DataFrame, who: np.ndarray, inputs: int, outputs: int) -> Group:
    """Return some networks as they begin; the narrower ones are padded by zeros."""
    shapes = [[inputs, *map(int, text.split(",")), outputs] for text in cells["hidden"].iloc[who]]
    widest = np.max(shapes, axis=0)
    weights, biases = [], []
    for i in range(len(widest) - 1):
        weight = torch.zeros(len(who), widest[i], widest[i + 1])
        for place, shape in enumerate(shapes):
            weight[place, : shape[i], : shape[i + 1]].normal_(std=(2 / shape[i]) ** 0.5)
        weights.append(weight)
        biases.append(torch.zeros(len(who), 1, widest[i + 1]))
    hyper = (
        torch.tensor(cells[name].to_numpy()[who], dtype=torch.float32).reshape(-1, 1, 1)
        for name in ("lr", "l2", "dropout")
    )
    nothing = [torch.zeros_like(one) for one in (*weights, *biases)]
    rate, l2, dropout = hyper
    again = [one.clone() for one in nothing]
    return Group(torch.tensor(who), weights, biases, nothing, again, rate, 2 * l2, dropout)


def said(group: Group, x: torch.Tensor, learning: bool) -> torch.Tensor:
    """Return the outputs of each network, shape (networks, rows, outputs)."""
    a = x.expand(len(group.who), *x.shape)
    for i, (weight, bias) in enumerate(zip(group.weights, group.biases, strict=True)):
        if i:
            a = functional.relu(a)
            if learning:
                kept = torch.rand_like(a) >= group.dropout
                a = a * kept / (1 - group.dropout)
        a = torch.baddbmm(bias, a, weight)
    return a


def losses(outputs: torch.Tensor, y: torch.Tensor, classes: bool) -> torch.Tensor:
    """Return the mean loss of each network."""
    if classes:
        truth = y.expand(len(outputs), -1)
        each = functional.cross_entropy(outputs.transpose(1, 2), truth, reduction="none")
        return each.mean(dim=1)
    return (outputs - y).square().mean(dim=(1, 2))


def step(group: Group, x: torch.Tensor, y: torch.Tensor, classes: bool, count: int) -> None:
    """Train a batch, in place: AdamW, which decays weights alone."""
    moving = [one.requires_grad_() for one in group.parameters]
    loss = losses(said(group, x, learning=True), y, classes).sum()
    gradients = torch.autograd.grad(loss, moving)
    with torch.no_grad():
        for one in moving:
            one.requires_grad_(False)
        torch._foreach_mul_(group.weights, [1 - group.rate * group.decay] * len(group.weights))
        torch._foreach_lerp_(group.first, gradients, 0.1)
        torch._foreach_mul_(group.second, 0.999)
        torch._foreach_addcmul_(group.second, gradients, gradients, 0.001)
        root = torch._foreach_sqrt(group.second)
        torch._foreach_div_(root, (1 - 0.999**count) ** 0.5)
        torch._foreach_add_(root, 1e-8)
        moves = torch._foreach_div(group.first, root)
        for one, move in zip(moving, moves, strict=True):
            one.addcmul_(move, group.rate, value=-1 / (1 - 0.9**count))


def trained(group: Group, fold: dict[str, torch.Tensor], classes: bool, batch: int) -> Group:
    """Train networks until each has stopped; return them with their best weights."""
    x, y, rows = fold["x"], fold["y"], fold["train"]
    best, at = group.take(torch.arange(len(group.who))), torch.arange(len(group.who))
    lowest = torch.full((len(group.who),), torch.inf)
    since = torch.zeros(len(group.who), dtype=torch.int64)
    count = 0
    for _ in range(PACK["epochs"]):
        for some in rows[torch.randperm(len(rows))].split(batch):
            count += 1
            step(group, x[some], y[some], classes, count)
        with torch.no_grad():
            held_out = said(group, x[fold["val"]], learning=False)
            loss = losses(held_out, y[fold["val"]], classes)
        better = loss < lowest[at]
        since = torch.where(better, 0, since + 1)
        lowest[at[better]] = loss[better]
        for kept, now in zip(best.parameters, group.parameters, strict=True):
            kept[at[better]] = now[better]
        going = since < PACK["patience"]
        if not going.all():
            group, at, since = group.take(going), at[going], since[going]
        if not len(at):
            break
    return best


def of_torch(cells: pd.DataFrame, fold: Fold, batch: int, by: str) -> tuple[np.ndarray, float]:
    """Return what PyTorch's ensemble says of the test part, and its seconds."""
    begun = time.perf_counter()
    torch.manual_seed(0)
    classes, targets = fold.unit is None, fold.targets
    y = torch.tensor(targets[:, 0], dtype=torch.int64) if classes else torch.tensor(targets).float()
    data = {"x": torch.tensor(fold.x).float(), "y": y}
    data |= {part: torch.tensor(getattr(fold, part)) for part in ("train", "val", "test")}
    outputs = len(np.unique(fold.y)) if classes else targets.shape[1]
    keys = cells["hidden"] if by == "shape" else cells["hidden"].str.count(",")
    found: dict[str, list[np.ndarray]] = {"val": [], "test": []}
    for who in keys.groupby(keys).indices.values():
        group = trained(drawn(cells, who, fold.x.shape[1], outputs), data, classes, batch)
        with torch.no_grad():
            for part, values in found.items():
                z = said(group, data["x"][data[part]], learning=False)
                values.append((z.double().softmax(dim=2) if classes else z.double()).numpy())
    val, test = (np.concatenate(values) for values in found.values())
    truth = fold.targets[fold.val]

    def cost(some: np.ndarray) -> np.ndarray:
        if not classes:
            return ((some - truth) ** 2).mean(axis=(1, 2))
        right = np.take_along_axis(some, truth[None].astype(int), axis=2)
        return -np.log(np.maximum(right, 1e-300)).mean(axis=(1, 2))

    mean = test[greedy(val, cost, PICKS).order].mean(axis=0)
    if not classes:
        mean = mean * fold.unit.scale + fold.unit.centre
    return mean, time.perf_counter() - begun


def score(fold: Fold, outputs: np.ndarray) -> dict[str, float]:
    """Return what predictions of the test part are worth."""
    truth = fold.y[fold.test]
    if fold.unit is None:
        return {
            "log loss": log_loss(truth, outputs, labels=np.arange(outputs.shape[1])),
            "accuracy": accuracy_score(truth, outputs.argmax(axis=1)),
        }
    return {"rmse": root_mean_squared_error(truth, outputs), "R2": r2_score(truth, outputs)}


def beside(name: str, split: int) -> dict[str, dict[str, float]]:
    """Return scores and seconds of both, on one split of a set."""
    table = SETS[name]()
    classes = name in ("digits", "breast_cancer")
    stratify = table["target"] if classes else None
    train, test = train_test_split(table, test_size=0.25, random_state=split, stratify=stratify)
    batch = LARGE if len(table) >= MADE else SMALL
    told: dict[str, Any] = {"target": "target", "task": "classes" if classes else "numbers"}
    with tempfile.TemporaryDirectory() as folder:
        files = {one: Path(folder) / f"{one}.parquet" for one in ("train", "test")}
        train.to_parquet(files["train"], index=False)
        test.to_parquet(files["test"], index=False)
        spec = Sweep(data=files["train"], test=files["test"], batch_size=batch, **told, **PACK)
        spec.replace(sample=16, epochs=1).run(out=Path(folder) / "compiled")
        begun = time.perf_counter()
        spec.run(out=Path(folder) / "runs")
        ensemble = best_ensemble(Path(folder) / "runs", PICKS).ensemble
        experiment = prepare(spec)
        fold = fold_of(experiment.spec, experiment.dataset, 0, 0)
        ours = ensemble.outputs(experiment.dataset.X[fold.test])
        found = {"regsweep": {**score(fold, ours), "seconds": time.perf_counter() - begun}}
        cells = results.load(Path(folder) / "runs")
    print(f"{name}, split {split}: {found}", file=sys.stderr, flush=True)  # the rest takes longer
    for by in ("depth", "shape"):
        theirs, seconds = of_torch(cells, fold, batch, by)
        found[f"PyTorch, by {by}"] = {**score(fold, theirs), "seconds": seconds}
    return found


def main() -> None:
    """Measure, and print a table: means over the splits, and of seconds the lowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=3, help="[3]")
    parser.add_argument("--only", default=",".join(SETS), help="names of sets, comma-separated")
    options = parser.parse_args()
    print("| | | score | another | seconds |\n| --- | --- | ---: | ---: | ---: |", flush=True)
    for name in options.only.split(","):
        found = [beside(name, split) for split in range(options.splits)]
        for who in found[0]:
            mean = pd.DataFrame([one[who] for one in found])
            first, second = (f"{one} {mean[one].mean():.4g}" for one in mean.columns[:2])
            seconds = f"{mean['seconds'].min():.3g}"
            print(f"| {name} | {who} | {first} | {second} | {seconds} |", flush=True)


if __name__ == "__main__":
    main()
