"""What scikit-learn's own tests ask of MLPRegressor and MLPClassifier, asked of ours.

Each function here is named as theirs, in sklearn/neural_network/tests/test_mlp.py; those that
cannot pass are in `DIFFERENT`, with the reason.
"""

import ast
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csc_array, csr_matrix
from sklearn.datasets import (
    load_digits,
    load_iris,
    make_classification,
    make_multilabel_classification,
    make_regression,
)
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import MinMaxScaler, scale

from sweep import RegularizedMLPClassifier, RegularizedMLPRegressor
from sweep.errors import InputError

BOTH = pytest.mark.parametrize("Estimator", [RegularizedMLPClassifier, RegularizedMLPRegressor])
ACTIVATIONS = ("identity", "logistic", "tanh", "relu")
_LBFGS = "there is no solver lbfgs; what it is tested for is tested with adam, by another name"
DIFFERENT = {
    "test_fit": "it sets private attributes and calls partial_fit; test_like_mlp has weights",
    "test_gradient": "it calls a private method; gradients are held in tests/kernels",
    "test_lbfgs_classification_maxfun": _LBFGS,
    "test_lbfgs_regression_maxfun": _LBFGS,
    "test_lbfgs_classification": _LBFGS,
    "test_lbfgs_regression": _LBFGS,
    "test_learning_rate_warmstart": "it reads a private attribute; test_like_mlp has the steps",
    "test_mlp_diverging_loss": "a fit that diverges is an error, as test_nonfinite_params has it",
    "test_early_stopping_stratified": "a class of one sample is kept for training, not refused",
}

_DIGITS = load_digits(n_class=2, return_X_y=True)
DIGITS = MinMaxScaler().fit_transform(_DIGITS[0][:200])
TWO = _DIGITS[1][:200]
_THREE = load_digits(n_class=3, return_X_y=True)
X_THREE = MinMaxScaler().fit_transform(_THREE[0][:200])
THREE = _THREE[1][:200]
REGRESSION, NUMBERS = make_regression(
    n_samples=200, n_features=10, bias=20.0, noise=100.0, random_state=7
)
NUMBERS = scale(NUMBERS)


def test_every_one_of_theirs_is_here_or_has_its_reason():
    if not sklearn.__version__.startswith("1.9."):
        pytest.skip("another scikit-learn has other tests")
    (folder,) = find_spec("sklearn.neural_network").submodule_search_locations
    tree = ast.parse(Path(folder, "tests", "test_mlp.py").read_text())
    theirs = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    theirs = {name for name in theirs if name.startswith("test_")}
    here = {name for name in globals() if name.startswith("test_")}
    assert theirs - here == set(DIFFERENT)


@BOTH
def test_sparse_matrices(Estimator):
    dense, sparse = (Estimator(max_iter=5, random_state=1) for _ in range(2))
    dense.fit(DIGITS, TWO)
    for kind in (csr_matrix, csc_array):
        sparse.fit(kind(DIGITS), TWO)
        for of in (dense, sparse):
            np.testing.assert_array_equal(of.predict(kind(DIGITS)), dense.predict(DIGITS))


@BOTH
def test_what_is_said_not_to_be_there_is_not(Estimator):
    with pytest.raises(InputError, match="`solver` should be"):
        Estimator(solver="lbfgs").fit(DIGITS, TWO)


def test_one_sample_of_a_class_is_trained_on():
    fitted = RegularizedMLPClassifier(early_stopping=True)
    fitted.fit([[1, 2], [2, 3], [3, 4], [4, 5]], [0, 0, 0, 1])
    assert fitted.classes_.tolist() == [0, 1]


@BOTH
def test_alpha(Estimator):
    told = {"hidden_layer_sizes": 10, "l1": 1e-4, "random_state": 1, "solver": "adam"}
    sizes = [
        [abs(weights).sum() for weights in Estimator(**told, alpha=alpha).fit(DIGITS, TWO).coefs_]
        for alpha in (0, 1)
    ]
    assert np.greater(*sizes).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("X, y", [(DIGITS, TWO), (X_THREE, THREE)], ids=["two", "three"])
