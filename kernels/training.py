"""Training: packs of runs from the first epoch to the last, and what they have learnt."""

from typing import NamedTuple

import numpy as np
from numba import config

from kernels.compiled import entry, kernel
from kernels.frozen import Frozen
from kernels.lanes import aligned_zeros, as_lanes, lanes_from, numbers, template
from kernels.learning import Optimizer, gradient_size, learn
from kernels.network import Network, Workspace, cross_entropy, forward, read_batch, together
from kernels.operations import select
from kernels.penalty import norms
from kernels.product import Multiplier, multiplier

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
    zeros, work = workspace(net, runs.parameters, batch_size)
    freeze = freeze and not config.DISABLE_JIT
    code = Frozen(tuple(net.widths.tolist()), batch_size, proximal) if freeze else net
    _train(zeros, net, code, runs, samples, work, batch_size, epochs, proximal, freeze)


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
def _train(zeros, net, code, runs, samples, space, batch_size, epochs, proximal, freeze):
    work = lanes_of(space, zeros)
    weights, memory = as_lanes(runs.parameters, zeros), as_lanes(runs.memory, zeros)
    l1, l2 = as_lanes(runs.l1, zeros), as_lanes(runs.l2, zeros)
    rate, momentum = as_lanes(runs.rate, zeros), as_lanes(runs.momentum, zeros)
    size, penalties = runs.parameters.shape[1], runs.l1.shape[1]
    n = samples.order.shape[1]
    one_batch = n <= batch_size and samples.order.shape[0] == 1
    for pack in range(runs.parameters.shape[0]):
        optimizer = Optimizer(
            lanes_from(weights, pack * size),
            lanes_from(memory, pack * size),
            lanes_from(l1, pack * penalties),
            lanes_from(l2, pack * penalties),
            rate[pack],
            momentum[pack],
            proximal,
        )
        streams = runs.streams[pack]
        shared = together(streams) and not freeze
        for epoch in range(epochs):
            order = samples.order[epoch % samples.order.shape[0]]
            for first in range(0, n, batch_size):
                rows = order[first : first + batch_size]
                if epoch == 0 or not one_batch:
                    read_batch(net, work, samples, rows, streams, shared)
                learn(code, optimizer, work, rows.shape[0], shared)


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
    zeros, work = workspace(net, weights, min(EVALUATION_BATCH, n))
    packs, _, width = weights.shape
    loss = aligned_zeros((packs, width), weights.dtype)
    right = aligned_zeros((packs, width), weights.dtype)
    peak = aligned_zeros((packs, int(net.unit[-1]), width), weights.dtype)
    _evaluate(zeros, net, weights, runs.streams, samples, work, (loss, right, peak), peaks)
    # A running sum, whose order does not depend on the shape.
    mass = samples.weight[samples.order[0]].cumsum(axis=0)[-1][runs.streams]
    return Measures(loss / mass, right / mass, peak)


@entry
def _evaluate(zeros, net, weights, streams, samples, space, found, raising):
    work = lanes_of(space, zeros)
    all_weights = as_lanes(weights, zeros)
    losses, rights = as_lanes(found[0], zeros), as_lanes(found[1], zeros)
    peaks = as_lanes(found[2], zeros)
    order = samples.order[0]
    for pack in range(weights.shape[0]):
        w = lanes_from(all_weights, pack * weights.shape[1])
        peak = lanes_from(peaks, pack * found[2].shape[1])
        shared = together(streams[pack])
        for first in range(0, order.shape[0], work.capacity):
            rows = order[first : first + work.capacity]
            read_batch(net, work, samples, rows, streams[pack], shared)
            loss, right = _evaluate_batch(net, w, work, rows.shape[0], shared)
            losses[pack] = losses[pack] + loss
            rights[pack] = rights[pack] + right
            if raising:
                _raise_peaks(net, work, rows.shape[0], peak)


@kernel
def _evaluate_batch(net, weights, work, batch, shared):
    # Within a kernel that only kernels call, Numba finds what it has compiled for `learn`.
    forward(net, weights, work, batch, shared)
    return cross_entropy(net, work, batch)


@kernel
def _raise_peaks(net, work, batch, peak):
    for layer in range(1, net.weight.shape[0]):
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
    _penalty_norms(template(weights.dtype, width), weights, bounds, one, two)
    return one, two


@entry
def _penalty_norms(zeros, weights, bounds, one, two):
    w, ones, twos = as_lanes(weights, zeros), as_lanes(one, zeros), as_lanes(two, zeros)
    size, kinds = weights.shape[1], one.shape[1]
    for pack in range(weights.shape[0]):
        start = pack * size
        for i in range(kinds):
            found = norms(w, start + bounds[i], start + bounds[i + 1])
            ones[pack * kinds + i], twos[pack * kinds + i] = found


def workspace(net: Network, parameters: np.ndarray, capacity: int) -> tuple[tuple, Workspace]:
    """Return the lane template and zeroed arrays to work in, with room for a batch."""
    width, dtype = parameters.shape[2], parameters.dtype
    units = int(net.room[-1]) * capacity
    work = Workspace(
        units=aligned_zeros((units, width), dtype),
        deltas=aligned_zeros((units, width), dtype),
        inputs=aligned_zeros((int(net.widths[0]) * capacity, 1), dtype),
        labels=aligned_zeros((capacity, width), dtype),
        importance=aligned_zeros((capacity, width), dtype),
        gradient=aligned_zeros((gradient_size(net), width), dtype),
        constants=aligned_zeros((2, width), dtype),
        capacity=capacity,
        multiplier=multiplier(dtype, width, max(int(net.widths.max()), capacity)),
    )
    work.constants[1] = 1
    return template(dtype, width), work


@kernel
def lanes_of(space, zeros):
    """View the arrays of a workspace as arrays of Lanes."""
    how = space.multiplier
    return Workspace(
        as_lanes(space.units, zeros),
        as_lanes(space.deltas, zeros),
        numbers(space.inputs),
        as_lanes(space.labels, zeros),
        as_lanes(space.importance, zeros),
        as_lanes(space.gradient, zeros),
        as_lanes(space.constants, zeros),
        space.capacity,
        Multiplier(how.address, as_lanes(how.panel, zeros), how.terms),
    )
