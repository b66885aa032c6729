"""One batch: forward, gradient of the loss, backward, gradients with penalties, step.

This is the document's loop body. Every number is a Lane, so each line does it for all runs of a
pack.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba.core import types
from numba.extending import overload

from kernels.choice import Choice
from kernels.lane.compiled import INNER, kernel
from kernels.lane.lanes import Flat
from kernels.lane.operations import select
from kernels.lane.product import BAND
from kernels.lane.tile import COLUMNS, ROWS
from kernels.network import Network, backward, bias_gradient, forward, weight_gradient

#: Lanes of a weight gradient computed, and stepped along, at a time: they stay in the L1 cache.
_GRADIENT_ROOM = 576


class Optimizer(NamedTuple):
    """Parameters of a pack and what moves them; flat arrays.

    Attributes
    ----------
    weights : array of Lane, shape (parameters,)
        Where the gradient is taken.
    memory : array of Lane, shape (remembered,)
        What the step remembers.
    l1, l2 : array of Lane, shape (2 * layers,)
        Penalties of each parameter.
    l21 : Lane
        That of groups of parameters.
    rate : Lane
        Learning rate of the epoch: ``lr * factor``.
    lr, factor : Lane
        That of the run, and what the epoch multiplies it by.
    hyper : tuple of Lane
        Numbers that the step takes, in the order of its `HYPER`.
    size, grouped : int
        Parameters, and how many of them, the first, are in groups.
    step : Choice
    """

    weights: Flat
    memory: Flat
    l1: Flat
    l2: Flat
    l21: np.ndarray
    rate: np.ndarray
    lr: np.ndarray
    factor: np.ndarray
    hyper: tuple[np.ndarray, ...]
    size: int
    grouped: int
    step: Choice


def learn(net, optimizer, work, batch, shared):
    """Train on the batch in ``work``, in place; ``shared`` as in `read_batch`."""
    weights = optimizer.weights
    optimizer.step.begin(optimizer)
    forward(net, weights, work, batch, shared)
    net.loss.gradient(net, work, batch, mass(work, batch))
    for layer in range(net.layers - 1, 0, -1):
        backward(net, weights, work, layer, batch)
    for layer in range(net.layers):
        descend(net, optimizer, work, layer, batch, shared, (True, True))


@kernel
def mass(work, batch):
    """Return what the samples of a batch weigh together; 1 if none weighs, and no gradient is."""
    total = work.importance[0]
    for b in range(1, batch):
        total = total + work.importance[b]
    return select(total > 0.0, total, 1.0)


@kernel
def descend(net, optimizer, work, layer, batch, shared, doing):
    """Compute the gradient of a layer by blocks, and step along each as it is there, in place.

    ``doing`` tells whether to compute and whether to step: to time one of both.
    """
    computing, stepping = doing
    l1, l2, gradient = optimizer.l1, optimizer.l2, work.gradient
    inputs, outputs = net.widths[layer], net.widths[layer + 1]
    if computing:
        bias_gradient(net, work, layer, batch)
    if stepping:
        block = net.bias[layer], 1, outputs, 0
        update(optimizer, gradient, l1[2 * layer + 1], l2[2 * layer + 1], block)
    size = 2 * (net.layers if layer == 0 and shared else layer)
    height, breadth = work.blocks[size], work.blocks[size + 1]
    for first in range(0, outputs, height):
        for left in range(0, inputs, breadth):
            rows = height if first + height < outputs else outputs - first
            columns = breadth if left + breadth < inputs else inputs - left
            if computing:
                weight_gradient(net, work, layer, (first, left, rows, columns), batch, shared)
            if stepping:
                block = net.weight[layer] + first * inputs + left, rows, columns, inputs
                update(optimizer, gradient, l1[2 * layer], l2[2 * layer], block)
    if stepping:
        optimizer.step.finish(net, optimizer, layer)


def gradient_blocks(net: Network) -> np.ndarray:
    """Return how many rows and columns of a weight gradient are computed at a time.

    Shape (layers + 1, 2): layer by layer, and last the first layer where all runs share their
    inputs.
    """
    layers = list(pairwise(net.widths.tolist()))
    found = [*(_block(*layer) for layer in layers), _block_of_shared(layers[0][0])]
    return np.array(found, dtype=np.int64)


def _block(inputs: int, outputs: int) -> tuple[int, int]:
    rows = _GRADIENT_ROOM // (inputs * ROWS[0]) * ROWS[0]
    if rows >= outputs or rows >= BAND:
        return rows, inputs
    rows = BAND if outputs > BAND else outputs
    return rows, _GRADIENT_ROOM // (rows * COLUMNS[0]) * COLUMNS[0]


def _block_of_shared(inputs: int) -> tuple[int, int]:
    """Return a block of whole rows: what the runs share is on the left of the product."""
    return max(_GRADIENT_ROOM // (inputs * COLUMNS[0]), 1) * COLUMNS[0], inputs


def gradient_size(net: Network) -> int:
    """Return how many Lanes of gradients there must be room for."""
    widest = int(net.widths.max())
    return max(_GRADIENT_ROOM, COLUMNS[0] * widest)


@overload(learn, jit_options=INNER, strict=False)
def _learn(net, optimizer, work, batch, shared):
    # `kernels.frozen` has another way for a network whose sizes are frozen.
    return learn if isinstance(net, types.BaseNamedTuple) else None


@kernel
def update(optimizer, gradient, l1, l2, block):
    """Step along a block of parameters, in place.

    ``block`` is its first parameter, how many rows and columns it has, and the distance of rows.
    """
    first, rows, columns, distance = block
    for row in range(rows):
        start, begin = first + row * distance, row * columns
        for i in range(columns):
            w, g = optimizer.weights[start + i], gradient[begin + i]
            optimizer.step.advance(optimizer, start + i, w, g, l1, l2)
