"""The search of the estimators beside GridSearchCV: ``python -m tests.benchmarks.grid_search``.

Three ways to the same table of scores: `RegularizedMLPClassifierCV`; GridSearchCV over
`RegularizedMLPClassifier`, whose scores are the same to the bit; and GridSearchCV over
scikit-learn's MLPClassifier, which draws its own weights and batches: the same work, and other
numbers. Each trains ten strengths of L2 on five folds, all for as many epochs in batches of one
size, and fits the best to all samples. They take turns; code is compiled and workers are started
before. Of seconds the fewest count; a ratio is of one round, and told from the lowest to the
highest.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV

SETS = {"wine": load_wine, "breast_cancer": load_breast_cancer, "digits": load_digits}

#: What all three train, under the names that they share.
NETWORK = {"hidden_layer_sizes": (32, 16), "batch_size": 32, "max_iter": 50, "random_state": 0}

#: Strengths of L2, each a cell.
L2 = np.logspace(-5, -1, 10).tolist()

OURS, SINGLE, THEIRS = "`…CV`", "`GridSearchCV` over ours", "`GridSearchCV` over `MLPClassifier`"


def searches(n_jobs: int) -> dict[str, Any]:
    """Return the three ways by their names, each with so many workers."""
    told = {"cv": 5, "n_jobs": n_jobs}
    plain = MLPClassifier(
        **NETWORK,
        solver="sgd",
        learning_rate_init=RegularizedMLPClassifier().learning_rate_init,
        tol=0,
        n_iter_no_change=NETWORK["max_iter"] + 1,  # else it stops before
    )
    alpha = [2 * NETWORK["batch_size"] * l2 for l2 in L2]  # as the README converts it
    return {
        OURS: RegularizedMLPClassifierCV(**NETWORK, l1=0, l2=L2, **told),
        SINGLE: GridSearchCV(RegularizedMLPClassifier(**NETWORK, l1=0), {"l2": L2}, **told),
        THEIRS: GridSearchCV(plain, {"alpha": alpha}, **told),
    }


def seconds(load: Callable[..., Any], rounds: int, n_jobs: int) -> dict[str, list[float]]:
    """Return the seconds that each way takes, round by round.

    Parameters
    ----------
    load : callable
        Gives X and y, of which X is standardised.
    rounds : int
    n_jobs : int
    """
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    fitted = {name: search.fit(X, y) for name, search in searches(n_jobs).items()}
    scores = [fitted[name].cv_results_["mean_test_score"] for name in (OURS, SINGLE)]
    assert np.array_equal(*scores), "the two of ours should be one search"
    found: dict[str, list[float]] = {name: [] for name in fitted}
    for _ in range(rounds):
        for name, search in fitted.items():
            begun = time.perf_counter()
            search.fit(X, y)
            found[name].append(time.perf_counter() - begun)
    return found


def row(name: str, found: dict[str, list[float]]) -> str:
    """Return the line of a data set, in the order of `searches`."""
    cells = [f"{min(found[OURS]):.3g}"]
    for other in (SINGLE, THEIRS):
        times = np.divide(found[other], found[OURS])
        cells.append(f"{min(found[other]):.3g} ({times.min():.1f} to {times.max():.1f})")
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often all is measured [5]")
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count(), help="workers [all cores]")
    parser.add_argument("--only", default=",".join(SETS), help="names of sets, comma-separated")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"| seconds (times those of `…CV`) | {OURS} | {SINGLE} | {THEIRS} |")
    print("| --- | ---: | ---: | ---: |", flush=True)
    for name in options.only.split(","):
        print(row(name, seconds(SETS[name], options.rounds, options.jobs)), flush=True)


if __name__ == "__main__":
    main()
