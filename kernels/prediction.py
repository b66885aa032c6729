"""Prediction: what one trained network makes of many samples. Here a lane is a sample.

The sums are those of training, in the same order, and exp is our own: the same bits on every
machine, however many samples are asked for at once. A sum does not change when terms that are
exactly zero are left out of it, so nor do the bits when what feeds nothing is.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import numpy as np

from kernels.evaluation import EVALUATION_BATCH
from kernels.lane.compiled import code_of, entry
from kernels.lane.lanes import Flat, aligned_room, as_lanes, lane_width, numbers
from kernels.lane.subnormals import flush_subnormals, restore_subnormals
from kernels.network import Network, forward
from kernels.runs import workspace
from kernels.samples import Samples, read_batch


class Room(NamedTuple):
    """Arrays that a call works in, with the code that does: one row may take less than they do.

    Attributes
    ----------
    x : ndarray, shape (samples, features)
        As many as there is room for; beyond those of a call stands what an earlier one left.
    found : ndarray, shape (samples / lanes, outputs, lanes)
    predict : callable
        Predicts, by the parameters as Lanes, so many Lanes of samples.
    """

    x: np.ndarray
    found: np.ndarray
    predict: Callable[[Flat, int], None]


class Prediction:
    """A network ready to predict: what all calls take is made once.

    Threads may share it: each takes a room that no other has, and lays it back.

    Parameters
    ----------
    net : Network
    hyper : sequence of float
        What the activation takes, in the order of its `HYPER`.
    """

    def __init__(self, net: Network, hyper: Sequence[float] = ()) -> None:
        self._net = net
        self._hyper = tuple(hyper)
        self._width = lane_width(np.float64)
        self._free: list[Room] = []
        self._known: tuple[np.ndarray, Flat] | None = None

    def __call__(self, parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return what the network says of each sample, shape (samples, outputs).

        That is what its loss makes of the outputs: a number of each, or the probability of each
        class.

        Parameters
        ----------
        parameters : ndarray, shape (net.size,)
        x : ndarray, shape (samples, features)
            With at least one row. Of as many samples there is room from then on.
        """
        lanes = -(-len(x) // self._width)
        weights = self._weights(parameters)
        room = self._room(lanes, weights)
        room.x[: len(x)] = x
        room.predict(weights, lanes)
        by_sample = np.array(room.found[:lanes].transpose(0, 2, 1), order="C")
        self._free.append(room)
        return by_sample.reshape(-1, by_sample.shape[2])[: len(x)]

    def _weights(self, parameters: np.ndarray) -> Flat:
        """Return the parameters as Lanes, made anew where they are others than before."""
        known = self._known
        if known is None or not (known[0] == parameters).all():
            lanes = aligned_room((len(parameters), self._width), np.float64)
            lanes[...] = parameters[:, None]
            self._known = known = parameters.astype(np.float64), as_lanes(lanes)
        return known[1]

    def _room(self, lanes: int, weights: Flat) -> Room:
        """Return one for so many Lanes of samples, or more if there is one that is free."""
        with suppress(IndexError):
            room = self._free.pop()
            if len(room.found) >= lanes:
                return room
        net, width = self._net, self._width
        found = aligned_room((lanes, int(net.widths[-1]), width), np.float64)
        samples = Samples(
            x=np.zeros((lanes * width, int(net.widths[0]))),
            y=np.zeros((lanes * width, net.targets)),
            weight=np.zeros(lanes * width),
            order=np.arange(lanes * width).reshape(1, lanes, width),
        )
        work = workspace(net, weights.array[None], min(EVALUATION_BATCH, lanes))
        for i, value in enumerate(self._hyper):
            work.hyper[i] = value
        arguments = net.flat(), numbers(np.arange(width)), samples.flat(), work, as_lanes(found)
        return Room(
            samples.x, found, partial(code_of(_predict, *arguments, weights, lanes), *arguments)
        )


@entry
def _predict(net, streams, samples, work, found, weights, n):
    capacity, outputs = work.capacity, net.widths[net.layers]
    before = flush_subnormals()
    for first in range(0, n, capacity):
        batch = capacity if first + capacity < n else n - first
        read_batch(net, work, samples, (0, first, batch), streams, False)
        forward(net, weights, work, batch, False)
        net.loss.predict(net, work, batch, found, first * outputs)
    restore_subnormals(before)
