"""The ensemble of a search: chosen by what its fits say of the samples that each split tests."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sweep.errors import InputError
from sweep.models.ensemble.greedy import greedy
from sweep.models.ensemble.turns import Turns
from sweep.models.header import MOST_MEMBERS
from sweep.models.model import Model


def picks_of(ensemble: Any) -> int:
    """Return how many picks are asked for, 0 for no ensemble.

    Raises
    ------
    InputError
        If that is no such number.
    """
    picks = 0 if ensemble is None else ensemble
    whole = isinstance(picks, int | np.integer) and not isinstance(picks, bool)
    if not whole or not 0 <= picks <= MOST_MEMBERS:
        raise InputError(
            f"`ensemble` should be None or a whole number up to {MOST_MEMBERS:,}, not {ensemble!r}"
        )
    return int(picks)


class Votes:
    """What fits say of the samples that their splits test.

    Parameters
    ----------
    cells : int
        How many cells each split has.
    tests : sequence of ndarray of int64
        The samples that each split tests.
    outputs : int
    """

    def __init__(self, cells: int, tests: Sequence[np.ndarray], outputs: int) -> None:
        self._tests = tests
        self._ends = np.cumsum([0, *map(len, tests)])
        self._said = np.full((cells, self._ends[-1], outputs), np.nan)

    def hear(self, split: int, cell: int, model: Model, X: np.ndarray, outputs: np.ndarray) -> None:
        """Note what the model of a fit says; it has some of all outputs, others are 0."""
        said = np.zeros((len(self._tests[split]), self._said.shape[2]))
        said[:, outputs] = model.outputs(X[self._tests[split]])
        self._said[cell, self._ends[split] : self._ends[split + 1]] = said

    def choose(
        self, ranked: Sequence[int], score: Callable[[int, np.ndarray], float], picks: int
    ) -> tuple[list[int], float]:
        """Choose cells greedily with replacement, by the mean of their scores over the splits.

        Parameters
        ----------
        ranked : sequence of int
            The cells, the best first; those that failed in a split are left aside.
        score : callable
            Gives the score of a split, from its number and what is said of all its samples.
        picks : int

        Returns
        -------
        order : list of int
            The cell of each pick.
        score : float
            The mean over the splits of what they score together.
        """
        failed = np.asarray(np.isnan(self._said).any(axis=(1, 2)))
        cells = np.array([cell for cell in ranked if not failed[cell]])
        if not len(cells):
            raise InputError("`ensemble` needs a cell that has been fitted in every split")

        def cost(said: np.ndarray) -> np.ndarray:
            by_split = [np.split(one, self._ends[1:-1]) for one in said]
            scores = [[score(i, part) for i, part in enumerate(parts)] for parts in by_split]
            return -np.mean(scores, axis=1)

        picked = greedy(self._said[cells], cost, picks, Turns(self._tests))
        return cells[picked.order].tolist(), -picked.cost


class Said:
    """Stands for a model whose predictions of some samples are known, and of no others."""

    def __init__(self, outputs: np.ndarray) -> None:
        self._outputs = outputs

    def of_features(self, X: np.ndarray) -> np.ndarray:
        """Return them, as a `sweep.Model` does."""
        if X.shape[0] != len(self._outputs):
            raise InputError(
                "`ensemble` asks `scoring` of all samples of a split at once, and it looked at "
                f"{X.shape[0]} of {len(self._outputs)}"
            )
        return self._outputs
