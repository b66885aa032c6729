"""z where it is above zero and leak * z elsewhere; with a leak of 0 it is ReLU."""

from kernels.lane.compiled import kernel
from kernels.lane.operations import select
from kernels.lane.tile import PLAIN as BACKWARD
from kernels.lane.tile import PLAIN as FORWARD

__all__ = ["BACKWARD", "FORWARD", "HYPER", "backward", "forward", "of_constant"]

HYPER = ("leak",)


@kernel
def forward(units, first, shape, hyper):
    """Replace sums by what they give, in place."""
    batch, pitch, width = shape
    leak = hyper[0]
    for b in range(batch):
        start = first + b * pitch
        for i in range(start, start + width):
            z = units[i]
            units[i] = select(z <= 0.0, leak * z, z)


@kernel
def backward(deltas, units, first, shape, hyper):
    """Take the gradient from what was given back to the sums, in place."""
    batch, pitch, width = shape
    leak = hyper[0]
    for b in range(batch):
        start = first + b * pitch
        for i in range(start, start + width):
            delta = deltas[i]
            deltas[i] = select(units[i] <= 0.0, leak * delta, delta)


def of_constant(level: float, leak: float) -> float:
    """Return what a sum of ``level`` gives."""
    return level if level > 0 else leak * level
