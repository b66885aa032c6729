"""Every parameter of every estimator: what it may not be is refused, and in its own name."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
    RegularizedMLPRegressorCV,
    Sweep,
)
from sweep.errors import InputError

EVERY = (
    RegularizedMLPClassifier,
    RegularizedMLPRegressor,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressorCV,
)
X = np.arange(24.0).reshape(12, 2)
Y = np.arange(12) % 2

TRUTH = ("no", 1, np.array([True, False]))
SHARE = (-0.1, 1, 7, "no", True, np.nan)
PENALTY = (-1, "no", True, np.inf, "")
EPOCHS = (-1, 0.5, "no", True, np.inf)
WORD = ("no", "", 1, True, np.array([1, 2]))
#: What parameters may not be, beside None and what is none of these; with `wrong` of one fit alone.
WRONG = {
    "hidden_layer_sizes": (0, -3, 2.5, "wide", (3, 0), True),
    "activation": WORD,
    "leak": (-1, 2, "no", True, np.nan),
    "l1": PENALTY,
    "l2": PENALTY,
    "l21": PENALTY,
    "l1_on": ("w9", "w1,", 1, True),
    "l2_on": ("w9", "w1,", 1, True),
    "l21_on": WORD,
    "vary": (1, "l1_w1", {"l1_w9": 1}, {"w1": 1}, {"l1_w1": -1}, {"l1_w1": "no"}),
    "l1_method": WORD,
    "solver": WORD,
    "learning_rate": WORD,
    "power_t": (-1, "no", True, np.nan, np.inf),
    "learning_rate_init": (0, -1, "no", True, np.nan),
    "warmup": (*EPOCHS, 101, [1, 101]),
    "momentum": SHARE,
    "nesterovs_momentum": ("no", 1, 1.5),
    "beta_1": SHARE,
    "beta_2": SHARE,
    "epsilon": (0, -1, "no", True, np.inf),
    "dropout": SHARE,
    "batch_size": (0, -1, 0.5, "all", True, np.inf),
    "max_iter": EPOCHS,
    "finish": EPOCHS,
    "shuffle": TRUTH,
    "warm_start": TRUTH,
    "verbose": (-1, 0.5, "no"),
    "tol": (-1, "no", True, np.nan),
    "early_stopping": TRUTH,
    "validation_fraction": SHARE,
    "n_iter_no_change": (-1, 0, 0.5, "no", True),
    "init": WORD,
    "precision": WORD,
    "standardize": (*TRUTH, "yes"),
    "random_state": (-1, 0.5, "a", True, 2**32, np.random.default_rng(0)),
    "alpha": PENALTY,
    "loss": ("no", "", 1, True, "cross_entropy"),
    "class_weight": ("no", 1, {}, {7: 1}, {1: 0}, {1: "no"}),
    "cv": (0.5, "no", [], [1, 2]),
    "seeds": (-1, 0.5, "no", True, []),
    "scoring": ("no", 1),
    "refit": (1, "", 0.5),
    "ensemble": (-1, 0.5, "no", True),
    "n_iter": (-1, 0, 0.5, "no", True),
    "factor": (-1, 0, 1, "no", True),
    "error_score": ("no", "", True),
    "return_train_score": TRUTH,
    "n_jobs": (0, 0.5, "no", True),
}
#: Those to which scikit-learn's own functions object.
THEIRS = ("cv", "scoring")
#: Axes of a search.
AXES = ("l1", "l2", "l21", "learning_rate_init", "momentum", "beta_1", "beta_2", "epsilon")
AXES += ("dropout", "leak", "alpha")
SAY_SOMETHING_BY_NONE = {
    *("vary", "tol", "alpha", "class_weight", "random_state"),
    *("cv", "seeds", "scoring", "ensemble", "n_jobs", "n_iter", "factor"),
}


def refused(Estimator, name, value):
    with pytest.raises(ValueError) as error:
        Estimator(**{name: value}).fit(X, Y)
    assert name in THEIRS or isinstance(error.value, InputError), (value, error.value)
    assert name in str(error.value), (value, error.value)
    assert name in THEIRS or "\n" not in str(error.value)


@pytest.mark.parametrize("Estimator", EVERY)
def test_what_a_parameter_may_not_be_is_refused_in_its_name(Estimator):
    searches = Estimator.__name__.endswith("CV")
    for name in Estimator().get_params():
        for value in (object(), 1j, *WRONG[name]):
            refused(Estimator, name, value)
        if name in AXES and not searches:
            refused(Estimator, name, [0.1, 0.2])


@pytest.mark.parametrize("Estimator", EVERY)
def test_none_is_refused_where_it_says_nothing(Estimator):
    for name, default in Estimator().get_params().items():
        if name not in SAY_SOMETHING_BY_NONE:
            assert default is not None
            refused(Estimator, name, None)


def test_penalties_of_single_parameters_are_those_of_a_sweep():
    told = {
        "hidden": "5",
        "l1": 1e-3,
        "l2": 0,
        "seeds": 3,
        "epochs": 4,
        "finish": 0,
        "scale": "none",
    }
    vary = {"l1_w1": [0, 0.3], "l2_b1": [0, 1]}
    runs = Sweep(data=(X / 9, Y), **told, vary=vary, val_fraction=0).run()
    one = RegularizedMLPClassifier((5,), l1=1e-3, l2=0, random_state=3, max_iter=4)
    for run in runs.itertuples():
        one.set_params(vary={"l1_w1": run.l1_w1, "l2_b1": run.l2_b1}).fit(X / 9, Y)
        assert one.loss_ == run.final_loss
    with pytest.raises(InputError, match="`vary` l1_w1 should be one number"):
        one.set_params(vary=vary).fit(X, Y)


def test_penalties_of_single_parameters_are_an_axis_of_a_search():
    told = {"hidden_layer_sizes": (5,), "max_iter": 4, "random_state": 3}
    searching = {"cv": 2, "scoring": "neg_log_loss"}
    vary = {"l1_w1": [0.0, 0.3], "l2_b1": [0.0, 1.0]}
    mine = RegularizedMLPClassifierCV(**told, **searching, l1=[0, 1e-3], l2=0, vary=vary)
    cells = [{"l1_w1": a, "l2_b1": b} for a in vary["l1_w1"] for b in vary["l2_b1"]]
    grid = {"l1": [0.0, 1e-3], "l2": [0.0], "vary": cells}
    theirs = GridSearchCV(RegularizedMLPClassifier(**told), grid, **searching).fit(X / 9, Y)
    found, expected = mine.fit(X / 9, Y).cv_results_, theirs.cv_results_
    np.testing.assert_array_equal(found["mean_test_score"], expected["mean_test_score"])
    assert found["param_vary"].tolist() == expected["param_vary"].tolist()
    assert mine.best_estimator_.vary == theirs.best_params_["vary"]
