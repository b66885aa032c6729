"""Packs of runs, and the arrays that one works in."""

from typing import NamedTuple

import numpy as np

from kernels.choice import hyperparameters
from kernels.lane.compiled import kernel
from kernels.lane.lanes import Flat, aligned_room, as_lanes, lanes_from, numbers
from kernels.lane.operations import broadcast
from kernels.lane.product import Multiplier, multiplier
from kernels.learning import Optimizer, gradient_blocks, gradient_size
from kernels.network import NO_DROPOUT, Network
from kernels.samples import Streams


class Runs(NamedTuple):
    """What differs from run to run; the last axis is the lane, ``[pack, ..., lane]``.

    Attributes
    ----------
    parameters : ndarray, shape (packs, parameters, lanes)
        Weights and biases as `kernels.network.Network` lays them out, where the gradient is taken;
        trained in place. Which array holds the result the step's ``trained`` says.
    memory : ndarray, shape (packs, remembered, lanes)
        What the step remembers, at first what its ``start`` gives.
    l1, l2 : ndarray, shape (packs, 2 * layers, lanes)
        Penalties of each parameter in the order of `Network.names`.
    l21 : ndarray, shape (packs, lanes)
        That of the network's groups.
    rate : ndarray, shape (packs, lanes)
        Learning rate.
    factor : ndarray, shape (packs, lanes)
        What it is multiplied by, beside what an epoch multiplies that of all runs by.
    step_hyper, activation_hyper : ndarray, shape (packs, hyperparameters, lanes)
        Numbers that the step and the activation take, in the order of their `HYPER`.
    words : ndarray of uint32, shape (packs, 3, lanes)
        What dropout draws with: the two words of the run's key, and the bound below which a
        random word drops a unit.
    scale : ndarray, shape (packs, lanes)
        What a unit that is not dropped is multiplied by.
    epoch : ndarray of uint32, shape (packs, lanes)
        Epochs that the run has had.
    streams : ndarray of int64, shape (packs, lanes)
        The column of `Samples.order` that the run reads.
    """

    parameters: np.ndarray
    memory: np.ndarray
    l1: np.ndarray
    l2: np.ndarray
    l21: np.ndarray
    rate: np.ndarray
    factor: np.ndarray
    step_hyper: np.ndarray
    activation_hyper: np.ndarray
    words: np.ndarray
    scale: np.ndarray
    epoch: np.ndarray
    streams: np.ndarray

    def flat(self) -> "Runs":
        """Return the same as kernels take it."""
        *lanes, streams = self
        return Runs._make([*map(as_lanes, lanes), Streams.of(streams)])


class Workspace(NamedTuple):
    """Flat arrays that a pack works in; layer l of a batch begins at ``room[l] * capacity``.

    Attributes
    ----------
    units : array of Lane
        Activations ``[sample, unit]`` of each layer; the last layer's are the logits.
    passed : array of Lane
        What they pass on, and the inputs; the same array unless some are dropped.
    deltas : array of Lane
        Gradients of the loss by the units.
    factors : array of Lane
        What each unit was multiplied by, of which nothing is there unless some are dropped.
    inputs : array of numbers, shape (capacity * inputs,)
        The first layer's units where all runs share them.
    targets : array of Lane, shape (capacity * net.targets,)
        What is true of each sample of the batch: its class, or a number an output.
    importance : array of Lane, shape (capacity,)
        Its weight.
    gradient : array of Lane
        A few rows of a weight gradient.
    constants : array of Lane, shape (2,)
        Zero and one.
    blocks : array of int64, shape (layers + 1, 2)
        See `kernels.learning.gradient_blocks`.
    hyper : array of Lane, shape (hypers,)
        What the activation takes, of the pack at work.
    words : array of Word, shape (3,)
        What dropout draws with, of the batch at work: the two words of its key, and the bound.
    scale : array of Lane, shape (1,)
        `Runs.scale` of the pack at work.
    lanes : int
        Runs of a pack.
    capacity : int
        Room for samples.
    hypers : int
        Numbers that the activation takes.
    dropping : bool
        Whether units are dropped, in a network that has dropout.
    multiplier : Multiplier
    """

    units: Flat
    passed: Flat
    deltas: Flat
    factors: Flat
    inputs: Flat
    targets: Flat
    importance: Flat
    gradient: Flat
    constants: Flat
    blocks: Flat
    hyper: Flat
    words: Flat
    scale: Flat
    lanes: int
    capacity: int
    hypers: int
    dropping: bool
    multiplier: Multiplier


def workspace(
    net: Network, parameters: np.ndarray, capacity: int, dropping: bool = False
) -> Workspace:
    """Return arrays to work in, with room for a batch; all but the constants holds anything.

    Raises
    ------
    ValueError
        If the batch is empty: a kernel itself must raise nothing, see `kernels.lane.subnormals`.
    """
    if capacity < 1:
        raise ValueError(f"a batch should have at least one sample, and has {capacity}")
    width, dtype = parameters.shape[2], parameters.dtype
    units, hypers = int(net.room[-1]) * capacity, len(net.activation.HYPER)

    dropping = dropping and net.dropout.kind != NO_DROPOUT.kind
    dropped = units if dropping else 0
    counts = {
        **{"units": units, "passed": dropped, "deltas": units, "factors": dropped},
        **{"targets": capacity * net.targets, "importance": capacity},
        **{"gradient": gradient_size(net), "constants": 2, "hyper": hypers, "scale": 1},
    }
    room = as_lanes(aligned_room((sum(counts.values()), width), dtype))
    lanes = dict(zip(counts, room.parts(counts.values()), strict=True))
    if not dropping:
        lanes["passed"] = lanes["units"]
    work = Workspace(
        **lanes,
        inputs=numbers(aligned_room((int(net.widths[0]) * capacity,), dtype)),
        blocks=numbers(gradient_blocks(net)),
        words=as_lanes(aligned_room((3, width), np.uint32)),
        lanes=width,
        capacity=capacity,
        hypers=hypers,
        dropping=dropping,
        multiplier=multiplier(dtype, width, max(int(net.widths.max()), capacity)),
    )
    work.constants[0], work.constants[1] = 0, 1
    return work


@kernel
def from_sample(net, work, first):
    """Return a workspace whose outputs, targets and weights begin at a later sample."""
    outputs = first * net.widths[net.layers]
    return Workspace(
        lanes_from(work.units, outputs),
        work.passed,
        lanes_from(work.deltas, outputs),
        work.factors,
        work.inputs,
        lanes_from(work.targets, first * net.targets),
        lanes_from(work.importance, first),
        work.gradient,
        work.constants,
        work.blocks,
        work.hyper,
        work.words,
        work.scale,
        work.lanes,
        work.capacity,
        work.hypers,
        work.dropping,
        work.multiplier,
    )


@kernel
def optimizer_of(net, runs, step, pack, remembered, factor):
    """Return what moves the parameters of a pack.

    ``remembered`` is how many Lanes it remembers; ``factor`` is that of the epoch.
    """
    parameter, penalty = pack * net.size, pack * 2 * net.layers
    lr = runs.rate[pack]
    slowed = runs.factor[pack] * broadcast(lr, factor)
    return Optimizer(
        lanes_from(runs.parameters, parameter),
        lanes_from(runs.memory, pack * remembered),
        lanes_from(runs.l1, penalty),
        lanes_from(runs.l2, penalty),
        runs.l21[pack],
        lr * slowed,
        lr,
        slowed,
        hyperparameters(step, runs.step_hyper, pack),
        net.size,
        net.grouped,
        step,
    )
