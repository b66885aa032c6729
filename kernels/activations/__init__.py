"""What a hidden unit makes of its sum, a file each.

An activation offers `HYPER`, names of numbers that it takes and that each run has its own of; the
endings `FORWARD` and `BACKWARD` of the tiles of a product, see `kernels.lane.tile`; and kernels for
what is left to do after them in a `kernels.runs.Workspace`, in place: ``forward(net, work, layer,
batch)`` turns the sums of a layer into what they give, and ``backward``, of the same arguments,
takes the gradient by what was given back to that by the sums. ``of_constant(level, *hyper)`` is
what a sum ``level`` gives, in Python.
"""
