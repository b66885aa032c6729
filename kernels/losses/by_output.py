"""Losses that take each output by itself: the mean over the outputs of what each costs.

Such a loss offers three functions of Lanes, of an output z and its target y: ``cost(z, y)``, its
derivative ``slope(z, y)`` by z, and ``says(z)``, what is predicted. Here are the kernels that make
a loss of them, see `kernels.losses`.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import broadcast, fma

__all__ = ["BY_OUTPUT", "gradient", "measure", "predict"]

BY_OUTPUT = 1


@kernel
def gradient(net, work, batch, mass):
    """Write the gradient of the mean over a batch and its outputs by the outputs, in place.

    slope(z, y) v / (outputs mass) for each output z of a sample of weight v.
    """
    units, deltas, targets = work.units, work.deltas, work.targets
    outputs, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    mass = mass * broadcast(mass, outputs)
    for b in range(batch):
        scale = work.importance[b] / mass
        for i in range(b * outputs, (b + 1) * outputs):
            deltas[first + i] = net.loss.slope(units[first + i], targets[i]) * scale


@kernel
def measure(net, work, batch):
    """Return the sum over a batch of the mean of a sample's costs, weighted."""
    units, targets = work.units, work.targets
    outputs, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    loss = work.constants[0]
    for b in range(batch):
        cost = work.constants[0]
        for i in range(b * outputs, (b + 1) * outputs):
            cost = cost + net.loss.cost(units[first + i], targets[i])
        loss = fma(work.importance[b], cost / broadcast(cost, outputs), loss)
    return loss


@kernel
def predict(net, work, batch, found, first):
    """Write what is said of each output of each sample of a batch, in place."""
    outputs, start = net.widths[net.layers], net.room[net.layers] * work.capacity
    for i in range(batch * outputs):
        found[first + i] = net.loss.says(work.units[start + i])
