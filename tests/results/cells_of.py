"""Tables with many axes, words among them: a full grid, or cells drawn in it."""

import itertools

import numpy as np
import pandas as pd

from results import columns

#: Networks, and the weight matrices that each one has not.
HIDDEN = {"16": ["w3"], "32,16": [], "none": ["w2", "w3"]}

#: Axes of a grid of 72 cells.
AXES = {
    "l1": (0.0, 1e-4, 1e-3, 1e-2),
    "lr": (0.001, 0.01, 0.1),
    "hidden": tuple(HIDDEN),
    "activation": ("relu", "tanh"),
}


def grid(axes=AXES):
    """Return all cells of some axes."""
    return pd.DataFrame(list(itertools.product(*axes.values())), columns=list(axes))


def drawn(count, seed=0):
    """Return so many cells, of three axes of numbers and one of words."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "l1": 10 ** draw.uniform(-5, -1, count),
            "lr": 10 ** draw.uniform(-3, -1, count),
            "dropout": draw.uniform(0, 0.5, count),
            "hidden": draw.choice(list(HIDDEN), count),
        }
    )


def loss_of(cells):
    """Invent what the cells of any such axes give: each axis adds its own."""
    found = np.full(len(cells), 0.3)
    found += 0.05 * (np.log10(cells["l1"] + 1e-5) + 3) ** 2
    found += 0.1 * (np.log10(cells["lr"]) + 2) ** 2
    return found + cells["hidden"].map({"16": 0.02, "32,16": 0.0, "none": 0.15})


def runs_of(cells, loss=None, seeds=3, noise=0.0, diverged=()):
    """Return runs of some cells: each seed is unlike the others, and has its own noise.

    ``diverged`` are numbers of cells.
    """
    loss = loss_of(cells) if loss is None else np.asarray(loss)
    draw = np.random.default_rng(0)
    names = [name for name in cells if name not in ("l1", "l2", "lr", "momentum")]
    frames = []
    for seed in range(seeds):
        own = loss + 0.05 * seed + noise * draw.normal(size=len(cells))
        sparsity = 1 / (1 + (3e-3 / (cells.get("l1", pd.Series(0.0, cells.index)) + 1e-6)) ** 1.5)
        known = {"l1": 0.0, "l2": 0.0, "lr": 0.01, "momentum": 0.9} | cells.to_dict("series")
        known |= dict(seed=seed, fold=0, data="digits", status="done", epochs=7)
        known |= dict(final_loss=own + known["l1"], val_loss=own, train_loss=0.7 * own)
        known |= dict(val_accuracy=1 - own / 9, train_accuracy=1 - own / 8, sparsity=sparsity)
        wanted = columns.schema(("w1", "w2", "w3"), names, ["train_accuracy", "val_accuracy"])
        rows = pd.DataFrame(
            {name: known.get(name, 0.5) for name in wanted.names}, index=cells.index
        )
        for name in ("w1", "w2", "w3"):
            lacks = cells.get("hidden", pd.Series("32,16", cells.index)).map(HIDDEN)
            rows[f"sparsity_{name}"] = sparsity.where([name not in some for some in lacks])
        for column in ("final_loss", "val_loss", "train_loss"):
            rows.loc[list(diverged), column] = np.nan
        rows.loc[list(diverged), "status"] = "diverged"
        frames.append(rows)
    runs = pd.concat(frames, ignore_index=True)
    return runs.assign(run=np.arange(len(runs)))
