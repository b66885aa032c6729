"""What is measured beside the loss, a file each.

A metric offers the kernel ``measure(net, work, batch)``: its sum over the samples of a batch, each
counted by its weight; divided by all weights it is the mean.
"""
