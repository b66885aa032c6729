"""Options with several values: each is an axis, and its runs are those of sweeps of their own."""

import itertools
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from sweep import InputError, Sweep, load_model
from sweep.plan.experiment import prepare
from sweep.running.merging import merge
from sweep.specification.axes import PACKS, parts
from sweep.training.rows import numbers_of
from sweep.training.task import run_task
from tests.sweep.console import rows

#: What an option does nothing for, and what its column says there.
IDLE = {
    "activation": (lambda run: run["hidden"] == "none", "identity"),
    "dropout": (lambda run: run["hidden"] == "none", 0.0),
    "l21": (lambda run: run["l1_method"] == "subgradient", 0.0),
    "beta2": (lambda run: run["optimizer"] == "nesterov", 0.0),
    "momentum": (lambda run: run["optimizer"] == "rmsprop", 0.0),
}
#: Axes that differ within a sweep of its own, too.
LANES = ("l21", "dropout", "beta2", "momentum")
DEFAULTS = {"hidden": "8", "optimizer": "nesterov", "l1_method": "proximal"}
#: What stands as 0 in the table.
OFF = {"batch_size": ["full"], "patience": ["off"]}


def apart(options, several):
    """Run each combination of what shapes code as a sweep of its own; return all rows.

    That is written from what the README says of an axis, and asks nothing of the library.
    """
    found = []
    shaping = {name: values for name, values in several.items() if name not in LANES}
    for values in itertools.product(*shaping.values()):
        run = dict(zip(shaping, values, strict=True))
        place = {name: 0 if value in OFF.get(name, ()) else value for name, value in run.items()}
        run = {**DEFAULTS, **options, **several, **run}
        idle = {name: then for name, (nothing, then) in IDLE.items() if nothing(run)}
        if any(name in shaping and run[name] != shaping[name][0] for name in idle):
            continue  # the same as with the first of its values
        place |= {name: then for name, then in idle.items() if name in several}
        run = {name: value for name, value in run.items() if name not in idle}
        found.append(Sweep(**run).run().assign(**place))
    return pd.concat(found)


def assert_same_runs(whole, separate):
    """Compare rows as text, in whatever order; a column that one sweep lacks is null for it."""
    names = [name for name in whole if name not in ("run", "seconds")]
    assert set(separate) <= {*whole, "run"}
    one, other = (
        frame.reindex(columns=names).sort_values(key, ignore_index=True)
        for frame, key in (
            (whole, names[: names.index("status")]),
            (separate, names[: names.index("status")]),
        )
    )
    for name in names:
        assert (
            one[name].map(repr).tolist() == other[name].astype(one[name].dtype).map(repr).tolist()
        ), name


DIGITS = {"data": "digits", "l1": [0, 0.001], "l2": 0, "seeds": [3, 4], "epochs": 1}
CHOSEN = {
    "hidden": ["32,16", "8", "none"],
    "activation": ["relu", "tanh"],
    "optimizer": ["nesterov", "adam"],
}


def test_a_sweep_over_networks_is_its_separate_sweeps_to_the_byte():
    spec = Sweep(**DIGITS, hidden="32,16/8/none", activation="relu,tanh", optimizer="nesterov,adam")
    whole = spec.run()
    assert_same_runs(whole, apart(DIGITS, CHOSEN))
    assert (
        len(whole) == (2 * 2 * 2 + 2) * 2 * 2 and not whole.drop(columns="run").duplicated().any()
    )
    assert whole.sort_values(
        ["seed", "hidden", "activation", "optimizer", "l1"]
    ).run.is_monotonic_increasing
    assert whole[whole.hidden == "none"].sparsity_w2.isna().all()
    assert whole[whole.hidden == "8"].sparsity_w3.isna().all()
    assert whole[whole.hidden == "32,16"].sparsity_w3.notna().all()


#: Options whose kernels are compiled for the tests above, or few more.
CODE = [
    {},
    {"optimizer": ["nesterov", "adam"], "beta2": [0.9, 0.99]},
    {"l1_method": ["proximal", "subgradient"], "l21": [0, 0.01]},
    {"dropout": [0, 0.3]},
]
PLAIN = {
    "hidden": [["8", "none"], ["6,3", "8"], ["5", "6,3", "none"]],
    "batch_size": [[16, "full"], [7, 32]],
    "schedule": [["constant", "cosine"], ["exponential:0.5", "step:1:0.1"]],
    "warmup": [[0, 2]],
    "init": [["he", "uniform"]],
    "patience": [["off", 1], [1, 2]],
    "tol": [["off", 0.01]],
}


@st.composite
def mixtures(draw):
    """Draw options of one value, and axes of several."""
    several = dict(draw(st.sampled_from(CODE)))
    for name in draw(st.lists(st.sampled_from([*PLAIN]), min_size=1, max_size=2, unique=True)):
        several[name] = draw(st.sampled_from(PLAIN[name]))
    options = {
        "data": "iris",
        "hidden": "6,3",
        "l1": [0, 0.02],
        "l2": 0,
        "epochs": draw(st.integers(1, 3)),
    }
    options |= draw(
        st.sampled_from([{"seeds": [5]}, {"seeds": [1], "folds": 2}, {"seeds": [2, 9]}])
    )
    options |= draw(st.sampled_from([{}, {}, {"path": "l1"}, {"history": 1}]))
    return {name: value for name, value in options.items() if name not in several}, several


@settings(deadline=None, max_examples=8)
@given(mixtures())
def test_any_options_with_several_values_are_separate_sweeps(mixture):
    options, several = mixture
    spec = Sweep(**options, **several)
    assert_same_runs(spec.run(), apart(options, several))
    again = Sweep.from_toml(spec.to_toml())
    assert again == spec and again.digest() == spec.digest()
    assert spec == Sweep(**options, **{name: values[::-1] for name, values in several.items()})
