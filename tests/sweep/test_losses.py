"""Sweeps of numbers and answers: networks without hidden layers meet independent convex solvers."""

import numpy as np
import pytest
from scipy import optimize
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, LogisticRegression, PoissonRegressor, QuantileRegressor

from sweep import Sweep
from sweep.data.fold import fold_of
from sweep.plan.experiment import prepare
from tests.sweep.trained import trained

#: Penalties that leave all, some and none of the weights.
L1, L2 = (0.0, 0.02, 0.3), (0.0, 0.1)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """scikit-learn's diabetes, and columns made of its progression: counts, and two answers."""
    found = load_diabetes(as_frame=True, scaled=False).frame
    count = found.pop("target")
    found["high"], found["low"] = (
        np.where(answer, "yes", "no") for answer in (count > 200, count % 7 < 3)
    )
    found["visits"], found["target"] = count // 20, count
    path = tmp_path_factory.mktemp("numbers") / "diabetes.csv"
    found.to_csv(path, index=False)
    return path


def linear(table, target="target", **options):
    """Return a sweep of networks that are linear, on all rows, and full batches."""
    others = {"high", "low", "visits", "target"} - set(target.split(","))
    given = {
        **{"data": table, "target": target, "drop": ",".join(sorted(others)), "hidden": "none"},
        **{"val_fraction": 0, "seeds": 1, "l1": L1, "l2": L2, "l1_on": "w1", "l2_on": "w1"},
        **{"l1_method": "proximal", "batch_size": "full", "lr": 0.1, "momentum": 0.95},
        "epochs": 4000,
    }
    return Sweep(**given | options)


def ended(spec):
    """Return the samples as the loss takes them, and cell by cell penalties, objective, weights."""
    columns, parameters = trained(spec)
    experiment = prepare(spec)
    fold = fold_of(experiment.spec, experiment.dataset, 0, 0)
    assert (columns["status"] == "done").all()
    cells = zip(columns["l1"], columns["l2"], columns["final_loss"], parameters, strict=True)
    return fold.x, fold.targets, list(cells)


def meets(found, weights, objective, expected, close=1e-7):
    """Compare an objective, and which weights are zero, with an independent solver's."""
    assert found == pytest.approx(objective, abs=close)
    np.testing.assert_array_equal(weights["w1"] == 0, abs(expected) < 1e-9)
    np.testing.assert_allclose(weights["w1"], expected, atol=3e-4)


def test_squared_is_the_elastic_net(table):
    x, y, cells = ended(linear(table))
    zeros = 0
    for l1, l2, found, weights in cells:
        # ElasticNet has 1/2 before the mean, and before the squares.
        alpha = l1 / 2 + l2
        model = ElasticNet(
            alpha=alpha, l1_ratio=l1 / 2 / alpha if alpha else 0, tol=1e-14, max_iter=10**6
        )
        if alpha:
            expected = model.fit(x, y[:, 0]).coef_[None]
        else:
            expected = np.linalg.lstsq(x, y, rcond=None)[0].T  # both are centred
        objective = ((y - x @ expected.T) ** 2).mean()
        objective += l1 * abs(expected).sum() + l2 * (expected**2).sum()
        meets(found, weights, objective, expected)
        zeros += (expected == 0).sum()
    assert zeros > 5


def test_several_numbers_are_so_many_elastic_nets(table):
    x, y, cells = ended(linear(table, "target,visits"))
    for l1, l2, found, weights in cells:
        if not l1 + l2:
            continue
        # The mean over two outputs halves the loss of each, and the penalties stay.
        alpha = l1 + 2 * l2
        model = ElasticNet(alpha=alpha, l1_ratio=l1 / alpha, tol=1e-14, max_iter=10**6)
        expected = np.stack([model.fit(x, y[:, i]).coef_ for i in range(2)])
        objective = ((y - x @ expected.T) ** 2).mean()
        objective += l1 * abs(expected).sum() + l2 * (expected**2).sum()
        meets(found, weights, objective, expected)