def test_adam_classification(X, y, activation):
    fitted = RegularizedMLPClassifier(50, solver="adam", activation=activation, random_state=1)
    fitted.fit(X[:150], y[:150])
    found = fitted.predict(X[150:])
    assert fitted.score(X[:150], y[:150]) > 0.95
    assert found.shape == (50,) and found.dtype.kind == y.dtype.kind


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_adam_regression(activation):
    fitted = RegularizedMLPRegressor(
        50, solver="adam", activation=activation, l1=0, l2=1e-4, max_iter=500, random_state=1,
        learning_rate_init=0.003,
    )  # fmt: skip
    score = fitted.fit(REGRESSION, NUMBERS).score(REGRESSION, NUMBERS)
    # Those that are not linear do much better than a linear bottleneck.
    assert score > (0.80 if activation == "identity" else 0.98)


def test_multilabel_classification():
    X, y = make_multilabel_classification(n_samples=50, random_state=0, return_indicator=True)
    told = {"hidden_layer_sizes": 50, "activation": "logistic", "learning_rate_init": 0.2}
    fitted = RegularizedMLPClassifier(**told, l1=0, alpha=1e-5, max_iter=150, random_state=0)
    assert fitted.fit(X, y).score(X, y) > 0.97
    # Whose split by class is off.
    RegularizedMLPClassifier(early_stopping=True).fit(X, y).predict(X)


def test_multioutput_regression():
    X, y = make_regression(n_samples=200, n_targets=5, random_state=11)
    fitted = RegularizedMLPRegressor(50, solver="adam", max_iter=200, random_state=1)
    assert fitted.fit(X, y).score(X, y) > 0.9


@BOTH
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_nonfinite_params(Estimator):
    draw = np.random.RandomState(0)
    X = np.finfo(np.float64).max * draw.uniform(size=(10, 2))
    with pytest.raises(ValueError, match="diverged: a weight is no finite number"):
        Estimator().fit(X, draw.standard_normal(10) > 0)


def test_predict_proba_binary():
    fitted = RegularizedMLPClassifier(5, activation="logistic", l1=0, random_state=1, max_iter=200)
    p = _probabilities(fitted, DIGITS[:50], TWO[:50])
    assert p.shape == (50, 2) and roc_auc_score(TWO[:50], p[:, 1]) == 1
    np.testing.assert_allclose(p.sum(axis=1), 1)


def test_predict_proba_multiclass():
    p = _probabilities(RegularizedMLPClassifier(5), X_THREE[:10], THREE[:10])
    assert p.shape == (10, 3)


def test_predict_proba_multilabel():
    X, y = make_multilabel_classification(n_samples=50, random_state=0, return_indicator=True)
    fitted = RegularizedMLPClassifier(30, solver="adam", max_iter=200, random_state=0)
    p = _probabilities(fitted, X, y)
    assert p.shape == y.shape
    np.testing.assert_array_equal(p > 0.5, y)
    assert ((p.sum(axis=1) - 1) ** 2).sum() > 1e-10  # there is no softmax


def _probabilities(estimator, X, y):
    estimator.fit(X, y)
    p, logs = estimator.predict_proba(X), estimator.predict_log_proba(X)
    np.testing.assert_array_equal(p.argmax(axis=1), logs.argmax(axis=1))
    np.testing.assert_allclose(logs, np.log(p))
    return p


@BOTH
def test_tolerance(Estimator):
    fitted = Estimator(tol=0.5, max_iter=3000).fit([[3, 2], [1, 6]], [1, 0])
    assert fitted.n_iter_ < 3000


@BOTH
def test_early_stopping(Estimator):
    """Theirs is best by the score; ours by the loss, whose epoch is the one that is kept."""
    told = {"tol": 0.2, "max_iter": 3000, "learning_rate_init": 1e-3}
    X, y = DIGITS[:100], TWO[:100]
    fitted = Estimator(**told, early_stopping=True).fit(X, y)
    assert fitted.n_iter_ < 3000 and fitted.best_loss_ is None
    assert isinstance(fitted.validation_scores_, list)
    assert fitted.best_validation_score_ == fitted.validation_scores_[-11]
    fitted = Estimator(**told).fit(X, y)
    assert fitted.n_iter_ < 3000
    assert fitted.validation_scores_ is None and fitted.best_validation_score_ is None
    assert fitted.best_loss_ == min(fitted.loss_curve_)


