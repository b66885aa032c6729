"""Which inputs an estimator uses, as scikit-learn asks for it."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SelectFromModel

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
    RegularizedMLPRegressorCV,
)

DRAW = np.random.RandomState(3)
X = DRAW.standard_normal((120, 6))
Z = 3 * X[:, 1] - 2 * X[:, 4] + 0.1 * DRAW.standard_normal(120)
GIVEN = {"hidden_layer_sizes": (4,), "max_iter": 40, "finish": 40, "random_state": 0, "l1": 0.03}
GIVEN |= {"learning_rate_init": 0.05}
TRUE = [1, 4]


def fitted():
    search = GIVEN | {"l1": [0.03], "l2": [0], "cv": 2}
    yield RegularizedMLPClassifier(**GIVEN).fit(X, Z > 0)
    yield RegularizedMLPRegressor(**GIVEN).fit(X, Z)
    yield RegularizedMLPClassifierCV(**search).fit(X, Z > 0)
    yield RegularizedMLPRegressorCV(**search).fit(X, Z)


def test_the_inputs_that_matter_are_kept_and_the_most_important():
    for estimator in fitted():
        importances = estimator.feature_importances_
        assert importances.shape == (6,) and (importances >= 0).all()
        assert importances.sum() == pytest.approx(1)
        assert sorted(np.argsort(importances)[-2:]) == TRUE
        kept = estimator.get_support()
        assert kept[TRUE].all() and not kept.all()
        assert estimator.get_support(indices=True).tolist() == np.flatnonzero(kept).tolist()
        coefs = getattr(estimator, "best_estimator_", estimator).coefs_
        ways = np.linalg.multi_dot([*((w != 0).astype(float) for w in coefs)])
        assert (kept == ways.any(axis=1)).all()


def test_scikit_learn_selects_by_it():
    estimator = RegularizedMLPRegressor(**GIVEN)
    assert SelectFromModel(estimator).fit(X, Z).get_support(indices=True).tolist() == TRUE
    assert RFE(estimator, n_features_to_select=2, step=2).fit(X, Z).support_.nonzero()[
        0
    ].tolist() == (TRUE)


def test_before_a_fit_there_are_none_and_of_an_empty_network_all_are_0():
    estimator = RegularizedMLPRegressor(**GIVEN | {"l1": 30})
    assert not hasattr(estimator, "feature_importances_")
    with pytest.raises(NotFittedError):
        estimator.get_support()
    estimator.fit(X, Z)
    assert not estimator.feature_importances_.any() and not estimator.get_support().any()
