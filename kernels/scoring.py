"""What runs reach, also by metrics that take all samples at once: see `kernels.metrics`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kernels.choice import Choice
from kernels.evaluation import EVALUATION_BATCH, Measures, evaluate
from kernels.lane.compiled import entry
from kernels.lane.lanes import aligned_room, as_lanes, copy
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.metrics.accuracy import named
from kernels.network import Network
from kernels.outputs import Numbers, Outputs, over_outputs
from kernels.runs import Runs, workspace
from kernels.samples import Samples

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


def evaluate_and_score(
    net: Network,
    runs: Runs,
    weights: np.ndarray,
    samples: Samples,
    metrics: Sequence[Choice],
    scored: Sequence[Choice],
    size: int,
    truth: Truth | None = None,
    *,
    units: bool = True,
) -> tuple[Measures, np.ndarray]:
    """Do what `evaluate` does, and score what it finds: samples go through the network once.

    Parameters
    ----------
    net, runs, weights, samples, metrics, units
        As in `evaluate`.
    scored : sequence of Choice
        Metrics that offer ``score``.
    size : int
        Runs in these packs; lanes beyond them are left aside.
    truth : Truth, optional
        Where numbers are predicted. Else classes are, or answers, one an output: of these a
        metric is the mean over the outputs of what it is of their two classes.

    Returns
    -------
    Measures
    ndarray of float64, shape (scored, size)
    """
    if not scored:
        return evaluate(net, runs, weights, samples, metrics, units=units), np.empty((0, size))
    packs, _, width = weights.shape
    n, last = samples.order.shape[1], int(net.widths[-1])
    few = max(_ROOM // (n * last * width), 1)
    measured, found = [], []
    for first in range(0, packs, few):
        there = slice(first, first + few)
        some = runs._replace(
            streams=runs.streams[there], activation_hyper=runs.activation_hyper[there]
        )
        outputs = aligned_room((len(some.streams), n, last, width), weights.dtype)
        measured.append(
            evaluate(net, some, weights[there], samples, metrics, units=units, outputs=outputs)
        )
        left = min(size - first * width, outputs.shape[0] * width)
        for kept in keep(net, some.streams, outputs, samples, left):
            found.append(_scores(net, kept, samples, scored, truth))
    loss, means, largest = zip(*measured, strict=True)
    joined = Measures(np.concatenate(loss), np.concatenate(means, 1), np.concatenate(largest))
    return joined, np.concatenate(found, axis=1)


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
    net: Network, streams: np.ndarray, outputs: np.ndarray, samples: Samples, size: int
) -> Iterator[_Kept]:
    """Yield what a few runs say at a time: the outputs that `evaluate` wrote become it in place."""
    packs, n, last, width = outputs.shape
    work = workspace(net, outputs[:, 0], min(EVALUATION_BATCH, n))
    named = aligned_room((packs, n, width), outputs.dtype)
    few = max(_ROOM // (n * last), 1)
    _say(net.flat(), work, as_lanes(outputs), as_lanes(named), packs * n)
    for begin in range(0, size, few):
        pack, lane = np.divmod(np.arange(begin, min(begin + few, size)), width)
        stream = streams[pack, lane]
        yield _Kept(
            np.ascontiguousarray(np.moveaxis(outputs[pack, ..., lane], 1, 2), np.float64),
            named[pack, ..., lane].astype(np.int64),
            samples.order[0].T[stream],
            stream,
        )


def _scores(
    net: Network, kept: _Kept, samples: Samples, scored: Sequence[Choice], truth: Truth | None
) -> list[np.ndarray]:
    if truth is not None:
        numbers = _numbers(kept, samples, truth)
        with np.errstate(all="ignore"):  # of runs that diverge
            return [metric.score(numbers) for metric in scored]
    if net.loss.BY_OUTPUT:
        answers = list(_answers(kept, samples))
        each = ([metric.score(one) for one in answers] for metric in scored)
        return [over_outputs(np.stack(of_metric, axis=1)) for of_metric in each]
    classes = _classes(kept, samples)
    return [metric.score(classes) for metric in scored]


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
def _say(net, work, outputs, named_so, count):
    before = flush_subnormals()
    last, start = net.widths[net.layers], net.room[net.layers] * work.capacity
    for first in range(0, count, work.capacity):
        batch = work.capacity if first + work.capacity < count else count - first
        copy(work.units, start, outputs, first * last, batch * last)
        net.loss.predict(net, work, batch, outputs, first * last)
        for b in range(batch):
            named_so[first + b] = named(net, work, b)
    restore_subnormals(before)
