"""What is added to the loss for each parameter, a file each.

A penalty offers the kernel ``value(weights, first, last)``, what ``weights[first:last]`` cost at
strength 1, and what steps need of it: its gradient, or its proximal step. That of groups, which
are no such ranges, has kernels that take the network.
"""
