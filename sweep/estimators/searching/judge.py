"""Scores of the fits of a cross-validation, taken as scikit-learn's GridSearchCV takes them."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from numbers import Number
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_method_params

from sweep.errors import InputError
from sweep.estimators.fits import DIVERGED

#: What GridSearchCV calls the score of a scorer that has no name.
ONLY = "score"


class Rows(NamedTuple):
    """What a scorer takes after the estimator, as it was given to the search.

    Attributes
    ----------
    X, y : array-like
    further : dict
        What else it is given by name, such as ``sample_weight``; of samples those of the rows.
    """

    X: Any
    y: Any
    further: Mapping[str, Any]

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows, given by number."""
        further = _check_method_params(self.X, dict(self.further), rows)
        return Rows(_safe_indexing(self.X, rows), _safe_indexing(self.y, rows), further)


#: Scores by the names of their scorers.
Scores = Mapping[str, float]


class Scored(NamedTuple):
    """What became of a fit.

    Attributes
    ----------
    test, train : dict of str to float, optional
        Its scores, None where it has none: it has failed, or scoring it; or was not asked for.
    fit_seconds, score_seconds : float
    failed : bool
        Whether the fit has failed.
    """

    test: Scores | None
    train: Scores | None
    fit_seconds: float
    score_seconds: float
    failed: bool


class Judge(NamedTuple):
    """Scores fits.

    Attributes
    ----------
    scorer : callable
        Gives a number, or several by name.
    error_score : "raise" or float
    """

    scorer: Callable[..., Any]
    error_score: str | float

    def score(
        self,
        estimator: BaseEstimator | None,
        training: Rows | None,
        test: Rows,
        fit_seconds: float,
    ) -> Scored:
        """Score a fitted estimator, or None for a fit that diverged, also on a training part."""
        if estimator is None:
            if isinstance(self.error_score, str):
                raise ValueError(DIVERGED)
            return Scored(None, None, fit_seconds, 0.0, True)
        begun = time.perf_counter()
        found = self.of(estimator, test)
        seconds = time.perf_counter() - begun
        on_training = None if training is None else self.of(estimator, training)
        return Scored(found, on_training, fit_seconds, seconds, False)

    def of(self, estimator: BaseEstimator, rows: Rows) -> Scores | None:
        """Return the scores on some rows, None where scoring fails.

        Raises
        ------
        ValueError
            If a scorer does not give a number; with `error_score` "raise" whatever it raises.
        """
        try:
            scores = self.scorer(estimator, rows.X, rows.y, **rows.further)
        except Exception as error:  # whatever a scorer may raise
            if isinstance(self.error_score, str):
                raise
            self._warn(f"{type(error).__name__}: {error}")
            return None
        if not isinstance(scores, dict):
            return {ONLY: _number(scores, self.scorer)}
        return {name: self._one(name, score) for name, score in scores.items()}

    def _one(self, name: str, score: Any) -> float:
        """Return one of several scores; a text is what scikit-learn keeps of an error."""
        kept = isinstance(score, str) and score.startswith("Traceback")
        if kept and not isinstance(self.error_score, str):
            self._warn(f"{name}: {score.rstrip().splitlines()[-1]}")
            return self.error_score
        return _number(score, name)

    def _warn(self, told: str) -> None:
        warnings.warn(
            "Scoring failed. The score on this train-test partition for these parameters will be "
            f"set to {self.error_score}. Details: {told}",
            UserWarning,
            stacklevel=3,
        )


def names_of_scores(
    scored: Sequence[Scored], asked: Sequence[str] | None
) -> tuple[list[str], bool]:
    """Return the names of the scores, and whether they are names of scorers, be it one.

    Parameters
    ----------
    scored : sequence of Scored
    asked : sequence of str, optional
        The names that `scoring` gives, if it does.

    Raises
    ------
    InputError
        If fits have not all the same.
    """
    found = [list(one.test) for one in scored if one.test is not None]
    names = list(asked or (found[0] if found else [ONLY]))
    for others in found:
        if set(others) != set(names):
            raise InputError(
                f"`scoring` gave the scores {', '.join(names)} of one fit and {', '.join(others)} "
                "of another: give the same of all"
            )
    return names, asked is not None or names != [ONLY]


def warn_of_failures(failed: Sequence[bool], error_score: Any) -> None:
    """Warn of fits that failed.

    Raises
    ------
    ValueError
        If all have.
    """
    if all(failed):
        raise ValueError(f"All the {len(failed)} fits failed: {DIVERGED}")
    if any(failed):
        warnings.warn(
            f"{sum(failed)} fits failed out of a total of {len(failed)}. The score on these "
            f"train-test partitions for these parameters will be set to {error_score}: {DIVERGED}",
            FitFailedWarning,
            stacklevel=3,
        )


def _number(score: Any, scorer: Any) -> float:
    """Return a score as a number, or refuse it in the words of GridSearchCV."""
    if hasattr(score, "item"):
        with suppress(ValueError):  # an array of several
            score = score.item()
    if not isinstance(score, Number):
        raise ValueError(
            f"scoring must return a number, got {score} ({type(score)}) instead. (scorer={scorer})"
        )
    return float(score)  # type: ignore[arg-type]
