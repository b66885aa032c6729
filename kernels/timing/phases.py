"""The phases of training, each by itself: to measure where the time of a batch goes.

The kernels are those of `kernels.learning.learn`, which goes from phase to phase within a batch;
here one phase is repeated for all batches, and the rest left out.
"""

import numpy as np

from kernels.choice import Choice
from kernels.lane.compiled import entry
from kernels.lane.lanes import aligned_zeros, copy, lanes_from
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.learning import descend, mass
from kernels.network import Network, backward, forward
from kernels.runs import Runs, optimizer_of, workspace
from kernels.samples import Samples, read_batch

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
    step : Choice
    batch_size : int
    """

    def __init__(
        self, net: Network, runs: Runs, samples: Samples, step: Choice, batch_size: int
    ) -> None:
        batch_size = min(batch_size, samples.order.shape[1])
        copies = runs._replace(
            parameters=aligned_zeros(runs.parameters.shape, runs.parameters.dtype),
            memory=aligned_zeros(runs.memory.shape, runs.memory.dtype),
            rate=np.zeros_like(runs.rate),
        )
        copies.parameters[...] = runs.parameters
        work = workspace(net, runs.parameters, batch_size)
        self._arguments = net.flat(), copies.flat(), samples.flat(), work, step
        self._packs, self._batch_size = len(runs.streams), batch_size
        self._remembered = runs.memory.shape[1]
        for phase in PHASES:  # each leaves numbers for the next to work on
            self.repeat(phase, 1)

    def repeat(self, phase: str, epochs: int) -> None:
        """Do one phase of every batch of some epochs."""
        sizes = self._packs, self._batch_size, epochs, self._remembered
        _repeat(*self._arguments, sizes, PHASES.index(phase))


@entry
def _repeat(net, runs, samples, work, step, sizes, phase):
    packs, batch_size, epochs, remembered = sizes
    before = flush_subnormals()
    n = samples.order.size
    for pack in range(packs):
        optimizer = optimizer_of(net, runs, step, pack, remembered, 1)
        copy(work.hyper, 0, runs.activation_hyper, pack * work.hypers, work.hypers)
        streams = lanes_from(runs.streams.numbers, pack * work.lanes)
        shared = runs.streams.shared[pack] != 0
        for epoch in range(epochs):
            for first in range(0, n, batch_size):
                batch = batch_size if first + batch_size < n else n - first
                if phase == 0:
                    read_batch(net, work, samples, (epoch, first, batch), streams, shared)
                elif phase == 1:
                    forward(net, optimizer.weights, work, batch, shared)
                elif phase == 2:
                    net.loss.gradient(net, work, batch, mass(work, batch))
                    for layer in range(net.layers - 1, 0, -1):
                        backward(net, optimizer.weights, work, layer, batch)
                else:
                    if phase == 4:
                        optimizer.step.begin(optimizer)
                    for layer in range(net.layers):
                        descend(
                            net, optimizer, work, layer, batch, shared, (phase == 3, phase == 4)
                        )
    restore_subnormals(before)
