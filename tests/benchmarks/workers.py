"""How speed grows with workers, by backend: ``python -m tests.benchmarks.workers``.

One sweep on digits, trained with 1, 2, 4, ... workers and with all cores, round after round; the
fastest round counts. Its seconds are those of training, in which processes load their kernels, and
those of loky start; joblib does the tasks of a single worker itself. Backends that are not
installed are left out.
"""

import argparse
import sys

import joblib

from sweep import Sweep
from sweep.errors import InputError
from sweep.running.driver import Where, run

BACKENDS = ("threading", "loky", "dask")


def numbers(cores: int) -> list[int]:
    """Return 1, 2, 4, ... and the number of cores."""
    return [*(2**i for i in range(cores.bit_length()) if 2**i < cores), cores]


def main() -> None:
    """Measure, and print one line for each backend and number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="[2]")
    parser.add_argument("--seeds", default="0:20", help="of 64 cells each [0:20]")
    options = parser.parse_args()
    axis = "0,1e-5:1e-2:log7"
    spec = Sweep(data="digits", l1=axis, l2=axis, seeds=options.seeds, epochs=30)
    for backend in BACKENDS:
        alone = None
        for jobs in numbers(joblib.cpu_count()):
            where = Where(jobs=jobs, backend=backend, quiet=True)
            try:
                outcomes = [run(spec, where) for _ in range(options.rounds)]
            except InputError as error:
                print(f"left out: {error}", file=sys.stderr)
                break
            seconds = min(outcome.seconds["training"] for outcome in outcomes)
            alone = alone or seconds
            rate = outcomes[0].trained / seconds
            print(
                f"{backend:10} {jobs} workers: {rate:.4g} runs a second, {alone / seconds:.2f} "
                "times one worker",
                flush=True,
            )


if __name__ == "__main__":
    main()
