"""The weights of each column of the data, and whether runs keep it."""

from collections.abc import Sequence

import numpy as np

from sweep.specification.spec import Specification
from sweep.training.features.importance import importance
from sweep.training.packs import Packs
from sweep.training.rows import OF_FEATURES, Columns
from sweep.training.sparsity import nonzero_masks, on_a_path


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
    first = np.cumsum([0, *counts[:-1]], dtype=np.int64)
    on_path = next(on_a_path(nonzero_masks(net, weights, tolerance))).any(axis=0)  # [input, run]
    found = {
        "kept": np.logical_or.reduceat(on_path, first, axis=0),
        "weight": _sizes(weights[net.place("w1")].reshape(*net.shape("w1"), -1), first),
    }
    if permutations and len(packs.folds.val):
        found["importance"] = importance(packs, spec, first, weights, permutations)
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
