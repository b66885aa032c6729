"""Training: packs of runs from the first epoch to the last, and what they have learnt."""

from typing import NamedTuple

import numpy as np
from numba import config

from kernels.frozen import Frozen
from kernels.lane.compiled import entry, kernel
from kernels.lane.lanes import Flat, aligned_zeros, as_lanes, lanes_from, numbers
from kernels.lane.operations import select
from kernels.lane.product import multiplier
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.learning import Optimizer, gradient_size, learn
from kernels.network import (
    Network,
    Order,
    Workspace,
    cross_entropy,
    forward,
    read_batch,
    together,
)
from kernels.penalty import norms

#: Samples evaluated at a time. Fixed, since losses are summed batch by batch.
EVALUATION_BATCH = 32


class Runs(NamedTuple):
    """What differs from run to run; the last axis is the lane, ``[pack, ..., lane]``.

    Attributes
    ----------
    parameters : ndarray, shape (packs, parameters, lanes)
        Weights and biases as `kernels.network.Network` lays them out; trained in place. With the
        proximal step, the look-ahead point.
    memory : ndarray, shape (packs, parameters, lanes)
        What the step remembers, zero at first: the velocity. With the proximal step, the iterate,
        equal to the parameters at first and the result at last.
    l1, l2 : ndarray, shape (packs, 2 * layers, lanes)
        Penalties of each parameter in the order of `Network.names`.
    rate, momentum : ndarray, shape (packs, lanes)
        Learning rate and momentum.
    streams : ndarray of int64, shape (packs, lanes)
        The column of `Samples.order` that the run reads.
    """

    parameters: np.ndarray
    memory: np.ndarray
    l1: np.ndarray
    l2: np.ndarray
    rate: np.ndarray
    momentum: np.ndarray
    streams: np.ndarray

    def flat(self) -> "Runs":
        """Return the same as kernels take it."""
        *lanes, streams = self
        return Runs._make([*map(as_lanes, lanes), numbers(streams)])


class Samples(NamedTuple):
    """The data.

    Attributes
    ----------
    x : ndarray, shape (samples, features)
        Inputs, of the precision of the runs.
    y : ndarray, shape (samples,)
        Number of each sample's class, of the same dtype.
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


def train(
    net: Network,
    runs: Runs,
    samples: Samples,
    batch_size: int,
    epochs: int,
    *,
    proximal: bool = False,
    freeze: bool = False,
) -> None:
    """Train all runs in place.

    Parameters
    ----------
    net : Network
    runs : Runs
    samples : Samples
    batch_size : int
        Samples a step; the last batch of an epoch has what is left.
    epochs : int
        How many to train; the e-th reads ``samples.order[e % len(samples.order)]``.
    proximal : bool
        Whether L1 acts through its proximal step rather than its subgradient.
    freeze : bool
        Whether to compile code for this very network: about a second, once, for several times
        the speed of a tiny one, and the same bits. See `kernels.frozen.freezes`.
    """
    batch_size = min(batch_size, samples.order.shape[1])
    work = workspace(net, runs.parameters, batch_size)
    freeze = freeze and not config.DISABLE_JIT
    sizes = len(runs.streams), batch_size, epochs
    places = net.flat()
    code = Frozen(tuple(net.widths.tolist()), batch_size, proximal) if freeze else places
    _train(places, code, runs.flat(), samples.flat(), work, sizes, proximal, freeze)


def prepare(
    net: Network,
    dtype,
    width: int,
    batch_size: int,
    *,
    proximal: bool = False,
    freeze: bool = False,
) -> None:
    """Compile all kernels for a precision and lane width, or load them; see `train`.

    Numba compiles under one lock: done first, threads need not wait for each other.
    """
    parameters = aligned_zeros((1, net.size, width), dtype)
    penalties = aligned_zeros((1, 2 * net.layers, width), dtype)
    rates = aligned_zeros((1, width), dtype)
    streams = np.zeros((1, width), dtype=np.int64)
    runs = Runs(parameters, parameters.copy(), penalties, penalties, rates, rates, streams)
    one = np.ones(1, dtype)
    order = np.zeros((1, batch_size, 1), dtype=np.int64)
    samples = Samples(np.zeros((1, int(net.widths[0])), dtype), one, one, order)
    train(net, runs, samples, batch_size, 0, proximal=proximal, freeze=freeze)
    evaluate(net, runs, runs.parameters, samples)
    penalty_norms(net, runs.parameters)


@entry
def _train(net, code, runs, samples, work, sizes, proximal, freeze):
    packs, batch_size, epochs = sizes
    before = flush_subnormals()
    n = samples.order.size
    one_batch = n <= batch_size and samples.order.epochs == 1
    for pack in range(packs):
        parameter, penalty = pack * net.size, pack * 2 * net.layers
        optimizer = Optimizer(
            lanes_from(runs.parameters, parameter),
            lanes_from(runs.memory, parameter),
            lanes_from(runs.l1, penalty),
            lanes_from(runs.l2, penalty),
            runs.rate[pack],
            runs.momentum[pack],
            proximal,
        )
        streams = lanes_from(runs.streams, pack * work.lanes)
        shared = together(streams, work.lanes) and not freeze
        for epoch in range(epochs):
            for first in range(0, n, batch_size):
                batch = batch_size if first + batch_size < n else n - first
                if epoch == 0 or not one_batch:
                    read_batch(net, work, samples, (epoch, first, batch), streams, shared)
                learn(code, optimizer, work, batch, shared)
    restore_subnormals(before)


class Measures(NamedTuple):
    """What `evaluate` finds, for each run.

    Attributes
    ----------
    loss : ndarray, shape (packs, lanes)
        Mean cross-entropy, without penalties.
    accuracy : ndarray, shape (packs, lanes)
        Share of the samples classed right.
    peak : ndarray, shape (packs, units, lanes)
        Largest activation of each unit, the inputs first, over the samples.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    peak: np.ndarray


