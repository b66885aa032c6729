"""RegularizedMLPClassifierCV against GridSearchCV of RegularizedMLPClassifier: the same, faster."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneGroupOut, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV
from sweep.errors import InputError

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
FRAME = pd.DataFrame(X, columns=["sl", "sw", "pl", "pw"])
TEXTS = np.array(["setosa", "versicolor", "virginica"])[Y]
GRID = {"l1": [0.0, 1e-3, 1e-2], "l2": [0.0, 1e-3], "learning_rate_init": [0.01, 0.05]}
GRID["momentum"] = [0.9]
SMALL = {"max_iter": 4, "hidden_layer_sizes": (5,), "random_state": 3}


def search(grid=GRID, **parameters):
    return RegularizedMLPClassifierCV(**{**SMALL, **grid, **parameters})


def same(mine, theirs):
    """Compare two tables of results: keys and their order, types and bits; of times, the types."""
    assert list(mine) == list(theirs)
    for key, expected in theirs.items():
        found = mine[key]
        assert type(found) is type(expected), key
        if key == "params":
            assert found == expected
            assert [list(map(type, point.values())) for point in found] == [
                list(map(type, point.values())) for point in expected
            ]
            continue
        assert found.dtype == expected.dtype and found.shape == expected.shape, key
        if not key.endswith("time"):
            np.testing.assert_array_equal(found, expected, err_msg=key, strict=True)
        if key.startswith("param_"):
            np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))


@pytest.mark.parametrize(
    "parameters, searching, data",
    [
        ({}, {"cv": 3}, (X, Y)),
        (
            {"l1_method": "proximal", "precision": "float32", "batch_size": 8},
            {
                "cv": StratifiedKFold(4, shuffle=True, random_state=1),
                "scoring": "neg_log_loss",
                "return_train_score": True,
            },
            (X, Y),
        ),
        (
            {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 30},
            {"cv": 3},
            (FRAME, TEXTS, np.random.RandomState(0).randint(0, 3, len(Y)) / 2),
        ),
        ({"hidden_layer_sizes": ()}, {"cv": KFold(3)}, (X, Y)),  # each lacks a class
        ({"batch_size": "full", "init": "uniform"}, {"cv": LeaveOneGroupOut()}, (X, Y, None)),
        (
            {"standardize": True, "class_weight": "balanced"},
            {"cv": StratifiedKFold(4), "scoring": "neg_log_loss"},
            (3 * X + 1, Y, np.arange(len(Y)) % 3),
        ),
        (
            {"class_weight": {"setosa": 2, "virginica": 0.5}, "early_stopping": True},
            {"cv": StratifiedKFold(2)},
            (FRAME, TEXTS),
        ),
    ],
    ids=["plain", "proximal", "early-stopping", "without-a-class", "groups", "scaled", "counted"],
)
def test_it_gives_what_a_grid_search_gives(parameters, searching, data):
    fitting = {}
    if isinstance(searching["cv"], LeaveOneGroupOut):
        fitting["groups"] = np.arange(len(Y)) % 4
    if len(data) == 3:
        fitting["sample_weight"] = data[2]
    estimator = RegularizedMLPClassifier(**SMALL | parameters)
    theirs = GridSearchCV(estimator, GRID, **searching).fit(*data[:2], **fitting)
    mine = search(**parameters, **searching, n_jobs=2).fit(*data[:2], **fitting)
    same(mine.cv_results_, theirs.cv_results_)
    for name in ("best_params_", "best_score_", "best_index_", "n_splits_", "multimetric_"):
        assert getattr(mine, name) == getattr(theirs, name)
        assert type(getattr(mine, name)) is type(getattr(theirs, name))
    np.testing.assert_array_equal(mine.predict_proba(data[0]), theirs.predict_proba(data[0]))
    np.testing.assert_array_equal(mine.predict(data[0]), theirs.predict(data[0]))
    assert mine.score(*data[:2]) == theirs.score(*data[:2])
    params = mine.best_estimator_.get_params()
    assert {**params, **mine.best_params_} == params == theirs.best_estimator_.get_params()
    assert hasattr(mine, "feature_names_in_") == hasattr(theirs, "feature_names_in_")


def test_inputs_are_scaled_within_each_fold():
    """As by a pipeline, whose scores differ by the last bits of means and deviations."""
    raw = load_iris().data
    pipeline = make_pipeline(StandardScaler(), RegularizedMLPClassifier(**SMALL))
    grid = {f"regularizedmlpclassifier__{name}": values for name, values in GRID.items()}
    theirs = GridSearchCV(pipeline, grid, cv=3, scoring="neg_log_loss").fit(raw, Y)
    mine = search(standardize=True, cv=3, scoring="neg_log_loss").fit(raw, Y)
    for split in ("split0", "split1", "split2"):
        name = f"{split}_test_score"
        np.testing.assert_allclose(mine.cv_results_[name], theirs.cv_results_[name], rtol=1e-9)
    np.testing.assert_allclose(mine.predict_proba(raw), theirs.predict_proba(raw), rtol=1e-9)
    np.testing.assert_allclose(mine.best_estimator_.model_.mean, raw.mean(axis=0), rtol=1e-12)


def test_seeds_are_splits_of_their_own():
    together = search(cv=3, seeds="3,8", scoring="neg_log_loss").fit(X, Y)
    alone = [search(cv=3, random_state=s, scoring="neg_log_loss").fit(X, Y) for s in (3, 8)]
    assert together.n_splits_ == 6
    for split in range(6):
        np.testing.assert_array_equal(
            together.cv_results_[f"split{split}_test_score"],
            alone[split // 3].cv_results_[f"split{split % 3}_test_score"],
        )
    np.testing.assert_allclose(
        together.cv_results_["mean_test_score"],
        np.mean([one.cv_results_["mean_test_score"] for one in alone], axis=0),
    )
    assert together.best_estimator_.random_state == 3


def test_a_score_is_that_of_a_fit_by_itself():
    rows, held_out = next(StratifiedKFold(3).split(X, Y))
    mine = search(cv=[(rows, held_out)], scoring="neg_log_loss", refit=False).fit(X, Y)
    cell = 5
    alone = RegularizedMLPClassifier(**SMALL, **mine.cv_results_["params"][cell])
    alone.fit(X[rows], Y[rows])
    score = -log_loss(Y[held_out], alone.predict_proba(X[held_out]))
    assert mine.cv_results_["split0_test_score"][cell] == score


def test_a_split_may_be_a_mask():
    held_out = np.arange(len(Y)) % 3 == 0
    by_mask = search(cv=[(~held_out, held_out)]).fit(X, Y)
    by_number = search(cv=[(np.flatnonzero(~held_out), np.flatnonzero(held_out))]).fit(X, Y)
    same(by_mask.cv_results_, by_number.cv_results_)


def test_axes_are_values():
    grid = {"l1": "1e-3,0,1e-3", "l2": np.array([1e-2, 0]), "learning_rate_init": 0.05}
    found = search({**grid, "momentum": [0.5]}, cv=2).fit(X, Y)
    assert found.cv_results_["params"] == [
        {"l1": l1, "l2": l2, "learning_rate_init": 0.05, "momentum": 0.5}
        for l1 in (0.0, 1e-3)
        for l2 in (0.0, 1e-2)
    ]


def test_the_automatic_axis_ends_where_l1_empties_the_network():
    found = search({"l1": "auto:log3", "l2": 0}, cv=2, l1_method="proximal", max_iter=300)
    found.fit(X, Y)
    l1 = found.cv_results_["param_l1"]
    assert len(l1) == 3 and l1[0] < l1[1] < l1[2]
    emptied = RegularizedMLPClassifier(
        (5,), l1=l1[2], l2=0, l1_method="proximal", max_iter=300, random_state=3
    )
    assert not any(weights.any() for weights in emptied.fit(X, Y).coefs_)


@pytest.mark.parametrize(
    ("on", "tight"),
    [({"l2_on": "all", "l2": 0.3}, True), ({"l1_on": "all", "l2": 0}, False),
     ({"l1_on": "all", "l2_on": "all", "l2": 0.3}, False), ({"l2": 0}, True)],
)  # fmt: skip
@pytest.mark.parametrize("low", [-0.2, 1.0])
def test_the_automatic_axis_holds_for_inputs_whose_mean_is_not_zero(on, tight, low):
    """Weights of such inputs do the work of a penalised bias, until L1 is too dear for that."""
    draw = np.random.RandomState(0)
    X, y = draw.uniform(low, low + 2, (300, 2)), (draw.random_sample(300) < 0.2).astype(int)
    y[X[:, 0] > low + 1.7] = 2
    softmax = {"hidden_layer_sizes": (), "batch_size": "full", "max_iter": 500, **on}
    softmax |= {"learning_rate_init": 0.5, "random_state": 0}
    every = [(np.arange(300), np.arange(300))]
    top = max(RegularizedMLPClassifierCV(l1="auto:log2", cv=every, **softmax)
              .fit(X, y).cv_results_["param_l1"])  # fmt: skip

    def weights(l1):
        return RegularizedMLPClassifier(l1=l1, **softmax).fit(X, y).coefs_[0]

    assert not weights(top).any() and not weights(3 * top).any()
    assert not tight or weights(0.97 * top).any()


def test_refitting_is_a_choice():
    never = search(cv=2, refit=False).fit(X, Y)
    assert not hasattr(never, "predict") and not hasattr(never, "best_estimator_")
    assert never.best_params_ == search(cv=2).fit(X, Y).best_params_
    with pytest.raises(AttributeError, match="refit"):
        never.score(X, Y)
    worst = search(cv=2, refit=lambda found: int(found["rank_test_score"].argmax())).fit(X, Y)
    assert worst.best_params_ == worst.cv_results_["params"][worst.best_index_]
    assert worst.best_estimator_.l1 == worst.best_params_["l1"]


DIVERGING = {"l1": 0.0, "l2": [0.0, 1e-3], "learning_rate_init": [0.01, 1e60], "momentum": 0.9}


@pytest.mark.parametrize("error_score", [np.nan, -1.0])
def test_fits_that_diverge_get_the_error_score(error_score):
    quiet = {"cv": 3, "error_score": error_score}
    axes = {name: np.atleast_1d(values) for name, values in DIVERGING.items()}
    estimator = RegularizedMLPClassifier(**SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GridSearchCV(estimator, axes, **quiet).fit(X, Y)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        mine = search(DIVERGING, **quiet).fit(X, Y)
    kinds = [FitFailedWarning, UserWarning] if np.isnan(error_score) else [FitFailedWarning]
    assert [one.category for one in said if one.category is not ConvergenceWarning] == kinds
    assert "6 fits failed out of a total of 12." in str(said[0].message)
    for key in ("mean_test_score", "std_test_score", "rank_test_score", "split2_test_score"):
        np.testing.assert_array_equal(mine.cv_results_[key], theirs.cv_results_[key], strict=True)


def test_fits_that_diverge_may_be_an_error():
    with pytest.raises(ValueError, match="diverged"):
        search(DIVERGING, cv=3, error_score="raise").fit(X, Y)
    with pytest.raises(ValueError, match="All the 6 fits failed"):
        search({**DIVERGING, "learning_rate_init": 1e60}, cv=3).fit(X, Y)


def test_a_scorer_that_fails():
    def broken(estimator, X, y):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        search(cv=2, scoring=broken, error_score="raise").fit(X, Y)
    with pytest.warns(UserWarning) as said:
        found = search(cv=2, scoring=broken, refit=False).fit(X, Y)
    assert any("RuntimeError: no" in str(warning.message) for warning in said)
    assert np.isnan(found.cv_results_["mean_test_score"]).all()
    assert (found.cv_results_["rank_test_score"] == 1).all()


def test_a_scorer_without_weights_is_warned_of():
    def plain(estimator, X, y):
        return estimator.score(X, y)

    with pytest.warns(UserWarning, match="takes no sample_weight"):
        search(cv=2, scoring=plain).fit(X, Y, np.ones(len(Y)))


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"l1": "1e-3,x"}, "`l1`: expected a number, not '1e-3,x'"),
        ({"momentum": "0:1:lin3"}, "`momentum`: expected numbers from 0 to below 1"),
        ({"scoring": ["accuracy", "f1_macro"]}, "must be set to a scorer key"),
        ({"seeds": -1}, "expected integers"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        search({**GRID, **parameters}, cv=2).fit(X, Y)
