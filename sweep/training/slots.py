"""Slots: lanes that runs come into and go out of; those of a pack may be at different epochs.

The packs that hold runs are always the first ones. A lane that nobody is in is trained like the
others, since that costs nothing, and never looked at.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kernels.lane.lanes import aligned_zeros
from kernels.runs import Runs
from sweep.specification import schedule
from sweep.specification.spec import Specification
from sweep.training.loop import train_epochs
from sweep.training.measures import loss_of
from sweep.training.packs import Packs, copy_lanes

#: What the schedule "adaptive" divides a rate by, and from which one on it lets a run stop.
_SLOWER, _SLOWEST = 5.0, 1e-6


class Stopping(NamedTuple):
    """When runs stop: after some epochs in a row in which a loss did not fall.

    With the schedule "adaptive" they then go on at a fifth of the learning rate instead, as long as
    that is above 1e-6.

    Attributes
    ----------
    epochs : int
        So many; 0 where it is known beforehand when they stop, and nothing is watched.
    fall : float
        What it has to fall by more than, below the lowest before.
    held_out : bool
        Whether it is the validation loss, and the weights of its lowest are kept. Else it is the
        training loss with penalties, and the weights of the last epoch are.
    """

    epochs: int
    fall: float
    held_out: bool

    @classmethod
    def of(cls, spec: Specification) -> "Stopping":
        """Return when the runs of a specification stop."""
        return cls(spec.patience or spec.waits, spec.tol or 0.0, spec.patience is not None)

    def at(self, epoch: np.ndarray, since: np.ndarray) -> np.ndarray:
        """Return which runs have waited long enough at an epoch, since another one."""
        return (epoch - since == self.epochs) if self.epochs else np.zeros(len(epoch), dtype=bool)


#: Of runs of which it is known beforehand when they stop.
WHERE_KNOWN = Stopping(0, 0.0, held_out=False)


class Slots:
    """Room for runs side by side, and where those stand that are in it.

    Parameters
    ----------
    spec : Specification
    stopping : Stopping
    packs : Packs
        Any of the runs, to make room for their like.
    size : int
        Runs that there should be room for.

    Attributes
    ----------
    run : ndarray of int64, shape (lanes,)
        Who is in a lane, -1 for nobody.
    epoch : ndarray of int64, shape (lanes,)
        Epochs that it has had.
    initial_loss : ndarray, shape (lanes,)
        Its loss before the first.
    best_loss : ndarray, shape (lanes,)
        The loss that has to fall, at its lowest so far.
    best_epoch : ndarray of int64, shape (lanes,)
        The last epoch in which it fell, 0 before the first.
    since : ndarray of int64, shape (lanes,)
        The epoch since which it waits for a fall: that one, or after which its rate was lowered.
    slowed : ndarray, shape (lanes,)
        What its learning rate has come to by that, as a share.
    """

    def __init__(self, spec: Specification, stopping: Stopping, packs: Packs, size: int) -> None:
        width = packs.runs.parameters.shape[-1]
        count = -(-size // width)

        def room(like: np.ndarray) -> np.ndarray:
            return aligned_zeros((count, *like.shape[1:]), like.dtype)

        self._spec, self._stopping, self._width = spec, stopping, width
        self._runs = Runs(*map(room, packs.runs))
        #: What runs leave with: weights of their own, or those that are trained.
        self._kept = (
            room(packs.weights)
            if stopping.held_out
            else packs.step.trained(self._runs.parameters, self._runs.memory)
        )
        # A stream of the data is read in several orders, one for all runs that began together.
        self._reads = room(packs.runs.streams)
        self._packs = packs._replace(order=packs.order.take(np.arange(0)))
        self._count = 0
        lanes = count * width
        self.run = np.full(lanes, -1)
        self.epoch, self.best_epoch, self.since = np.zeros((3, lanes), dtype=np.int64)
        self.initial_loss, self.best_loss, self.slowed = np.zeros((3, lanes))
        self._schedule = schedule.parse(spec.schedule)

    @property
    def busy(self) -> np.ndarray:
        """Whether a run is in a lane."""
        return self.run >= 0

    def enter(
        self,
        lanes: np.ndarray,
        runs: np.ndarray,
        initial_loss: np.ndarray,
        packs: Packs,
        waited: np.ndarray,
    ) -> None:
        """Let runs into free lanes, from the lanes of some packs in which they have waited."""
        for room, array in zip(self._runs, packs.runs, strict=True):
            copy_lanes(room, lanes, array, waited)
        copy_lanes(self._kept, lanes, packs.weights, waited)
        self.run[lanes], self.initial_loss[lanes] = runs, initial_loss
        self.epoch[lanes], self.best_epoch[lanes], self.since[lanes] = 0, 0, 0
        self.slowed[lanes] = 1
        self._count = max(self._count, int(lanes.max()) // self._width + 1)

    def leave(self, lanes: np.ndarray) -> np.ndarray:
        """Let runs out; return the weights that they keep, shape (runs, parameters)."""
        self.run[lanes] = -1
        return self._kept.swapaxes(1, 2)[np.divmod(lanes, self._width)]

    def train(self, pace: float, stopped: Callable[[], bool]) -> None:
        """Train every run for an epoch, and note which are better for it.

        Raises
        ------
        sweep.training.loop.Stopped
            If ``stopped()`` says so.
        """
        self._read_on()
        packs, reads = self._in_use(), self._reads[: self._count]
        # Each is at an epoch of its own.
        epoch = np.where(self.busy, self.epoch, 0)[: packs.size].reshape(reads.shape)
        factor = schedule.factors(self._spec, epoch, len(packs.folds.train))
        training = packs._replace(runs=packs.runs._replace(streams=reads))
        if self._schedule.of_rate:
            training = training.at_rate(factor * self.slowed[: packs.size].reshape(reads.shape))
        else:
            factor = factor.astype(packs.runs.factor.dtype)
            training = training._replace(runs=training.runs._replace(factor=factor))
        train_epochs(training, self._spec.batch_size, range(1), pace, stopped)
        self.epoch[self.busy] += 1
        if self._stopping.epochs:
            self._look_at(packs)
        if self._schedule.word == "adaptive":
            self._slow_down()

    def _look_at(self, packs: Packs) -> None:
        """Measure the packs that hold runs, and note in which of these the loss fell."""
        _, fall, held_out = self._stopping
        loss = loss_of(packs, self._spec, "val" if held_out else "train")
        best = self.best_loss[: loss.size]
        # The first epoch is the best so far whatever it gave: what diverges in it has diverged.
        first = self.best_epoch[: loss.size] == 0
        fell = np.flatnonzero(self.busy[: loss.size] & ((loss < best - fall) | first))
        self.best_epoch[fell] = self.since[fell] = self.epoch[fell]
        if held_out:
            best[fell] = loss[fell]
            copy_lanes(self._kept, fell, packs.weights, fell)
        else:  # less than a fall lowers what the next one is measured by, as in scikit-learn
            best[...] = np.where(first, loss, np.fmin(best, loss))

    def _slow_down(self) -> None:
        """Lower the rate of the runs that have waited long enough, and let them wait anew."""
        rate = self._runs.rate.ravel() * self.slowed
        waited = self.busy & self._stopping.at(self.epoch, self.since)
        slower = waited & (rate > _SLOWEST)
        self.slowed[slower] /= _SLOWER
        self.since[slower] = self.epoch[slower]

    def take(self, lanes: np.ndarray) -> Packs:
        """Return copies of some of the runs, as they are now, in packs of their own."""
        return self._in_use().take(lanes)

    def close_up(self) -> None:
        """Move the runs of the emptiest packs elsewhere, while there is room for them."""
        width = self._width
        while self._count and self.busy.sum() <= (self._count - 1) * width:
            busy = self.busy[: self._count * width].reshape(-1, width)
            reads, last = self._reads[: self._count], self._count - 1
            emptied = _cheapest_to_empty(busy, reads)
            moving = emptied * width + np.flatnonzero(busy[emptied])
            self._move(moving, _holes_for(reads.ravel()[moving], busy, reads, emptied))
            if emptied < last:  # the packs that hold runs are the first ones
                lanes = np.arange(width)
                self._move(last * width + lanes, emptied * width + lanes)
            self._count = last

    def _move(self, here: np.ndarray, there: np.ndarray) -> None:
        for room in (*self._runs, self._kept, self._reads):
            copy_lanes(room, there, room, here)
        for known in (
            *(self.run, self.epoch, self.initial_loss),
            *(self.best_loss, self.best_epoch, self.since, self.slowed),
        ):
            known[there] = known[here]
        self.run[here] = -1

    def _in_use(self) -> Packs:
        """Return the packs that hold runs; as their streams they have those of the data."""
        runs = Runs(*(room[: self._count] for room in self._runs))
        return self._packs._replace(runs=runs, size=self._count * self._width)

    def _read_on(self) -> None:
        """Begin the orders that the runs before their first epoch read, and drop unused ones."""
        reads, order = self._reads.ravel(), self._packs.order
        begin = np.flatnonzero(self.busy & (self.epoch == 0))
        if len(begin):
            of = self._runs.streams.ravel()[begin]
            streams, place = np.unique(of, return_inverse=True)
            reads[begin] = order.streams + place
            order = order.beside(self._packs.folds.order(self._spec, streams))
        self._agree()
        used, place = np.unique(reads[: self._count * self._width], return_inverse=True)
        if len(used) < order.streams:
            order = order.take(used)
            reads[: len(place)], reads[len(place) :] = place, 0
        self._packs = self._packs._replace(order=order)

    def _agree(self) -> None:
        """Let a lane that nobody is in read what another one of its pack reads."""
        busy = self.busy.reshape(-1, self._width)
        packs, first = np.arange(len(busy)), busy.argmax(axis=1)
        for reads in (self._reads, self._runs.streams):
            np.copyto(reads, reads[packs, first, None], where=~busy)


def _holes_for(wanted: np.ndarray, busy: np.ndarray, reads: np.ndarray, emptied: int) -> np.ndarray:
    """Choose free lanes outside of a pack for runs that read the streams ``wanted``.

    Where all of a pack read the same, each batch is read but once for them: a run goes where the
    most lanes read what it does. ``busy`` and ``reads`` are ``[pack, lane]``.
    """
    busy, width = busy.copy(), busy.shape[1]
    holes = np.zeros(len(wanted), dtype=np.int64)
    for i, stream in enumerate(wanted):
        free = ~busy
        free[emptied] = False
        alike = ((reads == stream) | ~busy).sum(axis=1)
        there = np.flatnonzero(free)
        holes[i] = there[alike[there // width].argmax()]
        busy.ravel()[holes[i]] = True
    return holes


def _cheapest_to_empty(busy: np.ndarray, reads: np.ndarray) -> int:
    """Return the pack whose runs are moved at the least cost; both are ``[pack, lane]``.

    What costs is a run that comes among strangers: its pack then reads each batch lane by lane.
    Of packs that cost the same, it is the one with the fewest runs.
    """
    runs, room = busy.sum(axis=1), (~busy).sum(axis=1)
    # The stream of each pack, and whether all of its runs read it.
    stream = reads[np.arange(len(busy)), busy.argmax(axis=1)]
    uniform = ((reads == stream[:, None]) | ~busy).all(axis=1)
    # Free lanes beside runs that read the same stream, outside of the pack itself.
    welcoming = np.bincount(stream, weights=room * uniform)[stream] - room
    strangers = np.where(uniform, np.maximum(runs - welcoming, 0), 0)
    return int(np.lexsort([runs, strangers])[0])