def test_poisson_is_the_poisson_regressor(table):
    x, y, cells = ended(linear(table, "visits", loss="poisson", l1=0, l2=(0.01, 0.1)))
    assert y.mean() == pytest.approx(1)  # in units of their mean
    for _, l2, found, weights in cells:
        model = PoissonRegressor(alpha=2 * l2, tol=1e-12, max_iter=10**4, solver="newton-cholesky")
        model.fit(x, y[:, 0])
        p = model.predict(x)
        objective = (
            p - y[:, 0] + np.where(y[:, 0] > 0, y[:, 0] * np.log((y[:, 0] + (y[:, 0] == 0)) / p), 0)
        ).mean()
        meets(found, weights, objective + l2 * (model.coef_**2).sum(), model.coef_[None])


def minimised(cost, slope, x, y, l1, l2):
    """Minimise a smooth loss with penalties: the weights are taken apart by their signs."""
    n, d = x.shape

    def objective(u):
        w, b = u[:d] - u[d:-1], u[-1]
        r = x @ w + b - y
        g = x.T @ slope(r) / n + 2 * l2 * w
        value = cost(r).mean() + l1 * u[:-1].sum() + l2 * (w**2).sum()
        return value, np.concatenate([g + l1, l1 - g, [slope(r).mean()]])

    bounds = [(0, None)] * (2 * d) + [(None, None)]
    options = {"maxiter": 10**5, "maxfun": 10**6, "ftol": 1e-16, "gtol": 1e-12, "maxcor": 30}
    found = optimize.minimize(
        objective, np.zeros(2 * d + 1), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return found.fun, found.x[:d] - found.x[d:-1]


def test_huber_meets_a_convex_solver(table):
    x, y, cells = ended(linear(table, loss="huber"))
    for l1, l2, found, weights in cells:
        objective, expected = minimised(
            lambda r: np.where(abs(r) <= 1, r**2, 2 * abs(r) - 1),
            lambda r: 2 * np.clip(r, -1, 1),
            *(x, y[:, 0], l1, l2),
        )
        assert found == pytest.approx(objective, abs=1e-7)
        if l1:
            np.testing.assert_array_equal(weights["w1"][0] == 0, abs(expected) < 1e-7)


def test_absolute_comes_near_the_quantile_regressor(table):
    """Its slope does not shrink towards the minimum: a rate that does not either stays beside."""
    options = {"lr": 1e-4, "momentum": 0.98, "epochs": 20000, "l2": 0}
    x, y, cells = ended(linear(table, loss="absolute", **options))
    for l1, _, found, weights in cells:
        model = QuantileRegressor(quantile=0.5, alpha=l1 / 2, solver="highs").fit(x, y[:, 0])
        objective = abs(y[:, 0] - model.predict(x)).mean() + l1 * abs(model.coef_).sum()
        assert objective - 1e-9 < found < objective + 1e-4
        if l1:
            assert ((weights["w1"][0] == 0) == (abs(model.coef_) < 1e-9)).mean() >= 0.9


def test_answers_are_so_many_logistic_regressions(table):
    x, y, cells = ended(linear(table, "high,low", loss="logistic", l1=0, l2=(0.01, 0.1), lr=0.3))
    assert set(np.unique(y)) == {0, 1}
    for _, l2, found, weights in cells:
        # The mean over two outputs halves the loss of each.
        model = LogisticRegression(C=1 / (2 * len(x) * 2 * l2), tol=1e-12, max_iter=10**4)
        fits = [model.fit(x, y[:, i]).coef_[0] for i in range(2)]
        objective = 0.0
        for i in range(2):
            model.fit(x, y[:, i])
            p = model.predict_proba(x)[np.arange(len(x)), y[:, i].astype(int)]
            objective += -np.log(p).mean() / 2 + l2 * (model.coef_**2).sum()
        meets(found, weights, objective, np.stack(fits))
