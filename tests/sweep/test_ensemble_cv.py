"""Ensembles of the estimators that choose, against one fit after another and brute force."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import KFold, ShuffleSplit

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressorCV,
    load_model,
)
from sweep.errors import InputError

X, Y = load_wine(return_X_y=True)
X, Y = X[::2], Y[::2]
SMALL = {"hidden_layer_sizes": (6,), "max_iter": 8, "standardize": True, "l2": [0.0]}
GRID = {"l1": [0.0, 0.01], "learning_rate_init": [0.05, 0.1, 0.4]}


def fitted(picks, **changes):
    options = {**SMALL, **GRID, "random_state": 3, "cv": 3, "scoring": "neg_log_loss"} | changes
    return RegularizedMLPClassifierCV(**options, ensemble=picks).fit(X, Y)


def test_it_is_chosen_by_the_scores_of_means_on_what_the_splits_test():
    splits = ShuffleSplit(3, test_size=0.4, random_state=1)
    search = fitted(5, cv=splits, seeds=[1, 2])
    folds, cells = list(splits.split(X)), search.cv_results_["params"]
    runs = [(seed, *fold) for seed in (1, 2) for fold in folds]
    said = [[says(cell, *run) for run in runs] for cell in cells]

    def together(order):
        """Score some picks, by the runs that held each row out, from one split to the next."""
        scores = []
        for own, (_, _, test) in enumerate(runs):
            mean = np.zeros((len(test), 3))
            for i, row in enumerate(test):
                who = [k for k, (_, _, rows) in enumerate(runs) if row in rows]
                for pick, cell in enumerate(order):
                    k = who[(who.index(own) + pick) % len(who)]
                    mean[i] += said[cell][k][runs[k][2].tolist().index(row)]
            scores.append(-log_loss(Y[test], mean / len(order)))
        return np.mean(scores)

    order: list[int] = []
    ranked = np.argsort(search.cv_results_["rank_test_score"], kind="stable")
    for _ in range(5):
        order.append(max(ranked, key=lambda cell: together([*order, cell])))
    assert search.ensemble_score_ == pytest.approx(together(order), rel=1e-9)
    assert search.ensemble_score_ > search.best_score_ + 1e-4
    counts: dict[tuple[int, int], int] = {}
    for pick, cell in enumerate(order):
        member = (cell, 1 + pick % 2)
        counts[member] = counts.get(member, 0) + 1
    found = zip(search.ensemble_params_, search.ensemble_.weights, strict=True)
    told = {tuple(params.items()): weight for params, weight in found}
    assert len(told) > 1 and told == pytest.approx(
        {
            tuple({**cells[cell], "random_state": seed}.items()): count / 5
            for (cell, seed), count in counts.items()
        }
    )


def says(params, seed, train, test):
    return alone(params, seed).fit(X[train], Y[train]).predict_proba(X[test])


def alone(params, seed):
    return RegularizedMLPClassifier(**{**SMALL, **params, "random_state": seed})


def test_its_members_are_fitted_on_all_samples_and_predict_together(tmp_path):
    search = fitted(4)
    each = []
    for params, member in zip(search.ensemble_params_, search.ensemble_.members, strict=True):
        one = alone(params, params["random_state"]).fit(X, Y)
        np.testing.assert_array_equal(one.model_.parameters, member.parameters)
        each.append(one.predict_proba(X))
    mean = np.average(each, axis=0, weights=search.ensemble_.weights)
    np.testing.assert_allclose(search.predict_proba(X), mean, rtol=1e-12)
    np.testing.assert_array_equal(search.predict(X), mean.argmax(axis=1))
    assert search.score(X, Y) == pytest.approx(-log_loss(Y, mean), rel=1e-12)
    assert search.score(X, Y) != search.best_estimator_.score(X, Y)
    search.ensemble_.save(tmp_path / "e.npz")
    np.testing.assert_array_equal(
        load_model(tmp_path / "e.npz").predict_proba(X), search.predict_proba(X)
    )
    refitted = clone(search).fit(X, Y)
    assert refitted.ensemble_params_ == search.ensemble_params_


@pytest.mark.parametrize("picks", [None, 0])
def test_without_it_the_best_estimator_predicts(picks):
    search = fitted(picks)
    assert not hasattr(search, "ensemble_")
    np.testing.assert_array_equal(search.predict_proba(X), search.best_estimator_.predict_proba(X))
    assert search.best_score_ == fitted(2).best_score_


def test_one_pick_is_the_best_cell():
    search = fitted(1)
    assert search.ensemble_score_ == search.best_score_
    assert search.ensemble_params_ == [{**search.best_params_, "random_state": 3}]
    np.testing.assert_array_equal(search.predict_proba(X), search.best_estimator_.predict_proba(X))


def test_a_class_that_a_split_lacks_counts_for_nothing_there():
    order = Y.argsort(kind="stable")
    search = RegularizedMLPClassifierCV(
        **SMALL, **GRID, random_state=0, cv=KFold(3), scoring="accuracy", ensemble=1
    ).fit(X[order], Y[order])
    assert search.ensemble_score_ == search.best_score_
    assert search.predict_proba(X).shape == (len(X), 3)


def test_numbers_are_averaged_and_answers_too():
    x, y = load_diabetes(return_X_y=True)
    x, y = x[:120], y[:120]
    search = RegularizedMLPRegressorCV(
        **SMALL, **GRID, random_state=0, cv=3, ensemble=4, loss="poisson"
    ).fit(x, y)
    each = np.stack([member.predict(x) for member in search.ensemble_.members])
    mean = np.average(each, axis=0, weights=search.ensemble_.weights)
    np.testing.assert_allclose(search.predict(x), mean, rtol=1e-12)
    assert search.score(x, y) == pytest.approx(r2_score(y, mean), rel=1e-12)
    answers = np.stack([Y == 0, X[:, 0] > 13], axis=1).astype(int)
    several = RegularizedMLPClassifierCV(**SMALL, **GRID, random_state=0, cv=2, ensemble=2)
    several.fit(X, answers)
    said = several.predict_proba(X)
    np.testing.assert_array_equal(several.predict(X), said > 0.5)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"ensemble": -1}, "`ensemble` should be None or a whole number up to 1,000, not -1"),
        ({"ensemble": 2.5}, "not 2.5"),
        ({"ensemble": True}, "not True"),
        ({"ensemble": 1001}, "not 1001"),
        ({"ensemble": 2, "refit": False}, "leave `refit` at True"),
        ({"ensemble": 2, "scoring": lambda fit, x, y: fit.score(x[1:], y[1:])}, "of all samples"),
    ],
)
def test_what_cannot_be_is_refused(options, problem):
    with pytest.raises(InputError, match=problem):
        RegularizedMLPClassifierCV(**SMALL, **GRID, cv=2, error_score="raise", **options).fit(X, Y)
