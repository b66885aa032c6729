"""What scikit-learn asks of every estimator, asked of ours in many settings."""

from unittest import SkipTest

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
    RegularizedMLPRegressorCV,
)

#: Weights are worth repetitions where batches are of the same samples, as they are where all fit
#: into one. Of mini-batches some hold a sample twice that others hold once; what is held out, or
#: dropped, is drawn for each sample; means and deviations count each once.
WEIGHTS = tuple(f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse"))
#: It trains for 1000 epochs, and is asked of one setting.
CLASS_WEIGHT = "check_class_weight_classifiers"
#: They call partial_fit, which early stopping does without, as MLPClassifier's does.
PARTIAL_FIT = (
    "check_estimators_partial_fit_n_features",
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
)

SMALL = {"hidden_layer_sizes": 10, "max_iter": 15, "learning_rate_init": 0.05}
#: Parameters -> the checks that fail, and have to.
SETTINGS = (
    ({}, ()),
    ({"solver": "adam", "activation": "tanh", "learning_rate_init": 0.02}, ()),
    ({"batch_size": "full", "l2_on": "all"}, ()),
    ({"batch_size": "auto", "standardize": True}, WEIGHTS),
    ({"early_stopping": True}, (*WEIGHTS, *PARTIAL_FIT)),
    ({"solver": "rmsprop", "dropout": 0.1, "learning_rate_init": 0.01}, WEIGHTS),
    ({"hidden_layer_sizes": (), "l21": 1e-3, "solver": "adam"}, ()),
    ({"precision": "float32"}, WEIGHTS),
    ({"alpha": 1e-3, "tol": 1e-3, "max_iter": 100}, ()),
    ({"solver": "adamw", "learning_rate": "cosine", "learning_rate_init": 0.02}, ()),
)
SEARCHED = {"l1": "0,1e-2", "cv": 3, "batch_size": "full", "solver": "adam"}
CASES = [
    *((RegularizedMLPClassifier(**SMALL | told), fails) for told, fails in SETTINGS),
    *((RegularizedMLPRegressor(**SMALL | told), fails) for told, fails in SETTINGS),
    (RegularizedMLPRegressor(**SMALL | {"loss": "poisson", "solver": "adam"}), ()),
    (RegularizedMLPClassifierCV(**SMALL | SEARCHED, l2=0), ()),
    (RegularizedMLPRegressorCV(**SMALL | SEARCHED, alpha=0), ()),
]


@pytest.mark.parametrize("estimator, fails", CASES, ids=lambda case: str(case)[14:].split("\n")[0])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learns_checks(estimator, fails):
    failed = {}
    for one, check in estimator_checks_generator(estimator):
        name = check.func.__name__
        if name == CLASS_WEIGHT and estimator is not CASES[0][0]:
            continue
        try:
            check(one)
        except SkipTest:
            pass
        except (AssertionError, ValueError) as error:
            failed[name] = error
    assert set(failed) == set(fails), failed