@pytest.mark.parametrize("epochs", [2, 5, 10, 50, 100])
@BOTH
def test_n_iter_no_change(Estimator, epochs):
    told = {"tol": 0.01, "max_iter": 3000, "n_iter_no_change": epochs, "random_state": 0}
    fitted = Estimator(**told, early_stopping=True).fit(DIGITS[:100], TWO[:100])
    assert epochs < fitted.n_iter_ < 3000
    assert fitted.best_validation_score_ == fitted.validation_scores_[-1 - epochs]
    curve = Estimator(**told).fit(DIGITS[:100], TWO[:100]).loss_curve_
    falls = [i for i, loss in enumerate(curve) if loss < min(curve[:i], default=np.inf) - 0.01]
    assert len(curve) - 1 - falls[-1] == epochs and max(np.diff(falls)) <= epochs


@BOTH
def test_n_iter_no_change_inf(Estimator):
    for early_stopping in (False, True):
        told = {"tol": 1e9, "n_iter_no_change": np.inf, "early_stopping": early_stopping}
        assert Estimator(5, **told, max_iter=30).fit(DIGITS, TWO).n_iter_ == 30


@BOTH
def test_adaptive_learning_rate(Estimator):
    """It is divided by 5 after each 10 epochs, 6 times from 0.01 to below 1e-6, and 10 more."""
    fitted = Estimator(tol=1e6, max_iter=3000, learning_rate="adaptive", random_state=0)
    assert fitted.fit([[3, 2], [1, 6]], [1, 0]).n_iter_ == 1 + 7 * 10


@BOTH
def test_shuffle(Estimator):
    found = [
        Estimator(3, max_iter=1, batch_size=1, random_state=0, shuffle=shuffle).fit(DIGITS, TWO)
        for shuffle in (True, False)
        for _ in range(2)
    ]
    same = [np.array_equal(found[0].coefs_[0], one.coefs_[0]) for one in found]
    assert same == [True, True, False, False]


@BOTH
def test_verbose_sgd(Estimator, capsys):
    fitted = Estimator(2, max_iter=2, verbose=10, early_stopping=True).fit(DIGITS, TWO)
    scores = fitted.validation_scores_
    fitted.set_params(early_stopping=False).partial_fit(DIGITS, TWO)
    curve = fitted.loss_curve_
    assert capsys.readouterr().out.splitlines() == [
        f"Iteration 1, loss = {curve[0]:.8f}",
        f"Validation score: {scores[0]:f}",
        f"Iteration 2, loss = {curve[1]:.8f}",
        f"Validation score: {scores[1]:f}",
        f"Iteration 1, loss = {curve[2]:.8f}",
    ]


def test_partial_fit_classes_error():
    fitted = RegularizedMLPClassifier().partial_fit([[3, 2]], [0], classes=[0, 1])
    with pytest.raises(ValueError, match="is not the same as on last call to partial_fit"):
        fitted.partial_fit([[3, 2]], [0], classes=[1, 2])


def test_partial_fit_errors():
    X, y = [[3, 2], [1, 6]], [1, 0]
    for told in ({}, {"classes": [2]}):
        with pytest.raises(ValueError, match="classes"):
            RegularizedMLPClassifier().partial_fit(X, y, **told)


def test_partial_fit_unseen_classes():
    fitted = RegularizedMLPClassifier(random_state=0)
    fitted.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["a", "b", "c", "d"])
    fitted.partial_fit([[4]], ["d"])
    assert fitted.score([[1], [2], [3], [4]], ["a", "b", "c", "d"]) > 0
    assert fitted.predict_proba([[1]]).shape == (1, 4)


@pytest.mark.parametrize("y", [TWO, THREE], ids=["two", "three"])
def test_partial_fit_classification(y):
    """Batch for batch: not theirs of equal predictions alone, but equal weights."""
    X = DIGITS if y is TWO else X_THREE
    told = {"random_state": 1, "alpha": 1e-5, "learning_rate_init": 0.2, "l1": 0}
    whole = RegularizedMLPClassifier(5, max_iter=20, **told).fit(X, y)
    _same_epoch_by_epoch(whole, RegularizedMLPClassifier(5, **told), X, y, classes=np.unique(y))


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_partial_fit_regression(momentum):
    told = {"random_state": 1, "momentum": momentum}
    whole = RegularizedMLPRegressor(5, max_iter=20, **told).fit(REGRESSION, NUMBERS)
    parts = RegularizedMLPRegressor(5, **told)
    _same_epoch_by_epoch(whole, parts, REGRESSION, NUMBERS)


