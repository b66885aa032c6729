"""What `scoring` asks for: one score or several, and what else than X and y these are given."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator
from sklearn.metrics import check_scoring

from sweep.errors import InputError

#: What scikit-learn says of weights that a scorer does not take.
_UNWEIGHTED = (
    "The scoring {} does not support sample_weight: it takes no sample_weight, so scores count "
    "samples alike"
)


class Scoring(NamedTuple):
    """How estimators are scored.

    Attributes
    ----------
    scorer : callable
        Gives a number, or a dict of numbers by name, of an estimator, X and y.
    each : dict of str to callable, optional
        The scorers by name, where several were asked for.
    looks_inside : bool
        Whether one of them is not made of a metric, so that it may look at how training went.
    """

    scorer: Callable[..., Any]
    each: Mapping[str, Callable[..., float]] | None
    looks_inside: bool

    @classmethod
    def of(cls, scoring: Any, estimator: BaseEstimator, error_score: Any) -> "Scoring":
        """Return what a parameter `scoring` asks for.

        Raises
        ------
        InputError
            If it is of no such type.
        ValueError
            scikit-learn's, of a name that it does not know, or of scorers of one name.
        """
        if callable(scoring):
            return cls(scoring, None, not _of_a_metric(scoring))
        if scoring is None or isinstance(scoring, str):
            return cls(check_scoring(estimator, scoring), None, False)
        if not isinstance(scoring, list | tuple | set | dict):
            raise InputError(
                "`scoring` should be the name of a metric, a callable, several of either in a list "
                f"or a dict, or None, not {scoring!r}"
            )
        told = {"raise_exc": isinstance(error_score, str)}
        scorer = check_scoring(estimator, scoring, **told)
        each = dict(scorer._scorers)
        return cls(scorer, each, not all(map(_of_a_metric, each.values())))

    @property
    def asked(self) -> Any:
        """What GridSearchCV calls ``scorer_``: one scorer, or several by name."""
        return self.scorer if self.each is None else dict(self.each)

    def weighs(self) -> bool:
        """Tell whether scores take weights, and warn of those that do not."""
        named = {"": self.scorer} if self.each is None else self.each
        taking = {name: _takes_weights(scorer) for name, scorer in named.items()}
        for name, takes in taking.items():
            if not takes:
                of = f"{name}={named[name]}" if name else str(named[name])
                warnings.warn(_UNWEIGHTED.format(of), UserWarning, stacklevel=4)
        # Before scikit-learn 1.8 several scorers are given the same, whether they take it or not.
        by_scorer = self.each is not None and not hasattr(self.scorer, "_accept_sample_weight")
        return all(taking.values()) if by_scorer else any(taking.values())


def refuse_refit(refit: Any, names: Sequence[str]) -> None:
    """Refuse a `refit` that does not say which of several scores is decisive, in their words."""
    named = isinstance(refit, str) and refit in names
    if refit is not False and not named and not callable(refit):
        raise InputError(
            "For multi-metric scoring, the parameter refit must be set to a scorer key or a "
            "callable to refit an estimator with the best parameter setting on the whole data: "
            f"give one of {', '.join(map(repr, names))}, 'one-se:NAME' with one of them, or False, "
            f"not {refit!r}"
        )


def _of_a_metric(scorer: Any) -> bool:
    """Tell whether a scorer is scikit-learn's, which asks an estimator to predict, and no more."""
    return hasattr(scorer, "_score_func")


def _takes_weights(scorer: Callable[..., float]) -> bool:
    # Without a metric of its own a scorer calls the estimator's, which takes them.
    if hasattr(scorer, "_estimator"):
        return True
    return "sample_weight" in signature(getattr(scorer, "_score_func", scorer)).parameters
