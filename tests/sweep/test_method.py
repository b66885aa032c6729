"""`sweep info --method` is enough: runs computed from that text alone agree to the last bit."""

import json
import re
from fractions import Fraction
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from kernels.lane import exp_log
from sweep import Sweep
from sweep.data import inverse_normal
from sweep.specification import schedule as rates
from tests import method, method_numbers, method_scaling, method_splits, naive, rounding

#: What the method tells of every run, beside the sparsity of each matrix.
COLUMNS = (
    *("status", "epochs", "initial_loss", "final_loss", "l1_penalty", "l2_penalty"),
    *("train_loss", "val_loss", "train_accuracy", "val_accuracy", "train_rows", "val_rows"),
    *("baseline_loss", "baseline_accuracy"),
    *("sparsity", "nonzero", "effective", "dead_units", "unused_inputs"),
)

#: What it tells of some.
OPTIONAL = {"best_epoch", "rung", "l21_penalty"}

METRICS = ("balanced_accuracy", "auc", "f1", "brier", "log_loss")
OF_NUMBERS = ("rmse", "r2", "mae", "deviance")


def check(row, found):
    """Compare all that the method tells of a run, bit by bit."""
    matrices = [name for name in row.index if name.startswith("sparsity_")]
    names = [*COLUMNS, *matrices, *OPTIONAL.intersection(row.index)]
    if "train_r2" in row.index:  # numbers are neither right nor wrong
        names = [name for name in names if not name.endswith("_accuracy")]
    parts = ("train", "val", "baseline")
    names += [
        name
        for part in parts
        for of in (*METRICS, *OF_NUMBERS)
        if (name := f"{part}_{of}") in row.index
    ]
    assert found.keys() <= set(names)
    for name in names:
        if name not in found:  # nothing is held out
            assert pd.isna(row.get(name)) and name.startswith(("val_", "train_rows", "baseline_"))
        elif isinstance(found[name], str):
            assert row[name] == found[name]
        else:
            assert float(row[name]).hex() == float(found[name]).hex(), name


@pytest.mark.parametrize("seed", [42, 7])
def test_the_article(seed):
    l1_on, l2_on = ("w2", "b2", "w3", "b3"), ("w1", "b1", "w3", "b3")
    same = {"lr": 0.01, "momentum": 0.9, "l1_method": "subgradient", "zero_tol": 1e-3}
    runs = Sweep(
        **{"data": "article", "hidden": "3,5", "init": "uniform", "batch_size": 1, "epochs": 1000},
        **{"seeds": seed, "l1": 0.01, "l2": 0.01, "l1_on": l1_on, "l2_on": l2_on},
        **same,
    ).run()
    on = {"l1": dict.fromkeys(l1_on, 0.01), "l2": dict.fromkeys(l2_on, 0.01)}
    check(runs.iloc[0], method.article(seed, epochs=1000, **on, **same).run())


#: The learning rate as it was in the first stage, and every way it may go.
SCHEDULES = [
    {},
    {"schedule": "cosine", "warmup": 3},
    {"schedule": "cosine:30"},
    {"schedule": "exponential:0.9", "warmup": 1},
    {"schedule": "step:2:0.7"},
    {"schedule": "invscaling:0.2", "warmup": 2},
]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_hidden_layers_and_batches_with_exact_zeros(schedule):
    same = {"lr": 0.02, "momentum": 0.8, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 12}
    same |= {"batch_size": 32, "val_fraction": 0.2, "finish": 7} | schedule
    runs = Sweep(
        **{"data": "wine", "hidden": "8,5", "activation": "relu", "init": "he", "seeds": 3},
        **{"l1": 0.03, "l2": 1e-3, "l1_on": "weights", "l2_on": "all", "vary": {"l1_w2": [0.01]}},
        **same,
    ).run()
    x, y = load_wine(return_X_y=True)
    on = {"l1": {"w1": 0.03, "w2": 0.01, "w3": 0.03}}
    on |= {"l2": dict.fromkeys(("w1", "b1", "w2", "b2", "w3", "b3"), 1e-3)}
    run = method.of_table(x, y, (8, 5), seed=3, **on, **same)
    assert len(run.train) % 32, "the last batch is a smaller one"
    assert run.finishing() == len(run.train)
    found = run.run()
    assert 0.1 < found["sparsity"] < 0.9
    check(runs.iloc[0], found)


