"""How parameters move along their gradient, a file each.

A step offers `HYPER`, names of numbers that it takes beside the learning rate and that each run
has its own of; `INSTRUCTIONS`, roughly how many move a parameter; ``start(parameters)``, what it
remembers at rest, for parameters ``[pack, parameter, lane]``; and ``trained(parameters, memory)``,
which of the two is the result. Its kernels move a `kernels.learning.Optimizer`, in place:
``begin(optimizer)`` before a batch, ``advance(optimizer, i, w, g, l1, l2)`` parameter i, which is
w, by which the loss has the gradient g, and whose penalties are l1 |w| and l2 w^2, and
``finish(net, optimizer, layer)`` after a layer.
"""
