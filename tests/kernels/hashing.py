"""Train a fixed set of runs and print what became of them; run by tests in other processes."""

import json
from typing import Any

import numpy as np
from numba.core.registry import cpu_target

from kernels.lane.lanes import lane_width
from tests.kernels.packing import Experiment, broken, dying, experiment, train_runs


def hashes(widths_of_lanes: dict[str, int]) -> dict[str, str]:
    """Return a hash of all results of each of some experiments, in lanes of these widths."""
    found = {}
    for precision, width in widths_of_lanes.items():
        for seed, widths in enumerate([(5, 3, 5, 4), (13, 9, 10), (3, 2), (8, 16, 7, 5, 6, 12)]):
            drawn = experiment(
                seed, widths, runs=5, n=30, streams=2, proximal=seed % 2 == 1, precision=precision
            )
            outcome = train_runs(rounded(drawn), width)
            assert np.isfinite(outcome.loss).all()
            found[f"{precision} {widths}"] = outcome.hash()
        found[f"{precision} dying"] = train_runs(rounded(dying(precision)), width).hash()
        drawn = rounded(experiment(9, (4, 6, 5, 3), runs=5, epochs=6, precision=precision))
        for how in ("too fast", "NaN"):  # even of a NaN, the sign
            runs = [broken(run, how) for run in drawn.runs]
            diverged = train_runs(drawn._replace(runs=runs), width)
            found[f"{precision} {how}"] = diverged.hash()
    return found


def rounded(drawn: Experiment) -> Experiment:
    """Round what is drawn: NumPy's powers and logarithms differ by machine in the last bits."""

    def coarse(array):
        return np.rint(array * 2**30) / 2**30

    runs = [
        run._replace(parameters=coarse(run.parameters), l1=coarse(run.l1), l2=coarse(run.l2))
        for run in drawn.runs
    ]
    return drawn._replace(runs=runs, samples=drawn.samples._replace(x=coarse(drawn.samples.x)))


def processor() -> dict[str, Any]:
    """Say what processor kernels are compiled for, and how wide their lanes are."""
    _, cpu, features = cpu_target.target_context.codegen().magic_tuple()
    lanes = {precision: lane_width(precision) for precision in ("float64", "float32")}
    return {"cpu": cpu, "features": features, "lanes": lanes}


if __name__ == "__main__":
    here = processor()
    print(json.dumps({**here, "hashes": hashes(here["lanes"])}))