def in_turns(optimizers, others):
    """Return both of some others with each optimizer, one in either precision."""
    precisions = "float64", "float32"
    return [
        (optimizer, other, precisions[(i + j) % 2])
        for i, optimizer in enumerate(optimizers)
        for j, other in enumerate(others)
    ]


OPTIMIZERS = ("nesterov", "momentum", "adam", "adamw", "rmsprop")


@pytest.mark.parametrize(
    ("optimizer", "method_of_l1", "precision"),
    in_turns(OPTIMIZERS[1:], ["subgradient", "proximal"]),
)
def test_every_optimizer(optimizer, method_of_l1, precision):
    same = {"lr": 0.02, "l1_method": method_of_l1, "optimizer": optimizer, "epochs": 4, "finish": 3}
    same |= {"batch_size": 32, "val_fraction": 0.2}
    momentum = {} if optimizer == "rmsprop" else {"momentum": 0.8}
    betas = {} if optimizer == "momentum" else {"beta2": 0.95, "epsilon": 1e-6}
    runs = Sweep(
        **{"data": "wine", "hidden": "8", "init": "he", "seeds": 3, "precision": precision},
        **{"l1": 0.03, "l2": 1e-3, "l1_on": "weights", "l2_on": "w1,b2"},
        **same | momentum | betas,
    ).run()
    x, y = load_wine(return_X_y=True)
    on = {"l1": {"w1": 0.03, "w2": 0.03}, "l2": {"w1": 1e-3, "b2": 1e-3}}
    on |= {"kind": np.dtype(precision).type, "momentum": runs.loc[0, "momentum"]}
    same["zero_tol"] = 0.0 if method_of_l1 == "proximal" else "auto"
    check(runs.iloc[0], method.of_table(x, y, (8,), seed=3, **same | betas | on).run())


@pytest.mark.parametrize(
    ("optimizer", "on", "precision"), in_turns(OPTIMIZERS, ["inputs", "units"])
)
def test_groups_of_weights(optimizer, on, precision):
    same = {"lr": 0.02, "l1_method": "proximal", "optimizer": optimizer, "epochs": 3, "finish": 2}
    same |= {"batch_size": 32, "val_fraction": 0.2}
    momentum = {} if optimizer == "rmsprop" else {"momentum": 0.8}
    betas = {"beta2": 0.95, "epsilon": 1e-6} if optimizer not in ("nesterov", "momentum") else {}
    runs = Sweep(
        **{"data": "wine", "hidden": "7,5", "init": "he", "seeds": 3, "precision": precision},
        **{"l1": 0.003, "l2": 1e-3, "l21": [0, 0.3 if betas else 2], "l21_on": on},
        **same | momentum | betas,
    ).run()
    x, y = load_wine(return_X_y=True)
    of_inputs = [[(0, [13 * unit + column for unit in range(7)])] for column in range(13)]
    groups = of_inputs if on == "inputs" else []
    if on == "units":
        for i, (units, inputs) in ((0, (7, 13)), (2, (5, 7))):
            entering = (range(unit * inputs, (unit + 1) * inputs) for unit in range(units))
            groups += [[(i, [*at]), (i + 1, [unit])] for unit, at in enumerate(entering)]
    of = {name: dict.fromkeys(("w1", "w2", "w3"), at) for name, at in (("l1", 3e-3), ("l2", 1e-3))}
    of |= {"kind": np.dtype(precision).type, "momentum": runs.loc[0, "momentum"], "zero_tol": 0.0}
    for row in runs.itertuples():
        how = same | betas | of | {"l21": row.l21, "groups": groups}
        check(runs.iloc[row.Index], method.of_table(x, y, (7, 5), seed=3, **how).run())
    assert runs.nonzero[1] < runs.nonzero[0]


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_dropout_beside_a_run_without_it(precision):
    same = {"lr": 0.02, "momentum": 0.8, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 5}
    same |= {"batch_size": 32, "finish": 2, "leak": 0.1}
    runs = Sweep(
        **{"data": "wine", "hidden": "7,4", "activation": "leaky_relu", "init": "he", "seeds": 3},
        **{"l1": 0.003, "l2": 0, "dropout": [0, 0.3], "folds": 2, "precision": precision},
        **same,
    ).run()
    x, y = load_wine(return_X_y=True)
    kind = np.dtype(precision).type
    on = {"l1": dict.fromkeys(("w1", "w2", "w3"), 0.003), "kind": kind, "folds": 2}
    for row in runs.itertuples():
        more = {"dropout": row.dropout, "fold": row.fold}
        found = method.of_table(x, y, (7, 4), seed=3, **on, **more, **same).run()
        check(runs.iloc[row.Index], found)
    assert len(set(runs.final_loss)) == 4


