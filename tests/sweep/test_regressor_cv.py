"""RegularizedMLPRegressorCV against GridSearchCV of RegularizedMLPRegressor."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_multilabel_classification
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, ShuffleSplit
from sklearn.preprocessing import StandardScaler

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
    RegularizedMLPRegressorCV,
)
from sweep.errors import InputError
from tests.sweep.test_classifier_cv import same

X, Y = load_diabetes(return_X_y=True)
X, Y = StandardScaler().fit_transform(X)[:150], Y[:150]
BOTH = np.stack([Y, 1e3 - np.sqrt(Y)], axis=1)
SMALL = {"max_iter": 4, "hidden_layer_sizes": (5,), "random_state": 3}
ADAM = {"beta_1": [0.8, 0.9], "epsilon": [1e-8, 1e-3], "l1": [0.0, 1e-2], "l2": [1e-3]}
ADAM["learning_rate_init"] = [0.01]
SGD = {"l1": [0.0, 1e-2], "l2": [1e-3], "learning_rate_init": [0.01, 0.05], "momentum": [0.9]}
ROOT = {"beta_2": [0.9, 0.99], "l1": [0.0, 1e-2], "l2": [1e-3], "learning_rate_init": [0.01]}


@pytest.mark.parametrize(
    "parameters, grid, searching, data",
    [
        ({}, SGD, {}, (X, Y)),
        (
            {"solver": "adam", "loss": "huber"},
            ADAM,
            {"cv": KFold(3, shuffle=True, random_state=1), "return_train_score": True},
            (X, BOTH),
        ),
        (
            {"solver": "rmsprop", "early_stopping": True, "n_iter_no_change": 2, "max_iter": 30},
            ROOT,
            {"cv": 3, "scoring": "neg_mean_absolute_error"},
            (X, Y, np.random.RandomState(0).randint(0, 3, len(Y)) / 2),
        ),
        (
            {"loss": "poisson", "tol": 1e-2, "max_iter": 60, "learning_rate": "cosine"},
            SGD,
            {"cv": ShuffleSplit(2, random_state=0), "scoring": "neg_mean_poisson_deviance"},
            (X, np.floor(Y / 30)),
        ),
        ({"loss": "absolute", "standardize": True}, SGD, {"cv": GroupKFold(3)}, (X, Y)),
    ],
    ids=["plain", "adam", "rmsprop", "poisson", "groups"],
)
def test_it_gives_what_a_grid_search_gives(parameters, grid, searching, data):
    fitting = {"groups": np.arange(len(Y)) % 4} if "absolute" in parameters.values() else {}
    if len(data) == 3:
        fitting["sample_weight"] = data[2]
    estimator = RegularizedMLPRegressor(**SMALL | parameters)
    theirs = GridSearchCV(estimator, grid, **searching).fit(*data[:2], **fitting)
    mine = RegularizedMLPRegressorCV(**SMALL | grid | parameters, **searching, n_jobs=2)
    mine.fit(*data[:2], **fitting)
    same(mine.cv_results_, theirs.cv_results_)
    for name in ("best_params_", "best_score_", "best_index_", "n_splits_", "multimetric_"):
        assert getattr(mine, name) == getattr(theirs, name)
    np.testing.assert_array_equal(mine.predict(X), theirs.predict(X))
    assert mine.score(*data[:2]) == theirs.score(*data[:2])
    assert not hasattr(mine, "classes_") and not hasattr(mine, "predict_proba")


def test_of_several_answers_too():
    X, y = make_multilabel_classification(n_samples=120, n_classes=3, random_state=0)
    told = SMALL | {"standardize": True}
    theirs = GridSearchCV(RegularizedMLPClassifier(**told), SGD, cv=3).fit(X, y)
    mine = RegularizedMLPClassifierCV(**told | SGD, cv=3).fit(X, y)
    same(mine.cv_results_, theirs.cv_results_)
    np.testing.assert_array_equal(mine.predict_proba(X), theirs.predict_proba(X))
    np.testing.assert_array_equal(mine.classes_, [0, 1, 2])
    with pytest.raises(InputError, match="`class_weight` is for"):
        RegularizedMLPClassifierCV(class_weight="balanced").fit(X, y)


@pytest.mark.parametrize("loss", ["squared", "huber", "poisson"])
def test_the_automatic_axis_ends_where_l1_empties_the_network(loss):
    told = {"loss": loss, "hidden_layer_sizes": (), "l2": 0, "batch_size": "full"}
    told |= {"max_iter": 600, "learning_rate_init": 0.05, "momentum": 0.8, "random_state": 0}
    y = np.floor(Y / 30)
    every = [(np.arange(len(y)), np.arange(len(y)))]
    found = RegularizedMLPRegressorCV(l1="auto:log3", cv=every, **told).fit(X, y)
    l1 = found.cv_results_["param_l1"]
    assert len(l1) == 3 and l1[0] < l1[1] < l1[2]
    emptied = RegularizedMLPRegressor(l1=l1[2], **told).fit(X, y)
    assert not emptied.coefs_[0].any()
    assert RegularizedMLPRegressor(l1=l1[2] * 0.9, **told).fit(X, y).coefs_[0].any()


def test_alpha_is_what_it_is_in_each_portion():
    """In full batches it is another `l2` in portions of another size."""
    told = SMALL | {"batch_size": "full", "l1": 0.01}
    grid, splits = {"alpha": [0.1, 3.0]}, KFold(4)
    assert len(X) % 4
    theirs = GridSearchCV(RegularizedMLPRegressor(**told), grid, cv=splits).fit(X, Y)
    mine = RegularizedMLPRegressorCV(**told, **grid, cv=splits).fit(X, Y)
    expected = theirs.cv_results_
    np.testing.assert_array_equal(mine.cv_results_["param_alpha"], [0.1, 3.0])
    for split in range(4):
        name = f"split{split}_test_score"
        np.testing.assert_array_equal(mine.cv_results_[name], expected[name])
    np.testing.assert_array_equal(mine.predict(X), theirs.predict(X))
    with pytest.raises(InputError, match="`alpha` stands for `l2`"):
        RegularizedMLPRegressorCV(alpha=1, l2=0).fit(X, Y)
    with pytest.raises(InputError, match="`alpha`: expected numbers from 0 up"):
        RegularizedMLPRegressorCV(alpha=[-1, 1]).fit(X, Y)


def test_docstrings_tell_of_every_parameter_where_it_is_new():
    known = set()
    for one in (
        RegularizedMLPClassifier,
        RegularizedMLPClassifierCV,
        RegularizedMLPRegressor,
        RegularizedMLPRegressorCV,
    ):
        part = one.__doc__.split("Parameters\n")[1].split("Attributes\n")[0]
        heads = [line for line in part.splitlines() if line[4:5].strip() and " : " in line]
        told = {name for head in heads for name in re.findall(r"\w+", head.split(" : ")[0])}
        assert one().get_params().keys() - known <= told, one
        known |= one().get_params().keys()
