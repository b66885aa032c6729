"""What a hidden unit makes of its sum, a file each.

An activation offers `HYPER`, names of numbers that it takes and that each run has its own of; the
endings `FORWARD` and `BACKWARD` of the tiles of a product, see `kernels.lane.tile`, and what is
left to do after them: the kernel ``forward(units, first, shape, hyper)`` turns sums into what they
give, and ``backward(deltas, units, first, shape, hyper)`` takes the gradient by what was given back
to that by the sums, both in place. ``shape`` is (samples, pitch, width): sample b's units begin at
``first + b * pitch``. ``of_constant(level, *hyper)`` is what a sum ``level`` gives, in Python.
"""
