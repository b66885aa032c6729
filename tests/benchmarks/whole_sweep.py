"""regsweep as a user calls it: data, plan, tasks, metrics before and after, and the table."""

from collections.abc import Callable, Iterator

from tests.benchmarks.problem import Problem

NAME = "regsweep, whole `Sweep.run()`"
SAME = False


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], None]]]:
    def run() -> None:
        problem.spec.run()

    yield "", len(problem.runs), run
