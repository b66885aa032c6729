"""The phases of training, each by itself: to measure where the time of a batch goes.

The kernels are those of `kernels.learning.learn`, which goes from phase to phase within a batch;
here one phase is repeated for all batches, and the rest left out.
"""

import numpy as np

from kernels.lane.compiled import entry
from kernels.lane.lanes import aligned_zeros, lanes_from
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.learning import Optimizer, descend
from kernels.network import Network, backward, forward, read_batch, softmax_gradient, together
from kernels.training import Runs, Samples, workspace

#: Names of the phases in their order; the gradient by the logits is part of "backward".
PHASES = ("gather", "forward", "backward", "gradient", "step")


class Phases:
    """The phases of training some runs.

    Parameters
    ----------
    net : Network
    runs : Runs
        Left as they are: copies are trained, with a learning rate of 0.
    samples : Samples
    batch_size : int
    """

    def __init__(self, net: Network, runs: Runs, samples: Samples, batch_size: int) -> None:
        batch_size = min(batch_size, samples.order.shape[1])
        copies = runs._replace(
            parameters=aligned_zeros(runs.parameters.shape, runs.parameters.dtype),
            memory=aligned_zeros(runs.memory.shape, runs.memory.dtype),
            rate=np.zeros_like(runs.rate),
        )
        copies.parameters[...] = runs.parameters
        work = workspace(net, runs.parameters, batch_size)
        self._arguments = net.flat(), copies.flat(), samples.flat(), work
        self._packs, self._batch_size = len(runs.streams), batch_size
        for phase in PHASES:  # each leaves numbers for the next to work on
            self.repeat(phase, 1)

    def repeat(self, phase: str, epochs: int) -> None:
        """Do one phase of every batch of some epochs."""
        sizes = self._packs, self._batch_size, epochs
        _repeat(*self._arguments, sizes, PHASES.index(phase))


@entry
def _repeat(net, runs, samples, work, sizes, phase):
    packs, batch_size, epochs = sizes
    before = flush_subnormals()
    n = samples.order.size
    for pack in range(packs):
        parameter, penalty = pack * net.size, pack * 2 * net.layers
        w, u = lanes_from(runs.parameters, parameter), lanes_from(runs.memory, parameter)
        l1, l2 = lanes_from(runs.l1, penalty), lanes_from(runs.l2, penalty)
        optimizer = Optimizer(w, u, l1, l2, runs.rate[pack], runs.momentum[pack], False)
        streams = lanes_from(runs.streams, pack * work.lanes)
        shared = together(streams, work.lanes)
        for epoch in range(epochs):
            for first in range(0, n, batch_size):
                batch = batch_size if first + batch_size < n else n - first
                if phase == 0:
                    read_batch(net, work, samples, (epoch, first, batch), streams, shared)
                elif phase == 1:
                    forward(net, w, work, batch, shared)
                elif phase == 2:
                    softmax_gradient(net, work, batch)
                    for layer in range(net.layers - 1, 0, -1):
                        backward(net, w, work, layer, batch)
                else:
                    for layer in range(net.layers):
                        descend(
                            net, optimizer, work, layer, batch, shared, (phase == 3, phase == 4)
                        )
    restore_subnormals(before)
