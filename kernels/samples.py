"""The samples, and how a batch of them is read."""

from typing import NamedTuple

import numpy as np

from kernels.lane.compiled import kernel
from kernels.lane.lanes import Flat, copy, numbers
from kernels.lane.operations import broadcast


class Samples(NamedTuple):
    """The data.

    Attributes
    ----------
    x : ndarray, shape (samples, features)
        Inputs, of the precision of the runs.
    y : ndarray, shape (samples, targets)
        What is true of each sample, of the same dtype: the number of its class, or a number an
        output.
    weight : ndarray, shape (samples,)
        What each sample counts, of the same dtype; all 1 for a plain mean.
    order : ndarray of int64, shape (epochs, samples of a run, streams)
        Rows of x in the order in which an epoch reads them; epochs beyond the last begin again.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    order: np.ndarray

    def flat(self) -> "Samples":
        """Return the same as kernels take it."""
        *columns, order = self
        return Samples._make([*map(numbers, columns), Order(numbers(order), *order.shape)])


class Order(NamedTuple):
    """In which order samples are read.

    Attributes
    ----------
    rows : Flat of int64
        Rows of the data ``[epoch, sample, stream]``; epochs beyond the last begin again.
    epochs, size, streams : int
        The shape of it.
    """

    rows: Flat
    epochs: int
    size: int
    streams: int


class Streams(NamedTuple):
    """Which stream each run reads.

    Attributes
    ----------
    numbers : Flat of int64
        Of each lane, ``[pack, lane]``.
    shared : Flat of int64
        Of each pack, whether all of its lanes read one stream, so that they share their inputs.
    """

    numbers: Flat
    shared: Flat

    @classmethod
    def of(cls, streams: np.ndarray) -> "Streams":
        """Return streams ``[pack, lane]`` as kernels take them."""
        shared = (streams == streams[:, :1]).all(axis=1)
        return cls(numbers(streams), numbers(shared.astype(np.int64)))


@kernel
def read_batch(net, work, samples, place, streams, shared):
    """Copy a batch of samples into the first layer, the targets and their weights, in place.

    ``place`` is its epoch, its first sample and how many it has. Lane i takes the samples of
    ``streams[i]``, which are one stream if it is ``shared``.
    """
    x, y, weight = samples.x, samples.y, samples.weight
    units = numbers(work.passed)
    targets, importance = numbers(work.targets), numbers(work.importance)
    epoch, first, batch = place
    order, width = samples.order, work.lanes
    start = (epoch % order.epochs * order.size + first) * order.streams
    features, pitch, of_each = net.widths[0], net.pitch[0], net.targets
    for b in range(batch):
        rows = start + b * order.streams
        if shared:
            row = order.rows[rows + streams[0]]
            for t in range(of_each):
                i = b * of_each + t
                work.targets[i] = broadcast(work.targets[i], y[row * of_each + t])
            work.importance[b] = broadcast(work.importance[b], weight[row])
            copy(work.inputs, b * features, x, row * features, features)
        else:
            for i in range(width):
                row = order.rows[rows + streams[i]]
                for t in range(of_each):
                    targets[(b * of_each + t) * width + i] = y[row * of_each + t]
                importance[b * width + i] = weight[row]
                for f in range(features):
                    units[(b * pitch + f) * width + i] = x[row * features + f]
