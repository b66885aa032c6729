"""The share of the samples whose every answer is right: yes where its output is above 0."""

from kernels.lane.compiled import kernel
from kernels.lane.operations import select


@kernel
def measure(net, work, batch):
    """Return the weight of the samples of a batch that are answered right."""
    units, targets = work.units, work.targets
    outputs, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    right = work.constants[0]
    for b in range(batch):
        counted = work.importance[b]
        for i in range(b * outputs, (b + 1) * outputs):
            z = units[first + i]
            # What is no number is neither: then no answer is right.
            said = select(z > 0.0, 1.0, select(z <= 0.0, 0.0, z))
            counted = select(said == targets[i], counted, 0.0)
        right = right + counted
    return right
