"""Train a fixed set of runs and print what became of them; run by tests in other processes."""

import json

import numpy as np

from kernels.lane.lanes import lane_width
from tests.kernels.packing import broken, dying, experiment, train_runs


def hashes(widths_of_lanes: dict[str, int]) -> dict[str, str]:
    """Return a hash of all results of each of some experiments, in lanes of these widths."""
    found = {}
    for precision, width in widths_of_lanes.items():
        for seed, widths in enumerate([(5, 3, 5, 4), (13, 9, 10), (3, 2), (8, 16, 7, 5, 6, 12)]):
            drawn = experiment(
                seed, widths, runs=5, n=30, streams=2, proximal=seed % 2 == 1, precision=precision
            )
            outcome = train_runs(drawn, width)
            assert np.isfinite(outcome.loss).all()
            found[f"{precision} {widths}"] = outcome.hash()
        found[f"{precision} dying"] = train_runs(dying(precision), width).hash()
        drawn = experiment(9, (4, 6, 5, 3), runs=5, epochs=6, precision=precision)
        for how in ("too fast", "NaN"):  # even of a NaN, the sign
            runs = [broken(run, how) for run in drawn.runs]
            diverged = train_runs(drawn._replace(runs=runs), width)
            found[f"{precision} {how}"] = diverged.hash()
    return found


if __name__ == "__main__":
    from numba.core.registry import cpu_target

    _, cpu, features = cpu_target.target_context.codegen().magic_tuple()
    lanes = {precision: lane_width(precision) for precision in ("float64", "float32")}
    print(json.dumps({"cpu": cpu, "features": features, "lanes": lanes, "hashes": hashes(lanes)}))
