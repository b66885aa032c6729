"""Training: packs of runs from the first epoch to the last."""

from typing import NamedTuple

import numpy as np
from numba import config

from kernels.choice import Choice
from kernels.frozen import Frozen
from kernels.lane.compiled import entry
from kernels.lane.lanes import Flat, copy, lanes_from, numbers
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.learning import learn
from kernels.network import Network
from kernels.runs import Runs, optimizer_of, workspace
from kernels.samples import Samples, read_batch


class Schedule(NamedTuple):
    """What the learning rate is multiplied by, in stretches of epochs that have it in common.

    Attributes
    ----------
    factors : Flat of numbers, shape (stretches,)
    begins : Flat of int64, shape (stretches + 1,)
        The first epoch of each, and how many there are in all.
    stretches : int
    """

    factors: Flat
    begins: Flat
    stretches: int

    @classmethod
    def of(cls, factors: np.ndarray, dtype: np.dtype) -> "Schedule":
        """Return the schedule of factors, one an epoch, in a precision."""
        rounded = factors.astype(dtype)
        begin = np.ones(len(rounded) + 1, dtype=bool)
        begin[1:-1] = rounded[1:] != rounded[:-1]
        begins = np.flatnonzero(begin)
        return cls(numbers(rounded[begins[:-1]]), numbers(begins), len(begins) - 1)


def train(
    net: Network,
    runs: Runs,
    samples: Samples,
    step: Choice,
    batch_size: int,
    epochs: int,
    *,
    factors: np.ndarray | None = None,
    begun: int = 0,
    dropping: bool = True,
    freeze: bool = False,
) -> None:
    """Train all runs in place.

    Parameters
    ----------
    net : Network
    runs : Runs
    samples : Samples
    step : Choice
        How parameters move along their gradient.
    batch_size : int
        Samples a step; the last batch of an epoch has what is left.
    epochs : int
        How many to train; the e-th reads ``samples.order[e % len(samples.order)]``.
    factors : ndarray, shape (epochs,), optional
        What each epoch multiplies the learning rate by; 1 unless given.
    begun : int
        Steps of each epoch that came before these samples.
    dropping : bool
        Whether units are dropped, if the network has dropout.
    freeze : bool
        Whether to compile code for this very network: about a second, once, for several times
        the speed of a tiny one, and the same bytes. See `kernels.frozen.freezes`.
    """
    batch_size = min(batch_size, samples.order.shape[1])
    work = workspace(net, runs.parameters, batch_size, dropping)
    freeze = freeze and not config.DISABLE_JIT
    sizes = len(runs.streams), batch_size, runs.memory.shape[1], begun
    schedule = Schedule.of(np.ones(epochs) if factors is None else factors, runs.rate.dtype)
    places = net.flat()
    code = Frozen.of(net, batch_size) if freeze else places
    _train(places, code, runs.flat(), samples.flat(), work, step, schedule, sizes, freeze)


@entry
def _train(net, code, runs, samples, work, step, schedule, sizes, freeze):
    packs, batch_size, remembered, begun = sizes
    before = flush_subnormals()
    n = samples.order.size
    one_batch = n <= batch_size and samples.order.epochs == 1
    for pack in range(packs):
        copy(work.hyper, 0, runs.activation_hyper, pack * work.hypers, work.hypers)
        streams = lanes_from(runs.streams.numbers, pack * work.lanes)
        shared = runs.streams.shared[pack] != 0 and not freeze
        for stretch in range(schedule.stretches):
            optimizer = optimizer_of(net, runs, step, pack, remembered, schedule.factors[stretch])
            for epoch in range(schedule.begins[stretch], schedule.begins[stretch + 1]):
                for first in range(0, n, batch_size):
                    batch = batch_size if first + batch_size < n else n - first
                    if epoch == 0 or not one_batch:
                        read_batch(net, work, samples, (epoch, first, batch), streams, shared)
                    net.dropout.begin(work, runs, pack, epoch, begun + first // batch_size)
                    learn(code, optimizer, work, batch, shared)
    restore_subnormals(before)
