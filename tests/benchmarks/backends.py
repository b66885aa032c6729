"""What a task costs beside its work, by backend: ``python -m tests.benchmarks.backends``.

Tasks that do nothing go through `sweep.running.backends.parallel`, round after round; the median
of the rounds counts. Starting the workers and their first tasks are done before. joblib hands out
several
tasks at a time where they end quickly, so longer ones may cost more than these. Backends that are
not installed are left out.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator

import joblib

from sweep.errors import InputError
from sweep.running.backends import Workers, parallel

BACKENDS = ("threading", "loky", "dask", "ray")


def nothing(task: int) -> int:
    """Do a task that takes no time."""
    return task


def rounds(workers: Workers, tasks: int, count: int) -> Iterator[float]:
    """Yield the seconds that a task takes in each of some rounds, after one to begin with."""
    for number in range(1 + count):
        begun = time.perf_counter()
        done = sorted(workers.call(nothing, ((task,) for task in range(tasks))))
        seconds = (time.perf_counter() - begun) / tasks
        assert done == list(range(tasks))
        if number:
            yield seconds


def main() -> None:
    """Measure, and print one line for each backend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000, help="of a round [1000]")
    parser.add_argument("--rounds", type=int, default=5, help="after the first [5]")
    parser.add_argument(
        "--jobs",
        type=int,
        default=max(2, joblib.cpu_count()),  # joblib does the tasks of a single worker itself
        help="workers [all cores, two at least]",
    )
    options = parser.parse_args()
    for backend in BACKENDS:
        try:
            with parallel(options.jobs, backend, None, None) as workers:
                found = list(rounds(workers, options.tasks, options.rounds))
        except InputError as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        low, high = min(found) * 1e3, max(found) * 1e3
        print(
            f"{backend:10} {statistics.median(found) * 1e3:.3g} ms a task ({low:.3g} to {high:.3g})"
        )


if __name__ == "__main__":
    main()
