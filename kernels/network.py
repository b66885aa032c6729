"""The network: where each parameter lives, forward, cross-entropy, backward.

A network of widths (d0, d1, ..., dL) has the parameters w1 ``[d1, d0]``, b1 ``[d1]``, w2, b2, ...,
wL, bL, one after another in one flat vector. Activations are flat too: layer l of a batch begins
at ``unit[l] * capacity``, sample after sample, where ``capacity`` is the room for samples.
"""

from typing import NamedTuple

import numpy as np

from kernels.compiled import kernel
from kernels.functions import exp, log
from kernels.lanes import broadcast, fma, select
from kernels.product import product
from kernels.tile import Matrix


class Network(NamedTuple):
    """Where each parameter and each unit of a network lives.

    Attributes
    ----------
    widths : ndarray of int64, shape (layers + 1,)
        Units of each layer, the inputs first.
    weight, bias : ndarray of int64, shape (layers,)
        First index of each layer's weights and biases in the flat parameter vector.
    unit : ndarray of int64, shape (layers + 2,)
        First index of each layer's units, counted from the inputs on, and their total.
    """

    widths: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    unit: np.ndarray

    @property
    def layers(self) -> int:
        """Layers of weights."""
        return len(self.weight)

    @property
    def size(self) -> int:
        """Parameters in all."""
        return int(self.bias[-1] + self.widths[-1])

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
    return Network(d, starts[0::2].copy(), starts[1::2].copy(), units)


class Workspace(NamedTuple):
    """Arrays of Lanes that a pack works in; layer l of a batch begins at ``unit[l] * capacity``.

    Attributes
    ----------
    units : array of Lane
        Activations ``[sample, unit]`` of each layer; the last layer's are the logits.
    deltas : array of Lane
        Gradients of the loss by them.
    labels, importance : array of Lane, shape (capacity,)
        Class and weight of each sample of the batch.
    gradient : array of Lane
        A few rows of a weight gradient.
    constants : array of Lane, shape (2,)
        Zero and one.
    capacity : int
        Room for samples.
    product : int
        Where the machine code of the product is.
    """

    units: np.ndarray
    deltas: np.ndarray
    labels: np.ndarray
    importance: np.ndarray
    gradient: np.ndarray
    constants: np.ndarray
    capacity: int
    product: int


@kernel
def read_batch(space, work, samples, rows, streams):
    """Copy a batch of samples into the first layer, the labels and their weights, in place.

    ``rows [sample, stream]`` are the samples to take; lane i takes those of ``streams[i]``.
    ``space`` and ``work`` are one Workspace, of numbers and of Lanes.
    """
    x, y, weight = samples.x, samples.y, samples.weight
    features = x.shape[1]
    lanes = streams.shape[0]
    shared = True
    for i in range(1, lanes):
        shared &= streams[i] == streams[0]
    for b in range(rows.shape[0]):
        if shared:
            row = rows[b, streams[0]]
            work.labels[b] = broadcast(work.labels[b], y[row])
            work.importance[b] = broadcast(work.labels[b], weight[row])
            for f in range(features):
                work.units[b * features + f] = broadcast(work.units[0], x[row, f])
        else:
            for i in range(lanes):
                row = rows[b, streams[i]]
                space.labels[b, i] = y[row]
                space.importance[b, i] = weight[row]
                for f in range(features):
                    space.units[b * features + f, i] = x[row, f]


@kernel
def forward(net, weights, work, batch):
    """Compute all layers of a batch from the first, in place; the last are the logits."""
    capacity = work.capacity
    layers = net.weight.shape[0]
    for layer in range(layers):
        inputs, outputs = net.widths[layer], net.widths[layer + 1]
        product(
            work.product,
            Matrix(work.units, net.unit[layer + 1] * capacity, outputs, 1),
            Matrix(weights, net.bias[layer], 0, 1),
            Matrix(work.constants, 1, 0, 0),
            Matrix(work.units, net.unit[layer] * capacity, inputs, 1),
            Matrix(weights, net.weight[layer], 1, inputs),
            (batch, outputs, inputs),
            1 if layer + 1 < layers else 0,
        )


@kernel
def backward(net, weights, work, layer, batch):
    """Compute the gradient by the units below ``layer`` from that by its outputs, in place."""
    capacity = work.capacity
    inputs, outputs = net.widths[layer], net.widths[layer + 1]
    below = net.unit[layer] * capacity
    product(
        work.product,
        Matrix(work.deltas, below, inputs, 1),
        Matrix(work.constants, 0, 0, 0),
        Matrix(work.units, below, inputs, 1),
        Matrix(work.deltas, net.unit[layer + 1] * capacity, outputs, 1),
        Matrix(weights, net.weight[layer], inputs, 1),
        (batch, inputs, outputs),
        0,
    )


@kernel
def weight_gradient(net, work, layer, first, rows, batch):
    """Write ``rows`` rows, from ``first`` on, of a layer's weight gradient, ``delta^T a``."""
    capacity = work.capacity
    inputs, outputs = net.widths[layer], net.widths[layer + 1]
    product(
        work.product,
        Matrix(work.gradient, 0, inputs, 1),
        Matrix(work.constants, 0, 0, 0),
        Matrix(work.constants, 1, 0, 0),
        Matrix(work.deltas, net.unit[layer + 1] * capacity + first, 1, outputs),
        Matrix(work.units, net.unit[layer] * capacity, inputs, 1),
        (rows, inputs, batch),
        0,
    )


@kernel
def bias_gradient(net, work, layer, first, rows, batch):
    """Write ``rows`` entries, from ``first`` on, of a layer's bias gradient, sums of delta."""
    outputs = net.widths[layer + 1]
    start = net.unit[layer + 1] * work.capacity + first
    for o in range(rows):
        total = work.deltas[start + o]
        for b in range(1, batch):
            total = total + work.deltas[start + b * outputs + o]
        work.gradient[o] = total


@kernel
def softmax_gradient(net, work, batch):
    """Write the gradient of the mean cross-entropy by the logits, in place.

    (softmax(z) - onehot(label)) v / sum(v) for each row z and its weight v.
    """
    logits, deltas, labels = work.units, work.deltas, work.labels
    layers = net.weight.shape[0]
    classes, first = net.widths[layers], net.unit[layers] * work.capacity
    mass = work.importance[0]
    for b in range(1, batch):
        mass = mass + work.importance[b]
    for b in range(batch):
        scale = work.importance[b] / mass
        start = first + b * classes
        top = _largest(logits, start, classes)
        total = broadcast(top, 0.0)
        for c in range(classes):
            e = exp(logits[start + c] - top)
            deltas[start + c] = e
            total = total + e
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
    logits, labels = work.units, work.labels
    layers = net.weight.shape[0]
    classes, first = net.widths[layers], net.unit[layers] * work.capacity
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
            total = total + exp(z - top)
            chosen = select(labels[b] == c, z, chosen)
            best = select(z == top, broadcast(top, c), best)
        loss = fma(work.importance[b], log(total) - (chosen - top), loss)
        right = right + select(best == labels[b], work.importance[b], 0.0)
    return loss, right


@kernel
def _largest(logits, start, classes):
    top = logits[start]
    for c in range(1, classes):
        z = logits[start + c]
        top = select(z > top, z, top)
    return top
