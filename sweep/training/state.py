"""Where runs stand: all that is needed to go on with them."""

from typing import NamedTuple, Self

import numpy as np

from kernels.choice import Choice


class State(NamedTuple):
    """Where some runs stand; the last axis is the run.

    Attributes
    ----------
    parameters : ndarray, shape (parameters, runs)
        As in `kernels.runs.Runs`.
    memory : ndarray, shape (remembered, runs), or None
        The same; None at rest.
    initial_loss : ndarray, shape (runs,)
        Loss at the very beginning, NaN before it is known.
    epochs : int
        Epochs trained.
    draw : ndarray of int64, shape (runs,), or None
        Before the first epoch, where runs begin with what their seeds draw: which of the draws
        each has. Those of one have the same parameters.
    """

    parameters: np.ndarray
    memory: np.ndarray | None
    initial_loss: np.ndarray
    epochs: int
    draw: np.ndarray | None = None

    @classmethod
    def fresh(cls, parameters: np.ndarray, draw: np.ndarray | None = None) -> Self:
        """Return the state of runs that begin with these parameters, and at rest."""
        return cls(parameters, None, np.full(parameters.shape[1], np.nan), 0, draw)

    @classmethod
    def join(cls, states: "list[Self]") -> Self:
        """Return the states of several groups of runs as one."""
        parameters, memory, initial_loss, epochs, _ = zip(*states, strict=True)
        return cls(
            np.concatenate(parameters, axis=-1),
            None if memory[0] is None else np.concatenate(memory, axis=-1),
            np.concatenate(initial_loss),
            epochs[0],
        )

    def take(self, index: np.ndarray) -> Self:
        """Return the states of some of the runs."""
        parameters, memory, initial_loss, epochs, draw = self
        memory = None if memory is None else memory[:, index]
        draw = None if draw is None else draw[index]
        return type(self)(parameters[:, index], memory, initial_loss[index], epochs, draw)

    def weights(self, step: Choice) -> np.ndarray:
        """Return the trained parameters."""
        return self.parameters if self.memory is None else step.trained(*self[:2])
