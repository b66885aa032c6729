"""Specifications that together hold valid pairs of values of two options of `sweep.Sweep`: most."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

Given = dict[str, Any]
Places = dict[str, int]
Pair = frozenset[tuple[str, int]]

#: Values of each option, as they are given; None leaves it out. Penalties and rates are written
#: out, since the last digit of a logarithm may be another one elsewhere.
VALUES: dict[str, list[Any]] = {
    "data": ["article", "iris", "wine", "breast_cancer", "digits", "fruit.csv"],
    "target": [None, "grade", "price", "price,length", "ripe"],
    "task": [None, "classes", "numbers"],
    "loss": [None, "squared", "absolute", "huber", "poisson", "logistic"],
    "separator": [None, ","],
    "decimal": [None, "."],
    "encoding": [None, "utf-8"],
    "header": [None, True],
    "weight": [None, "price"],
    "class_weight": [None, "balanced"],
    "groups": [None, "weight"],
    "order": [None, "length"],
    "columns": [None, "weight,ripe,price"],
    "drop": [None, "price,length"],
    "categories": [None, "grade"],
    "most_levels": [None, 7],
    "missing": [None, "drop", "impute"],
    "missing_values": [None, "yellow,2.246"],
    "hidden": [None, "none", "3", "4,3", [8, 5, 4]],
    "activation": [None, "leaky_relu", "tanh", "logistic", "elu", "identity"],
    "leak": [None, 0, 0.3],
    "l1": ["0,0.001,0.01", 0, [0.3, 0.0003], "auto:log2"],
    "l2": ["0,0.002", 0, [0.05, 0, 0.004]],
    "l21": [None, 0.01, "0,0.03"],
    "l21_on": [None, "units"],
    "l1_on": [None, "weights", "all", "biases", "w1,b1"],
    "l2_on": [None, "weights", "all", "biases", "w1"],
    "vary": [None, {"l1_w1": "0,0.005"}, {"l2_b1": [0, 0.02], "l1_w1": [0.001, 0.1]}],
    "l1_method": [None, "proximal"],
    "scale": [None, "robust", "quantile", "none"],
    "seeds": ["0:3", 5, [7, 4294967295, 2], "3:12:4"],
    "folds": [None, 2, 3],
    "subsample": [None, 0.5],
    "val_fraction": [None, 0, 0.2, 0.35],
    "test": [None, 0.3],
    "outer_folds": [None, 2, 3],
    "epochs": [1, 0, 7, 40],
    "batch_size": [None, 1, 8, 32, "full"],
    "lr": [None, 0.05, "0.003,0.1", [0.01, 50]],
    "optimizer": [None, "momentum", "adam", "adamw", "rmsprop"],
    "momentum": [None, 0, [0.5, 0.95]],
    "beta2": [None, 0.99, [0.9, 0.999]],
    "epsilon": [None, 0.001, [1e-6, 1e-8]],
    "schedule": [None, "cosine", "exponential:0.75", "step:2:0.5", "invscaling:0.5", "adaptive"],
    "warmup": [None, 3],
    "dropout": [None, 0.4, [0, 0.25]],
    "init": [None, "he", "uniform"],
    "precision": [None, "float32"],
    "zero_tol": [None, 0, 0.05, "auto"],
    "metrics": [None, "auc,f1", "balanced_accuracy,brier,log_loss", "mae", "deviance"],
    "history": [None, 1, 2],
    "features": [None, "keep"],
    "permutations": [None, 0, 3],
    "patience": [None, 1, 3],
    "tol": [None, 0, 0.01],
    "finish": [None, 1, 9],
    "path": [None, "l1", "l2", "l21"],
    "path_order": [None, "up", "down", ["up", "cold"]],
    "halving": [None, 2, 3],
    "sample": [None, 4],
    "sampler": [None, "random"],
}

#: How many specifications hold each pair, at the least: in one alone it may go unnoticed, such as
#: where nothing is trained.
TIMES = 2

#: Options that others hang on.
HUBS = (
    *("data", "target", "task", "loss", "hidden", "activation", "l1", "l1_method", "optimizer"),
    *("l21", "folds", "patience", "path"),
)

#: How many are added at a time, each with the most missing pairs: nearly each has kernels of its
#: own, which are compiled whenever it is tried.
MOST = 40

#: Specifications that are made before the one with the most missing pairs is taken.
_CANDIDATES = 12


def covering(
    begun: Iterable[Given], valid: Callable[[Given], bool]
) -> tuple[list[Given], set[Pair]]:
    """Return what to add to some specifications, for pairs to be in `TIMES` of them.

    At most `MOST`; the same for the same arguments.

    Returns
    -------
    added : list of dict
    impossible : set of pairs
        Those looked for that no valid specification was found for.
    """
    draw = random.Random(0)
    held = Counter(pair for given in begun for pair in pairs(places(given)))
    added, impossible = [], set()
    for pair in every_pair() * TIMES:
        if len(added) == MOST:
            break
        if held[pair] >= TIMES or pair in impossible:
            continue
        start = _start(pair, valid)
        if start is None:
            impossible.add(pair)
            continue
        found = [_filled(draw, start, held, valid) for _ in range(_CANDIDATES)]
        best = max(filter(None, found), key=lambda chosen: _missing(chosen, held))
        held.update(pairs(best))
        added.append(written(best))
    return added, impossible


def every_pair() -> list[Pair]:
    """List the pairs of values of two options, in a fixed order."""
    return [
        frozenset([(one, i), (other, j)])
        for one, other in combinations(VALUES, 2)
        for i in range(len(VALUES[one]))
        for j in range(len(VALUES[other]))
    ]


def pairs(chosen: Places) -> set[Pair]:
    """Return the pairs that a specification holds; `chosen` has the place of each value."""
    return {frozenset(pair) for pair in combinations(chosen.items(), 2)}


def places(given: Given) -> Places:
    """Return where the values of a specification stand in `VALUES`, as far as they do."""
    return {
        name: values.index(given.get(name))
        for name, values in VALUES.items()
        if given.get(name) in values
    }


def written(chosen: Places) -> Given:
    """Return a specification as it is given; an option without a place has its first value."""
    given = {name: values[chosen.get(name, 0)] for name, values in VALUES.items()}
    return {name: value for name, value in given.items() if value is not None}


def _missing(chosen: Places, held: Counter[Pair]) -> int:
    return sum(held[pair] < TIMES for pair in pairs(chosen))


def _start(pair: Pair, valid: Callable[[Given], bool]) -> Places | None:
    """Return as few choices as make a specification valid that holds this pair, up to two more.

    Two more are of those that others hang on: to try all would take hours.
    """
    first = dict(pair)
    for more in range(3):
        names = HUBS if more > 1 else VALUES
        others = [
            (name, i) for name in names if name not in first for i in range(len(VALUES[name]))
        ]
        for chosen in combinations(others, more):
            if len(dict(chosen)) == more and valid(written(first | dict(chosen))):
                return first | dict(chosen)
    return None


def _filled(
    draw: random.Random, start: Places, held: Counter[Pair], valid: Callable[[Given], bool]
) -> Places | None:
    """Choose the rest of a specification, each value for the most missing pairs with the others."""
    chosen = start
    rest = [name for name in VALUES if name not in chosen]
    draw.shuffle(rest)
    for name in rest:
        options = [chosen | {name: place} for place in range(len(VALUES[name]))]
        draw.shuffle(options)
        options.sort(key=lambda choice: -_missing(choice, held))
        best = next((choice for choice in options if valid(written(choice))), None)
        if best is None:
            return None
        chosen = best
    return chosen
