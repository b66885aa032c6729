"""Of a fit that has not come to much one warning says why; of others nothing is said."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV, RegularizedMLPRegressor

X, Y = load_wine(return_X_y=True)
SCALED = StandardScaler().fit_transform(X)
IRIS = load_iris(return_X_y=True)
pytestmark = pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")


def warned(estimator, X, y):
    with pytest.warns(ConvergenceWarning) as found:
        estimator.fit(X, y)
    (one,) = found
    return str(one.message)


def test_inputs_that_are_not_scaled_kill_every_unit():
    fitted = RegularizedMLPClassifier(random_state=0)
    said = warned(fitted, X, Y)
    assert fitted.score(X, Y) == np.bincount(Y).max() / len(Y)  # as for every random_state
    assert "the same prediction" in said and "standardize=True" in said
    assert "a mean of 747 and a standard deviation of 314" in said  # of proline
    fitted.set_params(standardize=True).fit(X, Y)
    assert fitted.score(X, Y) == 1


def test_a_search_says_it_once_of_the_best():
    search = RegularizedMLPClassifierCV(l1="0,1e-3", l2=0, cv=2, random_state=0)
    assert "the same prediction" in warned(search, X, Y)
    search.set_params(standardize=True).fit(X, Y)


def test_units_that_a_high_rate_kills():
    told = {"l1": 1e-4, "l2": 1e-4, "learning_rate_init": 1.0, "random_state": 0}
    rash = RegularizedMLPClassifier((32, 16), **told)
    said = warned(rash, SCALED, Y)
    assert "the same prediction" in said and "lower `learning_rate_init`" in said


def test_a_network_that_the_penalty_empties_is_what_was_asked_for():
    fitted = RegularizedMLPClassifier(l1=1.0, random_state=0).fit(SCALED, Y)
    assert not any(weights.any() for weights in fitted.coefs_)


def test_a_loss_that_still_falls():
    told = {"standardize": True, "random_state": 0}
    said = warned(RegularizedMLPClassifier(**told, max_iter=10), *IRIS)
    assert "still falling after 10 epochs: give more `max_iter`" in said
    RegularizedMLPClassifier(**told, max_iter=200).fit(*IRIS)
    said = warned(RegularizedMLPClassifier(**told, max_iter=50, tol=1e-9), *IRIS)
    assert "not at rest by `tol` after 50 epochs" in said
    assert RegularizedMLPClassifier(**told, max_iter=999, tol=1e-2).fit(*IRIS).n_iter_ < 999
    unscaled = RegularizedMLPClassifier((), learning_rate_init=1e-7, max_iter=50, random_state=0)
    assert "still falling after 50 epochs: scale the inputs" in warned(unscaled, X, Y)


@pytest.mark.parametrize(
    "inputs, rate, mend",
    [(30 * SCALED, 1.0, "scale the inputs"), (SCALED, 300.0, "or lower `learning_r")],
)
def test_a_loss_that_is_not_below_guessing(inputs, rate, mend):
    rash = RegularizedMLPClassifier((), l1=0, l2=0, learning_rate_init=rate, random_state=0)
    answers = np.random.RandomState(0).permutation(Y)
    said = warned(rash, inputs, answers)
    shares = np.bincount(answers) / len(answers)
    assert f"not below the {-(shares * np.log(shares)).sum():.4g} of guessing the shares" in said
    assert mend in said


def test_what_numbers_are_guessed_by():
    numbers, disease = load_diabetes(return_X_y=True)
    rash = RegularizedMLPRegressor((), l1=0, l2=0, learning_rate_init=0.1, random_state=0)
    nothing = np.random.RandomState(0).permutation(disease)
    said = warned(rash.set_params(standardize=True), numbers, nothing)
    assert "not below the 1 of guessing the best constant" in said  # which is the variance


def test_where_there_is_nothing_to_be_learnt_nothing_is_said():
    RegularizedMLPClassifier(max_iter=5).fit(SCALED, np.zeros(len(Y)))
    RegularizedMLPClassifier(max_iter=5).fit(np.ones((30, 2)), np.arange(30) % 2)
