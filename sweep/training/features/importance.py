"""Permutation importance (Breiman, 2001): what a column is worth on the rows held out.

It is the rise of the validation loss where the column's values are shuffled among those rows.
"""

from collections.abc import Iterator

import numpy as np

from kernels.evaluation import evaluate
from kernels.samples import Samples
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import measured_of
from sweep.training.packs import Folds, Packs

#: What scikit-learn draws below, for the seed of its shuffles.
_SEEDS = 2**31


def importance(
    packs: Packs, spec: Specification, first: np.ndarray, weights: np.ndarray, permutations: int
) -> np.ndarray:
    """Return by how much the validation loss rises where a column is shuffled, (columns, runs).

    Parameters
    ----------
    packs : Packs
        Runs that have been trained.
    spec : Specification
    first : ndarray of int64, shape (columns,)
        The first input of each column.
    weights : ndarray, shape (parameters, runs)
        Those of the runs.
    permutations : int
        How many shuffles each is the mean of, 1 or more.
    """
    net, folds = packs.net, packs.folds
    inputs = weights[net.place("w1")].reshape(*net.shape("w1"), -1)
    rows = folds.val.T.ravel()  # of one stream after another
    x = folds.x[rows]
    order = np.arange(len(rows)).reshape(folds.val.T.shape).T[None]
    samples = Samples(x, folds.y[rows], folds.loss_weight[rows], np.ascontiguousarray(order))
    metrics = tuple(measured_of(spec).values())  # with which it is compiled anyway

    def loss() -> np.ndarray:
        measured = evaluate(net, packs.runs, packs.weights, samples, metrics, units=False)
        return packs.by_run(measured.loss).astype(np.float64)

    shuffled = list(_shuffled(folds, permutations))
    ends = np.append(first[1:], x.shape[1])
    with np.errstate(invalid="ignore", over="ignore"):  # of runs that diverge
        plain = loss()
        rises = np.zeros((len(first), packs.size))
        for column, (start, end) in enumerate(zip(first, ends, strict=True)):
            if not inputs[:, start:end].any():  # no run looks at it
                continue
            there = x[:, start:end].copy()
            for places in shuffled:
                x[:, start:end] = there[places]
                rises[column] += loss() - plain
            x[:, start:end] = there
        found = rises / permutations
    return np.where(np.isfinite(plain) & np.isfinite(found), found, np.nan)


def _shuffled(folds: Folds, permutations: int) -> Iterator[np.ndarray]:
    """Yield where the value of each held-out row comes from, one stream below the other.

    They are drawn as scikit-learn's ``permutation_importance`` does with the seed of a run as its
    ``random_state``: each shuffle shuffles the one before it, and all columns have the same.
    """
    size, streams = folds.val.shape
    draws = []
    for seed, *_ in folds.drawn:
        own = np.random.RandomState(seed).randint(_SEEDS)
        draws.append((np.random.RandomState(own), np.arange(size)))
    places = np.tile(np.arange(size), (streams, 1))
    for _ in range(permutations):
        for stream, (draw, index) in enumerate(draws):
            draw.shuffle(index)
            places[stream] = places[stream][index]
        yield (places + size * np.arange(streams)[:, None]).ravel()
