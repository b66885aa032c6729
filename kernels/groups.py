"""Groups of weights that a penalty takes to zero together: which there are."""

from collections.abc import Iterable

import numpy as np

from kernels.network import Network


def by_column(net: Network, columns: Iterable[int]) -> Network:
    """Let the first layer's weights that leave the features of one column be a group.

    Parameters
    ----------
    net : Network
    columns : iterable of int
        How many features each column of the table becomes, in their order.
    """
    counts = np.array([*columns], dtype=np.int64)
    starts, rows = np.cumsum(counts) - counts, np.full(len(counts), net.widths[1])
    return net.with_groups(np.stack([starts, rows, counts, np.full(len(counts), -1)], axis=1))


def by_unit(net: Network) -> Network:
    """Let the weights that enter one hidden unit, and its bias, be a group."""
    return net.with_groups(np.concatenate([_entering(net, i) for i in range(net.layers - 1)]))


def _entering(net: Network, layer: int) -> np.ndarray:
    inputs, units = int(net.widths[layer]), np.arange(net.widths[layer + 1])
    ones = np.ones_like(units)
    firsts, biases = net.weight[layer] + units * inputs, net.bias[layer] + units
    return np.stack([firsts, ones, ones * inputs, biases], axis=1)
