"""scikit-learn's MLPClassifier or MLPRegressor for each run, a process for each core.

It has no L1, and draws its own weights and batches: the same work, and other numbers.
"""

import warnings
from collections.abc import Callable, Iterator

import joblib
import numpy as np

from tests.benchmarks.problem import Problem

NAME = "scikit-learn `MLPClassifier`, `MLPRegressor`, joblib"
SAME = False


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], None]]]:
    if len(np.unique(problem.y)) < 2:
        return  # it cannot hold a class that is not in the data
    cores = joblib.cpu_count()
    some = problem.take(4 * cores)
    parts = some.split(cores)

    def run() -> None:
        joblib.Parallel(cores)(joblib.delayed(_train_some)(part) for part in parts)

    yield "", len(some.runs), run


def _train_some(problem: Problem) -> None:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    batch, numbers = problem.order.shape[1], problem.y.ndim > 1
    kind = MLPRegressor if numbers else MLPClassifier
    for l2 in problem.l2.max(axis=1):
        model = kind(
            problem.widths[1:-1],
            activation=problem.spec.activation,
            solver="adam" if problem.spec.optimizer == "adam" else "sgd",
            alpha=2 * batch * l2,
            batch_size=batch,
            learning_rate_init=problem.rate,
            momentum=problem.momentum,
            beta_1=problem.momentum,
            beta_2=problem.beta2,
            epsilon=problem.epsilon,
            max_iter=problem.epochs,
            n_iter_no_change=problem.epochs + 1,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(problem.x, problem.y.ravel() if numbers else problem.y)
        assert model.n_iter_ == problem.epochs
