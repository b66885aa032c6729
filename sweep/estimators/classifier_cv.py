"""RegularizedMLPClassifierCV: a sweep over penalties and folds as a scikit-learn estimator."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, indexable

from sweep.errors import InputError
from sweep.estimators.class_weights import counts_of
from sweep.estimators.classifier import RegularizedMLPClassifier, checked
from sweep.estimators.cv_results import cv_results
from sweep.estimators.cv_scores import Judge, Rows, Scored, numbers_of, warn_of_failures, weighs
from sweep.estimators.fits import NAMES, Fit, fit_all, portion, seed_of, specification
from sweep.plan.automatic import with_numbers
from sweep.plan.plan import Plan
from sweep.specification import axes
from sweep.specification import values as grammar
from sweep.specification.spec import Specification

#: What may vary from cell to cell, in scikit-learn's order: that of their names.
AXES = tuple(
    sorted(
        NAMES.get(axis.field, axis.field)
        for axis in axes.AXES
        if axis.kind == "lane" and axis.field not in ("vary", "path_order")
    )
)

#: What an estimator knows of X.
_OF_X = ("n_features_in_", "feature_names_in_")


def _refits(search: "RegularizedMLPClassifierCV") -> bool:
    """Raise AttributeError, as GridSearchCV does, where there is no best estimator."""
    if not search.refit:
        raise AttributeError("with refit=False there is no best estimator: fit with refit=True")
    return True


class RegularizedMLPClassifierCV(ClassifierMixin, BaseEstimator):
    """A grid of `RegularizedMLPClassifier`, cross-validated, and the best of it.

    What ``GridSearchCV(RegularizedMLPClassifier(), ...)`` gives, ``cv_results_`` in its form and
    scores to the bit, in a fraction of the time: all folds, seeds and points of the grid are
    trained side by side. As GridSearchCV does, it takes the inputs as they are, unless
    ``standardize=True`` scales them within each fold.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default (32, 16)
        As for `RegularizedMLPClassifier`, like all parameters that are not described here.
    l1, l2 : VALUES, default "0,1e-4:1e-1:log7"
        Axes of the grid: a number, a list or array of them, or a text such as the default (zero,
        and seven numbers from 1e-4 to 1e-1). l1 may be "auto:logN": N numbers up to the smallest
        that empties the network. An axis is its sorted unique numbers.
    l21, learning_rate_init, momentum : VALUES, default 0, 0.01 and 0.9
        Axes too; l21 may be "auto:logN" as well.
    dropout : VALUES, default 0
        The same, with `param_dropout` in ``cv_results_`` where there are several.
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
    refit_time_ : float
        Seconds it took, with `refit`.
    n_iter_ : int
        Epochs that it was trained, with `refit`.
    scorer_ : callable
    n_splits_ : int
        Folds times seeds.
    multimetric_ : bool
        False.
    classes_ : ndarray, shape (n_classes,)
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

    def __init__(
        self,
        hidden_layer_sizes=(32, 16),
        *,
        activation="relu",
        leak=0.01,
        l1="0,1e-4:1e-1:log7",
        l2="0,1e-4:1e-1:log7",
        l1_on="weights",
        l2_on="weights",
        l21=0.0,
        l21_on="inputs",
        l1_method="proximal",
        learning_rate_init=0.01,
        momentum=0.9,
        dropout=0.0,
        batch_size=32,
        max_iter=100,
        finish=0,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        init="he",
        precision="float64",
        class_weight=None,
        standardize=False,
        random_state=None,
        cv=None,
        seeds=None,
        scoring=None,
        refit=True,
        error_score=np.nan,
        return_train_score=False,
        n_jobs=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.leak = leak
        self.l1 = l1
        self.l2 = l2
        self.l1_on = l1_on
        self.l2_on = l2_on
        self.l21 = l21
        self.l21_on = l21_on
        self.l1_method = l1_method
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.dropout = dropout
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.finish = finish
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.init = init
        self.precision = precision
        self.class_weight = class_weight
        self.standardize = standardize
        self.random_state = random_state
        self.cv = cv
        self.seeds = seeds
        self.scoring = scoring
        self.refit = refit
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.n_jobs = n_jobs

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> "RegularizedMLPClassifierCV":
        """Train the grid on every split, choose, and fit the choice on all samples.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,)
            Classes: numbers, texts or truth values.
        sample_weight : array-like, shape (n_samples,), optional
            What each sample counts in training, and in scores where `scoring` takes weights.
        groups : array-like, shape (n_samples,), optional
            For splitters that need them.

        Returns
        -------
        self
        """
        if self.scoring is not None and not isinstance(self.scoring, str | Callable):
            raise InputError(f"`scoring` should be one metric, not {self.scoring!r}")
        samples, labels, weight = checked(self, X, y, sample_weight)
        X, _ = indexable(X, labels)  # scorers are given what we were, such as a DataFrame
        self.classes_, codes = np.unique(labels, return_inverse=True)
        seeds = self._seeds()
        spec = specification(self.get_params(), (samples, labels), seeds[0], history=0)
        folds = list(check_cv(self.cv, labels, classifier=True).split(X, labels, groups))
        by_class = counts_of(self.class_weight, self.classes_)
        portions = [
            portion(spec, samples, codes, weight, numbers_of(rows), seed, by_class)
            for seed in seeds
            for rows, _ in folds
        ]
        every, each = (one.fold for one in portions), (1,) * samples.shape[1]
        spec = with_numbers(spec, every, len(self.classes_), each)
        cells = _cells(spec)
        self.multimetric_ = False
        self.scorer_ = check_scoring(RegularizedMLPClassifier(), self.scoring)
        self.n_splits_ = len(portions)
        judge = Judge(self.scorer_, self.error_score)
        weighted = sample_weight is not None and weighs(self.scorer_)
        every_row = Rows(X, labels, weight if weighted else None)
        rows = [
            (every_row.take(training) if self.return_train_score else None, every_row.take(test))
            for training, test in folds
        ]
        estimator_of = partial(RegularizedMLPClassifier, **self._shared())
        noted = {name: value for name, value in vars(self).items() if name in _OF_X}

        def score(place: int, cell: int, fit: Fit) -> Scored:
            training, test = rows[place % len(folds)]
            if not fit.finite:
                return judge.score(None, training, test, fit.seconds)
            learnt = portions[place]
            estimator = estimator_of(**cells[cell], random_state=learnt.seed)
            for name, value in noted.items():
                setattr(estimator, name, value)
            estimator._keep(fit, learnt, self.classes_, spec, {}, {})
            return judge.score(estimator, training, test, fit.seconds)

        scored = fit_all(spec, portions, score, self.n_jobs)
        warn_of_failures([one.failed for by_cell in scored for one in by_cell])
        numbers = np.array(scored, dtype=np.float64).swapaxes(0, 1)  # [cell, split, of Scored]
        test, training, fit_seconds, score_seconds = np.moveaxis(numbers[..., :4], -1, 0)
        self.cv_results_ = cv_results(
            cells,
            {"fit_time": fit_seconds, "score_time": score_seconds},
            {"test_score": test} | ({"train_score": training} if self.return_train_score else {}),
        )
        self._choose(cells)
        if self.refit:
            begun = time.perf_counter()
            self.best_estimator_ = estimator_of(**self.best_params_, random_state=seeds[0])
            self.best_estimator_.fit(X, y, sample_weight)
            self.refit_time_ = time.perf_counter() - begun
            self.n_iter_ = self.best_estimator_.n_iter_
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score, by `scorer_`, of the best estimator."""
        _refits(self)
        check_is_fitted(self)
        weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.scorer_(self.best_estimator_, X, y, **weighted)

    @available_if(_refits)
    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row of X, by the best estimator."""
        check_is_fitted(self)
        return self.best_estimator_.predict(X)

    @available_if(_refits)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class for each row of X, by the best estimator."""
        check_is_fitted(self)
        return self.best_estimator_.predict_proba(X)

    @available_if(_refits)
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`."""
        check_is_fitted(self)
        return self.best_estimator_.predict_log_proba(X)

    def _seeds(self) -> list[int]:
        if self.seeds is None:
            return [seed_of(self.random_state)]
        return grammar.parse(self.seeds, integers=True).tolist()

    def _shared(self) -> dict[str, Any]:
        """Return the parameters that are the same for every fit."""
        known = RegularizedMLPClassifier().get_params()
        return {name: value for name, value in self.get_params().items() if name in known}

    def _choose(self, cells: Sequence[Mapping[str, float]]) -> None:
        if callable(self.refit):
            self.best_index_ = self.refit(self.cv_results_)
        else:
            self.best_index_ = self.cv_results_["rank_test_score"].argmin()
            self.best_score_ = self.cv_results_["mean_test_score"][self.best_index_]
        self.best_params_ = dict(cells[self.best_index_])


def _cells(spec: Specification) -> list[dict[str, float]]:
    """Return the points of the grid, the last axis fastest, as ParameterGrid does."""
    plan = Plan(spec, (1, 1), 1, "data")
    columns = plan.grid.coordinates(np.arange(plan.grid.cells))
    options = {name: option for option, name in NAMES.items()}
    names = [name for name in AXES if options.get(name, name) in columns]
    values = [columns[options.get(name, name)].tolist() for name in names]
    return [dict(zip(names, point, strict=True)) for point in zip(*values, strict=True)]
