"""Training packs to the end, with pauses to record metrics; runs that stop are in `patience`."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kernels.training import Measures, evaluate, penalty_norms, train
from sweep.specification.spec import Sweep
from sweep.training.packs import Group, Packs
from sweep.training.sparsity import sparsity

#: How long a kernel may run before it is asked whether to stop, in seconds.
_BREATH = 0.3

#: Room for the batch orders drawn at a time, in numbers.
_ORDER_ROOM = 2**20


class Stopped(Exception):
    """Training was asked to stop; nothing of it is kept."""


class State(NamedTuple):
    """Where some runs stand; the last axis is the run.

    Attributes
    ----------
    parameters : ndarray, shape (parameters, runs)
        As in `kernels.training.Runs`.
    memory : ndarray, shape (parameters, runs), or None
        The same; None at rest.
    initial_loss : ndarray, shape (runs,)
        Loss at the very beginning, NaN before it is known.
    epochs : int
        Epochs trained.
    """

    parameters: np.ndarray
    memory: np.ndarray | None
    initial_loss: np.ndarray
    epochs: int

    @classmethod
    def fresh(cls, parameters: np.ndarray) -> "State":
        """Return the state of runs that begin with these parameters, and at rest."""
        return cls(parameters, None, np.full(parameters.shape[1], np.nan), 0)

    @classmethod
    def join(cls, states: "list[State]") -> "State":
        """Return the states of several groups of runs as one."""
        parameters, memory, initial_loss, epochs = zip(*states, strict=True)
        return cls(
            np.concatenate(parameters, axis=-1),
            None if memory[0] is None else np.concatenate(memory, axis=-1),
            np.concatenate(initial_loss),
            epochs[0],
        )

    def take(self, index: np.ndarray) -> "State":
        """Return the states of some of the runs."""
        parameters, memory, initial_loss, epochs = self
        memory = None if memory is None else memory[:, index]
        return State(parameters[:, index], memory, initial_loss[index], epochs)

    def weights(self, spec: Sweep) -> np.ndarray:
        """Return the trained parameters."""
        if spec.l1_method == "proximal" and self.memory is not None:
            return self.memory
        return self.parameters


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
    peak : ndarray, shape (units, runs)
        Largest activation of each unit over the training part, the inputs first.
    history : list of dict
        What was recorded on the way: ``index``, of whichever runs, their ``epoch`` and metrics.
    """

    runs: np.ndarray
    packs: Packs
    metrics: dict[str, np.ndarray]
    peak: np.ndarray
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
    packs = group.pack(index, state)
    if state.epochs:
        initial_loss = state.initial_loss
        packs.order.skip(state.epochs)
    else:
        initial_loss = loss_of(packs)
    history: list[dict[str, np.ndarray]] = []
    done = state.epochs
    while done < until:
        pause = min(until, done + spec.history - done % spec.history) if spec.history else until
        train_epochs(packs, spec.batch_size, pause - done, pace, stopped)
        done = pause
        if spec.history and done % spec.history == 0:
            history.append(
                {"index": index, "epoch": np.full(len(index), done), **record(packs, spec)}
            )
    final, peak = measure(packs)
    metrics = {
        "epochs": np.full(len(index), done, dtype=np.int64),
        "initial_loss": initial_loss,
        "final_loss": final.pop("loss"),
        **final,
    }
    return Trained(index, packs, metrics, peak, history)


def record(packs: Packs, spec: Sweep) -> dict[str, np.ndarray]:
    """Return what the history says of each run."""
    metrics, peak = measure(packs)
    zeros = sparsity(packs.net, packs.by_run(packs.weights), peak, spec.zero_tol)
    return {**metrics, "sparsity": zeros["sparsity"]}


def loss_of(packs: Packs) -> np.ndarray:
    """Return the loss of each run on its training part, with penalties."""
    found = _evaluated(packs, packs.streams.train[None], peaks=False)
    return packs.by_run(_penalised(found.loss, *_penalties(packs))).astype(np.float64)


def measure(packs: Packs) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return losses, accuracies and penalties of each run, and its `Trained.peak`."""
    streams = packs.streams
    found = _evaluated(packs, streams.train[None])
    l1, l2 = _penalties(packs)
    loss = _penalised(found.loss, l1, l2)
    metrics = {"loss": loss, "train_loss": found.loss, "train_accuracy": found.accuracy}
    if len(streams.val):
        val = _evaluated(packs, streams.val[None], peaks=False)
        metrics |= {"val_loss": val.loss, "val_accuracy": val.accuracy}
    metrics |= {"l1_penalty": l1, "l2_penalty": l2}
    by_run = {name: packs.by_run(value).astype(np.float64) for name, value in metrics.items()}
    return by_run, packs.by_run(found.peak)


def _evaluated(packs: Packs, order: np.ndarray, *, peaks: bool = True) -> Measures:
    return evaluate(packs.net, packs.runs, packs.weights, packs.streams.samples(order), peaks=peaks)


def _penalties(packs: Packs) -> tuple[np.ndarray, np.ndarray]:
    """Return the penalty of each kind ``[pack, lane]``."""
    one, two = penalty_norms(packs.net, packs.weights)
    with np.errstate(invalid="ignore", over="ignore"):  # of runs that diverge
        return _summed(packs.runs.l1 * one), _summed(packs.runs.l2 * two)


def _penalised(loss: np.ndarray, l1: np.ndarray, l2: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        return loss + l1 + l2


def _summed(terms: np.ndarray) -> np.ndarray:
    """Sum ``[pack, parameter, lane]`` over the parameters, in their order.

    NumPy's own sum may change its order with the shape, and with it the last bit.
    """
    total = np.zeros_like(terms[:, 0])
    for i in range(terms.shape[1]):
        total += terms[:, i]
    return total


def train_epochs(
    packs: Packs, batch_size: int, epochs: int, pace: float, stopped: Callable[[], bool]
) -> None:
    """Train some epochs, in calls of the kernel that are short enough to stop between.

    Parameters
    ----------
    packs : Packs
    batch_size : int
        0 for all samples.
    epochs : int
    pace : float
        Seconds that a run's epoch takes, roughly.
    stopped : callable

    Raises
    ------
    Stopped
        If it says so.
    """
    n, pace = len(packs.streams.train), pace * packs.size
    at_once = max(1, min(epochs, int(_BREATH / pace), _ORDER_ROOM // (n * packs.order.streams)))
    batch = batch_size or n
    rows = max(1, int(_BREATH / pace * n / batch)) * batch
    while epochs:
        count = min(at_once, epochs)
        order = packs.order.next(count)
        for first in range(0, n, rows):
            if stopped():
                raise Stopped
            some = np.ascontiguousarray(order[:, first : first + rows])
            train(
                packs.net,
                packs.runs,
                packs.streams.samples(some),
                batch,
                count,
                proximal=packs.proximal,
                freeze=packs.frozen,
            )
        epochs -= count
