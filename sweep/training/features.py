"""What runs do with each column of the data: their weights, whether they keep it, what it is worth.

Its one-hot inputs are one column.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from kernels.evaluation import evaluate
from kernels.samples import Samples
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import measured_of
from sweep.training.packs import Folds, Packs
from sweep.training.rows import OF_FEATURES, Columns
from sweep.training.sparsity import nonzero_masks, on_a_path

#: What scikit-learn draws below, for the seed of its shuffles.
_SEEDS = 2**31


def features(
    packs: Packs,
    spec: Specification,
    counts: Sequence[int],
    weights: np.ndarray,
    tolerance: np.ndarray,
    *,
    permutations: int,
) -> Columns:
    """Return what runs do with each column, by `OF_FEATURES`, each of shape (runs, columns).

    Parameters
    ----------
    packs : Packs
        Runs that have been trained.
    spec : Specification
    counts : sequence of int
        How many inputs each column is.
    weights : ndarray, shape (parameters, runs)
        Theirs.
    tolerance : ndarray, shape (layers, runs)
        Size up to which a weight counts as zero.
    permutations : int
        How often the held-out values of a column are shuffled; without, there is no importance.
    """
    net = packs.net
    first = np.cumsum(counts) - counts
    on_path = next(on_a_path(nonzero_masks(net, weights, tolerance))).any(axis=0)  # [input, run]
    found = {
        "kept": np.logical_or.reduceat(on_path, first, axis=0),
        "weight": _sizes(weights[net.place("w1")].reshape(*net.shape("w1"), -1), first),
    }
    if permutations and len(packs.folds.val):
        found["importance"] = _importance(packs, spec, first, weights, permutations)
    return {OF_FEATURES[name]: values.T for name, values in found.items()}


def _sizes(weights: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the root of the sum of squares of each column's weights ``[output, input, run]``.

    Sums go from output to output, and from input to input: NumPy's own may change their order with
    the shape.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverge
        squares = np.zeros(weights.shape[1:])
        for of_output in weights.astype(np.float64):
            squares += of_output * of_output
        sizes = np.sqrt(np.stack([_running(some) for some in np.split(squares, first[1:])]))
    return np.where(np.isfinite(sizes), sizes, np.nan)


def _running(terms: np.ndarray) -> np.ndarray:
    return terms.cumsum(axis=0)[-1]


def _importance(
    packs: Packs, spec: Specification, first: np.ndarray, weights: np.ndarray, permutations: int
) -> np.ndarray:
    """Return by how much the validation loss rises where a column is shuffled, (columns, runs)."""
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
