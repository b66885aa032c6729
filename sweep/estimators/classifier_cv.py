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
    hidden_layer_sizes : int, tuple of int or list of tuple, default (100,)
        As for `RegularizedMLPClassifier`, like all parameters that are not described here. A list
        of tuples is an axis of the grid.
    l1, l2 : VALUES, default "0,1e-4:1e-1:log7"
        Axes of the grid: a number, a list or array of them, or a text such as the default (zero,
        and seven numbers from 1e-4 to 1e-1). l1 may be "auto:logN": N numbers up to the smallest
        that empties the network. An axis is its sorted unique numbers.
    l21, learning_rate_init, momentum or beta_1 : VALUES, default 0, 0.01 and 0.9
        Axes too; l21 may be "auto:logN" as well.
    beta_2, epsilon, dropout, leak : VALUES, default 0.999, 1e-8, 0 and 0.01
        The same, with `param_dropout` in ``cv_results_`` where there are several.
    activation, solver, nesterovs_momentum, init, l1_method, l21_on, learning_rate, batch_size, \
warmup, tol, n_iter_no_change : one value or a list
        A list is an axis, of `n_iter_no_change` with `early_stopping`. A cell names what its solver
        and its activation take alone, and ``cv_results_`` is masked elsewhere: with
        ``solver=["sgd", "adam"]`` there are `momentum` for one, `beta_1` for the other.
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
    n_iter : int, optional
        So many cells drawn from the axes, by a Sobol' sequence, in the place of their grid; an axis
        may then be a range without a count, such as "1e-5:1e-1:log". The first of the seeds draws
        them.
    factor : int, optional
        Successive halving by it, as HalvingGridSearchCV has it, with epochs for resources: of the
        cells of each rung one in so many trains on, so many times as long, and the last rung has
        `max_iter` epochs. Who goes on is said by the score that decides.
    scoring : str, callable, list, tuple or dict, optional
        One metric or several, as for GridSearchCV; by default the accuracy. A callable that is not
        made of a metric is given estimators that have their ``loss_curve_``, which takes time.
    refit : bool, str or callable, default True
        Whether to fit the best cell on all samples. Of several metrics, the name of the one that
        decides. "one-se" takes the cell with the most weights at zero whose mean score is within
        one standard error, over the splits, of the best; of several metrics "one-se:NAME". A
        callable is given ``cv_results_`` and returns the index of the best.
    ensemble : int, optional
        So many picks of cells, made greedily and with replacement (Caruana and others, 2004), whose
        mean scores best on what the splits test. They are fitted on all samples, with the next of
        the seeds in turn, and predict together. Where it is None or 0, `best_estimator_` predicts.
    error_score : "raise" or float, default nan
        The score of a fit that diverges.
    return_train_score : bool, default False
        Whether to score the training portions too.
    verbose : int, default 0
        From 1 how many fits there are is printed, from 2 each of them, from 3 its score.
    n_jobs : int, optional
        joblib's, for the threads that train.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As GridSearchCV's; of those that were trained together each has an equal share of the time.
        With `factor` a cell has a row for each rung, with ``iter`` and ``n_resources``, its epochs;
        a row ranks behind all of later rungs.
    best_index_, best_score_, best_params_
        The best cell. There is no ``best_score_`` where `refit` is a callable.
    best_estimator_ : RegularizedMLPClassifier
        With `refit`.
    ensemble_ : sweep.Ensemble
        With `ensemble`: the networks, their ``weights``, and ``save``.
    ensemble_params_ : list of dict
        The parameters of each of its members, with their ``random_state``.
    ensemble_score_ : float
        The mean over the splits of what the picks score together; ``best_score_`` is that of the
        best cell alone.
    validation_curve_ : ndarray, shape (n_splits_, epochs)
        With `early_stopping` and `refit`: of the best cell, the loss of what each split holds out
        to stop by, after each epoch; NaN where it was not trained so long.
    best_epoch_ : int
        The epoch of its lowest mean over the splits, among those that all came to.
    n_candidates_, n_resources_ : list of int
        With `factor`: the cells of each rung, and the epochs they have had after it.
    refit_time_ : float
        Seconds `best_estimator_` took, with `refit`.
    n_iter_ : int
        Epochs that it was trained, with `refit`.
    scorer_ : callable, or dict of str to callable
    n_splits_ : int
        Folds times seeds.
    multimetric_ : bool
        Whether there are scores by name.
    classes_ : ndarray, shape (n_classes,)
        Where y was a matrix, the numbers of its columns; with `refit`.
    feature_importances_ : ndarray of float64, shape (n_features_in_,)
        Sizes of the weights that leave each input, as shares of their sum.
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
        if self.refit:  # as GridSearchCV, whose classes are those of its best estimator
            self.classes_ = aim.labels
        return aim

    def __sklearn_tags__(self) -> Any:
        """Say that y may be a matrix of 0 and 1."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
