"""What runs reach by metrics that take all samples at once: see `kernels.metrics`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kernels.choice import Choice
from kernels.evaluation import EVALUATION_BATCH
from kernels.lane.compiled import entry
from kernels.lane.lanes import aligned_zeros, as_lanes, copy, lanes_from
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.metrics.accuracy import named
from kernels.network import Network, forward
from kernels.outputs import Numbers, Outputs, over_outputs
from kernels.runs import Runs, workspace
from kernels.samples import Samples, Streams, read_batch

#: What is said of outputs and kept at a time, unless one pack has more.
_ROOM = 2**22


class Truth(NamedTuple):
    """Numbers to predict, in their own unit: not that in which they are learnt.

    Attributes
    ----------
    values : ndarray of float64, shape (samples, outputs)
        As they stand in the table.
    centre, scale : ndarray of float64, shape (streams, outputs)
        What a network says times the scale, and the centre added, is in that unit.
    """

    values: np.ndarray
    centre: np.ndarray
    scale: np.ndarray


def scores(
    net: Network,
    runs: Runs,
    weights: np.ndarray,
    samples: Samples,
    metrics: Sequence[Choice],
    size: int,
    truth: Truth | None = None,
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
    truth : Truth, optional
        Where numbers are predicted. Else classes are, or answers, one an output: of these a
        metric is the mean over the outputs of what it is of their two classes.

    Returns
    -------
    ndarray of float64, shape (metrics, size)
    """
    found: list[list[np.ndarray]] = []
    for kept in keep(net, runs, weights, samples, size):
        if truth is not None:
            numbers = _numbers(kept, samples, truth)
            with np.errstate(all="ignore"):  # of runs that diverge
                found.append([metric.score(numbers) for metric in metrics])
        elif net.loss.BY_OUTPUT:
            answers = list(_answers(kept, samples))
            each = ([metric.score(one) for one in answers] for metric in metrics)
            found.append([over_outputs(np.stack(of_metric, axis=1)) for of_metric in each])
        else:
            classes = _classes(kept, samples)
            found.append([metric.score(classes) for metric in metrics])
    return np.concatenate(found, axis=1)


class _Kept(NamedTuple):
    """What a few runs say.

    Attributes
    ----------
    said : ndarray of float64, shape (runs, outputs, samples)
        What the loss predicts.
    named : ndarray of int64, shape (runs, samples)
        Number of the largest output, the first of equals.
    rows : ndarray of int64, shape (runs, samples)
        The samples.
    streams : ndarray of int64, shape (runs,)
    """

    said: np.ndarray
    named: np.ndarray
    rows: np.ndarray
    streams: np.ndarray


def keep(
    net: Network, runs: Runs, weights: np.ndarray, samples: Samples, size: int
) -> Iterator[_Kept]:
    """Yield what a few runs say at a time; see `scores`."""
    n, outputs, width = samples.order.shape[1], int(net.widths[-1]), weights.shape[2]
    work = workspace(net, weights, min(EVALUATION_BATCH, n))
    packs = max(_ROOM // (n * outputs * width), 1)
    few = max(_ROOM // (n * outputs), 1)
    for first in range(0, size, packs * width):
        there = slice(first // width, -(-min(first + packs * width, size) // width))
        streams, hyper = Streams.of(runs.streams[there]), as_lanes(runs.activation_hyper[there])
        some = weights[there]
        said = aligned_zeros((len(some), n, outputs, width), weights.dtype)
        named = aligned_zeros((len(some), n, width), weights.dtype)
        reading = as_lanes(some), hyper, streams, samples.flat()
        _keep(net.flat(), *reading, work, (as_lanes(said), as_lanes(named)), len(some))
        lanes = np.arange(min(packs * width, size - first))
        for begin in range(0, len(lanes), few):
            pack, lane = np.divmod(lanes[begin : begin + few], width)
            stream = runs.streams[there][pack, lane]
            yield _Kept(
                np.ascontiguousarray(np.moveaxis(said[pack, ..., lane], 1, 2), np.float64),
                named[pack, ..., lane].astype(np.int64),
                samples.order[0].T[stream],
                stream,
            )


def _classes(kept: _Kept, samples: Samples) -> Outputs:
    labels = samples.y[:, 0][kept.rows].astype(np.int64)
    return Outputs(kept.said, kept.named, labels, *_counted(kept, samples))


def _answers(kept: _Kept, samples: Samples) -> Iterator[Outputs]:
    """Yield each output as two classes: no, and yes where that has the higher probability."""
    for i in range(kept.said.shape[1]):
        yes = kept.said[:, i]
        named = np.where(np.isnan(yes), -1, yes > 0.5)
        labels = samples.y[:, i][kept.rows].astype(np.int64)
        yield Outputs(np.stack([1 - yes, yes], axis=1), named, labels, *_counted(kept, samples))


def _numbers(kept: _Kept, samples: Samples, truth: Truth) -> Numbers:
    centre, scale = (of[kept.streams][..., None] for of in (truth.centre, truth.scale))
    with np.errstate(all="ignore"):
        predictions = kept.said * scale + centre
    values = np.moveaxis(truth.values[kept.rows], 1, 2)
    return Numbers(predictions, values, _counted(kept, samples)[0])


def _counted(kept: _Kept, samples: Samples) -> tuple[np.ndarray, float]:
    """Return what each sample weighs, and the spacing of what is said at 1."""
    weight = samples.weight[kept.rows]
    return weight.astype(np.float64), float(np.finfo(weight.dtype).eps)


@entry
def _keep(net, weights, hyper, streams, samples, work, kept, packs):
    before = flush_subnormals()
    n, outputs = samples.order.size, net.widths[net.layers]
    said, named_so = kept
    for pack in range(packs):
        w = lanes_from(weights, pack * net.size)
        own, shared = lanes_from(streams.numbers, pack * work.lanes), streams.shared[pack] != 0
        copy(work.hyper, 0, hyper, pack * work.hypers, work.hypers)
        for first in range(0, n, work.capacity):
            batch = work.capacity if first + work.capacity < n else n - first
            read_batch(net, work, samples, (0, first, batch), own, shared)
            forward(net, w, work, batch, shared)
            place = pack * n + first
            net.loss.predict(net, work, batch, said, place * outputs)
            for b in range(batch):
                named_so[place + b] = named(net, work, b)
    restore_subnormals(before)
