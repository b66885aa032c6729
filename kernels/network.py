"""The network: where each parameter lives, forward, backward.

A network of widths (d0, d1, ..., dL) has the parameters w1 ``[d1, d0]``, b1 ``[d1]``, w2, b2, ...,
wL, bL, one after another in one flat vector. Activations are flat too: layer l of a batch begins
at ``room[l] * capacity``, sample after sample, ``pitch[l]`` apart, where ``capacity`` is how many
samples there is room for.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kernels.choice import Choice
from kernels.lane.compiled import kernel
from kernels.lane.lanes import numbers
from kernels.lane.product import product
from kernels.lane.tile import PLAIN, Matrix

#: What the document's network has.
CROSS_ENTROPY = Choice("kernels.losses.cross_entropy")
RELU = Choice("kernels.activations.relu")

#: What units pass on where a network is looked at, and where nothing is dropped.
NO_DROPOUT = Choice("kernels.dropout.none")


class Network(NamedTuple):
    """Where each parameter and each unit of a network lives.

    Attributes
    ----------
    layers : int
        Layers of weights.
    size : int
        Parameters in all.
    targets : int
        Numbers that say what is true of a sample.
    grouped : int
        Parameters that are in groups, which are penalised together: the first so many.
    widths : ndarray of int64, shape (layers + 1,)
        Units of each layer, the inputs first.
    weight, bias : ndarray of int64, shape (layers,)
        First index of each layer's weights and biases in the flat parameter vector.
    unit : ndarray of int64, shape (layers + 2,)
        First index of each layer's units, counted from the inputs on, and their total.
    pitch : ndarray of int64, shape (layers + 1,)
        Distance from one sample's units of a layer to those of the next, in a batch. Logits have
        no gaps.
    room : ndarray of int64, shape (layers + 2,)
        Sums of the pitches of the layers below, and of all.
    group : ndarray of int64, shape (layers + 1,)
        First group of each layer, and how many there are.
    start : ndarray of int64, shape (groups + 1,)
        Where in `members` each group begins, and how many they are.
    members : ndarray of int64, shape (grouped,)
        The parameters of each group, in the order in which they are summed up.
    loss, activation, dropout : Choice
        What it learns, what its hidden units give, and what they pass on.
    """

    layers: int
    size: int
    targets: int
    grouped: int
    widths: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    unit: np.ndarray
    pitch: np.ndarray
    room: np.ndarray
    group: np.ndarray
    start: np.ndarray
    members: np.ndarray
    loss: Choice
    activation: Choice
    dropout: Choice

    def flat(self) -> "Network":
        """Return the same as kernels take it."""
        layers, size, targets, grouped, *arrays, loss, activation, dropout = self
        flat = map(numbers, arrays)
        return Network._make([layers, size, targets, grouped, *flat, loss, activation, dropout])

    def with_groups(self, groups: Sequence[Sequence[int]]) -> "Network":
        """Return the same with groups of parameters, in the order of the first of each."""
        members = np.array([i for group in groups for i in group], dtype=np.int64)
        start = np.cumsum([0, *map(len, groups)])
        firsts = [group[0] for group in groups]
        return self._replace(
            grouped=len(members),
            group=np.searchsorted(firsts, np.append(self.weight, self.size)),
            start=start,
            members=members,
        )

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The parameters of each group of them."""
        return tuple(tuple(self.members[a:b].tolist()) for a, b in pairwise(self.start.tolist()))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters in order: w1, b1, w2, b2, ..."""
        return tuple(f"{kind}{i + 1}" for i in range(self.layers) for kind in "wb")

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the parameter ``name``: (outputs, inputs) of weights, (outputs,) of biases."""
        i = int(name[1:])
        outputs, inputs = int(self.widths[i]), int(self.widths[i - 1])
        return (outputs, inputs) if name[0] == "w" else (outputs,)

    def place(self, name: str) -> slice:
        """Where the parameter ``name`` is in the flat vector."""
        start = int((self.weight if name[0] == "w" else self.bias)[int(name[1:]) - 1])
        return slice(start, start + int(np.prod(self.shape(name))))


def network(widths, loss: Choice = CROSS_ENTROPY, activation: Choice = RELU) -> Network:
    """Lay out a network of the given widths, the inputs first and the outputs last."""
    d = np.array(widths, dtype=np.int64)
    sizes = np.stack([d[1:] * d[:-1], d[1:]], axis=1).ravel()
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    units = np.concatenate([[0], np.cumsum(d)]).astype(np.int64)
    # Samples a power of two apart would share few sets of the cache, and drive each other out.
    pitch = d + np.where(d % 4 == 0, 2, 0)
    pitch[-1] = d[-1]
    room = np.concatenate([[0], np.cumsum(pitch)]).astype(np.int64)
    weight, bias = starts[0::2].copy(), starts[1::2].copy()
    no_groups = np.zeros(len(d), np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64)
    arrays = d, weight, bias, units, pitch, room, *no_groups
    counts = len(d) - 1, int(sizes.sum()), int(d[-1]) if loss.BY_OUTPUT else 1, 0
    return Network(*counts, *arrays, loss, activation, NO_DROPOUT)


