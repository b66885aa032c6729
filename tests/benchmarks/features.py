"""Which inputs? Stability selection beside LassoNet on tables whose truth is known.

    python -m tests.benchmarks.features

Of 20 columns 4 matter, of 400 rows. Ours is 50 runs on halves along a group lasso of the inputs;
of its penalties the smallest counts at which at most one wrong choice is expected, by Shah and
Samworth's bound for r-concave distributions. LassoNet (which has to be installed, with torch)
chooses by five folds, as it does unless told. It takes numbers alone: categories are made one-hot
for it, and a column counts as chosen if one of its inputs is.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from sweep import Sweep
from sweep.commands.kept import kept_of

ROWS, COLUMNS, MATTER, REPEATS = 400, 20, 4, 3
KINDS = ("linear", "nonlinear", "interactions", "correlated", "categories")
PENALTIES, SEEDS, WRONG = "0.003:0.3:log12", range(50), 1.0


def table(kind: str, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Draw a table, its target the last column; and the names of the columns that matter."""
    draw = np.random.default_rng([seed, *kind.encode()])
    x = draw.standard_normal((ROWS, COLUMNS))
    if kind == "correlated":  # each with its neighbours, by 0.7 to the power of their distance
        for column in range(1, COLUMNS):
            x[:, column] = 0.7 * x[:, column - 1] + 0.51**0.5 * x[:, column]
    names = [f"x{column}" for column in range(COLUMNS)]
    matter = draw.choice(COLUMNS, MATTER, replace=False)
    a, b, c, d = x[:, matter].T
    frame = pd.DataFrame(x, columns=names)
    signal = a + b - c + d
    if kind == "nonlinear":
        signal = 2 * np.abs(a) + 2 * np.maximum(b, 0) + 2 * np.tanh(2 * c) + np.exp(d / 2)
    if kind == "interactions":
        signal = 2 * np.sin(2 * a) + b * c + d**2
    if kind == "categories":  # every other column has four levels
        for column in range(0, COLUMNS, 2):
            level = np.digitize(x[:, column], [-0.7, 0, 0.7])
            frame[names[column]] = np.array(["u", "v", "w", "z"])[level]
            for place, mine in enumerate((a, b, -c, d)):
                if matter[place] == column:
                    effect = np.array([0, 1.5, -1.5, 0.5])[level]
                    signal = signal - mine + effect
    frame["y"] = signal + draw.standard_normal(ROWS)
    return frame, [names[column] for column in matter]


def ours(frame: pd.DataFrame) -> tuple[list[str], float]:
    """Return what stability selection chooses, and the bound on wrong choices."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "table.csv")
        frame.to_csv(file, index=False)
        spec = Sweep(
            data=file, target="y", task="numbers", hidden="16", l1=0, l2=0, l21=PENALTIES,
            seeds=SEEDS, subsample=0.5, permutations=0,
        )  # fmt: skip
        runs = spec.run(out=Path(folder, "r"))
        found = kept_of(Path(folder, "r"), runs)
    for penalty in np.unique(found.path["l21"]):
        rows = found.path[found.path["l21"] == penalty]
        at = found._replace(cell=found.cell.copy())
        at.cell["l21"] = penalty
        if at.bounds.r_concave <= WRONG:
            break
    return rows.loc[rows["selected"], "feature"].tolist(), at.bounds.r_concave


def lassonet(frame: pd.DataFrame) -> tuple[list[str], float]:
    """Return what LassoNet chooses."""
    import torch
    from lassonet import LassoNetRegressorCV

    torch.manual_seed(0)
    torch.set_num_threads(1)  # with more it is slower: the network is small
    X = pd.get_dummies(frame.drop(columns="y"), dtype=float)
    X, y = (X - X.mean()) / X.std(), (frame["y"] - frame["y"].mean()) / frame["y"].std()
    model = LassoNetRegressorCV(hidden_dims=(16,), verbose=0, random_state=0)
    model.fit(X.to_numpy(np.float32), y.to_numpy(np.float32)[:, None])
    chosen = X.columns[model.best_selected_.numpy().astype(bool)]
    return sorted({name.partition("_")[0] for name in chosen}), np.nan


def main() -> None:
    """Print a row for each kind of table and peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(KINDS), help="kinds of tables, comma-separated")
    kinds = parser.parse_args().only.split(",")
    peers: dict[str, Callable] = {"regsweep": ours}
    try:
        import lassonet as _  # noqa: F401

        peers["LassoNet"] = lassonet
    except ImportError:
        print("LassoNet is not installed, and left out", file=sys.stderr)
    ours(table("linear", REPEATS)[0])  # compiles
    for kind in kinds:
        tables = [table(kind, seed) for seed in range(REPEATS)]
        for name, peer in peers.items():
            begun, right, wrong, bounds = time.perf_counter(), 0, 0, []
            for frame, matter in tables:
                chosen, bound = peer(frame)
                right += len(set(chosen) & set(matter))
                wrong += len(set(chosen) - set(matter))
                bounds.append(bound)
            told = {
                "tables": kind,
                "by": name,
                "found": f"{right} of {MATTER * REPEATS}",
                "wrong a table": wrong / REPEATS,
                "bound": float(np.mean(bounds)),
                "seconds a table": round((time.perf_counter() - begun) / REPEATS, 1),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
