"""RegularizedMLPClassifier: oracles, and what it shares with a sweep."""

import os
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kernels import reference
from kernels.network import network
from sweep import RegularizedMLPClassifier, RegularizedMLPRegressor, Sweep
from sweep.data import splits
from sweep.errors import InputError
from sweep.seeded import generator
from sweep.training.draws import initial_weights
from tests.sweep.loaded import load

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
#: As it is measured, and of some classes few.
UNEVEN = tuple(part[np.r_[:50, 50:75, 100:110]] for part in load_iris(return_X_y=True))
NAMES = np.array(["setosa", "versicolor", "virginica"])


def small(**parameters):
    return RegularizedMLPClassifier(**{"max_iter": 5, "random_state": 3} | parameters)


def test_the_one_check_that_waits_for_a_setting():
    # scikit-learn skips it unless this is set before SciPy is imported.
    code = (
        "from sklearn.utils.estimator_checks import check_array_api_input\n"
        "from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV\n"
        "from sweep import RegularizedMLPRegressor, RegularizedMLPRegressorCV\n"
        "told = {'max_iter': 5, 'random_state': 0}\n"
        "search = told | {'l1': '0,1e-3', 'l2': 0, 'cv': 2}\n"
        "for estimator in (RegularizedMLPClassifier(**told), RegularizedMLPRegressor(**told),\n"
        "                  RegularizedMLPClassifierCV(**search),\n"
        "                  RegularizedMLPRegressorCV(**search)):\n"
        "    check_array_api_input(type(estimator).__name__, estimator, 'numpy')\n"
    )
    settings = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=settings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_a_fit_is_the_references(method):
    fitted = small(
        hidden_layer_sizes=(5, 4), l1=3e-3, l2=2e-3, l1_on="w1,b2", l1_method=method, momentum=0.8
    )
    fitted.fit(X, Y)
    net = network((4, 5, 4, 3))
    drawn = initial_weights(net, Sweep(data="iris"), 3)
    orders = generator(3, "batch order", "0")
    settings = reference.Settings(
        {"w1": 3e-3, "b2": 3e-3},
        dict.fromkeys(("w1", "w2", "w3"), 2e-3),
        momentum=0.8,
        proximal=method == "proximal",
    )
    expected = reference.train(
        {name: drawn[net.place(name)].reshape(net.shape(name)) for name in net.names},
        settings,
        (X, Y, np.ones(len(X))),
        np.array([orders.permutation(len(X)) for _ in range(5)]),
        32,
        5,
    )
    for layer in (1, 2, 3):
        np.testing.assert_allclose(fitted.coefs_[layer - 1], expected[f"w{layer}"].T, atol=1e-12)
        np.testing.assert_allclose(fitted.intercepts_[layer - 1], expected[f"b{layer}"], atol=1e-12)
    logits = reference.forward(expected, X)[-1]
    np.testing.assert_allclose(fitted.predict_proba(X), reference.softmax(logits), atol=1e-12)
    loss = reference.cross_entropy(logits, Y, np.ones(len(X)))
    assert fitted.loss_ == pytest.approx(loss + reference.penalty(expected, settings), abs=1e-12)
    assert fitted.loss_curve_[-1] == fitted.loss_ and len(fitted.loss_curve_) == fitted.n_iter_ == 5


