"""Training packs to the end, with pauses to record metrics and to stop runs.

A run that stops early leaves its lane: the runs that go on are packed together again, so a sweep
with stops costs what it trains. Lanes never meet, so no run notices the move.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kernels.training import evaluate, penalty_norms, train
from sweep.packs import Packs
from sweep.sparsity import sparsity
from sweep.spec import Sweep

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
    parameters, memory : ndarray, shape (parameters, runs)
        As in `kernels.training.Runs`.
    initial_loss : ndarray, shape (runs,)
        Loss at the very beginning, NaN before it is known.
    epochs : int
        Epochs trained.
    """

    parameters: np.ndarray
    memory: np.ndarray
    initial_loss: np.ndarray
    epochs: int

    @classmethod
    def fresh(cls, parameters: np.ndarray, spec: Sweep) -> "State":
        """Return the state of runs that begin with these parameters, and at rest."""
        memory = parameters if spec.l1_method == "proximal" else np.zeros_like(parameters)
        return cls(parameters, memory, np.full(parameters.shape[1], np.nan), 0)

    @classmethod
    def join(cls, states: "list[State]") -> "State":
        """Return the states of several groups of runs as one."""
        parameters, memory, initial_loss, epochs = zip(*states, strict=True)
        return cls(
            np.concatenate(parameters, axis=-1),
            np.concatenate(memory, axis=-1),
            np.concatenate(initial_loss),
            epochs[0],
        )

    def take(self, index: np.ndarray) -> "State":
        """Return the states of some of the runs."""
        parameters, memory, initial_loss, epochs = self
        return State(parameters[:, index], memory[:, index], initial_loss[index], epochs)

    def weights(self, spec: Sweep) -> np.ndarray:
        """Return the trained parameters."""
        return self.memory if spec.l1_method == "proximal" else self.parameters


class Trained(NamedTuple):
    """What became of some runs; the last axis is the run.

    Attributes
    ----------
    weights : ndarray, shape (parameters, runs)
    metrics : dict of str to ndarray, shape (runs,)
        The columns of the table that training gives.
    peak : ndarray, shape (units, runs)
        Largest activation of each unit over the training part, the inputs first.
    history : list of dict
        For each recorded epoch: ``index``, the runs still training, and their metrics.
    state : State
        From which to go on.
    """

    weights: np.ndarray
    metrics: dict[str, np.ndarray]
    peak: np.ndarray
    history: list[dict[str, np.ndarray]]
    state: State