@pytest.mark.parametrize(
    "stops",
    [
        {"patience": 3},
        {"patience": 3, "tol": 0.03, "warmup": 2},
        {"schedule": "step:5:0.8", "tol": 0.01},
        {"schedule": "adaptive", "tol": 0.3, "lr": 1e-4},
        {"schedule": "adaptive", "patience": 3},
    ],
)
def test_texts_folds_and_stops_in_single_precision(stops, tmp_path):
    random = np.random.RandomState(4)
    size, length = random.randint(12, size=80), random.normal(size=80)
    columns = {
        "length": [f"{number:.3f}" for number in length],
        "size": [f"s{number}" for number in size],  # s2 stands before s10
        "long": [str(number > 0).lower() for number in length],
        "same": ["0.1"] * 80,
        "kind": [f"k{9 + number}" for number in size // 4 + (random.random_sample(80) < 0.1)],
    }
    pd.DataFrame(columns).to_csv(tmp_path / "table.csv", index=False)
    same = {"lr": 0.05, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 60}
    same |= {"batch_size": 10, "leak": 0.1, "folds": 3} | stops
    runs = Sweep(
        **{"data": tmp_path / "table.csv", "hidden": "6", "activation": "leaky_relu"},
        **{"seeds": 11, "init": "he", "precision": "float32", "l1": 1e-3, "l2": 1e-3},
        **{"l1_on": "weights", "l2_on": "weights"},
        **same,
    ).run()
    x, y = method.table(columns)
    assert x.shape == (80, 15) and y.max() == 3
    on = {"l1": {"w1": 1e-3, "w2": 1e-3}, "l2": {"w1": 1e-3, "w2": 1e-3}}
    for fold in range(3):
        run = method.of_table(x, y, (6,), seed=11, fold=fold, kind=np.float32, **on, **same)
        found = run.run()
        assert found["epochs"] < 60
        waited = found["epochs"] - found.get("best_epoch", found["epochs"] - 3)
        assert waited == 3 or (stops.get("schedule") == "adaptive" and waited % 3 == 0)
        check(runs.iloc[fold], found)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "elu", "identity"])
def test_other_activations(activation, precision):
    same = {"lr": 0.03, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 4}
    same |= {"batch_size": 32, "val_fraction": 0.2, "finish": 2, "activation": activation}
    runs = Sweep(data="wine", hidden="8,5", seeds=3, l1=3e-3, l2=0, precision=precision, **same)
    x, y = load_wine(return_X_y=True)
    on, kind = {"l1": {"w1": 3e-3, "w2": 3e-3, "w3": 3e-3}}, np.dtype(precision).type
    run = method.of_table(x, y, (8, 5), seed=3, kind=kind, **on, **same)
    check(runs.run().iloc[0], run.run())


