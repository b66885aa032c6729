"""Proximal steps that shrink groups of weights as well, a file each; see `kernels.steps`.

``advance`` moves a parameter that is in a group as far as L1 leads. ``finish`` shrinks the groups
of a layer once all of it has been moved; what is in no group has moved at once. Without a penalty
on groups each gives the bytes of the step that it is called after.

What ``finish`` does with one parameter has a name: ``settle(optimizer, i)`` what comes after its
group has been shrunk, or where groups are shrunk in the metric of the step, ``measure(optimizer,
i)`` what comes before, which keeps the metric in the memory, ``metrics_from(size)`` on.
"""
