"""What a sweep with stops costs, for each epoch that it trains: ``... tests.benchmarks.patience``.

The same runs three times, side by side, on one core: stopping by patience; with a patience that
no run outlasts, so that the validation loss is watched, and no lane ever falls free; and without
patience. Watched and plain runs have as many epochs as those that stop have on average. Seconds
are of CPU; the cheapest of some rounds counts. The first two differ by what stopping costs: lanes
that are freed and filled, packs that close up, runs that have come to different epochs.
"""

import argparse
import math
import time

import numpy as np

from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.training.chosen_kernels import compile_kernels
from sweep.training.task import run_task

SWEEPS = {
    "wine": {"l1": "0,1e-5:1e-2:log7", "l2": "0,1e-5:1e-2:log7", "seeds": "0:60"},
    "breast_cancer": {"l1": "0,1e-5:1e-2:log5", "l2": "0,1e-4,1e-3", "seeds": "0:20"},
    "digits": {"l1": "0,1e-5:1e-2:log3", "l2": "0,1e-4,1e-3", "seeds": "0:16"},
}

#: Epochs without a better validation loss; epochs at the most.
STOPS = {"patience": 3, "epochs": 60, "finish": 0}


def cost(spec: Sweep) -> tuple[float, float]:
    """Return the seconds that a run's epoch takes, and how many epochs a run has on average."""
    experiment = prepare(spec)
    compile_kernels(experiment.plan)
    begun, epochs = time.thread_time(), 0
    for task in experiment.plan.tasks.ranges():
        rows = run_task(experiment.plan, experiment.dataset, [task])
        epochs += int(np.sum(rows.runs["epochs"].to_numpy()))
    return (time.thread_time() - begun) / epochs, epochs / experiment.plan.grid.total


def main() -> None:
    """Measure, and print one line for each data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="[5]")
    options = parser.parse_args()
    for data, grid in SWEEPS.items():
        stops = Sweep(data=data, **grid, **STOPS)
        epochs = round(cost(stops)[1])
        kinds = {
            "stops": stops,
            "watched": stops.replace(epochs=epochs, patience=epochs + 1),
            "plain": stops.replace(epochs=epochs, patience="off"),
        }
        best = dict.fromkeys(kinds, math.inf)
        for _ in range(options.rounds):
            for name, spec in kinds.items():
                best[name] = min(best[name], cost(spec)[0])
        told = ", ".join(f"{name} {seconds * 1e6:.4g} us" for name, seconds in best.items())
        print(
            f"{data:14}{told} an epoch of a run ({epochs} epochs on average); stops cost "
            f"{best['stops'] / best['watched']:.2f} times watched",
            flush=True,
        )


if __name__ == "__main__":
    main()
