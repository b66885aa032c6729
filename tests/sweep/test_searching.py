"""What the estimators that choose search through, and how they choose, against scikit-learn."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.datasets import load_wine, make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score, log_loss, make_scorer
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, KFold
from sklearn.model_selection._search import BaseSearchCV
from sklearn.preprocessing import StandardScaler

from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV
from sweep.errors import InputError
from sweep.estimators.searching.results import cv_results
from sweep.plan.sampling.drawing import columns, drawn
from sweep.specification.spec import Specification

X, Y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
FRAME = pd.DataFrame(X, index=np.arange(len(X)) * 3 + 7)
SERIES = pd.Series(Y, index=FRAME.index)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 4, "random_state": 3, "cv": 3}
FIXED = {"l1": [0.0, 1e-3], "l2": [0.0], "learning_rate_init": [0.05]}


def search(grid=FIXED, **options):
    return RegularizedMLPClassifierCV(**{**SMALL, **grid, **options})


def theirs(grids, **options):
    """Search by GridSearchCV, over the grids that it is given."""
    told = {name: value for name, value in SMALL.items() if name != "cv"}
    return GridSearchCV(RegularizedMLPClassifier(**told), grids, cv=3, **options).fit(X, Y)


def scores(results):
    return {key: values for key, values in results.items() if key.endswith("_score")}


def test_scorers_and_splitters_are_given_what_was_given_and_estimators_that_are_finished():
    seen = []

    class Splitter(KFold):
        def split(self, X, y=None, groups=None):
            seen.append((X, y, groups))
            return super().split(X, y)

    def scorer(estimator, X, y, sample_weight):
        assert isinstance(X, pd.DataFrame) and isinstance(y, pd.Series)
        assert isinstance(sample_weight, pd.Series) and y.index.equals(sample_weight.index)
        assert (SERIES[y.index] == y).all() and (FRAME.loc[y.index] == X).all(axis=None)
        assert len(estimator.loss_curve_) == estimator.n_iter_ == 4
        assert estimator.best_loss_ == min(estimator.loss_curve_)
        return estimator.score(X, y, sample_weight)

    weight = SERIES + 1.0
    given = {"sample_weight": weight, "groups": SERIES}
    mine = search(cv=Splitter(3), scoring=scorer, error_score="raise").fit(FRAME, SERIES, **given)
    assert len(seen) == 1 and seen[0][0] is FRAME and seen[0][1] is SERIES is seen[0][2]
    plain = search(cv=KFold(3)).fit(X, Y, weight.to_numpy())
    np.testing.assert_equal(scores(mine.cv_results_), scores(plain.cv_results_))


def test_several_scores_are_those_of_a_grid_search():
    told = {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"}
    told["return_train_score"] = True
    grids = {**FIXED, "momentum": [0.9]}
    mine, other = search(**told).fit(X, Y), theirs(grids, **told)
    assert list(mine.cv_results_) == list(other.cv_results_) and mine.multimetric_
    for key, values in other.cv_results_.items():
        if "time" not in key and key != "params":
            np.testing.assert_array_equal(mine.cv_results_[key], values, err_msg=key, strict=True)
    assert mine.best_score_ == other.best_score_ and mine.best_params_ == other.best_params_
    assert mine.score(X, Y) == other.score(X, Y) and set(mine.scorer_) == set(other.scorer_)


def test_every_parameter_of_several_values_is_an_axis():
    axes = {"solver": "sgd,adam,rmsprop", "nesterovs_momentum": [True, False]}
    axes |= {"momentum": [0.5, 0.9], "beta_1": 0.8, "batch_size": ["full", "auto"]}
    axes |= {"activation": ["leaky_relu", "tanh"], "leak": [0.1, 0.2], "warmup": [0, 2]}
    mine = search({"l1": 0, "l2": 0, **axes}).fit(X, Y)
    params = mine.cv_results_["params"]
    assert len(params) == (2 * 2 + 1 + 1) * 2 * (2 + 1) * 2
    sgd = [cell for cell in params if cell["solver"] == "sgd"]
    assert {cell["momentum"] for cell in sgd} == {0.5, 0.9} and "beta_1" not in sgd[0]
    tanh = np.array([cell["activation"] == "tanh" for cell in params])
    np.testing.assert_array_equal(mine.cv_results_["param_leak"].mask, tanh)
    other = theirs([{name: [value] for name, value in cell.items()} for cell in params[::9]])
    for key, values in scores(other.cv_results_).items():
        if not key.startswith("rank"):
            np.testing.assert_array_equal(mine.cv_results_[key][::9], values, err_msg=key)


def test_tol_and_patience_are_axes_too():
    told = {"early_stopping": True, "max_iter": 40, "learning_rate_init": 0.1}
    mine = search({**told, "l1": 0, "l2": 0}, n_iter_no_change=[2, 4], tol=[None, 0.01]).fit(X, Y)
    cells = [(cell["n_iter_no_change"], cell["tol"]) for cell in mine.cv_results_["params"]]
    assert cells == [(2, 0.01), (2, None), (4, 0.01), (4, None)]
    # Each split stops when its loss has not fallen for so many epochs, by so much.
    wait, least = mine.best_params_["n_iter_no_change"], mine.best_params_["tol"] or 0
    for curve in mine.validation_curve_:
        curve = curve[~np.isnan(curve)]
        lowest, at = np.inf, 0
        for epoch, loss in enumerate(curve):
            if loss < lowest - least:
                lowest, at = loss, epoch
        assert len(curve) == min(at + wait + 1, 40)
    shared = ~np.isnan(mine.validation_curve_).any(axis=0)
    means = mine.validation_curve_[:, shared].sum(axis=0)
    assert means[mine.best_epoch_ - 1] == means.min()


def test_a_race_is_that_of_a_halving_search():
    grid = {"l1": [0, 1e-3, 0.1], "l2": [0, 0.1], "learning_rate_init": [0.01, 0.3]}
    told = {"cv": 3, "factor": 2}

    def scorer(estimator, X, y):
        assert len(estimator.loss_curve_) == estimator.n_iter_ == estimator.max_iter
        return -log_loss(y, estimator.predict_proba(X))

    mine = search(grid, **told, max_iter=8, scoring=scorer, error_score="raise").fit(X, Y)
    estimator = RegularizedMLPClassifier((5,), random_state=3)
    other = HalvingGridSearchCV(
        estimator, {**grid, "momentum": [0.9]}, resource="max_iter", max_resources=8,
        min_resources=1, refit=False, scoring="neg_log_loss", **told,
    ).fit(X, Y)  # fmt: skip
    assert mine.n_candidates_ == other.n_candidates_ == [12, 6, 3, 2]
    assert mine.n_resources_ == other.n_resources_ == [1, 2, 4, 8]

    def rows(results):
        params = [{**cell, "max_iter": None} for cell in results["params"]]
        names = ("iter", "n_resources", "split0_test_score", "mean_test_score")
        told = zip(*(results[name].tolist() for name in names), strict=True)
        return {(*sorted(cell.items()), *row) for cell, row in zip(params, told, strict=True)}

    rank = mine.cv_results_["rank_test_score"]
    assert rows(mine.cv_results_) == rows(other.cv_results_)
    for later in range(1, 4):
        assert (
            rank[mine.cv_results_["iter"] >= later].max()
            < rank[mine.cv_results_["iter"] < later].min()
        )
    last = other.cv_results_["iter"] == 3
    assert mine.best_score_ == other.cv_results_["mean_test_score"][last].max()


def test_drawn_cells_are_those_of_a_sweep():
    axes = {"l1": "1e-5:1e-1:log", "l2": "0:0.1:lin"}
    mine = search({**axes, "learning_rate_init": 0.05}, n_iter=5).fit(X, Y)
    more = search({**axes, "learning_rate_init": 0.05}, n_iter=7, refit=False).fit(X, Y)
    spec = Specification(data=(X, Y), seeds=3, sample=5, **axes)
    ((part, rows),) = drawn(spec, 5)
    of = columns(spec, part, rows)
    found = mine.cv_results_["params"]
    assert [(cell["l1"], cell["l2"]) for cell in found] == list(
        zip(of["l1"], of["l2"], strict=True)
    )
    assert more.cv_results_["params"][:5] == found
    with pytest.warns(UserWarning, match="`n_iter` is 9, and there are 2 cells: all"):
        assert len(search(n_iter=9).fit(X, Y).cv_results_["params"]) == 2


def test_one_standard_error_takes_the_sparsest_that_is_as_good():
    grid = {"l1": [0, 3e-3, 0.01, 0.1], "l2": 0, "learning_rate_init": 0.1}
    told = {"scoring": ["accuracy", "neg_log_loss"], "seeds": "3,4", "max_iter": 30}
    mine = search(grid, **told, refit="one-se:neg_log_loss").fit(X, Y)
    results = mine.cv_results_
    by_split = np.array([results[f"split{i}_test_neg_log_loss"] for i in range(6)])
    mean = by_split.mean(axis=0)
    best = mean.argmax()
    folds = by_split[:, best].reshape(2, 3)
    error = np.sqrt(np.mean([np.var(one, ddof=1) for one in folds]) / 3)
    near = [i for i in range(4) if mean[i] >= mean[best] - error]
    # Each further L1 leaves fewer weights.
    assert best < max(near) < 3 and mine.best_index_ == max(near)
    assert mine.best_score_ == mean[max(near)]
    with pytest.raises(InputError, match="needs several splits"):
        search(refit="one-se", cv=[(np.arange(90), np.arange(90, 178))]).fit(X, Y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cv": iter([])}, "`cv` gives no split: an iterator that was used before"),
        ({"refit": "one_se"}, "`refit` should be True, False, 'one-se', a callable"),
        ({"refit": 3}, "`refit` should be"),
        ({"refit": "one-se:f1_macro"}, "`refit` should be"),
        ({"nesterovs_momentum": []}, "`nesterovs_momentum` should be True or False, or both"),
        ({"scoring": ["accuracy", "f1_macro"], "refit": "one-se"}, "'one-se:NAME'"),
        ({"scoring": 3}, "`scoring` should be the name of a metric"),
        ({"error_score": "nan"}, "`error_score` should be 'raise' or a number, not 'nan'"),
        ({"return_train_score": "no"}, "`return_train_score` should be True or False"),
        ({"verbose": -1}, "`verbose` should be a whole number from 0"),
        ({"factor": 1}, "`factor` should be"),
        ({"factor": 2, "early_stopping": True}, "`factor` ends most fits"),
        ({"factor": 2, "scoring": ["accuracy", "f1_macro"], "refit": False}, "goes by one score"),
        ({"l2": "0:1:lin"}, "only a sample draws from a range: give `n_iter`"),
        ({"standardize": [True, False]}, "`standardize` is one value for all cells"),
        ({"alpha": [1, 2], "batch_size": [8, 16], "l2": "0,1e-4:1e-1:log7"}, "another `l2` for"),
        ({"solver": ["sgd", "lbfgs"]}, "`solver` should be 'sgd'"),
        ({"solver": ["sgd", "adam"], "beta_1": 0.8, "n_iter": 2}, "the same numbers"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        search(**options).fit(X, Y)


@pytest.mark.parametrize("score", ["0.9", None, np.array([0.9, 0.8]), [0.9], {"a": "0.9"}])
def test_a_score_that_is_no_number_is_refused_in_their_words(score):
    with pytest.raises(ValueError, match="scoring must return a number, got"):
        search(scoring=lambda *_: score, refit=False).fit(X, Y)


def test_of_several_scores_one_may_fail():
    def broken(y, predicted):
        raise RuntimeError("no")

    told = {"scoring": {"good": "accuracy", "bad": make_scorer(broken)}, "refit": "good"}
    with pytest.warns(UserWarning, match="Scoring failed.*bad: RuntimeError: no"):
        mine = search(**told, error_score=-3).fit(X, Y)
    assert (mine.cv_results_["mean_test_bad"] == -3).all()
    np.testing.assert_array_equal(
        mine.cv_results_["mean_test_good"], search().fit(X, Y).cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize("asks", [True, False])
def test_what_a_scorer_asks_for_is_what_it_is_given(asks):
    given = []

    def metric(y, predicted, sample_weight=None):
        given.append(sample_weight)
        return accuracy_score(y, predicted)

    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_scorer(metric).set_score_request(sample_weight=asks)
        search(scoring=scorer).fit(X, Y, sample_weight=Y + 1.0)
        unasked = search(scoring=make_scorer(metric))
        with pytest.raises(ValueError, match="not explicitly set as requested or not requested"):
            unasked.fit(X, Y, sample_weight=Y + 1.0)
    assert len(given) == 6 and all((one is not None) == asks for one in given)


number = st.sampled_from([0.5, 0.5, 1.0, -2.0, np.nan, np.inf, -np.inf])


@given(st.lists(st.tuples(number, number), min_size=1, max_size=6))
def test_ranks_are_those_of_a_grid_search(rows):
    test, params = np.array(rows), [{"l1": float(i)} for i in range(len(rows))]
    out = [{"test_scores": score, "fit_time": 0.0, "score_time": 0.0} for score in test.ravel()]
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore")
        plain = GridSearchCV(RegularizedMLPClassifier(), {})
        expected = BaseSearchCV._format_results(plain, params, 2, out)
        times = {"fit_time": np.zeros((len(rows), 2)), "score_time": np.zeros((len(rows), 2))}
        found = cv_results(params, times, {"test_score": test})
    assert list(found) == list(expected)
    np.testing.assert_array_equal(
        found["rank_test_score"], expected["rank_test_score"], strict=True
    )


def test_an_ensemble_of_sparse_samples_is_that_of_dense_ones():
    X, y = make_classification(60, 6, random_state=0)
    told = {"l1": 0, "l2": [0, 1e-2], "cv": 2, "max_iter": 3, "random_state": 0, "ensemble": 2}
    dense, sparse = (RegularizedMLPClassifierCV((3,), **told) for _ in range(2))
    dense.fit(X, y)
    sparse.fit(csr_matrix(X), y)
    assert sparse.ensemble_score_ == dense.ensemble_score_
    assert sparse.ensemble_params_ == dense.ensemble_params_


def test_what_is_given_once_reaches_every_cell():
    told = {"solver": "rmsprop", "epsilon": "1e-3", "l1": 0, "l2": 0}
    assert search(told).fit(X, Y).best_estimator_.epsilon == "1e-3"
    heavy = search({"l1": 0, "l2": 0}, nesterovs_momentum=np.False_).fit(X, Y)
    assert not heavy.best_estimator_.nesterovs_momentum
