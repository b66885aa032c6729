"""The share of the samples whose class is right: that of the largest logit, the first of equals."""

from kernels.lane.compiled import kernel
from kernels.lane.operations import broadcast, select


@kernel
def measure(net, work, batch):
    """Return the weight of the samples of a batch that are classed right."""
    right = work.constants[0]
    for b in range(batch):
        best = named(net, work, b)
        right = right + select(best == work.targets[b], work.importance[b], 0.0)
    return right


@kernel
def named(net, work, b):
    """Return the class of a sample's largest logit; -1 where the first is no number."""
    logits, classes = work.units, net.widths[net.layers]
    start = net.room[net.layers] * work.capacity + b * classes
    top = logits[start]
    # Beside a first logit that is no number none is larger: then no class is right.
    best = select(top == top, broadcast(top, 0.0), -1.0)
    for c in range(1, classes):
        z = logits[start + c]
        larger = z > top
        top = select(larger, z, top)
        best = select(larger, broadcast(top, c), best)
    return best
