"""Training packs to the end, with pauses to record metrics; runs that stop are in `patience`."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from kernels.training import train
from sweep.specification import schedule
from sweep.training.measures import first_loss, measure, record
from sweep.training.packs import Group, Packs
from sweep.training.state import State

#: How long a kernel may run before it is asked whether to stop, in seconds.
_BREATH = 0.3

#: Room for the batch orders drawn at a time, in numbers.
_ORDER_ROOM = 2**20

#: Samples, and numbers of units, that a batch of the finish has at the most.
_FINISHING_SAMPLES, _FINISHING_ROOM = 2**12, 2**19


class Stopped(Exception):
    """Training was asked to stop; nothing of it is kept."""


class Trained(NamedTuple):
    """What became of some runs; the last axis is the run.

    Attributes
    ----------
    runs : ndarray of int64, shape (runs,)
        Which runs of their group.
    packs : Packs
        Where their training has led.
    metrics : dict of str to ndarray, shape (runs,)
        The columns of the table that training gives.
    largest : ndarray, shape (units, runs)
        Largest activation of each unit over the training part, the inputs first.
    history : list of dict
        What was recorded on the way: ``index``, of whichever runs, their ``epoch`` and metrics.
    """

    runs: np.ndarray
    packs: Packs
    metrics: dict[str, np.ndarray]
    largest: np.ndarray
    history: list[dict[str, np.ndarray]]

    def weights(self) -> np.ndarray:
        """Return the trained parameters, shape (parameters, runs)."""
        return self.packs.by_run(self.packs.weights)

    def state(self) -> State:
        """Return the state from which to go on."""
        runs, metrics = self.packs.runs, self.metrics
        parameters, memory = map(self.packs.by_run, (runs.parameters, runs.memory))
        return State(parameters, memory, metrics["initial_loss"], int(metrics["epochs"][0]))


def train_runs(
    group: Group,
    state: State,
    until: int,
    pace: float,
    stopped: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train all runs of a group, side by side.

    Parameters
    ----------
    group : Group
    state : State
        Where they stand.
    until : int
        Epochs that they are to have had.
    pace : float
        Seconds that a run's epoch takes, roughly.
    stopped : callable
        Asked a few times a second whether to give up.

    Raises
    ------
    Stopped
        If it says so.
    """
    spec, index = group.spec, np.arange(state.parameters.shape[1])
    way = schedule.parse(spec.schedule)
    rates = partial(schedule.factors, spec, samples=len(group.folds.train))
    packs = group.pack(index, state)
    if state.epochs:
        initial_loss = state.initial_loss
        packs.order.skip(state.epochs)
    else:
        initial_loss = first_loss(packs, group.spec, state.draw)
    history: list[dict[str, np.ndarray]] = []
    done = state.epochs
    # A race is on until the epochs are over: what ends them comes after.
    end = until + (spec.finish if until == spec.epochs else 0)
    while done < end:
        finishing = done >= until
        pause = end if finishing else until
        if spec.history:
            pause = min(pause, done + spec.history - done % spec.history)
        epochs = range(done, pause)
        if finishing:
            batch = finishing_batch(packs)
            plain = packs._replace(dropping=False, frozen=False)
            scheduled(plain, way, rates, batch, epochs, pace, stopped)
        else:
            scheduled(packs, way, rates, spec.batch_size, epochs, pace, stopped)
        done = pause
        if spec.history and done % spec.history == 0:
            now = {"index": index, "epoch": np.full(len(index), done), **record(packs, spec)}
            history.append(now)
            if group.heard:
                group.heard(now)
    final, largest = measure(packs, spec)
    metrics = {
        "epochs": np.full(len(index), done, dtype=np.int64),
        "initial_loss": initial_loss,
        "final_loss": final.pop("loss"),
        **final,
    }
    return Trained(index, packs, metrics, largest, history)


def finishing_batch(packs: Packs) -> int:
    """Return the samples of a step of the finish: all, or as many as there is room for.

    The gradient of a batch differs from that of all samples by chance, which pushes weights off
    zero that the problem leaves there; of all samples it does not. So does dropout, and no unit is
    dropped in the finish.
    """
    samples, units = len(packs.folds.train), int(packs.net.widths.sum())
    batches = math.ceil(samples / max(min(_FINISHING_SAMPLES, _FINISHING_ROOM // units), 1))
    return math.ceil(samples / batches)


def scheduled(
    packs: Packs,
    way: schedule.Schedule,
    rates: Callable[[np.ndarray], np.ndarray],
    batch_size: int,
    epochs: range,
    pace: float,
    stopped: Callable[[], bool],
) -> None:
    """Train some epochs along a schedule, whose factors ``rates`` gives; see `train_epochs`."""
    if not way.of_rate:
        train_epochs(packs, batch_size, epochs, pace, stopped, rates)
        return
    for epoch, factor in zip(epochs, rates(np.array(epochs)), strict=True):
        slowed = packs.at_rate(factor)
        train_epochs(slowed, batch_size, range(epoch, epoch + 1), pace, stopped)


def train_epochs(
    packs: Packs,
    batch_size: int,
    epochs: range,
    pace: float,
    stopped: Callable[[], bool],
    rates: Callable[[np.ndarray], np.ndarray] = np.ones_like,
) -> None:
    """Train some epochs, in calls of the kernel that are short enough to stop between.

    Parameters
    ----------
    packs : Packs
    batch_size : int
        0 for all samples.
    epochs : range
        Their numbers, from 0.
    pace : float
        Seconds that a run's epoch takes, roughly.
    stopped : callable
    rates : callable
        Gives what some epochs multiply the learning rate by, by their numbers.

    Raises
    ------
    Stopped
        If it says so.
    """
    n, gpu = len(packs.folds.train), packs.gpu
    room = _ORDER_ROOM // (n * packs.order.streams)
    batch = batch_size or n
    call = gpu.train if gpu else train

    def of_sample() -> float:
        """Return the seconds that a sample of each of the runs takes."""
        return gpu.pace(pace / n, packs.size) if gpu else pace / n * packs.size

    while epochs:
        at_once = max(1, min(len(epochs), int(_BREATH / (n * of_sample())), room))
        now, epochs = epochs[:at_once], epochs[at_once:]
        order, factors = packs.order.next(len(now)), rates(np.array(now))
        first = 0
        while first < n:
            if stopped():
                raise Stopped
            rows = max(1, int(_BREATH / of_sample() / batch)) * batch
            some = np.ascontiguousarray(order[:, first : first + rows])
            call(
                packs.net,
                packs.runs,
                packs.folds.samples(some, of_loss=True),
                packs.step,
                batch,
                len(now),
                factors=factors,
                begun=first // batch,
                dropping=packs.dropping,
                freeze=packs.frozen,
            )
            first += rows
        packs.runs.epoch[...] += len(now)
