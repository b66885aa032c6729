"""The share of the samples whose class is right: that of the largest logit, the first of equals."""

from kernels.lane.compiled import kernel
from kernels.lane.operations import broadcast, select


@kernel
def measure(net, work, batch):
    """Return the weight of the samples of a batch that are classed right."""
    logits, labels = work.units, work.labels
    classes, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    right = work.constants[0]
    for b in range(batch):
        start = first + b * classes
        top = logits[start]
        # Beside a first logit that is no number none is larger: then no class is right.
        best = select(top == top, broadcast(top, 0.0), -1.0)
        for c in range(1, classes):
            z = logits[start + c]
            larger = z > top
            top = select(larger, z, top)
            best = select(larger, broadcast(top, c), best)
        right = right + select(best == labels[b], work.importance[b], 0.0)
    return right