def evaluate(
    net: Network, runs: Runs, weights: np.ndarray, samples: Samples, *, peaks: bool = True
) -> Measures:
    """Evaluate ``weights [pack, parameter, lane]`` on the samples of ``samples.order[0]``.

    Without ``peaks``, `Measures.peak` stays 0.
    """
    n = samples.order.shape[1]
    work = workspace(net, weights, min(EVALUATION_BATCH, n))
    packs, _, width = weights.shape
    loss = aligned_zeros((packs, width), weights.dtype)
    right = aligned_zeros((packs, width), weights.dtype)
    peak = aligned_zeros((packs, int(net.unit[-1]), width), weights.dtype)
    found = Measures._make(map(as_lanes, (loss, right, peak)))
    streams = numbers(runs.streams)
    _evaluate(net.flat(), as_lanes(weights), streams, samples.flat(), work, found, packs, peaks)
    # A running sum, whose order does not depend on the shape.
    mass = samples.weight[samples.order[0]].cumsum(axis=0)[-1][runs.streams]
    return Measures(loss / mass, right / mass, peak)


@entry
def _evaluate(net, weights, streams, samples, work, found, packs, raising):
    losses, rights = found.loss, found.accuracy
    before = flush_subnormals()
    n = samples.order.size
    for pack in range(packs):
        w = lanes_from(weights, pack * net.size)
        peak = lanes_from(found.peak, pack * net.unit[net.layers + 1])
        own = lanes_from(streams, pack * work.lanes)
        shared = together(own, work.lanes)
        for first in range(0, n, work.capacity):
            batch = work.capacity if first + work.capacity < n else n - first
            read_batch(net, work, samples, (0, first, batch), own, shared)
            loss, right = _evaluate_batch(net, w, work, batch, shared)
            losses[pack] = losses[pack] + loss
            rights[pack] = rights[pack] + right
            if raising:
                _raise_peaks(net, work, batch, peak)
    restore_subnormals(before)


@kernel
def _evaluate_batch(net, weights, work, batch, shared):
    # Within a kernel that only kernels call, Numba finds what it has compiled for `learn`.
    forward(net, weights, work, batch, shared)
    return cross_entropy(net, work, batch)


@kernel
def _raise_peaks(net, work, batch, peak):
    for layer in range(1, net.layers):
        for b in range(batch):
            start = net.room[layer] * work.capacity + b * net.pitch[layer]
            for i in range(net.widths[layer]):
                unit, a = net.unit[layer] + i, work.units[start + i]
                peak[unit] = select(a > peak[unit], a, peak[unit])


def penalty_norms(net: Network, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of abs(w) and of w^2 of each parameter, each ``[pack, 2 * layers, lane]``."""
    packs, _, width = weights.shape
    bounds = np.append(np.stack([net.weight, net.bias], axis=1).ravel(), net.size)
    one = aligned_zeros((packs, len(bounds) - 1, width), weights.dtype)
    two = aligned_zeros((packs, len(bounds) - 1, width), weights.dtype)
    arrays = as_lanes(weights), as_lanes(one), as_lanes(two)
    _penalty_norms(*arrays, numbers(bounds), (packs, len(bounds) - 1, net.size))
    return one, two


@entry
def _penalty_norms(weights, one, two, bounds, shape):
    packs, kinds, size = shape
    before = flush_subnormals()
    for pack in range(packs):
        start = pack * size
        for i in range(kinds):
            found = norms(weights, start + bounds[i], start + bounds[i + 1])
            one[pack * kinds + i], two[pack * kinds + i] = found
    restore_subnormals(before)


def workspace(net: Network, parameters: np.ndarray, capacity: int) -> Workspace:
    """Return zeros to work in, with room for a batch.

    Raises
    ------
    ValueError
        If the batch is empty: a kernel itself must raise nothing, see `kernels.lane.subnormals`.
    """
    if capacity < 1:
        raise ValueError(f"a batch should have at least one sample, and has {capacity}")
    width, dtype = parameters.shape[2], parameters.dtype
    units = int(net.room[-1]) * capacity

    def lanes(count: int) -> Flat:
        return as_lanes(aligned_zeros((count, width), dtype))

    work = Workspace(
        units=lanes(units),
        deltas=lanes(units),
        inputs=numbers(aligned_zeros((int(net.widths[0]) * capacity,), dtype)),
        labels=lanes(capacity),
        importance=lanes(capacity),
        gradient=lanes(gradient_size(net)),
        constants=lanes(2),
        lanes=width,
        capacity=capacity,
        multiplier=multiplier(dtype, width, max(int(net.widths.max()), capacity)),
    )
    work.constants[1] = 1
    return work
