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
from scipy.sparse import csr_matrix
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
_WARM = "there is no warm_start"
_PARTIAL = "there is no partial_fit"
DIFFERENT = {
    "test_fit": "it sets private attributes and calls partial_fit; test_like_mlp has weights",
    "test_gradient": "it calls a private method; gradients are held in tests/kernels",
    "test_lbfgs_classification_maxfun": _LBFGS,
    "test_lbfgs_regression_maxfun": _LBFGS,
    "test_lbfgs_classification": _LBFGS,
    "test_lbfgs_regression": _LBFGS,
    "test_learning_rate_warmstart": _WARM,
    "test_partial_fit_classes_error": _PARTIAL,
    "test_partial_fit_classification": _PARTIAL,
    "test_partial_fit_unseen_classes": _PARTIAL,
    "test_partial_fit_regression": _PARTIAL,
    "test_partial_fit_errors": _PARTIAL,
    "test_mlp_loading_from_joblib_partial_fit": _PARTIAL,
    "test_mlp_partial_fit_after_fit": _PARTIAL,
    "test_warm_start": _WARM,
    "test_warm_start_full_iteration": _WARM,
    "test_mlp_warm_start_with_early_stopping": _WARM,
    "test_mlp_warm_start_no_convergence": _WARM,
    "test_shuffle": "there is no shuffle: batches are drawn anew in each epoch",
    "test_sparse_matrices": "X is dense: a sparse one is refused",
    "test_verbose_sgd": "there is no verbose",
    "test_adaptive_learning_rate": "`learning_rate` 'adaptive' is refused",
    "test_n_iter_no_change_inf": "`n_iter_no_change` is a number of epochs",
    "test_mlp_param_dtypes": "weights and predictions are float64, whatever X is",
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
def test_what_is_said_not_to_be_there_is_not(Estimator):
    assert not hasattr(Estimator, "partial_fit")
    assert not {"warm_start", "shuffle", "verbose"} & Estimator().get_params().keys()
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        Estimator().fit(csr_matrix(DIGITS), TWO)
    for wrong in (
        {"solver": "lbfgs"},
        {"learning_rate": "adaptive"},
        {"early_stopping": True, "n_iter_no_change": np.inf},
        {"tol": 0.1, "n_iter_no_change": np.inf},
    ):
        with pytest.raises(InputError):
            Estimator(**wrong).fit(DIGITS, TWO)
    coefs = Estimator(max_iter=1).fit(DIGITS.astype(np.float32), TWO).coefs_
    assert all(weights.dtype == np.float64 for weights in coefs)


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
    """With early stopping alone: `tol` by itself waits for 10."""
    told = {"tol": 0.01, "max_iter": 3000, "early_stopping": True, "random_state": 0}
    fitted = Estimator(**told, n_iter_no_change=epochs).fit(DIGITS[:100], TWO[:100])
    assert epochs < fitted.n_iter_ < 3000
    assert fitted.best_validation_score_ == fitted.validation_scores_[-1 - epochs]


def test_mlp_early_stopping_string_labels():
    X, y = make_classification(
        n_samples=200, n_features=10, n_classes=3, n_informative=5, random_state=42
    )
    y = np.array(["class_a", "class_b", "class_c"], dtype=object)[y]
    fitted = RegularizedMLPClassifier(early_stopping=True, max_iter=50, random_state=42).fit(X, y)
    assert len(fitted.validation_scores_) == fitted.n_iter_
    assert np.isfinite(fitted.validation_scores_).all()


def test_mlp_classifier_dtypes_casting():
    told = {"hidden_layer_sizes": (5, 3), "random_state": 1, "alpha": 1e-5}
    X, y = _THREE[0] / 16, _THREE[1]
    one = RegularizedMLPClassifier(**told).fit(X[:300], y[:300])
    other = RegularizedMLPClassifier(**told).fit(X[:300].astype(np.float32), y[:300])
    p, q = one.predict_proba(X[300:]), other.predict_proba(X[300:].astype(np.float32))
    np.testing.assert_array_equal(p.argmax(axis=1), q.argmax(axis=1))
    np.testing.assert_allclose(p, q, rtol=1e-2)


def test_mlp_regressor_dtypes_casting():
    told = {"hidden_layer_sizes": (5, 3), "random_state": 1, "alpha": 1e-5}
    X, y = _THREE[0] / 16, _THREE[1]
    one = RegularizedMLPRegressor(**told).fit(X[:300], y[:300])
    other = RegularizedMLPRegressor(**told).fit(X[:300].astype(np.float32), y[:300])
    found = other.predict(X[300:].astype(np.float32))
    np.testing.assert_allclose(one.predict(X[300:]), found, rtol=5e-4)


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
