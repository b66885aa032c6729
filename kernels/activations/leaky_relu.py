"""z where it is above zero and leak * z elsewhere; while sums are finite, a leak of 0 is ReLU."""

from kernels.lane.compiled import kernel
from kernels.lane.operations import select
from kernels.lane.tile import PLAIN as BACKWARD
from kernels.lane.tile import PLAIN as FORWARD

__all__ = ["BACKWARD", "FORWARD", "HYPER", "backward", "forward", "of_constant"]

HYPER = ("leak",)


@kernel
def forward(net, work, layer, batch):
    """Replace the sums of a layer by what they give, in place."""
    units, leak = work.units, work.hyper[0]
    for b in range(batch):
        first = net.room[layer] * work.capacity + b * net.pitch[layer]
        for i in range(first, first + net.widths[layer]):
            z = units[i]
            units[i] = select(z <= 0.0, leak * z, z)


@kernel
def backward(net, work, layer, batch):
    """Take the gradient of a layer from what was given back to the sums, in place."""
    units, deltas, leak = work.units, work.deltas, work.hyper[0]
    for b in range(batch):
        first = net.room[layer] * work.capacity + b * net.pitch[layer]
        for i in range(first, first + net.widths[layer]):
            delta = deltas[i]
            deltas[i] = select(units[i] <= 0.0, leak * delta, delta)


def of_constant(level: float, leak: float) -> float:
    """Return what a sum of ``level`` gives."""
    return level if level > 0 else leak * level
