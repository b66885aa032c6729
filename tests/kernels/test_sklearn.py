"""scikit-learn, from the same initial weights, takes the same steps.

Its penalty is ``alpha / (2 batch)`` on the squares of the weights, ours is l2 on the squares:
``alpha = 2 * batch_size * l2``. A short last batch has another penalty there. Its Adam adds epsilon
to a root that is not corrected yet: here there is as good as none.
"""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from kernels.choice import Choice
from kernels.network import network
from kernels.samples import Samples
from tests.kernels.packing import Experiment, Run, initial, named, train_runs

EPOCHS = 20
RATE, MOMENTUM = 0.02, 0.9
EPSILON = 1e-25

#: What scikit-learn calls our optimizers.
SOLVERS = {
    "nesterov": {"solver": "sgd", "momentum": MOMENTUM, "nesterovs_momentum": True},
    "momentum": {"solver": "sgd", "momentum": MOMENTUM, "nesterovs_momentum": False},
    "adam": {"solver": "adam", "beta_1": MOMENTUM, "beta_2": 0.999, "epsilon": EPSILON},
}


def data(n, features, classes):
    random = np.random.RandomState(n)
    return random.normal(size=(n, features)), np.arange(n) % classes


def by_sklearn(x, y, hidden, start, batch_size, alpha, optimizer, activation, kind, rate):
    """Return the fitted model; ``start`` are its initial parameters by name."""
    model = kind(
        hidden_layer_sizes=hidden,
        activation=activation,
        **SOLVERS[optimizer],
        learning_rate_init=rate,
        shuffle=False,
        batch_size=batch_size,
        alpha=alpha,
        tol=0,
        n_iter_no_change=10 * EPOCHS,
        max_iter=1,
        warm_start=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)  # makes the weights, which are then replaced
        model.coefs_ = [start[f"w{i}"].T.copy() for i in range(1, len(hidden) + 2)]
        model.intercepts_ = [start[f"b{i}"].copy() for i in range(1, len(hidden) + 2)]
        return model.set_params(max_iter=EPOCHS).fit(x, y)


def by_kernels(x, y, net, start, batch_size, l2, optimizer, epochs=EPOCHS):
    on = np.array([l2 if name[0] == "w" else 0.0 for name in net.names])
    run = Run(start, np.zeros(len(on)), on, RATE, MOMENTUM, epsilon=EPSILON)
    order = np.arange(len(x))[None, :, None]
    samples = Samples(x, y.astype(float).reshape(len(x), -1), np.ones(len(x)), order)
    drawn = Experiment(net, [run], samples, batch_size, epochs, False, optimizer=optimizer)
    outcome = train_runs(drawn, width=8)
    return named(net, outcome.parameters[0]), outcome.loss[0] + outcome.two[0] @ on


def compare(n, features, hidden, classes, batch_size, l2, optimizer="nesterov", activation="relu"):
    x, y = data(n, features, classes)
    chosen = Choice(f"kernels.activations.{activation}")
    net = network((features, *hidden, classes), activation=chosen)
    start = initial(np.random.RandomState(1), net)
    alpha = 2 * batch_size * l2
    how = optimizer, activation, MLPClassifier, RATE
    theirs = by_sklearn(x, y, hidden, named(net, start), batch_size, alpha, *how)
    ours, _ = by_kernels(x, y, net, start, batch_size, l2, optimizer)
    alike(ours, theirs)
    return theirs, (x, y, net, start)


def alike(ours, theirs):
    for i, (w, b) in enumerate(zip(theirs.coefs_, theirs.intercepts_, strict=True), start=1):
        np.testing.assert_allclose(ours[f"w{i}"], w.T, rtol=0, atol=1e-10)
        np.testing.assert_allclose(ours[f"b{i}"], b, rtol=0, atol=1e-10)


each = pytest.mark.parametrize("optimizer", SOLVERS)


@each
@pytest.mark.parametrize("hidden", [(), (7,), (12, 5), (6, 6, 6)])
@pytest.mark.parametrize("l2", [0.0, 1e-3, 0.05])
def test_full_batches(hidden, l2, optimizer):
    n = 41
    theirs, (x, y, net, start) = compare(n, 6, hidden, 3, n, l2, optimizer)
    # Its loss curve is the loss, with the penalty, before each step; the first made the weights.
    for epoch, expected in enumerate(theirs.loss_curve_[1:]):
        _, loss = by_kernels(x, y, net, start, n, l2, optimizer, epochs=epoch)
        assert loss == pytest.approx(expected, rel=0, abs=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity"])
@pytest.mark.parametrize("batch_size", [8, 40])
def test_other_activations(activation, batch_size):
    compare(40, 5, (9, 4), 4, batch_size, 2e-3, activation=activation)


@each
@pytest.mark.parametrize("batch_size", [1, 8, 20])
def test_mini_batches(batch_size, optimizer):
    compare(40, 5, (9, 4), 4, batch_size, 2e-3, optimizer)


@each
@pytest.mark.parametrize("n", [33, 47])
def test_a_short_last_batch(n, optimizer):
    compare(n, 5, (9, 4), 4, 16, 0.0, optimizer)


@each
@pytest.mark.parametrize("batch_size", [8, 40])
@pytest.mark.parametrize("outputs", [1, 3])
def test_numbers(outputs, batch_size, optimizer):
    """Its loss is half the sum over outputs where ours is their mean; Adam does not mind."""
    random = np.random.RandomState(5)
    x, y = random.normal(size=(40, 5)), random.normal(size=(40, outputs))
    squared = Choice("kernels.losses.squared")
    net = network((5, 9, 4, outputs), squared)
    start, l2 = initial(random, net), 2e-3
    half = outputs / 2  # of our gradient
    rate = RATE if optimizer == "adam" else RATE / half
    how = optimizer, "relu", MLPRegressor, rate
    alpha, right = 2 * batch_size * l2 * half, y if outputs > 1 else y[:, 0]
    theirs = by_sklearn(x, right, (9, 4), named(net, start), batch_size, alpha, *how)
    ours, _ = by_kernels(x, y, net, start, batch_size, l2, optimizer)
    alike(ours, theirs)
