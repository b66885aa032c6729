"""RegularizedMLPClassifierCV: a sweep over penalties and folds as a scikit-learn estimator."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sweep.estimators.aims import Aim, of_classes
from sweep.estimators.classifier import RegularizedMLPClassifier
from sweep.estimators.search import Search, refits


@dataclass(eq=False, repr=False, kw_only=True)
class RegularizedMLPClassifierCV(ClassifierMixin, Search):
    """A grid of `RegularizedMLPClassifier`, cross-validated, and the best of it.

    What ``GridSearchCV(RegularizedMLPClassifier(), ...)`` gives, ``cv_results_`` in its form and
    scores to the bit, in a fraction of the time: all folds, seeds and points of the grid are
    trained side by side. As GridSearchCV does, it takes the inputs as they are, unless
    ``standardize=True`` scales them within each fold.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default (100,)
        As for `RegularizedMLPClassifier`, like all parameters that are not described here.
    l1, l2 : VALUES, default "0,1e-4:1e-1:log7"
        Axes of the grid: a number, a list or array of them, or a text such as the default (zero,
        and seven numbers from 1e-4 to 1e-1). l1 may be "auto:logN": N numbers up to the smallest
        that empties the network. An axis is its sorted unique numbers.
    l21, learning_rate_init, momentum or beta_1 : VALUES, default 0, 0.01 and 0.9
        Axes too; l21 may be "auto:logN" as well.
    beta_2, epsilon, dropout : VALUES, default 0.999, 1e-8 and 0
        The same, with `param_dropout` in ``cv_results_`` where there are several.
    alpha : VALUES, optional
        In the place of `l2`, and its axis then.
    vary : dict of str to VALUES, optional
        Each name's penalties are an axis, and a cell has one of each: ``param_vary`` is of dicts.
    cv : int, splitter or iterable of splits, default 5 folds
        As for GridSearchCV.
    seeds : VALUES, optional
        Each fold is trained once with each of these as ``random_state``, and each time is a split
        of its own in ``cv_results_``; the first is that of ``best_estimator_``. Without,
        ``random_state`` is the only one.
    scoring : str or callable, optional
        One metric, as for GridSearchCV; by default the accuracy.
    refit : bool or callable, default True
        Whether to fit the best cell on all samples; a callable is given ``cv_results_`` and
        returns the index of the best.
    ensemble : int, optional
        So many picks of cells, made greedily and with replacement (Caruana and others, 2004), whose
        mean scores best on what the splits test. They are fitted on all samples, with the next of
        the seeds in turn, and predict together. Where it is None or 0, `best_estimator_` predicts.
    error_score : "raise" or float, default nan
        The score of a fit that diverges.
    return_train_score : bool, default False
        Whether to score the training portions too.
    n_jobs : int, optional
        joblib's, for the threads that train.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As GridSearchCV's; of those that were trained together each has an equal share of the time.
    best_index_, best_score_, best_params_
        The best cell.
    best_estimator_ : RegularizedMLPClassifier
        With `refit`.
    ensemble_ : sweep.Ensemble
        With `ensemble`: the networks, their ``weights``, and ``save``.
    ensemble_params_ : list of dict
        The parameters of each of its members, with their ``random_state``.
    ensemble_score_ : float
        The mean over the splits of what the picks score together; ``best_score_`` is that of the
        best cell alone.
    refit_time_ : float
        Seconds `best_estimator_` took, with `refit`.
    n_iter_ : int
        Epochs that it was trained, with `refit`.
    scorer_ : callable
    n_splits_ : int
        Folds times seeds.
    multimetric_ : bool
        False.
    classes_ : ndarray, shape (n_classes,)
        Where y was a matrix, the numbers of its columns.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X was a DataFrame with names that are all strings.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sweep import RegularizedMLPClassifierCV
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RegularizedMLPClassifierCV(l1="0,1e-3,1e-2", l2=0, random_state=0).fit(X, y)
    >>> search.best_params_["l2"]
    0.0
    """

    class_weight: Any = None

    _of = RegularizedMLPClassifier
    score = Search.score  # and not that of the mixin

    @available_if(refits)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class for each row of X, as `predict` does."""
        check_is_fitted(self)
        return self._voter.predict_proba(X)

    @available_if(refits)
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`."""
        check_is_fitted(self)
        return self._voter.predict_log_proba(X)

    def _aim(self, y: np.ndarray) -> Aim:
        aim = of_classes(y, self.class_weight)
        self.classes_ = aim.labels
        return aim

    def __sklearn_tags__(self) -> Any:
        """Say that y may be a matrix of 0 and 1."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
