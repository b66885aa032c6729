"""Patience: runs take turns in a pool of lanes, and leave it when they no longer get better.

A lane that falls free is given to the next waiting run, which begins at its own first epoch; where
nobody waits, the rest close up into fewer packs. So a sweep with stops costs what it trains, and
takes room for the runs in the lanes alone. Lanes never meet: no run notices who comes and goes.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from sweep.training.loop import Trained
from sweep.training.measures import loss_of, measure, record
from sweep.training.packs import Group, Packs
from sweep.training.path_order import nothing_to_go_on_with
from sweep.training.slots import Slots, Stopping
from sweep.training.sparsity import sparsity, tolerances
from sweep.training.state import State


class _Ready(NamedTuple):
    """Runs that wait for a lane, packed and measured, and how many of them are in one by now."""

    runs: np.ndarray
    initial_loss: np.ndarray
    packs: Packs
    begun: int


class _Ended(NamedTuple):
    """A run that has left the lanes, and the weights that it keeps."""

    run: int
    weights: np.ndarray
    initial_loss: float
    best_epoch: int
    epochs: int


class Patience:
    """Runs that may stop early, some of them in lanes.

    Parameters
    ----------
    group : Group
        All the runs.
    begin : callable
        Gives the parameters with which one of them begins, shape (parameters,).
    size : int
        Runs in lanes at a time.
    until : int, or ndarray of int64, shape (runs,)
        Epochs of a run at the most; or, where that is known, exactly.
    pace : float
        Seconds that a run's epoch takes, roughly.
    stopped : callable
        Asked a few times a second whether to give up.
    after : dict of int to int, optional
        The run that follows another one, and begins with its weights.
    stopping : Stopping, optional
        When they stop; as the specification says unless given.
    """

    def __init__(
        self,
        group: Group,
        begin: Callable[[int], np.ndarray],
        size: int,
        until: int | np.ndarray,
        pace: float,
        stopped: Callable[[], bool],
        after: Mapping[int, int] | None = None,
        stopping: Stopping | None = None,
    ) -> None:
        self._group, self._begin = group, begin
        self._until = np.broadcast_to(until, group.size)
        self._pace, self._stopped = pace, stopped
        self._after = after or {}
        self._stopping = stopping or Stopping.of(group.spec)
        first = np.setdiff1d(np.arange(group.size), list(self._after.values()))
        self._waiting: deque[tuple[int, np.ndarray | None]] = deque(
            (i, None) for i in first.tolist()
        )
        self._ready: _Ready | None = None
        self._ended: list[_Ended] = []
        self._history: list[dict[str, np.ndarray]] = []
        # Runs are packed and measured some at a time: full packs, and few beside those in lanes.
        self._some = max(size // 4 // group.width, 1) * group.width
        self._ready = self._next()
        self._lanes = Slots(group.spec, self._stopping, self._ready.packs, min(size, len(first)))

    def trained(self) -> Iterator[Trained]:
        """Train the runs; yield what becomes of them as they end, some at a time.

        Raises
        ------
        sweep.training.loop.Stopped
            If ``stopped()`` says so.
        """
        lanes, spec = self._lanes, self._group.spec
        while self._enter() or self._ended:
            over = self._stopping.at(lanes.epoch, lanes.since)
            ends = lanes.busy & (over | (lanes.epoch == self._until[lanes.run]))
            if len(self._ended) >= self._some or not lanes.busy.any():
                yield self._judged()
            elif ends.any():
                self._leave(np.flatnonzero(ends)[: self._some])
            else:
                lanes.train(self._pace, self._stopped)
                if spec.history:
                    self._record(np.flatnonzero(lanes.busy & (lanes.epoch % spec.history == 0)))

    def _enter(self) -> bool:
        """Give free lanes to waiting runs; return whether any run is in a lane."""
        lanes = self._lanes
        free = np.flatnonzero(~lanes.busy)
        while len(free) and (self._ready or self._waiting):
            runs, initial_loss, packs, begun = self._ready or self._next()
            some = np.arange(begun, min(begun + len(free), len(runs)))
            now, free = free[: len(some)], free[len(some) :]
            lanes.enter(now, runs[some], initial_loss[some], packs, some)
            begun += len(some)
            left = begun < len(runs)
            self._ready = _Ready(runs, initial_loss, packs, begun) if left else None
        if len(free):
            lanes.close_up()
        return bool(lanes.busy.any())

    def _next(self) -> _Ready:
        """Pack the next runs in the queue."""
        count = min(self._some, len(self._waiting))
        runs, weights = zip(*(self._waiting.popleft() for _ in range(count)), strict=True)
        begin = [self._begin(run) if w is None else w for run, w in zip(runs, weights, strict=True)]
        index = np.array(runs)
        packs = self._group.pack(index, State.fresh(np.stack(begin, axis=1)))
        return _Ready(index, loss_of(packs, self._group.spec), packs, 0)

    def _leave(self, ends: np.ndarray) -> None:
        """Take runs out of their lanes."""
        lanes = self._lanes
        known = (lanes.run, lanes.initial_loss, lanes.best_epoch, lanes.epoch)
        run, initial_loss, best_epoch, epochs = (values[ends].tolist() for values in known)
        weights = list(lanes.leave(ends))
        self._ended += map(_Ended, run, weights, initial_loss, best_epoch, epochs)

    def _judged(self) -> Trained:
        """Measure runs that have ended, and let those that follow them wait."""
        some, self._ended = self._ended[: self._some], self._ended[self._some :]
        run, weights, *known = zip(*some, strict=True)
        initial_loss, best_epoch, epochs = map(np.array, known)
        packs = self._group.pack(np.array(run), State.fresh(np.stack(weights, axis=1)))
        final, largest = measure(packs, self._group.spec)
        metrics = {
            "epochs": epochs,
            **({"best_epoch": best_epoch} if self._stopping.held_out else {}),
            "initial_loss": initial_loss,
            "final_loss": final.pop("loss"),
            **final,
        }
        if self._after:
            zeros = tolerances(packs, self._group.spec)
            found = sparsity(packs.net, packs.by_run(packs.weights), largest, zeros)
            anew = nothing_to_go_on_with(packs.net, found["effective"]).tolist()
            self._waiting.extendleft(
                (self._after[i], None if new else w)
                for i, w, new in reversed([*zip(run, weights, anew, strict=True)])
                if i in self._after
            )
        history, self._history = self._history, []
        return Trained(np.array(run), packs, metrics, largest, history)

    def _record(self, lanes: np.ndarray) -> None:
        """Note the metrics of some runs for the history."""
        if len(lanes):
            found = record(self._lanes.take(lanes), self._group.spec)
            place = {"index": self._lanes.run[lanes], "epoch": self._lanes.epoch[lanes]}
            self._history.append({**place, **found})
            if self._group.heard:
                self._group.heard(self._history[-1])
