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
#: dropped, is drawn for each sample; means and deviations count each once. In float32 sums round by
#: more than the check allows.
WEIGHTS = tuple(f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse"))
#: It trains for 1000 epochs, and is asked of one setting.
CLASS_WEIGHT = "check_class_weight_classifiers"
#: They call partial_fit, which early stopping does without, as MLPClassifier's does.
PARTIAL_FIT = (
    "check_estimators_partial_fit_n_features",
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
)

SMALL = {"hidden_layer_sizes": 10, "max_iter": 8, "learning_rate_init": 0.1, "random_state": 0}
SLOW = {"learning_rate_init": 0.05, "max_iter": 20}
ADAM = {"solver": "adam", "activation": "tanh", "learning_rate_init": 0.05}
#: Parameters -> the checks that fail, and have to. Most share what is compiled.
SETTINGS = (
    ({}, ()),
    (ADAM, ()),
    ({"batch_size": "full", "l2_on": "all", "max_iter": 15}, ()),
    (
        {"batch_size": "auto", "standardize": True, "max_iter": 20, "learning_rate_init": 0.05},
        WEIGHTS,
    ),
    ({"early_stopping": True, "max_iter": 5}, (*WEIGHTS, *PARTIAL_FIT)),
    ({"dropout": 0.1, "l21": 1e-3}, WEIGHTS),
    ({"hidden_layer_sizes": (), "init": "uniform", "batch_size": "auto"}, ()),
    ({"precision": "float32"}, WEIGHTS),
    ({"alpha": 1e-3, "tol": 1e-3}, ()),
    (ADAM | {"learning_rate": "cosine", "warmup": 2}, ()),
)
#: What those that choose are told besides: two cells.
SEARCHED = {"l1": "0,1e-3", "alpha": 1e-3, "cv": 2, "max_iter": 5}


def of_search(told, fails):
    """Return what fails where the samples of a check are more than a batch of 32."""
    whole = told.get("batch_size") in ("full", "auto")
    return set(fails) - set(PARTIAL_FIT) | set(() if whole else WEIGHTS)


CASES = [
    *((RegularizedMLPClassifier(**SMALL | told), fails) for told, fails in SETTINGS),
    *((RegularizedMLPRegressor(**SMALL | told), fails) for told, fails in SETTINGS),
    (RegularizedMLPRegressor(**SMALL | ADAM | {"loss": "poisson"}), ()),
    *(
        (Search(**SMALL | SEARCHED | told), of_search(told, fails))
        for Search in (RegularizedMLPClassifierCV, RegularizedMLPRegressorCV)
        for told, fails in SETTINGS
    ),
]


def name_of(estimator):
    """Say in a line which it is; sets have no order that all processes share."""
    return " ".join(str(estimator).removeprefix("RegularizedMLP").split())


@pytest.mark.parametrize("estimator, fails", CASES, ids=[name_of(case[0]) for case in CASES])
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