@pytest.mark.parametrize("hidden", [(), (3,)])
@pytest.mark.parametrize("schedule", [{}, {"schedule": "step:2:0.5"}])
def test_a_path_in_full_batches(hidden, schedule):
    """It begins without weights, which softmax regression goes on from, and other networks not."""
    same = {"lr": 0.1, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 4}
    same |= {"batch_size": "full", "val_fraction": 0.2} | schedule
    path = (0.003, 0.03, 10)
    runs = Sweep(
        **{"data": "breast_cancer", "hidden": hidden or "none", "init": "he", "seeds": 0, "l2": 0},
        **{"l1": path, "path": "l1", "path_order": "down", "l1_on": "weights"},
        **same,
    ).run()
    x, y = load_breast_cancer(return_X_y=True)
    before, weights = {}, []
    for l1, (_, row) in zip(path[::-1], runs[::-1].iterrows(), strict=True):
        run = method.of_table(x, y, hidden, seed=0, l1={"w1": l1, "w2": l1}, **same)
        if before.get("effective", 0) or (before and not hidden):
            run.start(weights)
        before, weights = run.run(), run.result
        check(row, before)
    assert runs.nonzero.iloc[-1] == 0 < runs.nonzero.iloc[0]


@pytest.mark.parametrize("scale", ["standard", "robust", "quantile", "none"])
def test_what_is_filled_in_and_how_it_is_scaled(scale):
    same = {"lr": 0.01, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 3}
    same |= {"batch_size": 32, "val_fraction": 0.3, "scale": scale}
    X, y = load_wine(return_X_y=True)
    X, random = X[:, :5].round(), np.random.RandomState(0)
    X[random.random_sample(X.shape) < [0.3, 0, 0, 0.1, 0]] = np.nan
    runs = Sweep(
        **{"data": (X, y), "hidden": "4", "init": "he", "seeds": 5, "l1": 0.01, "l2": 0},
        **{"l1_on": "weights", "missing": "impute", "finish": 0},
        **same,
    ).run()
    tells = np.isnan(X).astype(float)
    x = np.column_stack([X[:, 0], tells[:, 0], X[:, 1:4], tells[:, 3], X[:, 4]])
    on = {"l1": {"w1": 0.01, "w2": 0.01}}
    check(runs.iloc[0], method.of_table(x, y, (4,), seed=5, **on, **same).run())


@pytest.mark.parametrize("outer", [None, 1])
def test_a_test_part(outer):
    same = {"lr": 0.05, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 3}
    same |= {"batch_size": 32, "finish": 0}
    apart = {"test": 0.25} if outer is None else {"outer_folds": 3}
    runs = Sweep(
        **{"data": "wine", "hidden": "4", "init": "he", "seeds": 5, "l1": 0.01, "l2": 0},
        **{"l1_on": "weights", "folds": 2},
        **apart,
        **same,
    ).run()
    x, y = load_wine(return_X_y=True)
    if outer is None:
        _, test = method.split(y, 0, 0, 0, 0.25, "test part")
    else:
        _, test = method.split(y, 0, outer, 3, 0, "outer folds")
        runs = runs[runs.outer == outer]
    for fold, (_, row) in enumerate(runs.iterrows()):
        on = {"l1": {"w1": 0.01, "w2": 0.01}}
        run = method.of_table(x, y, (4,), seed=5, fold=fold, folds=2, test=test, **on, **same)
        found = run.run()
        check(row, found)
        loss, others, _ = run.evaluated(run.test)
        assert (row.test_loss, row.test_accuracy) == (loss, others["accuracy"])
        assert row.test_rows == len(test)


