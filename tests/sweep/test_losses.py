"""Sweeps of numbers and answers: networks without hidden layers meet independent convex solvers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize
from sklearn import metrics
from sklearn.datasets import load_diabetes
from sklearn.linear_model import (
    ElasticNet,
    LogisticRegression,
    MultiTaskElasticNet,
    PoissonRegressor,
    QuantileRegressor,
)

from sweep import Sweep
from sweep.data.fold import fold_of
from sweep.errors import InputError
from sweep.plan.experiment import prepare
from sweep.specification.choices import OPTIMIZERS
from tests.sweep.trained import trained

#: Penalties that leave all, some and none of the weights.
L1, L2 = (0.0, 0.02, 0.3), (0.0, 0.1)

#: How each optimizer comes to rest: where a step is as long as the rate, that has to fall.
RESTING = {
    "nesterov": {"lr": 0.1, "momentum": 0.95, "epochs": 4000},
    "momentum": {"lr": 0.1, "momentum": 0.95, "epochs": 4000},
    "adam": {"lr": 0.05, "schedule": "cosine", "epochs": 8000},
    "adamw": {"lr": 0.05, "schedule": "cosine", "epochs": 8000},
    "rmsprop": {"lr": 0.01, "schedule": "cosine", "epochs": 8000},
}

#: The same where slopes do not shrink towards the minimum, and so no step does.
FALLING = {
    optimizer: {"lr": 0.05, "schedule": "exponential:0.9995", "epochs": 32000}
    for optimizer in OPTIMIZERS
}
FALLING["rmsprop"] |= {"schedule": "exponential:0.9997", "epochs": 50000, "epsilon": 0.1}


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


def linear(table, target="target", optimizer="nesterov", **options):
    """Return a sweep of networks that are linear, on all rows, and full batches.

    Without L2 where that is AdamW's, which has it beside the step.
    """
    others = {"high", "low", "visits", "target"} - set(target.split(","))
    given = {
        **{"data": table, "target": target, "drop": ",".join(sorted(others)), "hidden": "none"},
        **{"val_fraction": 0, "seeds": 1, "l1": L1, "l2": L2, "l1_on": "w1", "l2_on": "w1"},
        **{"l1_method": "proximal", "batch_size": "full", "optimizer": optimizer},
    }
    given |= RESTING[optimizer] | options
    return Sweep(**given | ({"l2": 0} if optimizer == "adamw" else {}))


def ended(spec, penalties=("l1", "l2")):
    """Return the samples as the loss takes them, and cell by cell penalties, objective, weights."""
    columns, parameters = trained(spec)
    experiment = prepare(spec)
    fold = fold_of(experiment.spec, experiment.dataset, 0, 0)
    assert (columns["status"] == "done").all()
    strengths = (columns[name] for name in penalties)
    cells = zip(*strengths, columns["final_loss"], parameters, strict=True)
    return fold.x, fold.targets, list(cells)


def meets(found, weights, objective, expected, close=1e-7):
    """Compare an objective, and which weights are zero, with an independent solver's."""
    assert found == pytest.approx(objective, abs=close)
    np.testing.assert_array_equal(weights["w1"] == 0, abs(expected) < 1e-9)
    np.testing.assert_allclose(weights["w1"], expected, atol=3e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_squared_is_the_elastic_net(table, optimizer):
    x, y, cells = ended(linear(table, optimizer=optimizer))
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


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_groups_of_several_numbers_are_the_multi_task_elastic_net(table, optimizer):
    options = {"l1": 0, "l21": (0.005, 0.05, 0.2)}
    x, y, cells = ended(linear(table, "target,visits", optimizer, **options), ("l2", "l21"))
    left = set()
    for l2, l21, found, weights in cells:
        # It has 1/2 before the mean over samples, the sum over targets, and the squares.
        k = y.shape[1]
        of_groups, of_squares = l21 * k**1.5 / 2, l2 * k
        alpha = of_groups + of_squares
        model = MultiTaskElasticNet(
            alpha=alpha, l1_ratio=of_groups / alpha, tol=1e-14, max_iter=10**6
        )
        expected = model.fit(x, y).coef_
        objective = ((y - x @ expected.T) ** 2).mean() + l2 * (expected**2).sum()
        objective += l21 * np.sqrt(k) * np.linalg.norm(expected, axis=0).sum()
        meets(found, weights, objective, expected)
        left.add(int(expected.any(axis=0).sum()))
    assert len(left) > 2 and max(left) > 5


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_poisson_is_the_poisson_regressor(table, optimizer):
    spec = linear(table, "visits", optimizer, loss="poisson", l1=0, l2=(0.01, 0.1))
    x, y, cells = ended(spec)
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


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_huber_meets_a_convex_solver(table, optimizer):
    x, y, cells = ended(linear(table, optimizer=optimizer, loss="huber"))
    for l1, l2, found, weights in cells:
        objective, expected = minimised(
            lambda r: np.where(abs(r) <= 1, r**2, 2 * abs(r) - 1),
            lambda r: 2 * np.clip(r, -1, 1),
            *(x, y[:, 0], l1, l2),
        )
        assert found == pytest.approx(objective, abs=1e-7)
        if l1:
            np.testing.assert_array_equal(weights["w1"][0] == 0, abs(expected) < 1e-7)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_absolute_is_the_quantile_regressor_as_the_rate_falls(table, optimizer):
    """Its slope jumps at the minimum, so that the last step may lead off what is at zero there.

    By no more than that step: such a weight counts as zero with a tolerance.
    """
    x, y, cells = ended(
        linear(table, "target", optimizer, loss="absolute", l2=0, **FALLING[optimizer])
    )
    for l1, _, found, weights in cells:
        model = QuantileRegressor(quantile=0.5, alpha=l1 / 2, solver="highs").fit(x, y[:, 0])
        objective = abs(y[:, 0] - model.predict(x)).mean() + l1 * abs(model.coef_).sum()
        assert found == pytest.approx(objective, abs=1e-7)
        np.testing.assert_array_equal(abs(weights["w1"][0]) < 1e-7, abs(model.coef_) < 1e-9)


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


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 3, "val_fraction": 0.25},
        {"halving": 2, "folds": 2, "val_fraction": None},
        {"path": "l1", "path_order": "up,cold"},
        {"batch_size": 64, "epochs": 6},  # and full batches at the end
        {"outer_folds": 2, "val_fraction": 0.2, "metrics": "mae"},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("loss", ["squared", "poisson"])
