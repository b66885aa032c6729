"""What is learnt, a file each.

A loss offers kernels that see a batch in a `kernels.runs.Workspace`: ``gradient(net, work,
batch)`` writes its gradient by the logits in their place; ``measure(net, work, batch)`` returns its
sum over the samples, each counted by its weight; ``predict(net, work, batch, found, first)``
writes what the network says of each sample into ``found`` from element ``first`` on.
"""