def _same_epoch_by_epoch(whole, parts, X, y, **classes):
    for _ in range(20):
        parts.partial_fit(X, y, **classes)
    for found, expected in zip(parts.coefs_, whole.coefs_, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert parts.loss_curve_ == whole.loss_curve_ and parts.t_ == whole.t_


def test_mlp_loading_from_joblib_partial_fit(tmp_path):
    fitted = RegularizedMLPRegressor(42, solver="adam", random_state=42, max_iter=200)
    joblib.dump(fitted.fit([[2]], [4]), tmp_path / "mlp.pkl")
    loaded = joblib.load(tmp_path / "mlp.pkl")
    for _ in range(200):
        loaded.partial_fit([[2]], [1])
    np.testing.assert_allclose(loaded.predict([[2]]), 1, rtol=1e-2)


@BOTH
def test_mlp_partial_fit_after_fit(Estimator):
    fitted = Estimator(early_stopping=True, random_state=0).fit(DIGITS, TWO)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        fitted.partial_fit(DIGITS, TWO)
    before = fitted.loss_curve_
    fitted.set_params(early_stopping=False).partial_fit(DIGITS, TWO)
    assert fitted.loss_curve_[:-1] == before


def test_warm_start():
    fitted = RegularizedMLPClassifier(2, warm_start=True, max_iter=2)
    y = np.arange(150) // 50
    X = load_iris().data
    fitted.fit(X, y).fit(X, (y + 1) % 3)
    for other in ([0] * 75 + [1] * 75, [0] * 50 + [1] * 50 + [3] * 50, np.arange(150) % 4):
        with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same"):
            fitted.fit(X, other)
    with pytest.raises(InputError, match=r"the network goes on, and it was \(4, 2, 3\)"):
        fitted.set_params(hidden_layer_sizes=3).fit(X, y)


@BOTH
def test_warm_start_full_iteration(Estimator):
    fitted = Estimator(2, warm_start=True, max_iter=3).fit(DIGITS, TWO)
    assert fitted.n_iter_ == fitted.fit(DIGITS, TWO).n_iter_ == 3


@BOTH
def test_mlp_warm_start_with_early_stopping(Estimator):
    told = {"warm_start": True, "early_stopping": True, "n_iter_no_change": np.inf}
    fitted = Estimator(2, max_iter=10, **told).fit(DIGITS, TWO)
    before = fitted.validation_scores_
    fitted.set_params(max_iter=20).fit(DIGITS, TWO)
    assert fitted.validation_scores_[:10] == before and len(fitted.validation_scores_) == 30


@BOTH
def test_mlp_warm_start_no_convergence(Estimator):
    told = {"warm_start": True, "n_iter_no_change": np.inf, "random_state": 0}
    fitted = Estimator(2, max_iter=10, **told)
    assert fitted.fit(DIGITS, TWO).n_iter_ == 10
    assert fitted.set_params(max_iter=20).fit(DIGITS, TWO).n_iter_ == 20


def test_mlp_early_stopping_string_labels():
    X, y = make_classification(
        n_samples=200, n_features=10, n_classes=3, n_informative=5, random_state=42
    )
    y = np.array(["class_a", "class_b", "class_c"], dtype=object)[y]
    fitted = RegularizedMLPClassifier(early_stopping=True, max_iter=50, random_state=42).fit(X, y)
    assert len(fitted.validation_scores_) == fitted.n_iter_
    assert np.isfinite(fitted.validation_scores_).all()


def test_mlp_classifier_dtypes_casting():
    # Few epochs, as theirs: a rounding grows from one to the next.
    told = {"hidden_layer_sizes": (5, 3), "random_state": 1, "alpha": 1e-5, "max_iter": 10}
    X, y = _THREE[0] / 16, _THREE[1]
    one = RegularizedMLPClassifier(**told).fit(X[:300], y[:300])
    other = RegularizedMLPClassifier(**told).fit(X[:300].astype(np.float32), y[:300])
    p, q = one.predict_proba(X[300:]), other.predict_proba(X[300:].astype(np.float32))
    np.testing.assert_array_equal(p.argmax(axis=1), q.argmax(axis=1))
    np.testing.assert_allclose(p, q, rtol=1e-2)


def test_mlp_regressor_dtypes_casting():
    told = {"hidden_layer_sizes": (5, 3), "random_state": 1, "alpha": 1e-5, "max_iter": 10}
    X, y = _THREE[0] / 16, _THREE[1]
    one = RegularizedMLPRegressor(**told).fit(X[:300], y[:300])
    other = RegularizedMLPRegressor(**told).fit(X[:300].astype(np.float32), y[:300])
    found = other.predict(X[300:].astype(np.float32))
    np.testing.assert_allclose(one.predict(X[300:]), found, rtol=5e-4, atol=5e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@BOTH
def test_mlp_param_dtypes(dtype, Estimator):
    X, y = DIGITS.astype(dtype), TWO
    fitted = Estimator((5, 3), alpha=1e-5, random_state=1, max_iter=5).fit(X[:150], y[:150])
    assert all(of.dtype == dtype for of in (*fitted.coefs_, *fitted.intercepts_))
    if Estimator == RegularizedMLPRegressor:
        assert fitted.predict(X[150:]).dtype == dtype


@BOTH
def test_what_joblib_keeps(Estimator, tmp_path):
    fitted = Estimator(5, max_iter=5, random_state=42).fit(DIGITS, TWO)
    joblib.dump(fitted, tmp_path / "mlp.pkl")
    found = joblib.load(tmp_path / "mlp.pkl").predict(DIGITS)
    np.testing.assert_array_equal(found, fitted.predict(DIGITS))


@BOTH
@pytest.mark.filterwarnings("error")
def test_preserve_feature_names(Estimator):
    X = pd.DataFrame(np.random.RandomState(0).randn(10, 2), columns=["colname_a", "colname_b"])
    y = pd.Series(np.full(10, 1), name="colname_y")
    Estimator(early_stopping=True, validation_fraction=0.2).fit(X, y)


def test_mlp_sample_weight_with_early_stopping():
    X, y = make_regression(n_samples=100, n_features=2, n_informative=2, random_state=42)
    told = {"early_stopping": True, "tol": 1e-2, "batch_size": 10, "random_state": 42}
    one = RegularizedMLPRegressor(10, solver="adam", **told).fit(X, y, np.ones_like(y))
    other = RegularizedMLPRegressor(10, solver="adam", **told).fit(X, y)
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_mlp_vs_poisson_glm_equivalent():
    """Theirs takes one unit that is linear for no hidden layer, which ours can be without."""
    X = np.linspace(0, 1, 100)
    y = np.random.default_rng(7).poisson(np.exp(X + 1))
    X = X[:, None]
    theirs = PoissonRegressor(alpha=0, tol=1e-10).fit(X, y)
    told = {"l1": 0, "alpha": 0, "batch_size": "full", "max_iter": 3000, "random_state": 1}
    told |= {"hidden_layer_sizes": (), "solver": "adam"}
    counts = RegularizedMLPRegressor(loss="poisson", **told).fit(X, y)
    np.testing.assert_allclose(counts.predict(X), theirs.predict(X), rtol=1e-4)
    squared = RegularizedMLPRegressor(loss="squared_error", **told).fit(X, y)
    assert not np.allclose(squared.predict(X), theirs.predict(X), rtol=1e-4)


@BOTH
def test_minimum_input_sample_size(Estimator):
    """Theirs needs two samples to score; ours one, and one to train on."""
    with pytest.raises(ValueError, match="holds out nothing of so few samples"):
        Estimator(early_stopping=True, random_state=0).fit(DIGITS[:1], TWO[:1])


def test_iris_as_numbers_is_fitted():
    X, y = load_iris(return_X_y=True)
    fitted = RegularizedMLPRegressor(standardize=True, random_state=0).fit(X, y)
    assert fitted.score(X, y) > 0.9
