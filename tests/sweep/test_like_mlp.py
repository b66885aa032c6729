"""Estimators beside MLPClassifier and MLPRegressor: the same weights, batch for batch."""

from inspect import signature

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.neural_network import MLPClassifier, MLPRegressor, _multilayer_perceptron

from kernels.network import network
from sweep import RegularizedMLPClassifier, RegularizedMLPRegressor, Sweep
from sweep.seeded import generator
from sweep.training.draws import initial_weights
from tests.sweep.trained import named

SEED, EPOCHS, HIDDEN, L2 = 5, 20, (7, 4), 3e-3
DIABETES = load_diabetes(return_X_y=True)
X = DIABETES[0][:300] * 20
Y = DIABETES[1][:300]
SEVERAL = np.stack([Y, np.sqrt(Y) - X[:, 2], -Y], axis=1)
COUNTS = np.floor(Y / 40)

#: Their Adam adds epsilon before the root is made up for what it lacks, so here it adds nothing.
ADAM = {"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-300}
SOLVERS = {
    "nesterov": {"solver": "sgd", "momentum": 0.8},
    "momentum": {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False},
    "adam": ADAM,
}


def begun_alike(mine, theirs, X, y, scale, monkeypatch, weighs=1.0):
    """Let both begin with the same weights, and read the same batches; return those weights.

    Parameters
    ----------
    scale
        Ours of the loss is so many times theirs, as far as a gradient is concerned.
    """
    outputs = y.shape[1] if y.ndim == 2 else len(np.unique(y)) if is_classifier(mine) else 1
    net = network((X.shape[1], *HIDDEN, outputs))
    start = iter(range(1, 99))
    drawn = named(net, initial_weights(net, Sweep(data="iris"), SEED))

    def begin(self, fan_in, fan_out, dtype):
        layer = next(start)
        return drawn[f"w{layer}"].T.copy(), drawn[f"b{layer}"].copy()

    draw = generator(SEED, "batch order", "0")
    monkeypatch.setattr(type(theirs), "_init_coef", begin)
    monkeypatch.setattr(
        _multilayer_perceptron, "shuffle", lambda rows, **how: draw.permutation(len(rows))
    )
    told = {"hidden_layer_sizes": HIDDEN, "max_iter": EPOCHS, "random_state": SEED}
    batch = mine.batch_size if mine.batch_size != "full" else len(X)
    # With "proximal" Nesterov's momentum is FISTA's, and the weights those of a step before it.
    mine.set_params(**told, l1=0, l2=L2, l1_method="subgradient")
    rate = 0.02 * (1 if mine.solver == "adam" else scale)
    counted = batch * weighs
    theirs.set_params(**told, batch_size=batch, alpha=2 * counted * L2 / scale, tol=0)
    theirs.set_params(learning_rate_init=rate, n_iter_no_change=EPOCHS)
    shared = ("solver", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")
    shared += ("learning_rate", "power_t", "warm_start")
    theirs.set_params(**{name: getattr(mine, name) for name in (*shared, "activation")})
    mine.set_params(learning_rate_init=0.02)
    theirs.set_params(shuffle=mine.shuffle and batch < len(X))
    return drawn


def trained_alike(mine, theirs, X, y, of_theirs, scale, monkeypatch, **weight):
    """Train both from the same weights in the same batches, and compare where they come.

    Theirs is to predict ``of_theirs``.
    """
    weighs = np.mean(weight.get("sample_weight", 1.0))
    drawn = begun_alike(mine, theirs, X, y, scale, monkeypatch, weighs)
    mine.fit(X, y, **weight)
    theirs.fit(X, of_theirs, **weight)
    compared(mine, theirs)
    moved = abs(mine.coefs_[0] - drawn["w1"].T).max()
    assert moved > 0.01 and mine.n_iter_ == theirs.n_iter_ == EPOCHS


def compared(mine, theirs):
    for found, expected in zip(mine.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    for found, expected in zip(mine.intercepts_, theirs.intercepts_, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert mine.n_iter_ == theirs.n_iter_ and mine.t_ == theirs.t_
    assert mine.out_activation_ == theirs.out_activation_
    assert mine.n_layers_ == theirs.n_layers_ and mine.n_outputs_ == theirs.n_outputs_


pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("batch_size", [30, "full"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("y", [Y, SEVERAL], ids=["one", "several"])
def test_squared_errors(y, activation, solver, batch_size, monkeypatch):
    mine = RegularizedMLPRegressor(batch_size=batch_size, activation=activation, **SOLVERS[solver])
    centre, spread = y.mean(axis=0), y.std(axis=0)
    theirs = MLPRegressor()
    targets = y.shape[1] if y.ndim == 2 else 1
    trained_alike(mine, theirs, X, y, (y - centre) / spread, 2 / targets, monkeypatch)
    np.testing.assert_allclose(mine.predict(X), theirs.predict(X) * spread + centre, rtol=1e-9)
    assert mine.predict(X).shape == y.shape


@pytest.mark.parametrize("solver", SOLVERS)
def test_counts(solver, monkeypatch):
    mine = RegularizedMLPRegressor(loss="poisson", batch_size=30, **SOLVERS[solver])
    theirs = MLPRegressor(loss="poisson")
    trained_alike(mine, theirs, X, COUNTS, COUNTS / COUNTS.mean(), 1, monkeypatch)
    np.testing.assert_allclose(mine.predict(X), theirs.predict(X) * COUNTS.mean(), rtol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ["logistic", "identity"])
def test_classes(solver, activation, monkeypatch):
    X, y = load_iris(return_X_y=True)
    mine = RegularizedMLPClassifier(batch_size=30, activation=activation, **SOLVERS[solver])
    theirs = MLPClassifier()
    trained_alike(mine, theirs, X - 3, y, y, 1, monkeypatch)
    np.testing.assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), atol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
def test_several_answers(solver, monkeypatch):
    X, y = make_multilabel_classification(n_samples=120, n_classes=4, random_state=0)
    mine = RegularizedMLPClassifier(batch_size=30, **SOLVERS[solver])
    theirs = MLPClassifier()
    trained_alike(mine, theirs, X / 3, y, y, 1 / y.shape[1], monkeypatch)
    np.testing.assert_array_equal(mine.classes_, theirs.classes_)
    np.testing.assert_array_equal(mine.predict(X / 3), theirs.predict(X / 3))
    assert mine.predict(X).dtype == theirs.predict(X).dtype
    assert mine.score(X / 3, y) == theirs.score(X / 3, y)


IRIS = load_iris(return_X_y=True)
FLOWERS, KINDS = IRIS[0] - 3, IRIS[1]


@pytest.mark.parametrize("power_t", [0.5, 0.3])
@pytest.mark.parametrize("solver", ["nesterov", "momentum"])
def test_a_rate_that_falls_by_samples_seen(solver, power_t, monkeypatch):
    told = {"learning_rate": "invscaling", "power_t": power_t}
    mine = RegularizedMLPClassifier(batch_size=30, **SOLVERS[solver], **told)
    trained_alike(mine, MLPClassifier(), FLOWERS, KINDS, KINDS, 1, monkeypatch)


class Judged(MLPClassifier):
    """MLPClassifier, which judges an epoch by the loss after it and not by that on the way."""

    def _update_no_improvement_count(self, *_):
        y = self._label_binarizer.transform(KINDS)
        p = self.predict_proba(FLOWERS)
        loss = -np.log((p * y).sum(axis=1)).mean() + L2 * sum((w**2).sum() for w in self.coefs_)
        self._no_improvement_count += 1
        if loss < self.best_loss_ - self.tol:
            self._no_improvement_count = 0
        self.best_loss_ = min(loss, self.best_loss_)


@pytest.mark.parametrize("solver", ["nesterov", "momentum"])
def test_a_rate_that_falls_where_the_loss_does_not(solver, monkeypatch):
    """Theirs counts one epoch more."""
    mine = RegularizedMLPClassifier(batch_size=30, **SOLVERS[solver], learning_rate="adaptive")
    theirs = Judged()
    begun_alike(mine, theirs, FLOWERS, KINDS, 1, monkeypatch)
    stops = {"tol": 3e-3, "max_iter": 1000}
    mine.set_params(**stops, n_iter_no_change=3).fit(FLOWERS, KINDS)
    theirs.set_params(**stops, n_iter_no_change=2).fit(FLOWERS, KINDS)
    compared(mine, theirs)
    assert theirs._optimizer.learning_rate < 1e-6 and 30 < mine.n_iter_ < 1000


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("learning_rate", ["constant", "invscaling"])
def test_epochs_one_by_one(solver, learning_rate, monkeypatch):
    """After a fit and without one, over samples of several sizes and classes that come late."""
    if solver == "adam" and learning_rate == "invscaling":
        learning_rate = "constant"
    told = {"batch_size": 30, "learning_rate": learning_rate, "power_t": 0.1}
    for fitted in (True, False):
        mine, theirs = RegularizedMLPClassifier(**told, **SOLVERS[solver]), MLPClassifier()
        begun_alike(mine, theirs, FLOWERS, KINDS, 1, monkeypatch)
        for one in (mine, theirs):
            if fitted:
                one.set_params(max_iter=3).fit(FLOWERS, KINDS)
            for rows in (slice(0, 120), slice(30, 150), slice(None), slice(60, 90)):
                one.partial_fit(FLOWERS[rows], KINDS[rows], classes=[0, 1, 2])
        compared(mine, theirs)
        assert len(mine.loss_curve_) == len(theirs.loss_curve_) == 4 + 3 * fitted


@pytest.mark.parametrize("solver", SOLVERS)
def test_numbers_epoch_by_epoch(solver, monkeypatch):
    """In the units of the samples that came first."""
    mine, theirs = RegularizedMLPRegressor(batch_size=30, **SOLVERS[solver]), MLPRegressor()
    begun_alike(mine.set_params(standardize=True), theirs, X, Y, 2, monkeypatch)
    first = slice(0, 120)
    inputs, numbers = ((of - of[first].mean(axis=0)) / of[first].std(axis=0) for of in (X, Y))
    for rows in (first, slice(120, 300), slice(None)):
        mine.partial_fit(X[rows], Y[rows])
        theirs.partial_fit(inputs[rows], numbers[rows])
    compared(mine, theirs)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("learning_rate", ["constant", "invscaling"])
def test_a_fit_that_goes_on_from_another(solver, learning_rate, monkeypatch):
    """Of the same samples in their order, and of others."""
    if solver == "adam" and learning_rate == "invscaling":
        learning_rate = "constant"
    told = {"batch_size": 30, "learning_rate": learning_rate, "power_t": 0.1}
    told |= {"warm_start": True, "shuffle": False}
    mine, theirs = RegularizedMLPClassifier(**told, **SOLVERS[solver]), MLPClassifier()
    begun_alike(mine, theirs, FLOWERS, KINDS, 1, monkeypatch)
    for rows in (slice(None), slice(None), slice(30, 150)):
        mine.fit(FLOWERS[rows], KINDS[rows])
        theirs.fit(FLOWERS[rows], KINDS[rows])
        compared(mine, theirs)
    assert len(mine.loss_curve_) == 3 * EPOCHS


@pytest.mark.skipif(
    "sample_weight" not in signature(MLPClassifier.fit).parameters, reason="it took no weights"
)
def test_alpha_counts_what_samples_weigh(monkeypatch):
    weight = 1.0 + np.arange(len(KINDS)) % 3
    mine, theirs = RegularizedMLPClassifier(batch_size="full"), MLPClassifier()
    trained_alike(mine, theirs, FLOWERS, KINDS, KINDS, 1, monkeypatch, sample_weight=weight)
    told = {"l2": RegularizedMLPClassifier().l2, "alpha": theirs.alpha}
    by_alpha = clone(mine).set_params(**told).fit(FLOWERS, KINDS, weight)
    for found, expected in zip(by_alpha.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("batch_size", [30, "full", "auto", 1000])
def test_alpha_is_theirs(batch_size):
    """Of as many samples as a batch can have, and targets."""
    rows = {30: 30, "auto": 200}.get(batch_size, len(X))
    told = {"batch_size": batch_size, "random_state": 1, "max_iter": 3}
    for estimator, y, times in (
        (RegularizedMLPRegressor(), SEVERAL, 3),
        (RegularizedMLPRegressor(loss="poisson"), COUNTS, 2),
        (RegularizedMLPClassifier(), Y > 100, 2),
        (RegularizedMLPClassifier(), SEVERAL > 100, 6),
    ):
        by_alpha = estimator.set_params(**told, alpha=0.7).fit(X, y)
        coefs = by_alpha.coefs_
        by_l2 = estimator.set_params(alpha=None, l2=0.7 / (times * rows)).fit(X, y)
        for found, expected in zip(coefs, by_l2.coefs_, strict=True):
            np.testing.assert_array_equal(found, expected)
