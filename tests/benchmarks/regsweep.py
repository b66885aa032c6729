"""regsweep itself: packs of runs in lanes, one task a thread."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np

from sweep.commands.fixed_work import Trainer
from tests.benchmarks.problem import Problem

NAME = "regsweep"
SAME = True


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    threads = joblib.cpu_count()
    parts = [part.runs for part in problem.split(threads)]
    trainers = [Trainer(problem.spec, numbers, problem.epochs) for numbers in parts]
    pool = ThreadPoolExecutor(threads)

    def one(trainer: Trainer) -> np.ndarray:
        trainer.reset()
        trainer()
        return trainer.packs.by_run(trainer.packs.weights).T

    yield "", len(problem.runs), lambda: np.concatenate(list(pool.map(one, trainers)))