def train_runs(
    spec: Sweep,
    packs: Packs,
    state: State,
    until: int,
    pace: float,
    stopped: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train all runs of some packs, and leave their weights in them.

    Parameters
    ----------
    spec : Sweep
    packs : Packs
    state : State
        With which they were packed.
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
    if state.epochs:
        initial_loss = state.initial_loss
        packs.order.skip(state.epochs)
    else:
        initial_loss = measure(packs, packs.weights)[0]["loss"]
    epochs = np.full(packs.size, state.epochs, dtype=np.int64)
    history: list[dict[str, np.ndarray]] = []
    best = _Best(packs, spec.patience) if spec.patience else None
    alive, moving, done = np.arange(packs.size), packs, state.epochs
    while done < until and len(alive):
        pause = done + 1 if best else until
        if spec.history:
            pause = min(pause, done + spec.history - done % spec.history)
        _train(spec, moving, pause - done, pace * moving.size, stopped)
        epochs[alive] = done = pause
        if spec.history and done % spec.history == 0:
            now, peak = measure(moving, moving.weights)
            by_run = moving.by_run(moving.weights)
            now["sparsity"] = sparsity(moving.net, by_run, peak, spec.zero_tol)["sparsity"]
            history.append({"index": alive, "epoch": np.full(len(alive), done), **now})
        if best:
            goes_on = best.look(moving, alive, done)
            if not goes_on.all():
                alive, moving = alive[goes_on], moving.take(np.flatnonzero(goes_on))
    metrics = {"epochs": epochs}
    if best:
        packs.weights[...] = packs.by_lane(best.weights)
        metrics["best_epoch"] = best.epoch
    final, peak = measure(packs, packs.weights)
    metrics |= {"initial_loss": initial_loss, "final_loss": final.pop("loss"), **final}
    stand = State(
        packs.by_run(packs.runs.parameters), packs.by_run(packs.runs.memory), initial_loss, done
    )
    return Trained(packs.by_run(packs.weights), metrics, peak, history, stand)


def measure(packs: Packs, weights: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return losses, accuracies and penalties of each run, and its `Trained.peak`."""
    runs = packs.runs
    train_part = evaluate(packs.net, runs, weights, packs.samples(packs.train[None]))
    one, two = penalty_norms(packs.net, weights)
    loss, accuracy = train_part.loss, train_part.accuracy
    with np.errstate(invalid="ignore", over="ignore"):  # of runs that diverge
        l1, l2 = _summed(runs.l1 * one), _summed(runs.l2 * two)
        metrics = {"loss": loss + l1 + l2, "train_loss": loss, "train_accuracy": accuracy}
    if len(packs.val):
        val_part = evaluate(packs.net, runs, weights, packs.samples(packs.val[None]))
        metrics |= {"val_loss": val_part.loss, "val_accuracy": val_part.accuracy}
    metrics |= {"l1_penalty": l1, "l2_penalty": l2}
    by_run = {name: packs.by_run(value).astype(np.float64) for name, value in metrics.items()}
    return by_run, packs.by_run(train_part.peak)


def _summed(terms: np.ndarray) -> np.ndarray:
    """Sum ``[pack, parameter, lane]`` over the parameters, in their order.

    NumPy's own sum may change its order with the shape, and with it the last bit.
    """
    total = np.zeros_like(terms[:, 0])
    for i in range(terms.shape[1]):
        total += terms[:, i]
    return total


def _train(
    spec: Sweep, packs: Packs, epochs: int, pace: float, stopped: Callable[[], bool]
) -> None:
    """Train some epochs that take ``pace`` seconds each, in calls short enough to stop between."""
    n, streams = packs.train.shape
    at_once = max(1, min(epochs, int(_BREATH / pace), _ORDER_ROOM // (n * streams)))
    batch = spec.batch_size or n
    rows = max(1, int(_BREATH / pace * n / batch)) * batch
    while epochs:
        order = packs.order.next(min(at_once, epochs))
        for first in range(0, n, rows):
            if stopped():
                raise Stopped
            some = packs.samples(np.ascontiguousarray(order[:, first : first + rows]))
            count = min(at_once, epochs)
            train(
                packs.net,
                packs.runs,
                some,
                batch,
                count,
                proximal=packs.proximal,
                freeze=packs.frozen,
            )
        epochs -= min(at_once, epochs)


class _Best:
    """The best epoch of each run by its validation loss, and who has waited too long for it."""

    def __init__(self, packs: Packs, patience: int) -> None:
        self._patience = patience
        self._loss = np.full(packs.size, np.inf)
        self.epoch = np.zeros(packs.size, dtype=np.int64)
        self.weights = packs.by_run(packs.weights).copy()

    def look(self, packs: Packs, alive: np.ndarray, epoch: int) -> np.ndarray:
        """Note the runs ``alive``, now trained to ``epoch``; return which of them go on."""
        part = packs.samples(packs.val[None])
        loss = packs.by_run(evaluate(packs.net, packs.runs, packs.weights, part).loss)
        # The first epoch is the best so far whatever it gave: what diverges in it has diverged.
        better = (loss < self._loss[alive]) | (self.epoch[alive] == 0)
        winners = alive[better]
        self._loss[winners] = loss[better]
        self.epoch[winners] = epoch
        self.weights[:, winners] = packs.by_run(packs.weights)[:, better]
        return epoch - self.epoch[alive] < self._patience
