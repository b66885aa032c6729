"""A network without what does nothing: dead units, units that nothing hears, unread inputs.

A sum does not change, to the bit, when terms that are exactly zero are left out of it, and every
sum of the kernels is one chain in the order of its terms. A unit that is always 0 and a weight
that is 0 give such terms.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kernels.network import Network


def pruned(
    net: Network, parameters: np.ndarray, hyper: Sequence[float], exact: bool
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the parameters that remain, and the units that do, layer by layer from the inputs.

    Parameters
    ----------
    net : Network
    parameters : ndarray, shape (net.size,)
    hyper : sequence of float
        What the activation takes.
    exact : bool
        Whether to keep units that are a constant other than 0, which no sum can lose without being
        rounded anew.
    """
    if not exact:
        parameters = parameters.astype(np.float64)  # for sums that others will not round again
    weights, biases = (
        [parameters[net.place(name)].reshape(net.shape(name)).copy() for name in net.names[i::2]]
        for i in (0, 1)
    )
    # From the inputs on: a unit that only dead ones feed is itself constant.
    for layer, (weight, following) in enumerate(pairwise(weights)):
        constant = ~weight.any(axis=1)
        for unit in np.flatnonzero(constant):
            level = net.activation.of_constant(biases[layer][unit], *hyper)
            if level and exact:
                continue
            if level:
                biases[layer + 1] += following[:, unit] * level
            following[:, unit] = 0.0
    # From the outputs back: a unit that no unit left hears is not needed.
    kept = [np.arange(net.widths[-1])]
    for layer in range(len(weights) - 1, -1, -1):
        heard = np.asarray(weights[layer][kept[0]].any(axis=0))
        if not heard.any():  # a layer has one unit at the least: this one need not hear anything
            heard[0] = True
            if layer > 0:
                weights[layer - 1][0] = biases[layer - 1][0] = 0.0
        kept.insert(0, np.flatnonzero(heard))
    remaining = [
        part
        for weight, bias, (before, after) in zip(weights, biases, pairwise(kept), strict=True)
        for part in (weight[np.ix_(after, before)].ravel(), bias[after])
    ]
    return np.concatenate(remaining), kept
