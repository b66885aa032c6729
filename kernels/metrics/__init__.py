"""What is measured beside the loss, a file each.

A metric that is a mean over samples offers the kernel ``measure(net, work, batch)``: its sum over
the samples of a batch, each counted by its weight; divided by all weights it is the mean. Any other
offers ``score(outputs)``: of what runs say of all samples, which `kernels.outputs` holds as
`Outputs` or as `Numbers`, what each run reaches, NaN where that is not defined.
"""
