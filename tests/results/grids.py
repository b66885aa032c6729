"""Tables of runs with invented figures, as `results.load` would return them."""

import itertools

import numpy as np
import pandas as pd

from results import columns

WEIGHTS = ("w1", "w2", "w3")

#: Orders of a path, as the grid has them.
ORDERS = ("cold", "down", "up")


def log(count, zero=True):
    """So many penalties from 1e-4 to 0.1, the first of them 0."""
    values = np.geomspace(1e-4, 1e-1, count - zero)
    return np.concatenate(([0.0], values)) if zero else values


def table(
    l1=(0.0, 1e-4, 1e-2),
    l2=(0.0, 1e-3),
    *,
    seeds=5,
    outer=0,
    folds=1,
    lr=(0.01,),
    vary=None,
    path=(),
    data="digits",
    held_out=True,
    diverged=(),
    noise=0.01,
    rows=None,
):
    """A table over a grid; ``diverged`` are numbers of runs that did.

    ``rows`` are those of the training and of the held-out part, which an earlier version kept to
    itself, together with what guessing by the class shares gives.
    """
    vary = vary or {}
    axes = {
        "seed": range(seeds), **({"outer": range(outer)} if outer else {}), "fold": range(folds),
        "l1": l1, "l2": l2, "lr": lr, "momentum": (0.9,), **vary,
        **({"path": path} if path else {}),
    }  # fmt: skip
    grid = pd.DataFrame(list(itertools.product(*axes.values())), columns=list(axes))
    draw = np.random.default_rng(0)
    strength = np.log10(3 * grid.l1 + grid.l2 + 1e-5) + 3
    loss = 0.2 + 0.05 * strength**2 + 0.02 * grid.seed + abs(grid.lr - 0.01)
    loss += noise * draw.normal(size=len(grid))
    if path:
        loss += 0.04 * grid.path.map({"cold": 2, "down": 1, "up": 0})
    sparsity = 1 / (1 + (3e-3 / (grid.l1 + 1e-6)) ** 1.5)
    known = dict(
        final_loss=loss + grid.l1, train_loss=0.7 * loss, train_accuracy=1 - loss / 9,
        sparsity=sparsity, sparsity_w1=sparsity**2, sparsity_w2=sparsity, sparsity_w3=sparsity**0.5,
        nonzero=1000 * (1 - sparsity),
    )  # fmt: skip
    if held_out:
        known |= dict(val_loss=loss, val_accuracy=1 - loss / 8)
    known |= grid.to_dict("series")
    known |= dict(run=np.arange(len(grid)), data=data, status="done", epochs=7)
    extras = [name for name, there in (("outer", outer), ("path", path)) if there]
    extras += ["train_accuracy", "val_accuracy"]
    if rows:
        extras += [*columns.HELD_OUT, "baseline_accuracy"]
        known |= dict(train_rows=rows[0], val_rows=rows[1])
        known |= dict(baseline_loss=0.4 + 0.01 * grid.seed, baseline_accuracy=0.6)
    wanted = columns.schema(WEIGHTS, vary, extras)
    found = pd.DataFrame({name: known.get(name, 0.5) for name in wanted.names}, index=grid.index)
    if not held_out:
        found[["val_loss", "val_accuracy"]] = np.nan
    rows = list(diverged)
    found.loc[rows, "status"] = "diverged"
    found.loc[rows, ["final_loss", "val_loss", "train_loss"]] = np.nan
    return found.astype({name: "int64" for name in ("run", "seed", "epochs")})
