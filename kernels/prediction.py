"""Prediction: what one trained network makes of many samples. Here a lane is a sample.

The sums are those of training, in the same order, and exp is our own: the same bits on every
machine, however many samples are asked for at once. A sum does not change when terms that are
exactly zero are left out of it, so nor do the bits when what feeds nothing is.
"""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from kernels.evaluation import EVALUATION_BATCH
from kernels.lane.compiled import entry
from kernels.lane.lanes import Flat, aligned_room, as_lanes, lane_width, numbers
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.network import Network, forward
from kernels.runs import Workspace, workspace
from kernels.samples import Samples, read_batch


class Prediction:
    """A network ready to predict: what all calls take is made once.

    Threads may share it: each takes a workspace that no other has, and lays it back.

    Parameters
    ----------
    net : Network
    hyper : sequence of float
        What the activation takes, in the order of its `HYPER`.
    """

    def __init__(self, net: Network, hyper: Sequence[float] = ()) -> None:
        self._net = net
        self._flat = net.flat()
        self._hyper = tuple(hyper)
        self._streams = numbers(np.arange(lane_width(np.float64)))
        self._free: list[Workspace] = []
        self._known = np.zeros(0), as_lanes(aligned_room((0, lane_width(np.float64)), np.float64))

    def __call__(self, parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return what the network says of each sample, shape (samples, outputs).

        That is what its loss makes of the outputs: a number of each, or the probability of each
        class.

        Parameters
        ----------
        parameters : ndarray of float64, shape (net.size,)
        x : ndarray of float64, shape (samples, features)
            C-contiguous, with at least one row.
        """
        net, width, outputs = self._net, len(self._streams.array), int(self._net.widths[-1])
        rows = -(-len(x) // width)
        weights = self._weights(parameters)
        order = np.minimum(np.arange(rows * width), len(x) - 1).reshape(1, rows, width)
        y, weight = np.zeros((len(x), net.targets)), np.zeros(len(x))
        found = aligned_room((rows * outputs, width), np.float64)
        samples = Samples(x, y, weight, order).flat()
        work = self._workspace(weights.array, min(EVALUATION_BATCH, rows))
        _predict(self._flat, weights, self._streams, samples, work, as_lanes(found))
        self._free.append(work)
        by_sample = found.reshape(rows, outputs, width).transpose(0, 2, 1)
        return by_sample.reshape(-1, outputs)[: len(x)]

    def _weights(self, parameters: np.ndarray) -> Flat:
        """Return the parameters as Lanes, made anew where they are others than before."""
        known, weights = self._known
        if not np.array_equal(known, parameters):
            lanes = aligned_room((len(parameters), lane_width(np.float64)), np.float64)
            lanes[...] = parameters[:, None]
            weights = as_lanes(lanes)
            self._known = parameters.copy(), weights
        return weights

    def _workspace(self, weights: np.ndarray, capacity: int) -> Workspace:
        """Return a workspace with that much room, or more if there is one that is free."""
        with suppress(IndexError):
            work = self._free.pop()
            if work.capacity >= capacity:
                return work
        work = workspace(self._net, weights[None], capacity)
        for i, value in enumerate(self._hyper):
            work.hyper[i] = value
        return work


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
