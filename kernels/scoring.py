"""What runs reach by metrics that take all samples at once: see `kernels.metrics`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kernels.choice import Choice
from kernels.evaluation import EVALUATION_BATCH
from kernels.lane.compiled import entry
from kernels.lane.lanes import Flat, aligned_zeros, as_lanes, copy, lanes_from
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.metrics.accuracy import named
from kernels.network import Network, forward
from kernels.outputs import Outputs
from kernels.runs import Runs, workspace
from kernels.samples import Samples, Streams, read_batch

#: Probabilities that are kept at a time, unless one pack has more.
_ROOM = 2**22


def scores(
    net: Network,
    runs: Runs,
    weights: np.ndarray,
    samples: Samples,
    metrics: Sequence[Choice],
    size: int,
) -> np.ndarray:
    """Score ``weights [pack, parameter, lane]`` on the samples of ``samples.order[0]``.

    Parameters
    ----------
    net : Network
    runs : Runs
    weights : ndarray, shape (packs, parameters, lanes)
    samples : Samples
    metrics : sequence of Choice
        Those that offer ``score``.
    size : int
        Runs in these packs; lanes beyond them are left aside.

    Returns
    -------
    ndarray of float64, shape (metrics, size)
    """
    kept = _kept(net, runs, weights, samples, size)
    found = [[metric.score(some) for metric in metrics] for some in kept]
    return np.concatenate(found, axis=1)


class _Kept(NamedTuple):
    """Where a kernel keeps outputs: ``[pack, sample, class, lane]``, else without the class."""

    probabilities: Flat
    named: Flat
    labels: Flat
    weight: Flat


def _kept(
    net: Network, runs: Runs, weights: np.ndarray, samples: Samples, size: int
) -> Iterator[Outputs]:
    """Yield the outputs of a few runs at a time."""
    n, classes, width = samples.order.shape[1], int(net.widths[-1]), weights.shape[2]
    work = workspace(net, weights, min(EVALUATION_BATCH, n))
    packs = max(_ROOM // (n * classes * width), 1)
    few = max(_ROOM // (n * classes), 1)
    for first in range(0, size, packs * width):
        there = slice(first // width, -(-min(first + packs * width, size) // width))
        streams, hyper = Streams.of(runs.streams[there]), as_lanes(runs.activation_hyper[there])
        some = weights[there]
        shapes = (classes,), (), (), ()
        arrays = [aligned_zeros((len(some), n, *of, width), weights.dtype) for of in shapes]
        reading = as_lanes(some), hyper, streams, samples.flat()
        _keep(net.flat(), *reading, work, _Kept(*map(as_lanes, arrays)), len(some))
        lanes = np.arange(min(packs * width, size - first))
        for begin in range(0, len(lanes), few):
            yield _outputs(arrays, *np.divmod(lanes[begin : begin + few], width))


def _outputs(arrays: Sequence[np.ndarray], pack: np.ndarray, lane: np.ndarray) -> Outputs:
    """Lay out what was kept in some lanes of some packs."""
    probabilities, named, labels, weight = (array[pack, ..., lane] for array in arrays)
    precision = float(np.finfo(probabilities.dtype).eps)
    by_class = np.ascontiguousarray(np.moveaxis(probabilities, 1, 2), np.float64)
    numbers = named.astype(np.int64), labels.astype(np.int64)
    return Outputs(by_class, *numbers, weight.astype(np.float64), precision)


@entry
def _keep(net, weights, hyper, streams, samples, work, kept, packs):
    before = flush_subnormals()
    n, classes = samples.order.size, net.widths[net.layers]
    for pack in range(packs):
        w = lanes_from(weights, pack * net.size)
        own, shared = lanes_from(streams.numbers, pack * work.lanes), streams.shared[pack] != 0
        copy(work.hyper, 0, hyper, pack * work.hypers, work.hypers)
        for first in range(0, n, work.capacity):
            batch = work.capacity if first + work.capacity < n else n - first
            read_batch(net, work, samples, (0, first, batch), own, shared)
            forward(net, w, work, batch, shared)
            place = pack * n + first
            net.loss.predict(net, work, batch, kept.probabilities, place * classes)
            for b in range(batch):
                kept.named[place + b] = named(net, work, b)
                kept.labels[place + b] = work.targets[b]
                kept.weight[place + b] = work.importance[b]
    restore_subnormals(before)
