"""Softmax and the cross-entropy: -log softmax(z)[label] of the logits z of a sample.

Nothing overflows, and no probability is rounded to zero before its logarithm is taken: the
largest logit is taken off first.
"""

from kernels.lane.compiled import kernel
from kernels.lane.exp_log import exp, exp_all, log
from kernels.lane.operations import broadcast, fma, select

BY_OUTPUT = 0


@kernel
def gradient(net, work, batch, mass):
    """Write the gradient of the mean over a batch by the logits, in place.

    (softmax(z) - onehot(label)) v / mass for each row z and its weight v.
    """
    deltas, labels = work.deltas, work.targets
    classes, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    _exponentials(net, work, batch)
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
def measure(net, work, batch):
    """Return the sum over a batch: log(sum_c exp(z_c - max z)) - (z_label - max z), weighted."""
    logits, exps, labels = work.units, work.deltas, work.targets
    classes, first = net.widths[net.layers], net.room[net.layers] * work.capacity
    _exponentials(net, work, batch)
    loss = work.constants[0]
    for b in range(batch):
        start = first + b * classes
        top = _largest(logits, start, classes)
        total = broadcast(top, 0.0)
        chosen = broadcast(top, 0.0)
        for c in range(classes - 1, -1, -1):
            total = total + exps[start + c]
            chosen = select(labels[b] == c, logits[start + c], chosen)
        loss = fma(work.importance[b], log(total) - (chosen - top), loss)
    return loss


@kernel
def predict(net, work, batch, found, first):
    """Write the probability of each class of each sample of a batch, in place."""
    classes, logits = net.widths[net.layers], net.room[net.layers] * work.capacity
    for b in range(batch):
        z, p = logits + b * classes, first + b * classes
        top = _largest(work.units, z, classes)
        total = broadcast(top, 0.0)
        for c in range(classes):
            e = exp(work.units[z + c] - top)
            found[p + c] = e
            total = total + e
        for c in range(classes):
            found[p + c] = found[p + c] / total


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
