"""What the estimators' defaults were chosen by: ``python -m tests.benchmarks.defaults``.

Our defaults and others that might be, beside those of MLPClassifier and MLPRegressor, on tables
that come with scikit-learn and plotly, or are drawn by their seed. Each table is split ten times
(a quarter is tested, of classes stratified); inputs are standardised by each training part, and so
are targets, for theirs too. Of classes the mean log loss and accuracy are told, of numbers the
root of the mean squared error and R2; then, over all tables, the geometric mean of the first as
a multiple of theirs and the mean of the second less theirs.
"""

import argparse
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sweep import RegularizedMLPClassifierCV, RegularizedMLPRegressorCV

Table = tuple[np.ndarray, np.ndarray]

SPLITS = 10


def _plotly(name: str, target: str, without: tuple[str, ...] = ()) -> Table:
    """Return a table of plotly's with its texts one-hot."""
    from plotly import data

    table = getattr(data, name)().drop(columns=list(without))
    X = pd.get_dummies(table.drop(columns=target), drop_first=True)
    return X.to_numpy(np.float64), table[target].to_numpy()


CLASSES: dict[str, Callable[[], Table]] = {
    "iris": lambda: datasets.load_iris(return_X_y=True),
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "breast_cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "digits": lambda: datasets.load_digits(return_X_y=True),
    "smokers (tips)": lambda: _plotly("tips", "smoker"),
    "moons": lambda: datasets.make_moons(400, noise=0.3, random_state=0),
    "three classes": lambda: datasets.make_classification(
        600, 20, n_informative=8, n_classes=3, flip_y=0.1, random_state=0
    ),
    "hastie": lambda: datasets.make_hastie_10_2(800, random_state=0),
}

NUMBERS: dict[str, Callable[[], Table]] = {
    "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
    "linnerud": lambda: datasets.load_linnerud(return_X_y=True),
    "tips": lambda: _plotly("tips", "tip"),
    "gapminder": lambda: _plotly("gapminder", "lifeExp", ("country", "iso_alpha", "iso_num")),
    "friedman": lambda: datasets.make_friedman1(500, noise=1.0, random_state=0),
    "linear": lambda: datasets.make_regression(300, 30, n_informative=8, noise=50, random_state=0),
}

#: What else the defaults might be; "defaults" are those of the estimators as they stand.
CANDIDATES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "command line": {"hidden_layer_sizes": (32, 16), "l1": 1e-4, "l2": 1e-4},
    "l2 1e-3": {"l2": 1e-3},
    "l2 3e-3": {"l2": 3e-3},
    "l2 1e-2": {"l2": 1e-2},
    "both 2e-3": {"l1": 2e-3, "l2": 2e-3},
    "rate 3e-3": {"l2": 1e-3, "learning_rate_init": 3e-3},
    "adam": {"l2": 1e-3, "solver": "adam", "learning_rate_init": 1e-3},
}  # fmt: skip


def scores(
    of: type, theirs: BaseEstimator, table: Table, measures: tuple[str, str], splitter: Any,
    candidates: Mapping[str, Mapping[str, Any]],
) -> dict[str, list[float]]:  # fmt: skip
    """Return both measures of theirs, and of each candidate, the larger the better."""
    X, y = table
    cv = list(splitter.split(X, y))
    found = {"theirs": [cross_val_score(theirs, X, y, cv=cv, scoring=m).mean() for m in measures]}
    for name, parameters in candidates.items():
        one = of._of(**parameters)
        told = {**parameters, "l1": one.l1, "l2": one.l2, "standardize": True}
        found[name] = [
            of(**told, cv=cv, scoring=m, refit=False, random_state=0, n_jobs=1)
            .fit(X, y)
            .cv_results_["mean_test_score"][0]
            for m in measures
        ]
    return found


def compare(kind: str, tables: Mapping[str, Callable[[], Table]], candidates: dict) -> None:
    """Print a line for each table, and one over all of them."""
    mine: type
    if kind == "classes":
        mine, network = RegularizedMLPClassifierCV, MLPClassifier(random_state=0)
        splitter = StratifiedShuffleSplit(SPLITS, test_size=0.25, random_state=0)
        measures, names = ("neg_log_loss", "accuracy"), "log loss (accuracy)"
        theirs = make_pipeline(StandardScaler(), network)
    else:
        mine, network = RegularizedMLPRegressorCV, MLPRegressor(random_state=0)
        splitter = ShuffleSplit(SPLITS, test_size=0.25, random_state=0)
        measures, names = ("neg_root_mean_squared_error", "r2"), "error (R2)"
        scaled = make_pipeline(StandardScaler(), network)
        theirs = TransformedTargetRegressor(scaled, transformer=StandardScaler())
    every = []
    print(f"| {names} | {' | '.join(['theirs', *candidates])} |")
    print("| --- |" + " --- |" * (1 + len(candidates)))
    for name, load in tables.items():
        found = scores(mine, theirs, load(), measures, splitter, candidates)
        every.append(list(found.values()))
        told = " | ".join(f"{-error:.3g} ({score:.3f})" for error, score in found.values())
        print(f"| {name} | {told} |", flush=True)
    numbers = np.array(every)  # [table, candidate, measure]
    times = np.exp(np.log(numbers[:, :, 0] / numbers[:, :1, 0]).mean(axis=0))
    gained = (numbers[:, :, 1] - numbers[:, :1, 1]).mean(axis=0)
    told = " | ".join(f"{a:.2f} ({b:+.3f})" for a, b in zip(times, gained, strict=True))
    print(f"| beside theirs | {told} |\n", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(CANDIDATES), help="candidates [all]")
    parser.add_argument("--tables", default=",".join([*CLASSES, *NUMBERS]), help="tables [all]")
    options = parser.parse_args()
    candidates = {name: CANDIDATES[name] for name in options.only.split(",")}
    wanted = options.tables.split(",")
    warnings.simplefilter("ignore", ConvergenceWarning)  # of theirs, at 200 epochs
    for kind, tables in (("classes", CLASSES), ("numbers", NUMBERS)):
        chosen = {name: load for name, load in tables.items() if name in wanted}
        if chosen:
            compare(kind, chosen, candidates)


if __name__ == "__main__":
    main()
