"""The same specification gives the same bytes, whatever runs it and whatever runs beside it."""

import os
import platform
from typing import NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.running import driver
from sweep.running.driver import Where
from sweep.specification.choices import ACTIVATIONS, LOSSES, OPTIMIZERS, SCORES
from sweep.specification.validators import ORDERS
from sweep.training.chosen_kernels import shape_of
from tests.sweep.console import call, csv, rows


def arrays(samples, features, classes):
    random = np.random.RandomState(samples)
    x = random.standard_normal((samples, features)) * 10.0 ** random.randint(-3, 4, features)
    return x, np.arange(samples) % classes


def numbers(samples, features, outputs, loss):
    """Return arrays whose targets are what a loss is of."""
    x, _ = arrays(samples, features, 2)
    z = np.random.RandomState(samples).standard_normal((samples, outputs)) * 3 + 5
    if loss == "logistic":
        return x, z > 5
    return x, np.floor(abs(z)) if loss == "poisson" else z


def weighed(x, y):
    """Return options for the same as a table, whose rows count 1, 2 or 3."""
    targets = {f"y{j}": column for j, column in enumerate(np.reshape(y, (len(x), -1)).T)}
    features = {f"x{j}": column for j, column in enumerate(x.T)}
    table = pd.DataFrame({**features, "w": np.arange(len(x)) % 3 + 1, **targets})
    return {"data": table, "weight": "w", "target": list(targets)}


class Kind(NamedTuple):
    """What code is compiled for, which takes seconds; all else is drawn for each of many sweeps."""

    loss: str
    activation: str
    optimizer: str
    l1_method: str
    precision: str
    lanes: int
    groups: bool = False
    drops: bool = False


#: Each value of an option is in some; beside what others varies at random in `tests.recorded`.
KINDS = [
    Kind("cross_entropy", "relu", "nesterov", "proximal", "float64", 1),
    Kind("cross_entropy", "tanh", "adam", "subgradient", "float32", 2, drops=True),
    Kind("cross_entropy", "leaky_relu", "rmsprop", "proximal", "float64", 4, groups=True),
    Kind("cross_entropy", "relu", "momentum", "subgradient", "float64", 16),
    Kind("logistic", "elu", "adamw", "proximal", "float64", 16, groups=True, drops=True),
    Kind("logistic", "relu", "nesterov", "subgradient", "float32", 8),
    Kind("squared", "identity", "momentum", "proximal", "float32", 1),
    Kind("absolute", "logistic", "nesterov", "subgradient", "float64", 2, drops=True),
    Kind("huber", "relu", "adam", "proximal", "float64", 4, groups=True),
    Kind("poisson", "tanh", "adamw", "subgradient", "float64", 8),
]  # fmt: skip

#: One in five of any choices: each is compiled for two lane widths.
ANY_KIND = st.builds(
    lambda **told: Kind(**told)._replace(groups=told["groups"] and told["l1_method"] == "proximal"),
    loss=st.sampled_from(list(LOSSES)),
    activation=st.sampled_from(list(ACTIVATIONS)),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    l1_method=st.sampled_from(["subgradient", "proximal"]),
    precision=st.sampled_from(["float64", "float32"]),
    lanes=st.sampled_from([1, 2, 4, 8, 16]),
    groups=st.booleans(),
    drops=st.booleans(),
)
SOME_KINDS = st.one_of(*[st.sampled_from(KINDS)] * 4, ANY_KIND)


def beside(loss):
    """Return the metrics that are measured beside a loss where they are asked for."""
    return [name for name, score in SCORES.items() if loss in score.losses]


