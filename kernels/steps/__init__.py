"""How parameters move along their gradient, a file each.

A step offers `HYPER`, names of numbers that it takes beside the learning rate and that each run
has its own of; ``start(parameters)``, what it remembers at rest, for parameters
``[pack, parameter, lane]``; and ``trained(parameters, memory)``, which of the two is the result.
Its kernels move a `kernels.learning.Optimizer`, in place: ``begin(optimizer)`` before a batch,
``advance(optimizer, i, w, g, l1, threshold)`` parameter i, which is w and has the gradient g of
all but its L1 penalty, l1 |w|, whose ``threshold`` is l1 times the rate of the epoch, and
``finish(net, optimizer, layer)`` after a layer.
"""
