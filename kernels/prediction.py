"""Prediction: what one trained network makes of many samples. Here a lane is a sample.

The sums are those of training, in the same order, and exp is our own: the same bits on every
machine, however many samples are asked for at once. A sum does not change when terms that are
exactly zero are left out of it, so nor do the bits when what feeds nothing is.
"""

import numpy as np

from kernels.lane.compiled import entry
from kernels.lane.exp_log import exp
from kernels.lane.lanes import aligned_zeros, as_lanes, lane_width, numbers
from kernels.lane.operations import broadcast, select
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.network import Network, forward, read_batch
from kernels.training import EVALUATION_BATCH, Samples, workspace


def probabilities(net: Network, parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the probability of each class for each sample, shape (samples, classes).

    Parameters
    ----------
    net : Network
    parameters : ndarray of float64, shape (net.size,)
    x : ndarray of float64, shape (samples, features)
        C-contiguous, with at least one row.
    """
    width, classes = lane_width(np.float64), int(net.widths[-1])
    rows = -(-len(x) // width)
    weights = aligned_zeros((net.size, width), np.float64)
    weights[...] = parameters[:, None]
    order = np.minimum(np.arange(rows * width), len(x) - 1).reshape(1, rows, width)
    unused = np.zeros(len(x))
    work = workspace(net, weights[None], min(EVALUATION_BATCH, rows))
    found = aligned_zeros((rows * classes, width), np.float64)
    samples = Samples(x, unused, unused, order).flat()
    streams = numbers(np.arange(width))
    _probabilities(net.flat(), as_lanes(weights), streams, samples, work, as_lanes(found))
    by_sample = np.moveaxis(found.reshape(rows, classes, width), 2, 1)
    return np.ascontiguousarray(by_sample.reshape(-1, classes)[: len(x)])


@entry
def _probabilities(net, weights, streams, samples, work, found):
    layers, capacity = net.layers, work.capacity
    classes, logits = net.widths[layers], net.room[layers] * capacity
    n = samples.order.size
    before = flush_subnormals()
    for first in range(0, n, capacity):
        batch = capacity if first + capacity < n else n - first
        read_batch(net, work, samples, (0, first, batch), streams, False)
        forward(net, weights, work, batch, False)
        for b in range(batch):
            z, p = logits + b * classes, (first + b) * classes
            top = work.units[z]
            for c in range(1, classes):
                top = select(work.units[z + c] > top, work.units[z + c], top)
            total = broadcast(top, 0.0)
            for c in range(classes):
                e = exp(work.units[z + c] - top)
                found[p + c] = e
                total = total + e
            for c in range(classes):
                found[p + c] = found[p + c] / total
    restore_subnormals(before)
