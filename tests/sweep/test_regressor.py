"""RegularizedMLPRegressor: oracles, and what it shares with a sweep."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, PoissonRegressor
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from sweep import RegularizedMLPClassifier, RegularizedMLPRegressor, Sweep, load_model
from sweep.data import splits
from sweep.errors import InputError
from tests.sweep.loaded import load

X, Y = load_diabetes(return_X_y=True)
X, Y = StandardScaler().fit_transform(X)[:200], Y[:200]
BOTH = np.stack([Y, 1e3 - np.sqrt(Y)], axis=1)
COUNTS = np.floor(Y / 30)


def small(**parameters):
    return RegularizedMLPRegressor(**{"max_iter": 5, "random_state": 3} | parameters)


@pytest.mark.parametrize("loss", ["squared", "squared_error", "absolute", "huber", "poisson"])
def test_it_is_fitted_to_the_bits_of_a_sweep(loss):
    y = COUNTS if loss == "poisson" else Y
    word = "squared" if loss == "squared_error" else loss
    found = Sweep(
        **{"data": (X, y), "hidden": "6", "l1": "0,2e-3", "l2": 1e-3, "seeds": 7, "epochs": 200},
        **{"patience": 3, "lr": 0.05, "loss": word, "task": "numbers"},
    ).run()
    fitted = RegularizedMLPRegressor(
        6,
        loss=loss,
        l1=2e-3,
        l2=1e-3,
        learning_rate_init=0.05,
        max_iter=200,
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=3,
        random_state=7,
        standardize=True,
    ).fit(X, y)
    row = found.iloc[1]
    assert fitted.loss_ == row["final_loss"] and fitted.best_loss_ is None
    assert fitted.best_validation_score_ == row["val_r2"]
    assert fitted.n_iter_ == row["epochs"] < 200
    assert fitted.validation_scores_[row["best_epoch"] - 1] == row["val_r2"]
    assert len(fitted.validation_scores_) == len(fitted.loss_curve_) == fitted.n_iter_
    held = splits.split(load((X, y), task="numbers", loss=word), 7, 0, 0, 0.2).val
    r2 = r2_score(y[held], fitted.predict(X[held]))
    assert fitted.best_validation_score_ == pytest.approx(r2, abs=1e-9)
    assert fitted.t_ == fitted.n_iter_ * (len(X) - len(held))


def test_it_stops_where_a_sweep_does():
    """Without held-out rows, by the training loss, in steps that a schedule makes smaller."""
    (row,) = Sweep(
        **{"data": (X, Y), "hidden": "6", "l1": 0, "l2": 1e-3, "seeds": 7, "epochs": 900},
        **{"tol": 1e-3, "lr": 0.05, "task": "numbers", "val_fraction": 0, "optimizer": "adam"},
        **{"schedule": "step:30:0.5", "warmup": 3, "momentum": 0.8, "beta2": 0.99, "epsilon": 1e-6},
    ).run().itertuples()  # fmt: skip
    fitted = RegularizedMLPRegressor(
        6, l1=0, l2=1e-3, random_state=7, max_iter=900, tol=1e-3, learning_rate_init=0.05,
        solver="adam", learning_rate="step:30:0.5", warmup=3, beta_1=0.8, beta_2=0.99, epsilon=1e-6,
        standardize=True,
    ).fit(X, Y)  # fmt: skip
    assert fitted.loss_ == row.final_loss and fitted.n_iter_ == row.epochs < 900
    assert len(fitted.loss_curve_) == fitted.n_iter_ and fitted.best_loss_ <= fitted.loss_


def test_the_unit_of_y_changes_no_weight():
    """But for rounding, which a power of two has none of."""
    one, other = small().fit(X, Y), small().fit(X, 1024 * Y)
    for mine, theirs in zip(one.coefs_, other.coefs_, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(1024 * one.predict(X), other.predict(X))
    moved = small().fit(X, 7 * Y - 1e3)
    np.testing.assert_allclose(moved.loss_curve_, one.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(moved.predict(X), 7 * one.predict(X) - 1e3, rtol=1e-9)


def test_numbers_are_standardised_by_what_is_trained_on():
    told = {"early_stopping": True, "validation_fraction": 0.4}
    held = splits.split(load((X, Y), task="numbers"), 3, 0, 0, 0.4).val
    poisoned = Y.copy()
    poisoned[held] = 1e6
    one, other = (small(**told).fit(X, y).model_.unit for y in (Y, poisoned))
    assert one.centre == other.centre == pytest.approx(np.delete(Y, held).mean())
    assert one.scale == other.scale == pytest.approx(np.delete(Y, held).std())
    weight = np.arange(len(Y)) % 3
    unit = small().fit(X, Y, weight).model_.unit
    assert unit.centre == pytest.approx(np.average(Y, weights=weight))


@pytest.mark.parametrize("y", [Y, BOTH, Y[:, None]], ids=["one", "two", "a column"])
def test_predictions_have_the_unit_and_the_shape_of_y(y):
    if y.shape[1:] == (1,):
        with pytest.warns(Warning, match="column-vector"):
            fitted = small(max_iter=50).fit(X, y)
    else:
        fitted = small(max_iter=50).fit(X, y)
    found = fitted.predict(X)
    assert found.shape == np.squeeze(y).shape and found.dtype == np.float64
    assert fitted.n_outputs_ == fitted.coefs_[-1].shape[1] == y.reshape(len(y), -1).shape[1]
    assert fitted.score(X, y) == r2_score(y, found) > 0.5
    # By hand, from the weights as they are documented.
    h = X
    for weights, biases in zip(fitted.coefs_[:-1], fitted.intercepts_[:-1], strict=True):
        h = np.maximum(h @ weights + biases, 0)
    z = h @ fitted.coefs_[-1] + fitted.intercepts_[-1]
    np.testing.assert_allclose(found, np.squeeze(z * y.std(axis=0) + y.mean(axis=0)), rtol=1e-9)


def test_a_linear_one_is_the_elastic_net():
    l1, l2 = 0.2, 0.02
    mine = small(
        hidden_layer_sizes=(), l1=l1, l2=l2, batch_size="full", learning_rate_init=0.05,
        max_iter=4000,
    ).fit(X, Y)  # fmt: skip
    theirs = ElasticNet(alpha=l1 / 2 + l2, l1_ratio=l1 / (l1 + 2 * l2), tol=1e-12, max_iter=9999)
    theirs.fit(X, (Y - Y.mean()) / Y.std())
    np.testing.assert_allclose(mine.coefs_[0][:, 0], theirs.coef_, rtol=0, atol=1e-9)
    assert 0 < (theirs.coef_ == 0).sum() == (mine.coefs_[0] == 0).sum()


def test_a_linear_one_of_counts_is_the_poisson_regressor():
    l2 = 0.02
    mine = small(
        hidden_layer_sizes=(), loss="poisson", l1=0, l2=l2, batch_size="full",
        learning_rate_init=0.05, max_iter=4000,
    ).fit(X, COUNTS)  # fmt: skip
    theirs = PoissonRegressor(alpha=2 * l2 * COUNTS.mean(), tol=1e-10, max_iter=9999)
    np.testing.assert_allclose(mine.predict(X), theirs.fit(X, COUNTS).predict(X), rtol=1e-6)


def test_what_becomes_of_the_model(tmp_path):
    frame = pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])])
    told = {"l1": 0.03, "max_iter": 60, "finish": 60, "learning_rate_init": 3e-3}
    fitted = small(loss="poisson", **told).fit(frame, COUNTS)
    assert list(fitted.feature_names_in_) == list(frame)
    fitted.model_.prune().save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.widths != fitted.model_.widths and loaded.loss == "poisson"
    np.testing.assert_array_equal(loaded.predict(frame), fitted.predict(frame))


def test_a_number_that_is_constant():
    np.testing.assert_allclose(small().fit(X, np.full(len(X), 7.5)).predict(X), 7.5, atol=1.5)


def test_training_that_diverges_is_an_error():
    with pytest.raises(ValueError, match="diverged"):
        small(learning_rate_init=1e9).fit(X, Y)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"loss": "cross_entropy"}, "`loss` should be 'squared', .* or 'poisson', not 'cross_ent"),
        ({"loss": None}, "`loss` should be .*, not None"),
        ({"loss": "poisson"}, "`loss` 'poisson' is for numbers from 0 up, and y holds -1$"),
        ({"solver": "lbfgs"}, "`solver` should be 'sgd', 'adam', 'adamw' or 'rmsprop', not 'lbf"),
        ({"solver": "nesterov"}, "`solver` should be"),
        ({"solver": None}, "`solver` should not be None"),
        ({"beta_2": None}, "`beta_2` should not be None"),
        ({"solver": "adam", "beta_1": 1}, "`beta_1`: expected numbers from 0 to below 1"),
        ({"solver": "adam", "beta_2": 1}, "`beta_2`: expected numbers from 0 to below 1"),
        ({"solver": "adam", "epsilon": [1e-8, 1e-3]}, "`epsilon` should be one number"),
        ({"learning_rate": "invscaling", "solver": "adam"}, "'invscaling' is for `solver` 'sgd'"),
        ({"learning_rate": "invscaling", "power_t": -1}, "`power_t` should be a number from 0"),
        ({"learning_rate": "adaptive"}, "`learning_rate` 'adaptive' falls where .* give `tol`"),
        ({"learning_rate": "linear"}, "`learning_rate` should be constant, cosine"),
        ({"tol": -1}, "`tol` should be"),
        ({"tol": 1e-4, "n_iter_no_change": 0}, "`n_iter_no_change` should be greater than or"),
        ({"shuffle": "never"}, "`shuffle` should be True or False"),
        ({"alpha": 0.1, "l2": 0.1}, "`alpha` stands for `l2`: leave one of them out"),
        ({"alpha": -1}, "`alpha` should be a number from 0 up, not -1"),
        ({"alpha": 1, "loss": "huber"}, "`alpha` is scikit-learn's, which has no huber: give `l2`"),
        ({"activation": "sigmoid"}, "`activation` should be 'relu'"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(parameters, message):
    with pytest.raises(InputError, match=message):
        small(**parameters).fit(X, np.where(Y > 100, Y, -1))


@settings(max_examples=15)
@given(
    rows=st.integers(2, 40),
    features=st.integers(1, 5),
    targets=st.integers(1, 4),
    hidden=st.lists(st.integers(1, 6), max_size=2),
    batch_size=st.sampled_from([1, 7, 32, "auto", "full"]),
    loss=st.sampled_from(["squared", "absolute", "huber", "poisson"]),
    solver=st.sampled_from(["sgd", "adam", "adamw", "rmsprop"]),
)
def test_whatever_the_shapes(rows, features, targets, hidden, batch_size, loss, solver):
    draw = np.random.RandomState(rows)
    x, y = draw.normal(size=(rows, features)), draw.poisson(3, size=(rows, targets)) * 10.0
    y = y[:, 0] if targets == 1 else y
    told = {"hidden_layer_sizes": hidden, "loss": loss, "solver": solver, "activation": "tanh"}
    fitted = small(**told, batch_size=batch_size, learning_rate_init=1e-3).fit(x, y)
    h = x
    for weights, biases in zip(fitted.coefs_[:-1], fitted.intercepts_[:-1], strict=True):
        h = np.tanh(h @ weights + biases)
    z = h @ fitted.coefs_[-1] + fitted.intercepts_[-1]
    mean, spread = y.mean(axis=0), y.std(axis=0)
    if loss == "poisson":
        expected = np.exp(z) * np.where(mean > 0, mean, 1)
    else:
        expected = z * np.where(spread > 0, spread, 1) + mean
    np.testing.assert_allclose(fitted.predict(x), expected.reshape(y.shape), rtol=1e-9, atol=1e-9)
    assert fitted.n_outputs_ == targets and fitted.n_layers_ == len(hidden) + 2


@pytest.mark.parametrize("ending", ["npz", "safetensors", "onnx"])
def test_models_of_several_targets_are_kept(ending, tmp_path):
    path = tmp_path / f"m.{ending}"
    numbers = small().fit(X, BOTH)
    numbers.model_.save(path)
    np.testing.assert_array_equal(load_model(path).predict(X), numbers.predict(X))
    answers = RegularizedMLPClassifier(random_state=1, max_iter=5).fit(X, BOTH.mean(axis=0) < BOTH)
    answers.model_.save(path)
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.predict_proba(X), answers.predict_proba(X))
    np.testing.assert_array_equal(loaded.predict(X).astype(int), answers.predict(X))
