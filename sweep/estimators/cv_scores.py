"""Scores of the fits of a cross-validation, taken as scikit-learn's GridSearchCV takes them."""

import time
import warnings
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import _safe_indexing

#: What a fit says that has left the finite numbers.
DIVERGED = (
    "training diverged: a weight is no finite number any more; scale the inputs, or lower "
    "`learning_rate_init`, `momentum` or the penalties"
)


class Rows(NamedTuple):
    """What a scorer takes after the estimator; a weight of None is not handed on."""

    X: Any
    y: np.ndarray
    weight: np.ndarray | None

    def take(self, rows: Any) -> "Rows":
        """Return some of the rows, given by number or by a mask."""
        rows = numbers_of(rows)
        weight = None if self.weight is None else self.weight[rows]
        return Rows(_safe_indexing(self.X, rows), self.y[rows], weight)


def numbers_of(rows: Any) -> np.ndarray:
    """Return the rows of a split, which may be given as a mask, as numbers."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


class Scored(NamedTuple):
    """What became of a fit: its scores, the seconds that it and they took, whether it failed."""

    test: float
    train: float
    fit_seconds: float
    score_seconds: float
    failed: bool


class Judge(NamedTuple):
    """Scores fits; those that fail get the error score.

    Attributes
    ----------
    scorer : callable
    error_score : "raise" or float
    """

    scorer: Callable[..., float]
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
            missing = self._instead_of(ValueError(DIVERGED))
            return Scored(missing, missing, fit_seconds, 0.0, True)
        begun = time.perf_counter()
        found = self._of(estimator, test)
        seconds = time.perf_counter() - begun
        on_training = np.nan if training is None else self._of(estimator, training)
        return Scored(found, on_training, fit_seconds, seconds, False)

    def _of(self, estimator: BaseEstimator, rows: Rows) -> float:
        weighted = {} if rows.weight is None else {"sample_weight": rows.weight}
        try:
            return self.scorer(estimator, rows.X, rows.y, **weighted)
        except Exception as error:  # whatever a scorer may raise
            instead = self._instead_of(error)
            warnings.warn(
                f"scoring failed and gave the `error_score`: {type(error).__name__}: {error}",
                UserWarning,
                stacklevel=2,
            )
            return instead

    def _instead_of(self, error: Exception) -> float:
        if isinstance(self.error_score, str):
            raise error
        return self.error_score


def weighs(scorer: Callable[..., float]) -> bool:
    """Tell whether a scorer takes weights, and warn where it does not."""
    function = getattr(scorer, "_score_func", scorer)
    # Without a metric of its own a scorer calls the estimator's, which takes them.
    if hasattr(scorer, "_estimator") or "sample_weight" in signature(function).parameters:
        return True
    warnings.warn(
        f"the scoring {scorer} takes no sample_weight, so scores count samples alike",
        UserWarning,
        stacklevel=3,
    )
    return False


def warn_of_failures(failed: Sequence[bool]) -> None:
    """Warn of fits that failed.

    Raises
    ------
    ValueError
        If all have.
    """
    if all(failed):
        raise ValueError(f"all {len(failed)} fits failed: {DIVERGED}")
    if any(failed):
        warnings.warn(
            f"{sum(failed)} of {len(failed)} fits failed and got the `error_score`: {DIVERGED}",
            FitFailedWarning,
            stacklevel=3,
        )
