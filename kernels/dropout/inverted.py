"""Inverted dropout (Srivastava et al., 2014): a unit is dropped or speaks up for those that are.

With the probability p a unit passes on 0, else what it gives times 1 / (1 - p), so that what is
expected is what it gives, and nothing need be done where the network is not learning.

Whether a unit is dropped follows from the run's key, the epoch, the step in it, the sample's place
in the batch and the unit, see `kernels.lane.threefry`: nobody else's draws move it. Key, epoch and
step give the key of a batch; under that one, sample and unit give the words of two units.

Whether any are dropped is told when it runs: what is measured needs no code of its own.
"""

from kernels.lane.compiled import kernel
from kernels.lane.operations import select
from kernels.lane.threefry import draw

__all__ = ["backward", "begin", "forward"]


@kernel
def begin(work, runs, pack, epoch, step):
    """Make the key of a batch."""
    first, words = 3 * pack, work.words
    words[0], words[1] = draw(
        runs.words[first], runs.words[first + 1], runs.epoch[pack] + epoch, step
    )
    words[2], work.scale[0] = runs.words[first + 2], runs.scale[pack]


@kernel
def forward(net, work, layer, batch):
    """Write what the units of a layer pass on, and the factor of each, if they are dropped."""
    if not work.dropping:
        return
    units, passed, factors = work.units, work.passed, work.factors
    key, other_key, bound, scale = work.words[0], work.words[1], work.words[2], work.scale[0]
    width = net.widths[layer]
    for b in range(batch):
        first = net.room[layer] * work.capacity + b * net.pitch[layer]
        for i in range(0, width, 2):
            one, other = draw(key, other_key, b, net.unit[layer] + i)
            factors[first + i] = select(one >= bound, scale, 0.0)
            passed[first + i] = units[first + i] * factors[first + i]
            if i + 1 < width:
                factors[first + i + 1] = select(other >= bound, scale, 0.0)
                passed[first + i + 1] = units[first + i + 1] * factors[first + i + 1]


@kernel
def backward(net, work, layer, batch):
    """Multiply the gradients of a layer by the factors of its units, if there are any, in place."""
    if not work.dropping:
        return
    deltas, factors = work.deltas, work.factors
    for b in range(batch):
        first = net.room[layer] * work.capacity + b * net.pitch[layer]
        for i in range(first, first + net.widths[layer]):
            deltas[i] = deltas[i] * factors[i]