@pytest.mark.parametrize("data", [load_wine, load_breast_cancer])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_further_metrics(data, precision):
    same = {"lr": 0.1, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 5}
    same |= {"batch_size": 32, "finish": 0, "metrics": METRICS}
    runs = Sweep(
        **{"data": data.__name__.removeprefix("load_"), "hidden": "4", "init": "he", "seeds": 5},
        **{"l1": (0, 0.03, 3), "l2": 0, "l1_on": "weights", "test": 0.25, "precision": precision},
        **same,
    ).run()
    x, y = data(return_X_y=True)
    _, test = method.split(y, 0, 0, 0, 0.25, "test part")
    for _, row in runs.iterrows():
        on = {"l1": {"w1": row.l1, "w2": row.l1}, "kind": np.dtype(precision).type}
        run = method.of_table(x, y, (4,), seed=5, test=test, **on, **same)
        check(row, run.run())
        for name, value in run.scored("test", run.test).items():
            assert float(row[name]).hex() == float(value).hex(), name
    assert (runs.val_auc == runs.baseline_auc).tolist() == [False, False, True]


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("apart", [{"groups": "who"}, {"order": "day"}])
@pytest.mark.parametrize("folds", [{"val_fraction": 0.3}, {"folds": 3}])
def test_weights_balanced_classes_groups_and_time(precision, apart, folds):
    random = np.random.RandomState(6)
    x = random.normal(size=(110, 3))
    y = (x[:, 0] + random.normal(size=110) > 1).astype(int)
    given = {"who": random.randint(9, size=110) ** 2, "day": random.randint(40, size=110)}
    w = random.uniform(0.1, 4, size=110)
    frame = pd.DataFrame(x, columns=list("abc")).assign(w=w, kind=y)
    same = {"lr": 0.05, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 6}
    same |= {"batch_size": 16, "finish": 2, "class_weight": "balanced"}
    (column,) = apart.values()
    runs = Sweep(
        **{"data": frame.assign(**{column: given[column]}), "target": "kind", "weight": "w"},
        **{"hidden": "4", "seeds": 8, "l1": 0.003, "l2": 0, "precision": precision},
        **apart,
        **folds,
        **same,
    ).run()
    on = {"l1": {"w1": 0.003, "w2": 0.003}, "weight": w, "kind": np.dtype(precision).type}
    for fold, (_, row) in enumerate(runs.iterrows()):
        asked = fold, folds.get("folds", 0), folds.get("val_fraction", 0)
        # Groups are numbered in natural order, numbers by value.
        parts = (
            method_splits.by_group(given["who"], y, 8, *asked)
            if "groups" in apart
            else method_splits.by_time(given["day"], *asked)
        )
        run = method.of_table(x, y, (4,), seed=8, fold=fold, parts=parts, **on, **same)
        check(row, run.run())
        if "order" in apart:
            assert row.val_from == str(given["day"][parts[1]].min())


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("loss", ["squared", "absolute", "huber", "poisson", "logistic"])
def test_numbers_and_answers(loss, precision):
    draw = np.random.default_rng(4)
    x, weight = draw.normal(size=(90, 4)).round(2), draw.integers(1, 5, 90) / 2
    y = np.stack([draw.poisson(np.exp(x[:, 0])), draw.poisson(3 + x[:, 1] ** 2)], axis=1)
    y = (
        (y > 1) * 1.0
        if loss == "logistic"
        else y / [1, 7] - np.array([0, 30 * (loss != "poisson")])
    )
    metrics = {"poisson": ["mae", "deviance"], "logistic": ["auc", "log_loss", "f1"]}
    same = {"lr": 0.03, "momentum": 0.9, "l1_method": "proximal", "zero_tol": 0.0, "epochs": 4}
    same |= {"batch_size": 32, "finish": 2, "metrics": metrics.get(loss, ["mae"])}
    table = pd.DataFrame({**dict(zip("abcd", x.T, strict=True)), "u": y[:, 0], "v": y[:, 1]})
    runs = Sweep(
        **{"data": table.assign(w=weight), "target": "u,v", "loss": loss, "weight": "w"},
        **{"hidden": "6", "seeds": 3, "l1": 3e-3, "l2": 0, "precision": precision, **same},
    ).run()
    parts = method.split(np.zeros(90, int), 3, 0, 0, 0.2)
    on = {"l1": {"w1": 3e-3, "w2": 3e-3}, "weight": weight, "kind": np.dtype(precision).type}
    inputs = method_scaling.scaled(x, parts[0], "standard")
    parameters = method.he((4, 6, 2), 3)
    run = method_numbers.RunOfTargets(inputs, y, parts, parameters, loss=loss, seed=3, **on, **same)
    check(runs.iloc[0], run.run())