@st.composite
def sweeps(draw, alone=False, kind=None):
    """Draw a specification that trains in no time: a few dozen runs of at most 4 epochs.

    Of those where no run waits for another one, if each should stand `alone`.
    """
    kind = kind or draw(st.sampled_from(KINDS))
    data = draw(st.sampled_from(["article", "iris", "wine", arrays(23, 3, 2), arrays(9, 1, 4)]))
    loss = kind.loss
    if loss != "cross_entropy":
        data = numbers(draw(st.integers(9, 40)), 3, draw(st.integers(1, 3)), loss)
    many = not isinstance(data, tuple) or len(data[0]) > 20
    options = {
        "data": data,
        "loss": loss,
        "hidden": draw(st.lists(st.integers(1, 9), max_size=3)),
        "l1": draw(st.lists(st.sampled_from([0, 1e-4, 0.01, 0.3]), min_size=1, max_size=3)),
        "l2": draw(st.lists(st.sampled_from([0, 1e-3, 0.1]), min_size=1, max_size=2)),
        "activation": kind.activation,
        "lr": draw(st.sampled_from([0.01, [0.003, 0.1], [0.01, 1e6]])),
        "optimizer": kind.optimizer,
        "schedule": draw(st.sampled_from(["constant", "cosine", "exponential:0.5", "step:2:0.1"])),
        "warmup": draw(st.sampled_from([0, 0, 2])),
        "tol": draw(st.sampled_from([None, None, 0.01])),
        "seeds": draw(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=2)),
        "epochs": draw(st.integers(0, 4)),
        "batch_size": draw(st.sampled_from([1, 7, 32, "full"])),
        "precision": kind.precision,
        "l1_method": kind.l1_method,
        "init": draw(st.sampled_from(["he", "uniform"])),
        "l1_on": draw(st.sampled_from(["weights", "all", "biases,w1"])),
        "metrics": draw(st.sampled_from([(), beside(loss)])),
        "history": draw(st.sampled_from([0, 0, 1, 3])),
    }
    taken = {"momentum": [0, 0.9], "beta2": [0.9, 0.999, [0.5, 0.99]], "epsilon": [1e-8, [1e-3, 1]]}
    for name in OPTIMIZERS[options["optimizer"]].hyper:
        options[name] = draw(st.sampled_from(taken[name]))
    if options["hidden"] and kind.drops:
        options["dropout"] = draw(st.sampled_from([0.3, [0, 0.5]]))
    if options["activation"] == "leaky_relu":
        options["leak"] = draw(st.sampled_from([0.01, 0.5]))
    if kind.groups:
        options["l21"] = draw(st.sampled_from([[0.02], [0, 0.05]]))
        options["l21_on"] = draw(
            st.sampled_from(["inputs", "units"] if options["hidden"] else ["inputs"])
        )
    if draw(st.booleans()):
        options["vary"] = {"l2_b1": [0, 0.01]}
    if isinstance(data, tuple) and draw(st.booleans()):
        options |= weighed(*data)
    if loss == "cross_entropy":
        options["class_weight"] = draw(st.sampled_from(["none", "none", "balanced"]))
    if data != "article":
        options["folds"] = draw(st.sampled_from([0, 0, 2]))
        options["patience"] = draw(st.sampled_from([None, None, 1, 2]))
    if data != "article" and many:
        options |= draw(st.sampled_from([{}, {}, {"test": 0.3}, {"outer_folds": 2}]))
    if options.get("patience") is options["tol"] is None:
        options["finish"] = draw(st.sampled_from([None, 0, 2]))
    if not alone:
        orders = st.lists(st.sampled_from(ORDERS), min_size=1)
        path = {"path_order": draw(orders)}
        axes = [axis for axis in ("l1", "l2", "l21") if len(set(options.get(axis, ()))) > 1]
        halving = {"halving": 2, "patience": None, "tol": None, "outer_folds": None}
        options |= draw(
            st.sampled_from([{}, {}, halving, *({"path": axis, **path} for axis in axes)])
        )
    return Sweep(**options)


def tables(spec, lanes=None, **where):
    """Run a sweep in memory, at a lane width: its rows as text, and its plan."""
    forced = {"SWEEP_LANES": str(lanes)} if lanes else {}
    with mock.patch.dict(os.environ, forced):
        outcome = driver.run(spec, Where(quiet=True, **where))
    found = driver.table_of(outcome, None)
    assert (found["status"] != "error").all()
    return rows(found)


def test_each_choice_is_in_some_kind():
    assert {kind.loss for kind in KINDS} == set(LOSSES)
    assert {kind.activation for kind in KINDS} == set(ACTIVATIONS)
    assert {kind.optimizer for kind in KINDS} == set(OPTIMIZERS)
    assert {metric for kind in KINDS for metric in beside(kind.loss)} == set(SCORES)


@settings(deadline=None, max_examples=25)
@given(kind=SOME_KINDS, jobs=st.sampled_from([1, 2]), data=st.data())
def test_lane_width_and_threads_change_no_bit(kind, jobs, data):
    spec = data.draw(sweeps(kind=kind))
    assert tables(spec, lanes=kind.lanes, jobs=jobs) == tables(spec, jobs=1)


