"""What runs have learnt: losses and metrics over samples, and the value of penalties."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kernels.choice import Choice, add_measures, add_values
from kernels.lane.compiled import entry, kernel
from kernels.lane.lanes import Flat, aligned_zeros, as_lanes, copy, lanes_from, numbers
from kernels.lane.operations import select
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.network import Network, forward
from kernels.outputs import total_of
from kernels.penalties import l21
from kernels.runs import Runs, from_sample, workspace
from kernels.samples import Samples, Streams, read_batch

#: Samples whose losses are summed at a time. Fixed: sums of batches are what is added up.
EVALUATION_BATCH = 32

#: Samples that go through the network at a time: the weights of a large one come from far away.
_AT_ONCE = 2 * EVALUATION_BATCH

#: Samples of one network that its lanes share out at a time: whole rounds for every width.
_SHARED_OUT = 2**13


class Measures(NamedTuple):
    """What `evaluate` finds, for each run.

    Attributes
    ----------
    loss : ndarray, shape (packs, lanes)
        Mean over the samples, without penalties.
    metrics : ndarray, shape (metrics, packs, lanes)
        Means of the metrics asked for.
    largest : ndarray, shape (packs, units, lanes)
        Largest size of each unit's activation, the inputs first, over the samples.
    """

    loss: np.ndarray
    metrics: np.ndarray
    largest: np.ndarray


class _Found(NamedTuple):
    """Where a kernel writes, see `evaluate`; sums are ``[pack, batch, what, lane]``."""

    sums: Flat
    largest: Flat
    outputs: Flat


def evaluate(
    net: Network,
    runs: Runs,
    weights: np.ndarray,
    samples: Samples,
    metrics: Sequence[Choice],
    *,
    units: bool = True,
    outputs: np.ndarray | None = None,
) -> Measures:
    """Evaluate ``weights [pack, parameter, lane]`` on the samples of ``samples.order[0]``.

    Parameters
    ----------
    net : Network
    runs : Runs
        Of which their streams and what their activation takes are read.
    weights : ndarray, shape (packs, parameters, lanes)
    samples : Samples
    metrics : sequence of Choice
        Those that offer ``measure``.
    units : bool
        Whether `Measures.largest` is wanted; it stays 0 if not.
    outputs : ndarray, shape (packs, samples, outputs, lanes), optional
        Where to write what the last layer gives.
    """
    packs, _, width = weights.shape
    largest = aligned_zeros((packs, int(net.unit[-1]), width), weights.dtype)
    raised = largest if units else None
    sums = _sums(net, runs, weights, samples, metrics, 1, raised, outputs)
    order = samples.order[0]
    mass = total_of(len(order), lambda some: samples.weight[order[some]])[runs.streams]
    means = np.moveaxis(sums[:, 0], 1, 0) / mass
    return Measures(means[0], means[1:], largest)


def loss_of_one(
    net: Network, runs: Runs, weights: np.ndarray, samples: Samples, metrics: Sequence[Choice]
) -> np.ndarray:
    """Return the loss that `evaluate` finds, of packs that each hold one network in every lane.

    Its lanes share the samples out, batch by batch, and the sums of batches are added up in the
    same order: the same bits, in as many times less time as there are lanes.

    Parameters
    ----------
    net, runs, weights, samples, metrics
        As in `evaluate`; what is compiled for that is compiled for this.

    Returns
    -------
    ndarray, shape (packs,)
    """
    order, streams = samples.order[0], runs.streams[:, 0]
    found = [
        _of_batches(
            net, runs, weights, samples, metrics, order[first : first + _SHARED_OUT, streams]
        )
        for first in range(0, len(order), _SHARED_OUT)
    ]
    mass = total_of(len(order), lambda some: samples.weight[order[some, streams]])
    return np.concatenate(found, axis=1).cumsum(axis=1)[:, -1] / mass


def _of_batches(
    net: Network,
    runs: Runs,
    weights: np.ndarray,
    samples: Samples,
    metrics: Sequence[Choice],
    order: np.ndarray,
) -> np.ndarray:
    """Return the loss over each batch of ``order [sample, pack]``, ``[pack, batch]``."""
    packs, _, width = weights.shape
    rows = order.T
    whole, rest = divmod(rows.shape[1], EVALUATION_BATCH)
    rounds = -(-whole // width)
    found = np.zeros((packs, 0), weights.dtype)
    if whole:
        # What lacks for a last round is the last batch once more, of which nobody asks.
        batch = np.minimum(np.arange(rounds * width), whole - 1)
        batches = rows[:, : -rest or None].reshape(packs, whole, EVALUATION_BATCH)[:, batch]
        shares = batches.reshape(packs, rounds, width, EVALUATION_BATCH).transpose(1, 3, 0, 2)
        by_lane = shares.reshape(1, rounds * EVALUATION_BATCH, packs * width)
        own = runs._replace(streams=np.arange(packs * width).reshape(packs, width))
        spread = samples._replace(order=np.ascontiguousarray(by_lane))
        sums = _sums(net, own, weights, spread, metrics, rounds)
        found = sums[:, :, 0].reshape(packs, rounds * width)[:, :whole]
    if rest:
        own = runs._replace(streams=np.repeat(np.arange(packs)[:, None], width, axis=1))
        last = samples._replace(order=np.ascontiguousarray(order[-rest:])[None])
        sums = _sums(net, own, weights, last, metrics, 1)
        found = np.concatenate([found, sums[:, 0, 0, :1]], axis=1)
    return found


def _sums(
    net: Network,
    runs: Runs,
    weights: np.ndarray,
    samples: Samples,
    metrics: Sequence[Choice],
    batches: int,
    largest: np.ndarray | None = None,
    outputs: np.ndarray | None = None,
) -> np.ndarray:
    """Return sums of the loss and the metrics, ``[pack, batch, what, lane]``.

    They are of one batch of samples after another where there is to be more than one sum. Sizes of
    units are raised to the largest, and outputs written, in place.
    """
    packs, _, width = weights.shape
    work = workspace(net, weights, min(_AT_ONCE, samples.order.shape[1]))
    what = (net.loss, *metrics)
    sums = aligned_zeros((packs, batches, len(what), width), weights.dtype)
    nowhere = aligned_zeros((1, width), weights.dtype)
    written = (nowhere if room is None else room for room in (largest, outputs))
    found = _Found(as_lanes(sums), *map(as_lanes, written))
    hyper, streams = as_lanes(runs.activation_hyper), Streams.of(runs.streams)
    reading = as_lanes(weights), hyper, streams, samples.flat()
    sizes = packs, len(what), batches, largest is not None, outputs is not None
    _evaluate(net.flat(), *reading, work, what, found, sizes)
    return sums


@entry
def _evaluate(net, weights, hyper, streams, samples, work, what, found, sizes):
    packs, count, batches, raising, keeping = sizes
    before = flush_subnormals()
    n = samples.order.size
    apart = count if batches > 1 else 0
    for pack in range(packs):
        w = lanes_from(weights, pack * net.size)
        sums = lanes_from(found.sums, pack * batches * count)
        largest = lanes_from(found.largest, pack * net.unit[net.layers + 1])
        own, shared = lanes_from(streams.numbers, pack * work.lanes), streams.shared[pack] != 0
        copy(work.hyper, 0, hyper, pack * work.hypers, work.hypers)
        for first in range(0, n, work.capacity):
            batch = work.capacity if first + work.capacity < n else n - first
            read_batch(net, work, samples, (0, first, batch), own, shared)
            some = lanes_from(sums, first // EVALUATION_BATCH * apart)
            _measure_batch(net, w, work, what, batch, shared, some, apart)
            if raising:
                _raise_largest(net, work, batch, largest)
            if keeping:
                outputs = net.widths[net.layers]
                place, start = (pack * n + first) * outputs, net.room[net.layers] * work.capacity
                copy(found.outputs, place, work.units, start, batch * outputs)
    restore_subnormals(before)


@kernel
def _measure_batch(net, weights, work, what, batch, shared, sums, apart):
    # Within a kernel that only kernels call, Numba finds what it has compiled for `learn`.
    forward(net, weights, work, batch, shared)
    for first in range(0, batch, EVALUATION_BATCH):
        some = EVALUATION_BATCH if first + EVALUATION_BATCH < batch else batch - first
        place = first // EVALUATION_BATCH * apart
        here = from_sample(net, work, first)
        add_measures(what, net, here, some, lanes_from(sums, place))


@kernel
def _raise_largest(net, work, batch, largest):
    for layer in range(1, net.layers):
        for b in range(batch):
            start = net.room[layer] * work.capacity + b * net.pitch[layer]
            for i in range(net.widths[layer]):
                unit, a = net.unit[layer] + i, abs(work.units[start + i])
                largest[unit] = select(a > largest[unit], a, largest[unit])


def penalty_values(net: Network, weights: np.ndarray, penalties: Sequence[Choice]) -> np.ndarray:
    """Return what each parameter costs at strength 1, ``[penalty, pack, 2 * layers, lane]``.

    Parameters
    ----------
    net : Network
    weights : ndarray, shape (packs, parameters, lanes)
    penalties : sequence of Choice
    """
    packs, _, width = weights.shape
    bounds = np.append(np.stack([net.weight, net.bias], axis=1).ravel(), net.size)
    kinds = len(bounds) - 1
    found = aligned_zeros((packs, kinds, len(penalties), width), weights.dtype)
    sizes = packs, kinds, net.size, len(penalties)
    _penalty_values(as_lanes(weights), as_lanes(found), numbers(bounds), tuple(penalties), sizes)
    return np.moveaxis(found, 2, 0)


@entry
def _penalty_values(weights, found, bounds, penalties, sizes):
    packs, kinds, size, count = sizes
    before = flush_subnormals()
    for pack in range(packs):
        start = pack * size
        for i in range(kinds):
            costs = lanes_from(found, (pack * kinds + i) * count)
            add_values(penalties, weights, start + bounds[i], start + bounds[i + 1], costs)
    restore_subnormals(before)


def group_penalties(net: Network, weights: np.ndarray) -> np.ndarray:
    """Return what the groups cost at strength 1, ``[pack, lane]``; see `penalty_values`."""
    packs, _, width = weights.shape
    found = aligned_zeros((packs, width), weights.dtype)
    _group_penalties(net.flat(), as_lanes(weights), as_lanes(found), packs)
    return found


@entry
def _group_penalties(net, weights, found, packs):
    before = flush_subnormals()
    for pack in range(packs):
        found[pack] = l21.value(net, lanes_from(weights, pack * net.size))
    restore_subnormals(before)
