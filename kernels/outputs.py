"""What networks say of each sample, kept: what metrics are made from that are no plain means.

Sums over samples are running sums, in the order of the samples: what a run reaches does not depend
on the runs beside it, nor on the processor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

#: Samples that are added up at a time, so that what is made on the way stays small.
_AT_ONCE = 2**12


class Outputs(NamedTuple):
    """What some runs say of the classes of some samples, and what is true of these.

    Attributes
    ----------
    probabilities : ndarray of float64, shape (runs, classes, samples)
        Of each class; NaN where a run has diverged.
    named : ndarray of int64, shape (runs, samples)
        The class of the largest logit, the first of equals; -1 where there is none.
    labels : ndarray of int64, shape (runs, samples)
        The right class.
    weight : ndarray of float64, shape (runs, samples)
        What each sample counts.
    precision : float
        Spacing of the probabilities at 1, as they were computed.
    """

    probabilities: np.ndarray
    named: np.ndarray
    labels: np.ndarray
    weight: np.ndarray
    precision: float

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.probabilities.shape[1]

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of ``values [run, sample]``, each counted by its weight."""
        return ratio(total(self.weight * values), total(self.weight), np.nan)

    def by_class(self, classes: np.ndarray) -> np.ndarray:
        """Return what the samples weigh together that have each class in ``[run, sample]``."""
        sums = [total(np.where(classes == c, self.weight, 0)) for c in range(self.classes)]
        return np.stack(sums, axis=1)

    def right(self) -> np.ndarray:
        """Return what the samples of each class weigh together that are classed right."""
        return self.by_class(np.where(self.named == self.labels, self.labels, -1))


@dataclass(frozen=True, eq=False)
class Numbers:
    """What some runs predict of some samples, and what is true of these, in its own unit.

    Attributes
    ----------
    predictions, truth : ndarray of float64, shape (runs, outputs, samples)
        NaN, or without end, where a run has diverged.
    weight : ndarray of float64, shape (runs, samples)
        What each sample counts.
    """

    predictions: np.ndarray
    truth: np.ndarray
    weight: np.ndarray

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of ``values [run, output, sample]``, each counted by its weight."""
        sums = total(self.weight[:, None] * values)
        return ratio(sums, np.broadcast_to(self._mass[:, None], sums.shape), np.nan)

    @cached_property
    def squared_error(self) -> np.ndarray:
        """The mean squared error of each output, shape (runs, outputs)."""
        errors = self.predictions - self.truth
        return self.mean(errors * errors)

    @cached_property
    def _mass(self) -> np.ndarray:
        """What the samples weigh together, shape (runs,)."""
        return total(self.weight)


def over_outputs(values: np.ndarray) -> np.ndarray:
    """Return the plain mean of ``values [run, output]`` over the outputs."""
    return total(values) / values.shape[1]


def total(values: np.ndarray) -> np.ndarray:
    """Sum over the last axis, in its order; NumPy's own sum may change that with the shape."""
    return values.cumsum(axis=-1)[..., -1]


def total_of(samples: int, of: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Sum what ``of`` gives for a few samples at a time, over its first axis.

    That is the running sum of all of them, to the bit.

    Parameters
    ----------
    samples : int
        How many there are, at least one.
    of : callable
        Gives an array (samples, ...) for a slice of their numbers.
    """
    found = of(slice(0, 1))[0]
    for first in range(1, samples, _AT_ONCE):
        some = of(slice(first, first + _AT_ONCE))
        found = np.concatenate([found[None], some]).cumsum(axis=0)[-1]
    return found


def ratio(part: np.ndarray, whole: np.ndarray, otherwise: float) -> np.ndarray:
    """Return part / whole, or something else where there is no whole."""
    return np.divide(part, whole, out=np.full(whole.shape, otherwise), where=whole > 0)
