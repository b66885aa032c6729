"""Search: a sweep over penalties and folds, which the estimators that choose have in common."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, indexable

from sweep.data.fold import deepest
from sweep.errors import InputError
from sweep.estimators.aims import Aim, checked
from sweep.estimators.checking import in_words_of, splits_in
from sweep.estimators.cv_results import cv_results
from sweep.estimators.cv_scores import Judge, Rows, Scored, numbers_of, warn_of_failures, weighs
from sweep.estimators.fits import Fit, Portion, fit_all, portion
from sweep.estimators.mlp import RegularizedMLP, alpha_of_one
from sweep.estimators.parameters import Parameters, names_of, seed_of, specification
from sweep.estimators.voted import Said, Votes, picks_of
from sweep.models.ensemble.average import Ensemble
from sweep.models.ensemble.turns import dealt
from sweep.plan.automatic import with_numbers
from sweep.plan.plan import Plan
from sweep.specification import axes
from sweep.specification import values as grammar
from sweep.specification.choices import OPTIMIZERS
from sweep.specification.several import networks
from sweep.specification.spec import Specification

#: What an ensemble of estimators was trained on.
_OF_MEMORY = {"data": "data in memory"}

#: What an estimator knows of X.
_OF_X = ("n_features_in_", "feature_names_in_")


def refits(search: "Search") -> bool:
    """Raise AttributeError, as GridSearchCV does, where there is no best estimator."""
    if not search.refit:
        raise AttributeError("with refit=False there is no best estimator: fit with refit=True")
    return True


@dataclass(eq=False, repr=False, kw_only=True)
class Search(Parameters, ABC):
    """A grid of estimators, cross-validated; see `sweep.RegularizedMLPClassifierCV`."""

    l1: Any = "0,1e-4:1e-1:log7"
    l2: Any = "0,1e-4:1e-1:log7"
    cv: Any = None
    seeds: Any = None
    scoring: Any = None
    refit: Any = True
    ensemble: Any = None
    error_score: Any = np.nan
    return_train_score: Any = False
    n_jobs: Any = None

    #: What is searched through.
    _of: ClassVar[type[RegularizedMLP]]

    @abstractmethod
    def _aim(self, y: np.ndarray) -> Aim:
        """Return what y asks to predict."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Train the grid on every split, choose, and fit the choice on all samples.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,) or (n_samples, n_targets)
            What to predict.
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
        picks = picks_of(self.ensemble)
        if picks and not self.refit:
            raise InputError("with `ensemble` all samples are fitted: leave `refit` at True")
        samples, labels, weight = checked(self, X, y, sample_weight)
        X, _ = indexable(X, labels)  # scorers are given what we were, such as a DataFrame
        aim, seeds = self._aim(labels), self._seeds()
        l2 = self._l2_or_alpha()
        told = (samples, labels), seeds[0]
        spec = specification(self.get_params(), aim.loss, *told, history=0, l2=l2)
        splitter = check_cv(self.cv, labels, classifier=is_classifier(self))
        folds = splits_in(self.cv, splitter.split(X, labels, groups))
        portions = [
            portion(spec, samples, aim, weight, numbers_of(rows), seed)
            for seed in seeds
            for rows, _ in folds
        ]
        on_biases = any(name[0] == "b" for name in spec.l2_on)
        if l2 == "alpha" and isinstance(spec.l1, str) and on_biases:
            raise InputError("`l1`: auto has no end with `alpha` on biases: give `l2`, or numbers")
        every, each = (one.fold for one in portions), (1,) * samples.shape[1]
        spec = with_numbers(spec, every, len(aim.labels), each)
        cells = _cells(spec, self.solver, l2)
        self.multimetric_ = False
        self.scorer_ = check_scoring(self._of(), self.scoring)
        self.n_splits_ = len(portions)
        judge = Judge(self.scorer_, self.error_score)
        weighted = sample_weight is not None and weighs(self.scorer_)
        every_row = Rows(X, labels, weight if weighted else None)
        rows = [
            (every_row.take(training) if self.return_train_score else None, every_row.take(test))
            for training, test in folds
        ]
        shared = self._shared()
        noted = {name: value for name, value in vars(self).items() if name in _OF_X}
        tests = [numbers_of(test) for _, test in folds] * len(seeds)
        votes = Votes(len(cells), tests, len(aim.labels)) if picks else None

        def estimator_of(**parameters: Any) -> RegularizedMLP:
            """Return an estimator that has seen the features, and has not been fitted."""
            estimator = self._of(**{**shared, **parameters})
            for name, value in noted.items():
                setattr(estimator, name, value)
            return estimator

        def score(place: int, cell: int, fit: Fit) -> Scored:
            training, test = rows[place % len(folds)]
            if not fit.finite:
                return judge.score(None, training, test, fit.seconds)
            learnt = portions[place]
            estimator = estimator_of(**cells[cell], random_state=learnt.seed)
            estimator._keep(fit, learnt, aim, fit.spec, {}, {})
            if votes:
                outputs = learnt.classes if len(learnt.classes) else np.arange(learnt.outputs)
                votes.hear(place, cell, estimator.model_, samples, outputs)
            return judge.score(estimator, training, test, fit.seconds)

        by_alpha = l2 == "alpha"
        scored = (self._by_alpha if by_alpha else fit_all)(spec, portions, score, self.n_jobs)
        warn_of_failures([one.failed for by_cell in scored for one in by_cell])
        # In the order of ParameterGrid, which is that of the names.
        order = sorted(range(len(cells)), key=lambda i: _in_order(cells[i]))
        candidates = [cells[i] for i in order]
        numbers = np.array(scored, dtype=np.float64).swapaxes(0, 1)[order]  # [cell, split, Scored]
        test, training, fit_seconds, score_seconds = np.moveaxis(numbers[..., :4], -1, 0)
        self.cv_results_ = cv_results(
            candidates,
            {"fit_time": fit_seconds, "score_time": score_seconds},
            {"test_score": test} | ({"train_score": training} if self.return_train_score else {}),
        )
        self._choose(candidates)
        if self.refit:
            begun = time.perf_counter()
            self.best_estimator_ = estimator_of(**self.best_params_, random_state=seeds[0])
            self.best_estimator_.fit(X, y, sample_weight)
            self.refit_time_ = time.perf_counter() - begun
            self.n_iter_ = self.best_estimator_.n_iter_
            self._voter = self.best_estimator_
        if votes:

            def score_together(split: int, said: np.ndarray) -> float:
                voter = estimator_of()
                voter._predict_by(Said(said), aim)
                return judge.score(voter, None, rows[split % len(folds)][1], 0.0).test

            ranked = self.cv_results_["rank_test_score"].argsort(kind="stable")
            chosen, self.ensemble_score_ = votes.choose(
                [order[i] for i in ranked], score_together, picks
            )
            times = dealt(chosen, len(seeds))
            members = sorted(times, key=lambda member: -times[member])
            self.ensemble_params_ = [
                {**cells[cell], "random_state": seeds[seed]} for cell, seed in members
            ]
            fitted = Parallel(self.n_jobs, require="sharedmem")(
                delayed(estimator_of(**parameters).fit)(X, y, sample_weight)
                for parameters in self.ensemble_params_
            )
            counts = [times[member] for member in members]
            self.ensemble_ = Ensemble([one.model_ for one in fitted], counts, _OF_MEMORY)
            self._voter = estimator_of()
            self._voter._predict_by(self.ensemble_, aim)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score, by `scorer_`, of the best estimator, or of the ensemble."""
        refits(self)
        check_is_fitted(self)
        weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.scorer_(self._voter, X, y, **weighted)

    @available_if(refits)
    def predict(self, X: Any) -> np.ndarray:
        """Return what is predicted of each row of X, by the best estimator or the ensemble."""
        check_is_fitted(self)
        return self._voter.predict(X)

    def _seeds(self) -> list[int]:
        if self.seeds is None:
            return [seed_of(self.random_state)]
        try:
            return grammar.parse(self.seeds, integers=True).tolist()
        except InputError as error:
            raise InputError(f"`seeds`: {in_words_of({}, error)}") from None

    def _l2_or_alpha(self) -> str:
        """Return which of both says what L2 is."""
        if self.alpha is None:
            return "l2"
        self._refuse_both()
        return "alpha"

    def _by_alpha(
        self,
        spec: Specification,
        portions: Sequence[Portion],
        score: Callable[[int, int, Fit], Scored],
        n_jobs: int | None,
    ) -> list[list[Scored]]:
        """Do what `fit_all` does where `l2` holds `alpha`, which is more in a smaller batch."""
        found: dict[int, list[Scored]] = {}
        unit = [alpha_of_one(spec, one) for one in portions]
        for times in sorted(set(unit)):
            places = [i for i, one in enumerate(unit) if one == times]
            some = [portions[i] for i in places]
            there = spec.replace(l2=tuple((np.array(spec.l2, np.float64) / times).tolist()))

            def score_there(place: int, cell: int, fit: Fit, places: list[int] = places) -> Scored:
                return score(places[place], cell, fit)

            by_portion = fit_all(there, some, score_there, n_jobs)
            found |= dict(zip(places, by_portion, strict=True))
        return [found[i] for i in range(len(portions))]

    def _shared(self) -> dict[str, Any]:
        """Return the parameters that are the same for every fit."""
        known = self._of().get_params().keys() - ({"l2"} if self.alpha is not None else set())
        return {name: value for name, value in self.get_params().items() if name in known}

    def _choose(self, candidates: Sequence[Mapping[str, Any]]) -> None:
        if callable(self.refit):
            self.best_index_ = self.refit(self.cv_results_)
        else:
            self.best_index_ = self.cv_results_["rank_test_score"].argmin()
            self.best_score_ = self.cv_results_["mean_test_score"][self.best_index_]
        self.best_params_ = dict(candidates[self.best_index_])


def _cells(spec: Specification, solver: str, l2: str) -> list[dict[str, Any]]:
    """Return the points of the grid in its order, each by its names in theirs; and what L2 is."""
    plan = Plan(spec, (1, *deepest(spec), 1), 1, "data")
    columns = plan.grid.coordinates(np.arange(plan.grid.cells))
    called, taken = names_of(solver) | {"l2": l2}, OPTIMIZERS[spec.optimizer].hyper
    names = {
        called.get(axis.field, axis.field): axis.name
        for axis in axes.AXES
        if axis.kind != "seed" and axis.name in columns
        if axis.field != "path_order" and (axis.field != "momentum" or "momentum" in taken)
    }
    found = {name: _values(columns[column], name) for name, column in names.items()}
    if spec.vary:
        points = zip(*(columns[name].tolist() for name in spec.vary), strict=True)
        found["vary"] = [dict(zip(spec.vary, point, strict=True)) for point in points]
    values = [found[name] for name in sorted(found)]
    return [dict(zip(sorted(found), point, strict=True)) for point in zip(*values, strict=True)]


def _in_order(cell: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what cells are sorted by: their values, of `vary` those in it."""
    return tuple(tuple(of.values()) if isinstance(of, dict) else of for of in cell.values())


def _values(column: np.ndarray, name: str) -> list[Any]:
    """Return what a parameter is given for what the columns of an axis say."""
    if name == "hidden_layer_sizes":
        return [networks.widths(text) for text in column.tolist()]
    return column.tolist()
