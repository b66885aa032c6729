"""The network: where each parameter lives, forward, cross-entropy, backward.

A network of widths (d0, d1, ..., dL) has the parameters w1 ``[d1, d0]``, b1 ``[d1]``, w2, b2, ...,
wL, bL, one after another in one flat vector. Activations are flat too: layer l of a batch begins
at ``room[l] * capacity``, sample after sample, ``pitch[l]`` apart, where ``capacity`` is how many
samples there is room for.
"""

from typing import NamedTuple

import numpy as np

from kernels.lane.compiled import kernel
from kernels.lane.exp_log import exp_all, log
from kernels.lane.lanes import Flat, copy, numbers
from kernels.lane.operations import broadcast, fma, select
from kernels.lane.product import Multiplier, product
from kernels.lane.tile import GATED, PLAIN, RECTIFIED, Matrix


class Network(NamedTuple):
    """Where each parameter and each unit of a network lives.

    Attributes
    ----------
    layers : int
        Layers of weights.
    size : int
        Parameters in all.
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
    """

    layers: int
    size: int
    widths: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    unit: np.ndarray
    pitch: np.ndarray
    room: np.ndarray

    def flat(self) -> "Network":
        """Return the same as kernels take it."""
        layers, size, *arrays = self
        return Network._make([layers, size, *map(numbers, arrays)])

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


def network(widths) -> Network:
    """Lay out a network of the given widths, the inputs first and the classes last."""
    d = np.array(widths, dtype=np.int64)
    sizes = np.stack([d[1:] * d[:-1], d[1:]], axis=1).ravel()
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    units = np.concatenate([[0], np.cumsum(d)]).astype(np.int64)
    # Samples a power of two apart would share few sets of the cache, and drive each other out.
    pitch = d + np.where(d % 4 == 0, 2, 0)
    pitch[-1] = d[-1]
    room = np.concatenate([[0], np.cumsum(pitch)]).astype(np.int64)
    arrays = d, starts[0::2].copy(), starts[1::2].copy(), units, pitch, room
    return Network(len(d) - 1, int(sizes.sum()), *arrays)


class Workspace(NamedTuple):
    """Flat arrays that a pack works in; layer l of a batch begins at ``room[l] * capacity``.

    Attributes
    ----------
    units : array of Lane
        Activations ``[sample, unit]`` of each layer; the last layer's are the logits.
    deltas : array of Lane
        Gradients of the loss by them.
    inputs : array of numbers, shape (capacity * inputs,)
        The first layer's units where all runs share them.
    labels, importance : array of Lane, shape (capacity,)
        Class and weight of each sample of the batch.
    gradient : array of Lane
        A few rows of a weight gradient.
    constants : array of Lane, shape (2,)
        Zero and one.
    lanes : int
        Runs of a pack.
    capacity : int
        Room for samples.
    multiplier : Multiplier
    """

    units: Flat
    deltas: Flat
    inputs: Flat
    labels: Flat
    importance: Flat
    gradient: Flat
    constants: Flat
    lanes: int
    capacity: int
    multiplier: Multiplier


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


@kernel
def together(streams, lanes):
    """Tell whether all lanes of a pack read one stream, so that they share their inputs."""
    same = True
    for i in range(1, lanes):
        same &= streams[i] == streams[0]
    return same


@kernel
def read_batch(net, work, samples, place, streams, shared):
    """Copy a batch of samples into the first layer, the labels and their weights, in place.

    ``place`` is its epoch, its first sample and how many it has. Lane i takes the samples of
    ``streams[i]``, which are one stream if it is ``shared``.
    """
    x, y, weight = samples.x, samples.y, samples.weight
    units = numbers(work.units)
    labels, importance = numbers(work.labels), numbers(work.importance)
    epoch, first, batch = place
    order, width = samples.order, work.lanes
    start = (epoch % order.epochs * order.size + first) * order.streams
    features, pitch = net.widths[0], net.pitch[0]
    for b in range(batch):
        rows = start + b * order.streams
        if shared:
            row = order.rows[rows + streams[0]]
            work.labels[b] = broadcast(work.labels[b], y[row])
            work.importance[b] = broadcast(work.labels[b], weight[row])
            copy(work.inputs, b * features, x, row * features, features)
        else:
            for i in range(width):
                row = order.rows[rows + streams[i]]
                labels[b * width + i] = y[row]
                importance[b * width + i] = weight[row]
                for f in range(features):
                    units[(b * pitch + f) * width + i] = x[row * features + f]


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
        ending = RECTIFIED if layer + 1 < net.layers else PLAIN
        if layer == 0 and shared:
            x = Matrix(work.inputs, 0, inputs, 1)
            product(work.multiplier, z, bias, z, x, transposed, shape, ending)
        else:
            a = Matrix(work.units, net.room[layer] * capacity, net.pitch[layer], 1)
            product(work.multiplier, z, bias, z, a, transposed, shape, ending)


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
        GATED,
    )


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
        a = Matrix(work.units, net.room[layer] * capacity + left, net.pitch[layer], 1)
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


@kernel
def softmax_gradient(net, work, batch):
    """Write the gradient of the mean cross-entropy by the logits, in place.

    (softmax(z) - onehot(label)) v / sum(v) for each row z and its weight v.
    """
    deltas, labels = work.deltas, work.labels
    classes, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    _exponentials(net, work, batch)
    mass = work.importance[0]
    for b in range(1, batch):
        mass = mass + work.importance[b]
    for b in range(batch):
        start = first + b * classes
        total = work.constants[0]
        for c in range(classes):
            total = total + deltas[start + c]
        scale = work.importance[b] / mass
        share = scale / total
        for c in range(classes):
            wanted = select(labels[b] == c, -scale, 0.0)
            deltas[start + c] = fma(deltas[start + c], share, wanted)


@kernel
def cross_entropy(net, work, batch):
    """Return the summed cross-entropy of a batch and the weight of its samples classed right.

    log(sum_c exp(z_c - max z)) - (z_label - max z) for each row z: nothing overflows, and no
    probability is rounded to zero before its logarithm is taken.
    """
    logits, exps, labels = work.units, work.deltas, work.labels
    classes, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    _exponentials(net, work, batch)
    loss = work.constants[0]
    right = work.constants[0]
    for b in range(batch):
        start = first + b * classes
        top = _largest(logits, start, classes)
        total = broadcast(top, 0.0)
        chosen = broadcast(top, 0.0)
        best = broadcast(top, -1.0)
        for c in range(classes - 1, -1, -1):  # of equal logits the first class wins
            z = logits[start + c]
            total = total + exps[start + c]
            chosen = select(labels[b] == c, z, chosen)
            best = select(z == top, broadcast(top, c), best)
        loss = fma(work.importance[b], log(total) - (chosen - top), loss)
        right = right + select(best == labels[b], work.importance[b], 0.0)
    return loss, right


@kernel
def _exponentials(net, work, batch):
    """Write exp(z - max z) of each row z of logits, where their gradient has its place."""
    logits, exps = work.units, work.deltas
    classes, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    for b in range(batch):
        start = first + b * classes
        top = _largest(logits, start, classes)
        for c in range(classes):
            exps[start + c] = logits[start + c] - top
    exp_all(exps, first, first + batch * classes)


@kernel
def _largest(logits, start, classes):
    top = logits[start]
    for c in range(1, classes):
        z = logits[start + c]
        top = select(z > top, z, top)
    return top
