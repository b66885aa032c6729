"""Search: a sweep over penalties and folds, which the estimators that choose have in common."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import is_classifier
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, indexable

from sweep.errors import InputError
from sweep.estimators.aims import Aim, checked
from sweep.estimators.checking import in_words_of
from sweep.estimators.fits import portion
from sweep.estimators.inputs import Inputs
from sweep.estimators.mlp import RegularizedMLP
from sweep.estimators.parameters import Parameters, seed_of, specification
from sweep.estimators.searching.cells import (
    FOR_SOME,
    are_several,
    cells_of,
    refuse_other_axes,
    whole_if_fewer,
)
from sweep.estimators.searching.choice import (
    beside,
    called,
    decisive,
    is_one_se,
    refuse_unknown,
    sparsest,
)
from sweep.estimators.searching.judge import Judge, Rows, names_of_scores, warn_of_failures
from sweep.estimators.searching.race import Rung, race, results_of
from sweep.estimators.searching.scoring import Scoring
from sweep.estimators.searching.splits import splits_of
from sweep.estimators.searching.trials import Trials
from sweep.estimators.searching.votes import Said, Votes, picks_of
from sweep.models.ensemble.average import Ensemble
from sweep.models.ensemble.turns import dealt
from sweep.plan.automatic import with_numbers
from sweep.specification import values as grammar
from sweep.specification.several.alternatives import several
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
class Search(Inputs, Parameters, ABC):
    """A grid of estimators, cross-validated; see `sweep.RegularizedMLPClassifierCV`."""

    l1: Any = "0,1e-4:1e-1:log7"
    l2: Any = "0,1e-4:1e-1:log7"
    cv: Any = None
    seeds: Any = None
    n_iter: Any = None
    factor: Any = None
    scoring: Any = None
    refit: Any = True
    ensemble: Any = None
    error_score: Any = np.nan
    return_train_score: Any = False
    verbose: Any = 0
    n_jobs: Any = None

    #: What is searched through.
    _of: ClassVar[type[RegularizedMLP]]

    #: `groups` go to the splitter, which may ask for them.
    __metadata_request__fit: ClassVar = {"groups": UNUSED}

    @abstractmethod
    def _aim(self, y: np.ndarray) -> Aim:
        """Return what y asks to predict."""

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, **params: Any
    ) -> Self:
        """Train the grid on every split, choose, and fit the choice on all samples.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,) or (n_samples, n_targets)
            What to predict. Splitters and scorers are given X and y as they are here.
        sample_weight : array-like, shape (n_samples,), optional
            What each sample counts in training, and in scores where `scoring` takes weights.
        groups : array-like, shape (n_samples,), optional
            For splitters that need them.
        **params : dict
            With scikit-learn's metadata routing, what scorers and the splitter ask for.

        Returns
        -------
        self
        """
        self._refuse_wrong()
        scoring = self._scoring()
        picks = picks_of(self.ensemble)
        if picks and not self.refit:
            raise InputError("with `ensemble` all samples are fitted: leave `refit` at True")
        names_asked = list(scoring.each) if scoring.each is not None else None
        if names_asked is not None:  # those of a callable are known only once it is called
            decisive(self.refit, names_asked, True)
        samples, labels, weight = checked(self, X, y, sample_weight)
        X, y = indexable(X, y)
        to_scorer, to_splitter = self._routed(scoring, sample_weight, groups, params)
        aim, seeds = self._aim(labels), self._seeds()
        l2 = self._l2_or_alpha()
        told = self.get_params(), aim.loss, (samples, labels), seeds[0]
        history = int(scoring.looks_inside)  # it costs time
        spec = specification(*told, history=history, dtype=samples.dtype, l2=l2)
        if l2 == "alpha":
            self._refuse_with_alpha(spec)
        folds = splits_of(self.cv, X, y, is_classifier(self), to_splitter)
        portions = [
            portion(spec, samples, aim, weight, training, seed)
            for seed in seeds
            for training, _ in folds
        ]
        every, each = (one.fold for one in portions), (1,) * samples.shape[1]
        spec = whole_if_fewer(with_numbers(spec, every, len(aim.labels), each))
        numbers, cells = cells_of(spec, self.get_params(), l2)
        self.scorer_ = scoring.asked
        self.n_splits_ = len(portions)
        judge = Judge(scoring.scorer, self.error_score)
        every_row = Rows(X, y, to_scorer)
        rows = [
            (every_row.take(training) if self.return_train_score else None, every_row.take(test))
            for training, test in folds
        ] * len(seeds)
        shared = self._shared()
        noted = {name: value for name, value in vars(self).items() if name in _OF_X}

        def estimator_of(**parameters: Any) -> RegularizedMLP:
            """Return an estimator that has seen the features, and has not been fitted."""
            estimator = self._of(**{**shared, **parameters})
            for name, value in noted.items():
                setattr(estimator, name, value)
            return estimator

        tests = [test for _, test in folds] * len(seeds)
        votes = Votes(int(numbers.max()) + 1, tests, len(aim.labels)) if picks else None
        params_of = dict(zip(numbers.tolist(), cells, strict=True))
        trials = Trials(
            spec, l2, params_of, portions, rows, estimator_of, aim, judge, votes,
            is_one_se(self.refit), self.verbose, self.n_jobs,
        )  # fmt: skip
        done = race(
            trials, numbers, spec.epochs, spec.halving, self.refit, names_asked, self.error_score
        )
        scored = [one for rung in done for one in rung.scored]
        warn_of_failures([one.failed for one in scored], self.error_score)
        names, self.multimetric_ = names_of_scores(scored, names_asked)
        if not self.multimetric_:
            refuse_unknown(self.refit, self.scoring if isinstance(self.scoring, str) else None)
        name = decisive(self.refit, names, self.multimetric_)
        candidates = [params_of[number] for rung in done for number in rung.numbers.tolist()]
        self.cv_results_ = results_of(
            done, candidates, names, self.error_score, self.return_train_score, bool(spec.halving)
        )
        if spec.halving:
            self.n_candidates_ = [len(rung.numbers) for rung in done]
            self.n_resources_ = [rung.epochs for rung in done]
        self._by = name
        if votes and name is None:
            raise InputError("`ensemble` goes by one score: name it in `refit`")
        if self.refit or not self.multimetric_:
            self._choose(done, candidates, len(seeds))
        if self.refit:
            begun = time.perf_counter()
            self.best_estimator_ = estimator_of(**self.best_params_, random_state=seeds[0])
            self.best_estimator_.fit(X, y, sample_weight)
            self.refit_time_ = time.perf_counter() - begun
            if self.early_stopping:
                curves = trials.curves(done[0].numbers[self.best_index_])  # nothing is raced then
                self.validation_curve_, self.best_epoch_ = beside(curves)
            self.n_iter_ = self.best_estimator_.n_iter_
            self._voter = self.best_estimator_
        if votes and name is not None:

            def score_together(split: int, said: np.ndarray) -> float:
                voter = estimator_of()
                voter._predict_by(Said(said), aim)
                return (judge.of(voter, rows[split][1]) or {}).get(name, self.error_score)

            ranked = self.cv_results_[f"rank_test_{name}"].argsort(kind="stable")
            numbered = [number for rung in done for number in rung.numbers.tolist()]
            chosen, self.ensemble_score_ = votes.choose(
                list(dict.fromkeys(numbered[i] for i in ranked)), score_together, picks
            )
            times = dealt(chosen, len(seeds))
            members = sorted(times, key=lambda member: -times[member])
            self.ensemble_params_ = [
                {**params_of[cell], "random_state": seeds[seed]} for cell, seed in members
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

    def score(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> float:
        """Return the score, by `scorer_`, of the best estimator, or of the ensemble.

        Of several scores it is the one that `refit` names.
        """
        refits(self)
        check_is_fitted(self)
        _raise_for_params(params, self, "score")
        if self._by is None:
            raise InputError("of several scores `refit` names none that `score` could give")
        further = {} if sample_weight is None else {"sample_weight": sample_weight}
        if _routing_enabled() and self.scoring is not None:
            further = dict(process_routing(self, "score", **further, **params).scorer.score)
        scorer = self.scorer_[self._by] if isinstance(self.scorer_, dict) else self.scorer_
        found = scorer(self._voter, X, y, **further)
        return found[self._by] if isinstance(found, dict) else found

    @available_if(refits)
    def predict(self, X: Any) -> np.ndarray:
        """Return what is predicted of each row of X, by the best estimator or the ensemble."""
        check_is_fitted(self)
        return self._voter.predict(X)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return what of the metadata of `fit` and `score` goes to scorers and the splitter."""
        router = MetadataRouter(owner=self).add_self_request(self)
        fits = MethodMapping().add(caller="fit", callee="split")
        router.add(splitter=self.cv, method_mapping=fits)
        if self.scoring is not None:
            both = MethodMapping().add(caller="fit", callee="score")
            both = both.add(caller="score", callee="score")
            router.add(scorer=self._scoring().scorer, method_mapping=both)
        return router

    def _scoring(self) -> Scoring:
        return Scoring.of(self.scoring, self._of(), self.error_score)

    def _routed(
        self, scoring: Scoring, sample_weight: Any, groups: Any, params: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what scorers and the splitter are given besides X and y."""
        _raise_for_params(params, self, "fit")
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        if not _routing_enabled():
            return weights if weights and scoring.weighs() else {}, {"groups": groups}
        by_group = {} if groups is None else {"groups": groups}
        routed = process_routing(self, "fit", **weights, **by_group, **params)
        scorer = routed.scorer.score if self.scoring is not None else weights
        return dict(scorer), dict(routed.splitter.split)

    def _refuse_wrong(self) -> None:
        """Refuse what says how to search where it says nothing."""
        refuse_other_axes(self.get_params())
        refuse_unknown(self.refit, self.scoring)
        error = self.error_score
        words = isinstance(error, str) and error == "raise"
        if not words and (not isinstance(error, Real) or isinstance(error, bool)):
            raise InputError(f"`error_score` should be 'raise' or a number, not {error!r}")
        if not isinstance(self.return_train_score, bool | np.bool_):
            raise InputError(
                f"`return_train_score` should be True or False, not {self.return_train_score!r}"
            )
        if not isinstance(self.verbose, Integral) or self.verbose < 0:
            raise InputError(f"`verbose` should be a whole number from 0, not {self.verbose!r}")
        if self.factor is not None and (self.early_stopping or self.tol is not None):
            raise InputError(
                "`factor` ends most fits before they stop by themselves: leave it out, or "
                "`early_stopping` and `tol`"
            )

    def _refuse_with_alpha(self, spec: Specification) -> None:
        """Refuse what `alpha` cannot be turned into an L2 with."""
        if isinstance(spec.l1, str) and any(name[0] == "b" for name in spec.l2_on):
            raise InputError("`l1`: auto has no end with `alpha` on biases: give `l2`, or numbers")
        if len(several("batch_size", spec.batch_size)) > 1:
            raise InputError("`alpha` is another `l2` for each `batch_size`: give `l2`, or one")
        if isinstance(spec.l2, grammar.Range):
            raise InputError("`alpha` is no range: give numbers, or a range of `l2`")

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

    def _shared(self) -> dict[str, Any]:
        """Return the parameters that are the same for every fit.

        Several numbers of what a cell may not take are for other cells alone.
        """
        known = self._of().get_params().keys() - ({"l2"} if self.alpha is not None else set())
        given = self.get_params()
        for_some = {name for name in FOR_SOME if are_several(given[name])}
        return {name: given[name] for name in known & given.keys() - {"verbose"} - for_some}

    def _choose(self, done: Sequence[Rung], candidates: Sequence[Any], seeds: int) -> None:
        """Set what GridSearchCV sets of the best candidate, and how its training went."""
        results, name = self.cv_results_, self._by
        first = len(candidates) - len(done[-1].numbers)
        last = np.arange(first, len(candidates))
        if callable(self.refit):
            self.best_index_ = called(self.refit, results, last)
        elif is_one_se(self.refit) and name:
            every = [trials for rung in done for trials in rung.trials]
            zeros = np.array([[trial.zeros for trial in trials] for trials in every]).mean(axis=1)
            self.best_index_ = sparsest(results, name, zeros, last, seeds)
        else:
            self.best_index_ = results[f"rank_test_{name}"].argmin()
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{name}"][self.best_index_]
        self.best_params_ = dict(candidates[self.best_index_])
