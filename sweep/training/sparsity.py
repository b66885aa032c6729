"""Sparsity of trained networks: which weights, units and inputs count for nothing."""

from collections.abc import Iterator

import numpy as np

from kernels.network import Network
from sweep.specification.choices import OPTIMIZERS
from sweep.specification.spec import Specification
from sweep.specification.validators import SWING
from sweep.training.packs import Packs

#: A weight up to this size counts as zero where L1 acts through its subgradient.
SMALL = 1e-3


def tolerance(spec: Specification, rate: np.ndarray, l1: np.ndarray) -> np.ndarray:
    """Return the size up to which a weight counts as zero, by its learning rate and L1 penalty.

    A subgradient moves a weight by ``lr * l1`` whatever its size, to and fro across zero: it
    counts as zero within twice that. Where the optimizer divides it by its own size, it moves a
    weight by up to ``lr`` whatever the penalty.
    """
    if spec.zero_tol != SWING:
        return np.full(l1.shape, spec.zero_tol)
    rescales = OPTIMIZERS[spec.optimizer].rescales
    return np.maximum(SMALL, 2 * rate * (l1 > 0 if rescales else l1))


def tolerances(packs: Packs, spec: Specification) -> np.ndarray:
    """Return the `tolerance` of each weight matrix, shape (layers, runs)."""
    l1, rate = (packs.by_run(of).astype(np.float64) for of in (packs.runs.l1, packs.runs.rate))
    return tolerance(spec, rate, l1[0::2])


def sparsity(
    net: Network, weights: np.ndarray, largest: np.ndarray, tolerance: np.ndarray
) -> dict[str, np.ndarray]:
    """Count what is zero in each run.

    Parameters
    ----------
    net : Network
    weights : ndarray, shape (parameters, runs)
    largest : ndarray, shape (units, runs)
        Largest activation of each unit over the training part, the inputs first.
    tolerance : ndarray, shape (layers, runs)
        Size up to which a weight counts as zero.

    Returns
    -------
    dict of str to ndarray, shape (runs,)
        ``sparsity``, ``sparsity_w1``, …, ``nonzero``, ``effective`` (nonzero weights on a path
        from an input to an output), ``dead_units`` (hidden units that pass nothing on) and
        ``unused_inputs`` (inputs without a nonzero weight). A weight that is no number is not
        zero.
    """
    names = net.names[0::2]
    masks = nonzero_masks(net, weights, tolerance)
    counts = [_count(mask) for mask in masks]
    sizes = [mask.shape[0] * mask.shape[1] for mask in masks]
    nonzero = sum(counts)
    hidden = largest[net.unit[1] : net.unit[-2]]
    return {
        "sparsity": 1 - nonzero / sum(sizes),
        **{
            f"sparsity_{name}": 1 - count / size
            for name, count, size in zip(names, counts, sizes, strict=True)
        },
        "nonzero": nonzero,
        "effective": sum(map(_count, on_a_path(masks))),
        "dead_units": (hidden <= 0).sum(axis=0),
        "unused_inputs": (~masks[0].any(axis=0)).sum(axis=0),
    }


def nonzero_masks(net: Network, weights: np.ndarray, tolerance: np.ndarray) -> list[np.ndarray]:
    """Return for each layer which weights are not zero, ``[outputs, inputs, run]``.

    ``weights`` and ``tolerance`` are those of `sparsity`.
    """
    return [
        ~(abs(weights[net.place(name)]) <= most).reshape(*net.shape(name), -1)
        for name, most in zip(net.names[0::2], tolerance, strict=True)
    ]


def _count(mask: np.ndarray) -> np.ndarray:
    """Count what is true in each run: along the outputs first, which takes a tenth of the time."""
    return mask.sum(axis=0, dtype=np.int32).sum(axis=0)


def on_a_path(masks: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield each mask ``[outputs, inputs, run]`` without what no path from end to end uses."""
    reached: list[np.ndarray] = [
        np.ones(masks[0].shape[1:], dtype=bool)
    ]  # units that some input reaches
    for mask in masks[:-1]:
        reached.append((mask & reached[-1]).any(axis=1))
    heard = [np.ones((masks[-1].shape[0], masks[-1].shape[2]), dtype=bool)]  # by some output
    for mask in reversed(masks[1:]):
        heard.append((mask & heard[-1][:, None]).any(axis=0))
    for mask, before, after in zip(masks, reached, reversed(heard), strict=True):
        yield mask & before & after[:, None]
