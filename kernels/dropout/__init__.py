"""What hidden units pass on while they learn, a file each.

Dropout offers kernels that work in a `kernels.runs.Workspace`, in place: ``begin(work, runs, pack,
epoch, step)`` before a batch, the ``step``-th of the ``epoch``-th from where the runs stand;
``forward(net, work, layer, batch)`` after a layer has given its units, which writes what they pass
on; and ``backward``, of the same arguments, which takes the gradient by what was passed on back to
that by what was given.
"""