@pytest.mark.parametrize("schedule", [{}, {"schedule": "exponential:0.9", "warmup": 2}])
def test_halving_from_uniform_weights(schedule):
    same = {"lr": 0.05, "momentum": 0.9, "l1_method": "subgradient", "zero_tol": "auto"}
    same |= {"batch_size": 24, "val_fraction": 0.3} | schedule
    penalties = (0.0, 0.01, 0.1)
    runs = Sweep(
        **{"data": "iris", "hidden": "4", "activation": "relu", "init": "uniform", "seeds": (1, 2)},
        **{"l1": penalties, "l2": 0, "l1_on": "weights", "epochs": 9, "halving": 3},
        **same,
    ).run()
    x, y = load_iris(return_X_y=True)

    def trained(l1, seed, epochs):
        on = {"l1": {"w1": l1, "w2": l1}, "epochs": epochs, "init": method.uniform}
        return method.of_table(x, y, (4,), seed=seed, **on, **same).run()

    short = {(l1, seed): trained(l1, seed, 3) for l1 in penalties for seed in (1, 2)}
    best = min(penalties, key=lambda l1: short[l1, 1]["val_loss"] + short[l1, 2]["val_loss"])
    for _, row in runs.iterrows():
        place = row.l1, row.seed
        found = trained(*place, 9) | {"rung": 1} if row.l1 == best else short[place] | {"rung": 0}
        check(row, found)


def test_where_the_documents_numbers_end():
    """It overflows; here nothing does, and what is below the normal range is 0."""
    same = {"lr": 0.0844, "momentum": 0.99, "l1_method": "subgradient", "zero_tol": 1e-3}
    options = {"data": "article", "seeds": 678, "l1": 0, "l2": 0, **same}
    with np.errstate(all="ignore"):
        document = naive.article(678, 1000, {}, {}, same["lr"], same["momentum"])
        early = naive.article(678, 15, {}, {}, same["lr"], same["momentum"])
    assert np.isnan(document["final_loss"])
    # It rounds the prediction before its logarithm is taken: by half an ulp below 1, or a few.
    runs = Sweep(epochs=15, **options).run()
    assert runs.final_loss[0] == pytest.approx(early["final_loss"], rel=0, abs=1e-15)
    row = Sweep(epochs=1000, **options).run().iloc[0]
    assert row.final_loss == 0.0 and row.status == "done"
    run = method.article(678, epochs=1000, **same)
    check(row, run.run())
    assert run.forward(run.result, run.x)[-1].max() > 710


numbers = st.floats(-1e6, 1e6) | st.floats(-1e-150, 1e-150)


@hypothesis.given(numbers, numbers, numbers, st.sampled_from([np.float64, np.float32]))
@hypothesis.example(1 + 2**-52, 1 - 2**-52, -1.0, np.float64)
@hypothesis.example(1 + 2**-23, 1 + 2**-23, 2**-60, np.float32)
def test_the_multiply_add_of_the_tests_rounds_once(a, b, c, kind):
    with np.errstate(under="ignore"):
        a, b, c = rounding.normal(np.array([a, b, c], kind))
        found = rounding.fma(a, b, c)
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    # Just below the normal range, rounding may lift a number into it.
    hypothesis.assume(not 1 - 2.0**-23 <= abs(exact) / Fraction(float(np.finfo(kind).tiny)) < 1)
    if abs(exact) < np.finfo(kind).tiny:
        assert found == 0
    elif kind is np.float64:
        assert found == float(exact)
    else:
        beside = [np.nextafter(found, np.float32(end)) for end in (-np.inf, np.inf)]
        error = abs(Fraction(float(found)) - exact)
        assert all(error <= abs(Fraction(float(other)) - exact) for other in beside)


def test_the_text_is_printed_and_has_every_constant_and_column(typed):
    status, text, err = typed("info", "--method")
    assert (status, err) == (0, "") and max(map(len, text.splitlines())) <= 100
    assert json.loads(typed("info", "--method", "--json")[1]) == {"method": text}
    twins = "".join(Path(module.__file__).read_text() for module in (method, method_scaling))
    numbers = re.findall(r"-?\d+\.\d{6,}(?:e-\d+)?", twins)
    assert len(numbers) > 30
    words = set(re.findall(r"[\w.+-]*\w", text))
    assert not {*numbers, *COLUMNS, *OPTIONAL, *METRICS, *OF_NUMBERS} - words
    # What the last of them do few runs would notice.
    told = "".join(Path(module.__file__).read_text() for module in (exp_log, inverse_normal, rates))
    assert not set(numbers) - set(re.findall(r"[\w.+-]*\w", told))
