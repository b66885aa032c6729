"""The rungs of a search: all cells to the end, or a race that takes the better ones further."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sweep.errors import InputError
from sweep.estimators.searching.choice import decisive
from sweep.estimators.searching.judge import Scored, names_of_scores
from sweep.estimators.searching.results import cv_results, ranks
from sweep.estimators.searching.trials import Trial, Trials
from sweep.plan.halving import rungs


class Rung(NamedTuple):
    """Cells that were trained equally long.

    Attributes
    ----------
    numbers : ndarray of int64, shape (cells,)
    epochs : int
    trials : list of list of Trial
        By cell and split.
    """

    numbers: np.ndarray
    epochs: int
    trials: list[list[Trial]]

    @property
    def scored(self) -> list[Scored]:
        """All scores, one cell after another."""
        return [trial.scored for trials in self.trials for trial in trials]


def race(
    trials: Trials,
    numbers: np.ndarray,
    epochs: int,
    factor: int | None,
    refit: Any,
    asked: Sequence[str] | None,
    error_score: Any,
) -> list[Rung]:
    """Train cells, the better ones of each rung further: successive halving by a factor.

    As scikit-learn's HalvingGridSearchCV, with epochs as what is spent; see `sweep.plan.halving`.

    Parameters
    ----------
    trials : Trials
    numbers : ndarray of int64
        The cells.
    epochs : int
    factor : int, optional
        None for one rung, to the end.
    refit, error_score
        As of the search.
    asked : sequence of str, optional
        The names of several scores.

    Raises
    ------
    InputError
        If there are several scores, and none decides who goes on.
    """
    if factor is None:
        return [Rung(numbers, epochs, trials.train(numbers, epochs))]
    ladder = rungs(len(numbers), epochs, factor)
    done: list[Rung] = []
    for (_, until), go_on in zip(ladder, [*(count for count, _ in ladder[1:]), 0], strict=True):
        rung = Rung(numbers, until, trials.train(numbers, until))
        done.append(rung)
        names, several = names_of_scores(rung.scored, asked)
        name = decisive(refit, names, several)
        if name is None:
            raise InputError("`factor` goes by one score: name it in `refit`")
        means = scores_of([rung], "test", name, error_score).mean(axis=1)
        numbers = numbers[np.sort(np.argsort(ranks(means), kind="stable")[:go_on])]
    return done


def scores_of(done: Sequence[Rung], part: str, name: str, error_score: Any) -> np.ndarray:
    """Return a score of all candidates, shape (candidates, splits)."""
    return np.array(
        [
            [(getattr(trial.scored, part) or {}).get(name, error_score) for trial in trials]
            for rung in done
            for trials in rung.trials
        ],
        dtype=np.float64,
    )


def results_of(
    done: Sequence[Rung],
    params: Sequence[Any],
    names: Sequence[str],
    error_score: Any,
    train: bool,
    raced: bool,
) -> dict[str, Any]:
    """Return ``cv_results_`` of rungs.

    Parameters
    ----------
    done : sequence of Rung
    params : sequence of dict
        Of the candidates, those of one rung after another.
    names : sequence of str
        The scores.
    error_score : float
    train : bool
        Whether training parts are scored too.
    raced : bool
        Whether it says of which rung each is.
    """
    every = [trials for rung in done for trials in rung.trials]
    seconds = {
        time: np.array([[getattr(trial.scored, of) for trial in trials] for trials in every])
        for time, of in (("fit_time", "fit_seconds"), ("score_time", "score_seconds"))
    }
    parts = ("test", "train") if train else ("test",)
    scores = {
        f"{part}_{name}": scores_of(done, part, name, error_score)
        for name in names
        for part in parts
    }
    counts = [len(rung.numbers) for rung in done]
    where = {
        "iter": np.repeat(np.arange(len(done)), counts),
        "n_resources": np.repeat([rung.epochs for rung in done], counts),
    }
    return cv_results(params, seconds, scores, where if raced else None)