def test_whatever_else_is_asked_for_works_with_numbers(table, loss, options):
    given = {"seeds": 2, "epochs": 12, "history": 4, "l2": 0, "hidden": "4"} | options
    spec = linear(table, "visits", loss=loss, **given)
    found = spec.run()
    assert (found.status == "done").all()
    assert (found.train_loss < found.initial_loss).all()
    if spec.patience:
        assert found.best_epoch.between(1, 12).all()
    if spec.halving:
        assert found.rung.nunique() > 1
    # In units of the counts' own spread, or mean, the loss is what the metrics say of it.
    if loss == "squared":
        np.testing.assert_allclose(found.train_loss, 1 - found.train_r2, rtol=1e-10)
    held = "test" if spec.outer_folds else "val"
    if spec.holds_out:
        assert np.isfinite(found[[f"{held}_rmse", f"{held}_r2"]]).all(axis=None)
        assert np.isfinite(found[["baseline_loss", "baseline_rmse"]]).all(axis=None)


def test_a_sweep_of_numbers_that_was_stopped_goes_on_to_the_same_table(table, tmp_path):
    spec = linear(table, "target,visits", l2=0, hidden="4", epochs=10, seeds="0:6", history=5)
    spec = spec.replace(val_fraction=0.2, metrics="mae")
    whole = spec.run(out=tmp_path / "whole")
    spec.replace(seeds="0:4").run(out=tmp_path / "parts")
    spec.run(out=tmp_path / "parts", extend=True)
    for name in ("runs.parquet", "history.parquet"):
        found, expected = (pd.read_parquet(tmp_path / d / name) for d in ("parts", "whole"))
        drop = [name for name in ("seconds",) if name in found]
        pd.testing.assert_frame_equal(
            found.drop(columns=drop), expected.drop(columns=drop), check_exact=True
        )
    assert {"val_mae", "val_rmse", "val_r2"} <= set(whole.columns)
    assert "val_accuracy" not in whole