@settings(deadline=None, max_examples=20)
@given(spec=sweeps(alone=True), data=st.data())
def test_a_run_is_the_same_alone_and_among_others(spec, data):
    """A part of the grid gives its rows of the whole grid."""
    fewer = {}
    for name in ("seeds", "l1", "l2", "lr"):
        axis = getattr(spec, name)
        fewer[name] = data.draw(st.lists(st.sampled_from(axis), min_size=1, unique=True))
    whole = driver.table_of(driver.run(spec, Where(jobs=1)), None)
    if len(set(spec.dropout)) > 1:
        fewer["dropout"] = data.draw(st.sampled_from(spec.dropout))
        whole = whole[whole.dropout == fewer["dropout"]].drop(columns="dropout")
    there = whole.seed.isin(fewer["seeds"])
    for name in ("l1", "l2", "lr"):
        there &= whole[name].isin(fewer[name])
    part = driver.table_of(driver.run(spec.replace(**fewer), Where(jobs=1)), None)
    assert rows(part.drop(columns="run")) == rows(whole[there].drop(columns="run"))


@settings(deadline=None, max_examples=12)
@given(spec=sweeps(), seconds=st.sampled_from([1e-9, 1e-4, 10]))
def test_the_size_of_tasks_and_of_calls_changes_no_bit(spec, seconds):
    expected = tables(spec, jobs=1)
    with (
        mock.patch("sweep.plan.tasks.TASK_SECONDS", seconds),
        mock.patch("sweep.training.loop._BREATH", seconds / 10),
        mock.patch("sweep.training.loop._ORDER_ROOM", 50),
    ):
        assert tables(spec, jobs=2) == expected


@settings(deadline=None, max_examples=4)
@given(spec=sweeps())
def test_frozen_code_of_whatever_is_chosen_changes_no_bit(spec):
    spec = spec.replace(hidden=[2] if spec.hidden else [])
    with mock.patch("sweep.plan.plan._WORTH_FREEZING", float("inf")):
        expected = tables(spec)
    with mock.patch("sweep.plan.plan._WORTH_FREEZING", 0):
        assert tables(spec) == expected


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "cross_entropy"])
def test_frozen_code_of_another_loss_changes_no_bit(loss, monkeypatch):
    spec = Sweep(data=numbers(20, 3, 2, loss), loss=loss, hidden="3", l1=[0, 0.01], l2=[0, 0.01])
    spec = spec.replace(seeds=[1, 2], epochs=6, batch_size=4, val_fraction=0.2)
    plan = prepare(spec).plan
    assert shape_of(plan.spec, plan.widths, plan.samples, True, plan.runs)[0]
    monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", float("inf"))
    expected = tables(spec)
    monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", 0)
    assert tables(spec) == expected


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", ["nesterov", "adamw"])
def test_frozen_code_changes_no_bit(optimizer, precision, method, monkeypatch):
    spec = Sweep(l1=[0, 0.01, 0.1], seeds=[1, 2], l2=[0, 0.01], epochs=30, history=10)
    spec = spec.replace(optimizer=optimizer)
    spec = spec.replace(precision=precision, l1_method=method, lr=[0.01, 0.05])
    monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", float("inf"))
    expected = tables(spec)
    monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", 0)
    for lanes in (None, 2):
        assert tables(spec, lanes=lanes) == expected


SPECS = {
    "article": Sweep(l1=[0, 0.01], l2=[0, 0.1], seeds=range(8), epochs=50),
    "wine": Sweep(data="wine", hidden="8,4", seeds=range(3), l1=[0, 0.01], epochs=5, patience=2),
    "arrays": Sweep(data=arrays(200, 4, 3), hidden="5", seeds=[1, 2], l2=0.01, history=2, epochs=4),
    "dropout": Sweep(data="iris", hidden="5,3", dropout=[0, 0.4], seeds=[1, 2], l1=0, l2=0,
                     epochs=4),
    "numbers": Sweep(data=numbers(60, 4, 2, "squared"), hidden="5", seeds=[1, 2], metrics="mae",
                     l1=[0, 0.01], epochs=4, patience=2, history=1),
    "single": Sweep(data="iris", precision="float32", folds=3, seeds=[1], l1_method="proximal",
                    l1=[0, 0.01], epochs=5),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_processes_give_the_bytes_of_threads(name, monkeypatch):
    monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)
    spec = SPECS[name]
    assert tables(spec, jobs=2, backend="loky") == tables(spec, jobs=2)


@pytest.mark.parametrize("cpu", ["x86-64", "haswell"])
def test_code_for_another_processor_gives_the_same_bytes(cpu, tmp_path):
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("this processor is of another kind")
    words = ["run", "--data", "iris", "--hidden", "6", "--seeds", "0:3", "--epochs", "3", "--quiet"]
    features = "" if cpu == "x86-64" else "+avx,+avx2,+fma,+bmi,+bmi2"
    there = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features}
    assert call(*words, "--out", "here", cwd=tmp_path)[0] == 0
    status, _, err = call(*words, "--out", "there", cwd=tmp_path, **there)
    assert status == 0, err
    assert csv(tmp_path / "there") == csv(tmp_path / "here")
