"""Prediction: what one trained network makes of many samples. Here a lane is a sample.

The sums are those of training, in the same order, and exp is our own: the same bits on every
machine, however many samples are asked for at once. A sum does not change when terms that are
exactly zero are left out of it, so nor do the bits when what feeds nothing is.
"""

from collections.abc import Sequence

import numpy as np

from kernels.evaluation import EVALUATION_BATCH
from kernels.lane.compiled import entry
from kernels.lane.lanes import aligned_zeros, as_lanes, lane_width, numbers
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.network import Network, forward
from kernels.runs import workspace
from kernels.samples import Samples, read_batch


def predict(
    net: Network, parameters: np.ndarray, x: np.ndarray, hyper: Sequence[float] = ()
) -> np.ndarray:
    """Return what the network says of each sample, shape (samples, outputs).

    That is what its loss makes of the outputs: a number of each, or the probability of each class.

    Parameters
    ----------
    net : Network
    parameters : ndarray of float64, shape (net.size,)
    x : ndarray of float64, shape (samples, features)
        C-contiguous, with at least one row.
    hyper : sequence of float
        What the activation takes, in the order of its `HYPER`.
    """
    width, outputs = lane_width(np.float64), int(net.widths[-1])
    rows = -(-len(x) // width)
    weights = aligned_zeros((net.size, width), np.float64)
    weights[...] = parameters[:, None]
    order = np.minimum(np.arange(rows * width), len(x) - 1).reshape(1, rows, width)
    y, weight = np.zeros((len(x), net.targets)), np.zeros(len(x))
    work = workspace(net, weights[None], min(EVALUATION_BATCH, rows))
    for i, value in enumerate(hyper):
        work.hyper[i] = value
    found = aligned_zeros((rows * outputs, width), np.float64)
    samples = Samples(x, y, weight, order).flat()
    streams = numbers(np.arange(width))
    _predict(net.flat(), as_lanes(weights), streams, samples, work, as_lanes(found))
    by_sample = np.moveaxis(found.reshape(rows, outputs, width), 2, 1)
    return np.ascontiguousarray(by_sample.reshape(-1, outputs)[: len(x)])


@entry
def _predict(net, weights, streams, samples, work, found):
    capacity, outputs, n = work.capacity, net.widths[net.layers], samples.order.size
    before = flush_subnormals()
    for first in range(0, n, capacity):
        batch = capacity if first + capacity < n else n - first
        read_batch(net, work, samples, (0, first, batch), streams, False)
        forward(net, weights, work, batch, False)
        net.loss.predict(net, work, batch, found, first * outputs)
    restore_subnormals(before)
