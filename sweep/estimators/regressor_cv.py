"""RegularizedMLPRegressorCV: a sweep over penalties and folds that predicts numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from sweep.estimators.aims import Aim, of_numbers
from sweep.estimators.regressor import RegularizedMLPRegressor
from sweep.estimators.search import Search


@dataclass(eq=False, repr=False, kw_only=True)
class RegularizedMLPRegressorCV(RegressorMixin, Search):
    """A grid of `RegularizedMLPRegressor`, cross-validated, and the best of it.

    What ``GridSearchCV(RegularizedMLPRegressor(), ...)`` gives, scores to the bit, in a fraction of
    the time. Targets are standardised within each fold, and scores are in the unit of y.

    Parameters
    ----------
    loss : {"squared", "absolute", "huber", "poisson"}, default "squared"
        As for `RegularizedMLPRegressor`.
    hidden_layer_sizes, ..., n_jobs
        As for `RegularizedMLPClassifierCV`, which has `class_weight` besides. `scoring` is R2
        unless told, and `cv` is 5 folds that are not shuffled, as GridSearchCV's.

    Attributes
    ----------
    cv_results_, best_index_, best_score_, best_params_, best_estimator_, ...
        As of `RegularizedMLPClassifierCV`, but there are no ``classes_``.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sweep import RegularizedMLPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = RegularizedMLPRegressorCV((), l1="auto:log3", l2=0, standardize=True, cv=3)
    >>> len(search.fit(X, y).cv_results_["params"])
    3
    """

    loss: Any = "squared"

    _of = RegularizedMLPRegressor
    score = Search.score  # and not that of the mixin

    def _aim(self, y: np.ndarray) -> Aim:
        return of_numbers(y, self.loss)

    def __sklearn_tags__(self) -> Any:
        """Say whether y may be below 0."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags
