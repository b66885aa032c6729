"""1 / (1 + e**-z), which is a; its slope is a - a**2."""

import numpy as np

from kernels.lane.compiled import kernel
from kernels.lane.exp_log import in_fours
from kernels.lane.operations import fma
from kernels.lane.saturating import logistic
from kernels.lane.tile import PLAIN as BACKWARD
from kernels.lane.tile import PLAIN as FORWARD

__all__ = ["BACKWARD", "FORWARD", "HYPER", "backward", "forward", "of_constant"]

HYPER = ()

_of_each = in_fours(logistic)


@kernel
def forward(net, work, layer, batch):
    """Replace the sums of a layer by what they give, in place."""
    for b in range(batch):
        first = net.room[layer] * work.capacity + b * net.pitch[layer]
        _of_each(work.units, first, first + net.widths[layer])


@kernel
def backward(net, work, layer, batch):
    """Take the gradient of a layer from what was given back to the sums, in place."""
    units, deltas = work.units, work.deltas
    for b in range(batch):
        first = net.room[layer] * work.capacity + b * net.pitch[layer]
        for i in range(first, first + net.widths[layer]):
            deltas[i] = deltas[i] * fma(-units[i], units[i], units[i])


def of_constant(level: np.floating) -> float:
    """Return what a sum of ``level`` gives."""
    return float(logistic(level))