def by_column(net: Network, columns: Iterable[int]) -> Network:
    """Let the first layer's weights that leave the features of one column be a group.

    Parameters
    ----------
    net : Network
    columns : iterable of int
        How many features each column of the table becomes, in their order.
    """
    weights = np.arange(net.bias[0]).reshape(net.shape("w1"))
    parts = np.split(weights, np.cumsum([*columns])[:-1], axis=1)
    return net.with_groups([part.ravel().tolist() for part in parts])


def by_unit(net: Network) -> Network:
    """Let the weights that enter one hidden unit, and its bias, be a group."""
    units: list[list[int]] = []
    for layer in range(1, net.layers):
        weights, biases = (np.arange(net.size)[net.place(f"{kind}{layer}")] for kind in "wb")
        rows = weights.reshape(net.shape(f"w{layer}"))
        units += np.column_stack([rows, biases]).tolist()
    return net.with_groups(units)


@kernel
def forward(net, weights, work, batch, shared):
    """Compute all layers of a batch from the first, in place; the last are the logits."""
    capacity = work.capacity
    for layer in range(net.layers):
        inputs, outputs = net.widths[layer], net.widths[layer + 1]
        z = Matrix(work.units, net.room[layer + 1] * capacity, net.pitch[layer + 1], 1)
        bias = Matrix(weights, net.bias[layer], 0, 1)
        transposed = Matrix(weights, net.weight[layer], 1, inputs)
        shape = batch, outputs, inputs
        hidden = layer + 1 < net.layers
        ending = net.activation.FORWARD if hidden else PLAIN
        if layer == 0 and shared:
            x = Matrix(work.inputs, 0, inputs, 1)
            product(work.multiplier, z, bias, z, x, transposed, shape, ending)
        else:
            a = Matrix(work.passed, net.room[layer] * capacity, net.pitch[layer], 1)
            product(work.multiplier, z, bias, z, a, transposed, shape, ending)
        if hidden:
            net.activation.forward(net, work, layer + 1, batch)
            net.dropout.forward(net, work, layer + 1, batch)


@kernel
def backward(net, weights, work, layer, batch):
    """Compute the gradient by the units below ``layer`` from that by its outputs, in place."""
    capacity = work.capacity
    inputs, outputs = net.widths[layer], net.widths[layer + 1]
    below, above = net.room[layer] * capacity, net.room[layer + 1] * capacity
    product(
        work.multiplier,
        Matrix(work.deltas, below, net.pitch[layer], 1),
        Matrix(work.constants, 0, 0, 0),
        Matrix(work.units, below, net.pitch[layer], 1),
        Matrix(work.deltas, above, net.pitch[layer + 1], 1),
        Matrix(weights, net.weight[layer], inputs, 1),
        (batch, inputs, outputs),
        net.activation.BACKWARD,
    )
    net.dropout.backward(net, work, layer, batch)
    net.activation.backward(net, work, layer, batch)


@kernel
def weight_gradient(net, work, layer, block, batch, shared):
    """Write a block of a layer's weight gradient, ``delta^T a``.

    ``block`` is its first row and column, and how many of them.
    """
    first, left, rows, columns = block
    capacity = work.capacity
    inputs, pitch = net.widths[layer], net.pitch[layer + 1]
    above = net.room[layer + 1] * capacity + first
    zero = Matrix(work.constants, 0, 0, 0)
    if layer == 0 and shared:
        # Transposed, so that what the runs share is on the left.
        g = Matrix(work.gradient, 0, 1, inputs)
        x = Matrix(work.inputs, 0, 1, inputs)
        delta = Matrix(work.deltas, above, pitch, 1)
        product(work.multiplier, g, zero, zero, x, delta, (inputs, rows, batch), PLAIN)
    else:
        g = Matrix(work.gradient, 0, columns, 1)
        a = Matrix(work.passed, net.room[layer] * capacity + left, net.pitch[layer], 1)
        delta = Matrix(work.deltas, above, 1, pitch)
        product(work.multiplier, g, zero, zero, delta, a, (rows, columns, batch), PLAIN)


@kernel
def bias_gradient(net, work, layer, batch):
    """Write the bias gradient of a layer, sums of delta."""
    outputs, pitch = net.widths[layer + 1], net.pitch[layer + 1]
    start = net.room[layer + 1] * work.capacity
    for o in range(outputs):
        work.gradient[o] = work.deltas[start + o]
    for b in range(1, batch):
        for o in range(outputs):
            work.gradient[o] = work.gradient[o] + work.deltas[start + b * pitch + o]
