"""Training: packs of runs from the first epoch to the last.

For each batch, as for a single network: forward, gradient of the loss, backward, gradients with
penalties, Nesterov step. Every number is a Lane, so each line does it for all runs of a pack.
"""

from typing import NamedTuple

import numpy as np

from kernels.compiled import entry, inlined, kernel
from kernels.lanes import aligned_zeros, as_lanes, select, template
from kernels.nesterov import proximal_step, step
from kernels.network import (
    Network,
    Workspace,
    backward,
    bias_gradient,
    cross_entropy,
    forward,
    read_batch,
    softmax_gradient,
    weight_gradient,
)
from kernels.penalty import l1_gradient, l2_gradient, norms
from kernels.product import product_address

#: Samples evaluated at a time. Fixed, since losses are summed batch by batch.
EVALUATION_BATCH = 32

#: Rows of a weight gradient computed, and stepped along, at a time: they stay in the L1 cache.
GRADIENT_ROWS = 4


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
    net: Network, runs: Runs, samples: Samples, batch_size: int, epochs: int, proximal: bool = False
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
    """
    zeros, work = _workspace(net, runs.parameters, min(batch_size, samples.order.shape[1]))
    _train(zeros, net, runs, samples, work, batch_size, epochs, proximal)


@entry
def _train(zeros, net, runs, samples, space, batch_size, epochs, proximal):
    work = lanes_of(space, zeros)
    layers = net.weight.shape[0]
    n = samples.order.shape[1]
    for pack in range(runs.parameters.shape[0]):
        w = as_lanes(runs.parameters[pack], zeros)
        u = as_lanes(runs.memory[pack], zeros)
        l1, l2 = as_lanes(runs.l1[pack], zeros), as_lanes(runs.l2[pack], zeros)
        rate = as_lanes(runs.rate[pack : pack + 1], zeros)[0]
        momentum = as_lanes(runs.momentum[pack : pack + 1], zeros)[0]
        optimizer = (w, u, work.gradient, rate, momentum, proximal)
        for epoch in range(epochs):
            order = samples.order[epoch % samples.order.shape[0]]
            for first in range(0, n, batch_size):
                rows = order[first : min(first + batch_size, n)]
                batch = rows.shape[0]
                read_batch(space, work, samples, rows, runs.streams[pack])
                forward(net, w, work, batch)
                softmax_gradient(net, work, batch)
                for layer in range(layers - 1, -1, -1):
                    if layer > 0:
                        backward(net, w, work, layer, batch)
                    inputs, outputs = net.widths[layer], net.widths[layer + 1]
                    for o in range(0, outputs, GRADIENT_ROWS):
                        some = min(GRADIENT_ROWS, outputs - o)
                        bias_gradient(net, work, layer, o, some, batch)
                        start = net.bias[layer] + o
                        update(optimizer, l1[2 * layer + 1], l2[2 * layer + 1], start, some)
                        weight_gradient(net, work, layer, o, some, batch)
                        start = net.weight[layer] + o * inputs
                        update(optimizer, l1[2 * layer], l2[2 * layer], start, some * inputs)


@kernel
def update(optimizer, l1, l2, place, size):
    """Add the penalties' gradients and step ``size`` parameters from ``place`` on, in place."""
    w, u, gradient, rate, momentum, proximal = optimizer
    for i in range(size):
        weight = w[place + i]
        g = gradient[i] + l2_gradient(weight, l2)
        if proximal:
            weight, memory = proximal_step(weight, u[place + i], g, rate, momentum, l1)
        else:
            g = g + l1_gradient(weight, l1)
            weight, memory = step(weight, u[place + i], g, rate, momentum)
        w[place + i] = weight
        u[place + i] = memory


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


def evaluate(net: Network, runs: Runs, weights: np.ndarray, samples: Samples) -> Measures:
    """Evaluate ``weights [pack, parameter, lane]`` on the samples of ``samples.order[0]``."""
    n = samples.order.shape[1]
    zeros, work = _workspace(net, weights, min(EVALUATION_BATCH, n))
    packs, _, width = weights.shape
    loss = aligned_zeros((packs, width), weights.dtype)
    right = aligned_zeros((packs, width), weights.dtype)
    peak = aligned_zeros((packs, int(net.unit[-1]), width), weights.dtype)
    _evaluate(zeros, net, weights, runs.streams, samples, work, (loss, right, peak))
    # A running sum, whose order does not depend on the shape.
    mass = samples.weight[samples.order[0]].cumsum(axis=0)[-1][runs.streams]
    return Measures(loss / mass, right / mass, peak)


@entry
def _evaluate(zeros, net, weights, streams, samples, space, found):
    work = lanes_of(space, zeros)
    losses, rights = as_lanes(found[0], zeros), as_lanes(found[1], zeros)
    layers = net.weight.shape[0]
    capacity = work.capacity
    order = samples.order[0]
    for pack in range(weights.shape[0]):
        w = as_lanes(weights[pack], zeros)
        peak = as_lanes(found[2][pack], zeros)
        for first in range(0, order.shape[0], capacity):
            rows = order[first : min(first + capacity, order.shape[0])]
            batch = rows.shape[0]
            read_batch(space, work, samples, rows, streams[pack])
            forward(net, w, work, batch)
            loss, right = cross_entropy(net, work, batch)
            losses[pack] = losses[pack] + loss
            rights[pack] = rights[pack] + right
            for layer in range(1, layers):
                for i in range(batch * net.widths[layer]):
                    unit = net.unit[layer] + i % net.widths[layer]
                    a = work.units[net.unit[layer] * capacity + i]
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
    for pack in range(weights.shape[0]):
        w = as_lanes(weights[pack], zeros)
        ones, twos = as_lanes(one[pack], zeros), as_lanes(two[pack], zeros)
        for i in range(bounds.shape[0] - 1):
            ones[i], twos[i] = norms(w, bounds[i], bounds[i + 1])


def _workspace(net: Network, parameters: np.ndarray, capacity: int) -> tuple[tuple, Workspace]:
    """Return the lane template and zeroed arrays to work in, with room for a batch."""
    width, dtype = parameters.shape[2], parameters.dtype
    units = int(net.unit[-1]) * capacity
    sizes = (units, units, capacity, capacity, GRADIENT_ROWS * int(net.widths.max()), 2)
    arrays = (aligned_zeros((size, width), dtype) for size in sizes)
    work = Workspace(*arrays, capacity, product_address(dtype, width))
    work.constants[1] = 1
    return template(dtype, width), work


@inlined
def lanes_of(space, zeros):
    """View the arrays of a workspace as arrays of Lanes."""
    return Workspace(
        as_lanes(space.units, zeros),
        as_lanes(space.deltas, zeros),
        as_lanes(space.labels, zeros),
        as_lanes(space.importance, zeros),
        as_lanes(space.gradient, zeros),
        as_lanes(space.constants, zeros),
        space.capacity,
        space.product,
    )
