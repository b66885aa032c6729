"""What is learnt, a file each.

A loss offers `BY_OUTPUT`: 1 where a sample has a target an output, 0 where it has one, its class;
and kernels that see a batch in a `kernels.runs.Workspace`: ``gradient(net, work, batch, mass)``
writes its gradient by the outputs in their place, for a batch that weighs ``mass`` in all;
``measure(net, work, batch)`` returns its sum over the samples, each counted by its weight;
``predict(net, work, batch, found, first)`` writes what the network says of each sample into
``found`` from element ``first`` on. `kernels.losses.by_output`, which is none itself, makes these
three of what an output costs.
"""