def test_rows_say_what_scikit_learn_does_of_the_network(table):
    options = {"epochs": 30, "l1": 0.01, "l2": 0, "hidden": "4", "val_fraction": 0.25, "seeds": 2}
    spec = linear(table, "target,visits", metrics="mae", activation="tanh", **options)
    columns, (p,) = trained(spec)
    experiment = prepare(spec)
    fold = fold_of(experiment.spec, experiment.dataset, 2, 0)
    hidden = np.tanh(fold.x @ p["w1"].T + p["b1"])
    said = (hidden @ p["w2"].T + p["b2"]) * fold.unit.scale + fold.unit.centre
    for part in ("train", "val"):
        rows = getattr(fold, part)
        theirs = {
            "rmse": metrics.root_mean_squared_error,
            "r2": metrics.r2_score,
            "mae": metrics.mean_absolute_error,
        }
        for name, score in theirs.items():
            expected = score(fold.y[rows], said[rows])
            assert columns[f"{part}_{name}"][0] == pytest.approx(expected, rel=1e-9)


def test_answers_are_measured_as_scikit_learn_does(table):
    options = {"epochs": 60, "l1": 0.01, "l2": 0, "hidden": "4", "val_fraction": 0.25, "seeds": 1}
    asked = "auc,f1,brier,log_loss,balanced_accuracy"
    spec = linear(table, "high,low", loss="logistic", metrics=asked, **options)
    columns, (p,) = trained(spec)
    experiment = prepare(spec)
    fold = fold_of(experiment.spec, experiment.dataset, 1, 0)
    hidden = np.maximum(fold.x @ p["w1"].T + p["b1"], 0)
    yes = 1 / (1 + np.exp(-(hidden @ p["w2"].T + p["b2"])))[fold.val]
    y = fold.y[fold.val].astype(int)
    both = range(2)
    expected = {
        "accuracy": metrics.accuracy_score(y, yes > 0.5),
        "auc": metrics.roc_auc_score(y, yes, average="macro"),
        "f1": metrics.f1_score(y, yes > 0.5, average="macro"),
        "brier": np.mean([metrics.brier_score_loss(y[:, i], yes[:, i]) for i in both]),
        "log_loss": np.mean([metrics.log_loss(y[:, i], yes[:, i]) for i in both]),
        "balanced_accuracy": np.mean(
            [metrics.balanced_accuracy_score(y[:, i], yes[:, i] > 0.5) for i in both]
        ),
        "loss": np.mean([metrics.log_loss(y[:, i], yes[:, i]) for i in both]),
    }
    for name, value in expected.items():
        assert columns[f"val_{name}"][0] == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"loss": "squared", "metrics": "auc"}, "`metrics` auc .* `loss` is squared: leave"),
        (
            {"loss": "squared", "metrics": "deviance"},
            "deviance is measured beside the loss pois",
        ),
        ({"task": "numbers", "metrics": "f1"}, "`metrics` f1 .* `task` is numbers: leave it out"),
        ({"task": "classes", "metrics": "mae"}, "`metrics` mae .* `task` is classes: leave it out"),
    ],
)
def test_a_metric_that_does_not_fit_is_refused_by_the_specification(table, options, said):
    with pytest.raises(InputError, match=said):
        Sweep(data=table, **options)


def test_a_metric_that_does_not_fit_the_data_is_refused_before_anything_compiles(table, typed):
    run = ("run", "--data", table, "--drop", "high,low,visits", "--out", "r", "--metrics")
    for metric in ("auc", "accuracy", "deviance"):
        status, out, err = typed(*run, metric)
        assert status == 2 and not out and "`loss` is squared: leave it out" in err
        assert len(err.splitlines()) == 1
    assert Sweep(data=table, metrics="mae,rmse").metrics == ("rmse", "mae")
    found = prepare(Sweep(data=table, drop="high,low,visits", metrics="mae,rmse"))
    assert found.spec.metrics == ("mae",)  # the other one is measured anyway


def test_commands_know_numbers(table, typed):
    run = ("run", "--data", table, "--drop", "high,low,visits", "--hidden", 4, "--seeds", "0:3")
    assert typed(*run, "--epochs", 5, "--l1", "0,0.01,0.1", "--l2", "0,0.1", "--out", "r")[0] == 0
    status, out, _ = typed("summary", "r")
    assert status == 0 and "rmse" in out and "r2" in out and "accuracy" not in out
    status, out, _ = typed("best", "r", "--metric", "rmse")
    assert status == 0 and "lowest mean val_rmse" in " ".join(out.split())
    status, out, _ = typed("best", "r", "--metric", "r2")
    assert status == 0 and "highest mean val_r2" in " ".join(out.split())
    for command in ("plot", "report"):
        assert typed(command, "r", "--metric", "rmse")[0] == 0
    header = Path("r/summary.csv").read_text().partition("\n")[0]
    assert "mean_val_rmse" in header and "accuracy" not in header