def test_without_hidden_layers_it_is_logistic_regression():
    l2 = 5e-3
    mine = small(
        hidden_layer_sizes=(), l1=0, l2=l2, batch_size="full", learning_rate_init=0.5, max_iter=2000
    )
    theirs = LogisticRegression(C=1 / (2 * l2 * len(X)), tol=1e-10, max_iter=1000)
    # Both minimise the same strictly convex loss; what is left is how near each comes to it.
    np.testing.assert_allclose(
        mine.fit(X, Y).coefs_[0].T, theirs.fit(X, Y).coef_, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_the_cell_of_a_sweep_is_fitted_to_its_bits(class_weight):
    X, Y = UNEVEN
    found = Sweep(
        **{"data": (X, Y), "hidden": "6", "l1": "0,2e-3", "l2": 1e-3, "seeds": 7, "epochs": 200},
        **{"patience": 3, "lr": 0.05, "class_weight": class_weight or "none"},
    ).run()
    fitted = RegularizedMLPClassifier(
        6,
        l1=2e-3,
        l2=1e-3,
        learning_rate_init=0.05,
        max_iter=200,
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=3,
        random_state=7,
        class_weight=class_weight,
        standardize=True,
    ).fit(X, Y)
    row = found.iloc[1]
    assert fitted.loss_ == row["final_loss"]
    assert fitted.best_validation_score_ == row["val_accuracy"]
    assert fitted.n_iter_ == row["epochs"] < 200
    assert fitted.validation_scores_[row["best_epoch"] - 1] == row["val_accuracy"]
    assert len(fitted.validation_scores_) == len(fitted.loss_curve_) == fitted.n_iter_


def test_inputs_are_standardised_by_what_is_trained_on():
    X, Y = UNEVEN
    fitted = small(standardize=True).fit(X, Y)
    by_hand = make_pipeline(StandardScaler(), small()).fit(X, Y)
    np.testing.assert_allclose(fitted.predict_proba(X), by_hand.predict_proba(X), rtol=1e-9)
    np.testing.assert_allclose(fitted.model_.mean, by_hand[0].mean_, rtol=1e-12)
    weight = np.arange(len(Y)) % 3
    mean = small(standardize=True).fit(X, Y, weight).model_.mean
    np.testing.assert_allclose(mean, X[weight > 0].mean(axis=0), rtol=1e-12)
    stopping = {"standardize": True, "early_stopping": True, "validation_fraction": 0.4}
    held = splits.split(load((X, Y)), 3, 0, 0, 0.4).val
    poisoned = X.copy()
    poisoned[held] = 1e6
    one, other = (small(**stopping).fit(x, Y).model_ for x in (X, poisoned))
    assert one.scaling.mean.tobytes() == other.scaling.mean.tobytes()
    assert one.scaling.scale.tobytes() == other.scaling.scale.tobytes()


def test_classes_count_what_they_are_said_to():
    X, Y = UNEVEN
    names = NAMES[Y]
    counts = {"setosa": 3, "virginica": 0.25}
    weight = np.array([counts.get(name, 1) for name in names])
    fitted = small(class_weight=counts).fit(X, names)
    by_sample = small().fit(X, names, weight)
    np.testing.assert_array_equal(fitted.predict_proba(X), by_sample.predict_proba(X))
    balanced = small(class_weight="balanced", batch_size="full").fit(X, Y)
    told = dict(enumerate(len(Y) / 3 / np.bincount(Y)))
    as_told = small(class_weight=told, batch_size="full").fit(X, Y)
    np.testing.assert_allclose(balanced.predict_proba(X), as_told.predict_proba(X), rtol=1e-9)
    plain = small(batch_size="full").fit(X, Y)
    assert not np.allclose(plain.predict_proba(X), balanced.predict_proba(X), rtol=0.01)
    both = small(class_weight="balanced").fit(X, Y, weight)
    n = np.bincount(Y, weights=weight)
    product = weight * (weight.sum() / 3 / n)[Y]
    np.testing.assert_allclose(
        both.predict_proba(X), small().fit(X, Y, product).predict_proba(X), rtol=1e-9
    )


def test_samples_that_weigh_nothing_are_as_good_as_absent():
    weight = np.random.RandomState(0).randint(0, 3, len(Y)) / 2
    there = weight > 0
    mine = small(batch_size=16).fit(X, Y, weight)
    theirs = small(batch_size=16).fit(X[there], Y[there], weight[there])
    np.testing.assert_array_equal(mine.predict_proba(X), theirs.predict_proba(X))


def test_the_unit_of_the_weights_does_not_matter():
    mine, theirs = small().fit(X, Y, np.full(len(Y), 4.0)), small().fit(X, Y)
    np.testing.assert_array_equal(mine.predict_proba(X), theirs.predict_proba(X))


def test_weights_count():
    heavy = small().fit(X, Y, np.where(Y == 2, 100.0, 1.0))
    assert (heavy.predict(X) == 2).sum() > (small().fit(X, Y).predict(X) == 2).sum()


def test_it_works_where_scikit_learn_users_put_it():
    frame = pd.DataFrame(X, columns=["sl", "sw", "pl", "pw"])
    labels = NAMES[Y]
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), small(max_iter=30))
    grid = {"regularizedmlpclassifier__l1": [0.0, 0.3]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(frame, labels)
    best = search.best_estimator_[-1]
    assert search.best_params_ == {"regularizedmlpclassifier__l1": 0.0}
    assert search.score(frame, labels) > 0.8
    assert list(best.classes_) == list(NAMES) and list(best.feature_names_in_) == list(frame)
    assert best.model_.features == tuple(frame) and best.model_.classes == tuple(NAMES)
    assert clone(best).get_params() == best.get_params()


def test_what_is_written_into_the_weights_predicts_also_after_pickling():
    fitted = small().fit(X, Y)
    for one in (fitted, pickle.loads(pickle.dumps(fitted))):
        one.coefs_[0][:] = 0
        one.intercepts_[-1][:] = (0, 9, 0)
        assert (one.predict(X) == 1).all()
    with pytest.raises(TypeError):
        fitted.coefs_[0] = 0


def test_what_a_random_state_draws():
    by_number = [small(random_state=11).fit(X, Y).loss_ for _ in range(2)]
    assert by_number[0] == by_number[1] != small(random_state=12).fit(X, Y).loss_
    generator = np.random.RandomState(0)
    assert len({small(random_state=generator).fit(X, Y).loss_ for _ in range(2)}) == 2


def test_a_class_of_one_and_of_two():
    assert (small().fit(X, np.full(len(X), "only")).predict(X) == "only").all()
    two = small().fit(X[:100], Y[:100] > 0)
    assert two.predict_proba(X).shape == (150, 2) and two.predict(X).dtype == bool
    assert two.coefs_[-1].shape == (100, 2) and two.out_activation_ == "softmax"


def test_training_that_diverges_is_an_error():
    with pytest.raises(ValueError, match="diverged"):
        small(learning_rate_init=1e9).fit(X, Y)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"random_state": -1}, "`random_state`: expected integers"),
        ({"hidden_layer_sizes": (3, 0)}, "`hidden_layer_sizes` should be widths"),
        ({"l1": -1}, "`l1`: expected numbers from 0 up"),
        ({"l2": [0, 1]}, "`l2` should be one number"),
        ({"l1": "auto:log3"}, "`l1` should be one number"),
        ({"learning_rate_init": 0}, "`learning_rate_init`: expected numbers above 0"),
        ({"max_iter": 1.5}, "`max_iter` should be a valid integer"),
        ({"batch_size": "all"}, "`batch_size` should be"),
        ({"l1_on": "w9"}, "'w9' is not a parameter"),
        ({"precision": "float16"}, "`precision` should be"),
        ({"early_stopping": True, "validation_fraction": 0}, "above 0"),
        ({"early_stopping": True, "n_iter_no_change": 0}, "`n_iter_no_change` should be"),
        ({"class_weight": "even"}, "`class_weight` should be 'balanced', a dict .* not 'even'"),
        ({"class_weight": {7: 2}}, "`class_weight` names 7, which is no class"),
        ({"class_weight": {1: 0}}, "`class_weight` of 1 should be a number above 0, not 0"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(parameters, message):
    with pytest.raises(InputError, match=message):
        small(**parameters).fit(X, Y)


def test_too_few_samples_to_hold_any_out():
    with pytest.raises(InputError, match="`early_stopping` holds out nothing"):
        small(early_stopping=True).fit(X[[0, 60, 120]], Y[[0, 60, 120]])


@pytest.mark.parametrize("other", [2, -1, 0.5])
def test_a_matrix_of_something_else_than_answers(other):
    answers = np.stack([Y > 0, Y > 1], axis=1).astype(np.float64)
    small().fit(X, answers)
    with pytest.raises(ValueError, match=r"of 0 and 1 alone|continuous"):
        small().fit(X, np.where(answers == 1, answers, other))


def peak_of(call):
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_and_a_prediction_copy_no_samples(dtype):
    X = np.random.RandomState(0).standard_normal((40_000, 50)).astype(dtype)
    fitted = RegularizedMLPClassifier(8, max_iter=1, random_state=0)
    fitted.fit(X[:100], X[:100, 0] > 0)  # which compiles
    for call in (lambda: fitted.fit(X, X[:, 0] > 0), lambda: fitted.predict(X)):
        assert peak_of(call) < X.nbytes / 2


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "of_ours, of_theirs, times",
    [
        (RegularizedMLPClassifier, MLPClassifier, 1.1),
        # Four arrays as long as y, and a batch in lanes: weights, rows, their order, and y in its
        # unit. Theirs has three.
        (RegularizedMLPRegressor, MLPRegressor, 1.7),
    ],
)
def test_a_fit_takes_little_more_memory_than_scikit_learns(of_ours, of_theirs, times):
    X = np.random.RandomState(0).standard_normal((60_000, 5))
    y = (X[:, 0] > 0).astype(int) if of_theirs is MLPClassifier else X[:, 0] + 1
    told = {"hidden_layer_sizes": 4, "batch_size": 100, "max_iter": 1, "random_state": 0}
    of_ours(**told).fit(X[:200], y[:200])  # which compiles
    ours, theirs = (peak_of(lambda of=of: of(**told).fit(X, y)) for of in (of_ours, of_theirs))
    assert ours < times * theirs
