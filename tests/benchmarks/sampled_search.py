"""Sampled search against the grid at equal epochs: ``python -m tests.benchmarks.sampled_search``.

As many cells of each, with the same epochs: a grid of l1 x lr x dropout, of which each repetition
has other splits and weights (its own seed), and cells drawn from ranges between the same ends. What
is printed is the best val_loss found: its mean over the repetitions with the standard error, and in
how many of them it was lower than the grid's. ``--seconds`` prints what a million article runs of a
sample need beside those of a grid instead, in processes of their own: time, and the peak of memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

from sweep import Sweep

#: 4 x 4 x 4 cells, whose ends are those of the ranges.
GRID = {"l1": "1e-5:1e-1:log4", "lr": "1e-3:1e-1:log4", "dropout": "0:0.5:lin4"}
RANGES = {"l1": "1e-5:1e-1:log", "lr": "1e-3:1e-1:log", "dropout": "0:0.5:lin"}
CELLS = 64

#: A million article runs: of 10,000 cells, and of as many cells.
MILLION = {
    "grid": ["--l1", "1e-4:1e-1:log100", "--l2", "1e-4:1e-1:log100", "--seeds", "0:100"],
    "sample": [
        *("--l1", "1e-4:1e-1:log", "--l2", "1e-4:1e-1:log", "--seeds", "0:100"),
        *("--sample", "10000"),
    ],
    "grid of as many cells": [
        *("--l1", "1e-4:1e-1:log1000", "--l2", "1e-4:1e-1:log1000", "--seeds", "0:1"),
    ],
    "sample of as many cells": [
        *("--l1", "1e-4:1e-1:log", "--l2", "1e-4:1e-1:log", "--seeds", "0:1"),
        *("--sample", "1000000"),
    ],
}


def best(data: str | pd.DataFrame, repetition: int, epochs: int, sampler: str | None) -> float:
    """Return the lowest val_loss of 64 cells."""
    drawn = {**RANGES, "sample": CELLS, "sampler": sampler} if sampler else GRID
    spec = Sweep(data=data, l2=0, seeds=repetition, epochs=epochs, finish=0, **drawn)
    return float(spec.run().val_loss.min())


def compare(repetitions: int, epochs: int) -> None:
    """Print a line for each data set and way to search."""
    diabetes = load_diabetes(as_frame=True).frame
    for name, data in {
        "wine": "wine",
        "breast_cancer": "breast_cancer",
        "diabetes": diabetes,
    }.items():
        grid = np.array([best(data, one, epochs, None) for one in range(repetitions)])
        for sampler in (None, "sobol", "random", "tpe"):
            found = np.array(
                [best(data, one, epochs, sampler) for one in range(repetitions)]
                if sampler
                else grid
            )
            error = found.std(ddof=1) / len(found) ** 0.5
            lower = f", lower in {(found < grid).sum()} of {len(grid)}" if sampler else ""
            print(
                f"{name:14} {sampler or 'grid':7} {found.mean():.4f} +- {error:.4f}{lower}",
                flush=True,
            )


def million() -> None:
    """Print time and memory of each, in turn."""
    for name, axes in MILLION.items():
        with tempfile.TemporaryDirectory() as folder:
            code = (
                "import resource, sys; from sweep.commands.command_line import command_line; "
                "command_line(sys.argv[1:]); "
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
            )
            words = ["run", "--json", "--out", str(Path(folder) / "runs"), *axes]
            begun = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
            )
            whole = time.perf_counter() - begun
        peak = int(done.stderr.split()[-1]) / 1024
        total = json.loads(done.stdout)["total"]
        print(f"{name:24} {total:,} runs: {whole:.1f} s, {peak:.0f} MiB", flush=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20, help="[20]")
    parser.add_argument("--epochs", type=int, default=50, help="[50]")
    parser.add_argument("--seconds", action="store_true", help="of a million runs")
    options = parser.parse_args()
    if options.seconds:
        million()
    else:
        compare(options.repetitions, options.epochs)


if __name__ == "__main__":
    main()
