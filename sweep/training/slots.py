"""Slots: lanes that runs come into and go out of; those of a pack may be at different epochs.

The packs that hold runs are always the first ones. A lane that nobody is in is trained like the
others, since that costs nothing, and never looked at.
"""

from collections.abc import Callable

import numpy as np

from kernels.evaluation import evaluate
from kernels.lane.lanes import aligned_zeros
from kernels.runs import Runs
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import measured_of
from sweep.training.loop import train_epochs
from sweep.training.packs import Packs, copy_lanes


class Slots:
    """Room for runs side by side, and where those stand that are in it.

    Parameters
    ----------
    spec : Specification
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
        Its lowest validation loss so far.
    best_epoch : ndarray of int64, shape (lanes,)
        The epoch of that, 0 before the first.
    """

    def __init__(self, spec: Specification, packs: Packs, size: int) -> None:
        width = packs.runs.parameters.shape[-1]
        count = -(-size // width)

        def room(like: np.ndarray) -> np.ndarray:
            return aligned_zeros((count, *like.shape[1:]), like.dtype)

        self._spec, self._width = spec, width
        self._runs = Runs(*map(room, packs.runs))
        self._best = room(packs.weights)
        # A stream of the data is read in several orders, one for all runs that began together.
        self._reads = room(packs.runs.streams)
        self._packs = packs._replace(order=packs.order.take(np.arange(0)))
        self._count = 0
        lanes = count * width
        self.run = np.full(lanes, -1)
        self.epoch, self.best_epoch = np.zeros((2, lanes), dtype=np.int64)
        self.initial_loss, self.best_loss = np.zeros((2, lanes))

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
        copy_lanes(self._best, lanes, packs.weights, waited)
        self.run[lanes], self.initial_loss[lanes] = runs, initial_loss
        self.epoch[lanes], self.best_epoch[lanes] = 0, 0
        self._count = max(self._count, int(lanes.max()) // self._width + 1)

    def leave(self, lanes: np.ndarray) -> np.ndarray:
        """Let runs out; return the weights of their best epochs, shape (runs, parameters)."""
        self.run[lanes] = -1
        return self._best.swapaxes(1, 2)[np.divmod(lanes, self._width)]

    def train(self, pace: float, stopped: Callable[[], bool]) -> None:
        """Train every run for an epoch, and note the weights of those that are better for it.

        Raises
        ------
        sweep.training.loop.Stopped
            If ``stopped()`` says so.
        """
        self._read_on()
        packs, reads = self._in_use(), self._reads[: self._count]
        training = packs._replace(runs=packs.runs._replace(streams=reads))
        train_epochs(training, self._spec.batch_size, 1, pace, stopped)
        self.epoch[self.busy] += 1
        val = packs.folds.samples(packs.folds.val[None], of_loss=True)
        metrics = tuple(measured_of(self._spec).values())
        found = evaluate(packs.net, packs.runs, packs.weights, val, metrics, units=False)
        loss = found.loss.ravel()
        best = self.best_loss[: loss.size]
        # The first epoch is the best so far whatever it gave: what diverges in it has diverged.
        first = self.best_epoch[: loss.size] == 0
        better = np.flatnonzero(self.busy[: loss.size] & ((loss < best) | first))
        best[better] = loss[better]
        self.best_epoch[better] = self.epoch[better]
        copy_lanes(self._best, better, packs.weights, better)

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
        for room in (*self._runs, self._best, self._reads):
            copy_lanes(room, there, room, here)
        for known in (self.run, self.epoch, self.initial_loss, self.best_loss, self.best_epoch):
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
