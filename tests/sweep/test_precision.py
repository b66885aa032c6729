"""What X is of, float32 or float64, and what an estimator makes of it: as scikit-learn's does."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
    load_model,
)
from sweep.errors import InputError
from sweep.models.ensemble.average import Ensemble

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.RandomState(0).standard_normal((40, 3))
Y = (X[:, 0] > 0).astype(int)
BOTH = [(RegularizedMLPClassifier, MLPClassifier), (RegularizedMLPRegressor, MLPRegressor)]
TOLD = {"hidden_layer_sizes": 4, "max_iter": 2, "random_state": 0}


def dtypes(fitted, X):
    """Return that of each array of a network, and of what it says."""
    said = [fitted.predict(X)]
    if hasattr(fitted, "classes_"):
        said = [fitted.predict_proba(X), fitted.predict_log_proba(X)]
    return [of.dtype for of in (*fitted.coefs_, *fitted.intercepts_, *said)]


@pytest.mark.parametrize("mine, theirs", BOTH)
@pytest.mark.parametrize("fits", [np.float64, np.float32, np.float16, np.int64])
def test_parameters_and_predictions_are_of_the_dtypes_of_scikit_learns(mine, theirs, fits):
    ours, other = (of(**TOLD).fit(X.astype(fits), Y) for of in (mine, theirs))
    for asked in (np.float64, np.float32, np.int64):
        assert dtypes(ours, X.astype(asked)) == dtypes(other, X.astype(asked))
    # What goes on keeps its precision, whatever comes.
    for more in (np.float32, np.float64):
        ours.partial_fit(X.astype(more), Y)
        assert dtypes(ours, X) == dtypes(other.partial_fit(X.astype(more), Y), X)


@pytest.mark.parametrize("mine, theirs", BOTH)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_precision_that_is_given_is_that_of_a_copy(mine, theirs, precision):
    """As if X had been turned into it before."""
    other = theirs(**TOLD).fit(X.astype(precision), Y)
    copied = mine(**TOLD).fit(X.astype(np.float32).astype(precision), Y)
    given = mine(**TOLD, precision=precision).fit(X.astype(np.float32), Y)
    assert dtypes(given, X.astype(np.float32)) == dtypes(other, X.astype(np.float32))
    for ours, expected in zip(given.coefs_, copied.coefs_, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_a_search_in_float32_is_that_of_scikit_learn(tmp_path):
    single, searched = X.astype(np.float32), {"scoring": "neg_log_loss", "cv": 2}
    told = {**TOLD, "standardize": True}
    mine = RegularizedMLPClassifierCV(**told, **searched, l1=[0, 0.1], l2=0, ensemble=2)
    theirs = GridSearchCV(RegularizedMLPClassifier(**told, l2=0), {"l1": [0, 0.1]}, **searched)
    scores = [of.fit(single, Y).cv_results_["mean_test_score"] for of in (mine, theirs)]
    np.testing.assert_array_equal(*scores)
    best = mine.best_estimator_
    np.testing.assert_array_equal(best.coefs_[0], theirs.best_estimator_.coefs_[0])
    assert best.coefs_[0].dtype == mine.predict_proba(single).dtype == np.float32
    assert mine.predict_proba(X).dtype == np.float64
    best.model_.save(tmp_path / "model.npz")
    of_file = load_model(tmp_path / "model.npz").predict_proba(single)
    np.testing.assert_array_equal(of_file, best.predict_proba(single.astype(np.float64)))
    np.testing.assert_array_equal(of_file.astype(np.float32), best.predict_proba(single))


def test_of_several_networks_the_mean_is_rounded_and_no_part_of_it(tmp_path):
    single = X.astype(np.float32)
    fitted = (RegularizedMLPClassifier(**TOLD | {"random_state": i}) for i in range(3))
    ensemble = Ensemble([one.fit(single, Y).model_ for one in fitted], [3, 2, 5], {})
    ensemble.save(tmp_path / "ensemble.npz")
    of_file = load_model(tmp_path / "ensemble.npz").predict_proba(single)
    np.testing.assert_array_equal(ensemble.predict_proba(single), of_file.astype(np.float32))


def test_constant_units_of_float32_are_folded_in_float64():
    fitted = RegularizedMLPClassifier(**TOLD).fit(X.astype(np.float32), Y)
    fitted.coefs_[0][:, 1], fitted.intercepts_[0][1] = 0, 0.3
    rest = fitted.model_.prune(exact=False)
    assert rest.widths[1] < 4
    np.testing.assert_allclose(rest.predict_proba(X), fitted.predict_proba(X), rtol=1e-14)


def test_inputs_of_float32_are_scaled_in_float64():
    """A mean in float32 would be off by more than the spread is."""
    far = (1e4 + X).astype(np.float32)
    ours = RegularizedMLPClassifier(**TOLD, standardize=True).fit(far, Y)
    np.testing.assert_allclose(ours.model_.mean, far.astype(np.float64).mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(ours.model_.scale, far.astype(np.float64).std(axis=0), rtol=1e-12)


def test_numbers_that_float32_would_blur_are_predicted_in_float64():
    """Such as seconds since 1970, of which it knows every 128th."""
    y = 1.7e9 + 3 * X[:, 0]
    fitted = RegularizedMLPRegressor(**TOLD | {"max_iter": 200, "l1": 0}).fit(
        X.astype(np.float32), y
    )
    assert fitted.predict(X.astype(np.float32)).dtype == np.float64
    assert fitted.score(X.astype(np.float32), y) > 0.95


def test_a_prediction_beyond_float32_is_refused_in_it():
    fitted = RegularizedMLPRegressor(**TOLD, loss="poisson").fit(X.astype(np.float32), Y)
    fitted.intercepts_[-1][...] = 200
    assert (fitted.predict(X) > 1e80).all()
    with pytest.raises(InputError, match="beyond the largest number of float32: give X as float64"):
        fitted.predict(X.astype(np.float32))
