"""Options with several values: each is an axis, and its runs are those of sweeps of their own."""

import itertools
import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from sweep import InputError, Sweep, load_model
from sweep.plan.experiment import prepare
from sweep.running.merging import merge
from sweep.training.rows import numbers_of
from sweep.training.task import run_task

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


SMALL = {"data": "iris", "l1": [0, 0.02], "l2": 0, "seeds": [3, 4], "epochs": 2}
GROWN = {"hidden": "8/6,3/none", "activation": "relu,tanh", "optimizer": "nesterov,adam"}
GROWN |= {"beta2": [0.9, 0.99], "patience": "off,1"}


def text(frame):
    """Return rows as text, without what the clock says."""
    return frame.drop(columns="seconds").map(repr).to_numpy().tolist()


@pytest.mark.parametrize("history", [0, 1])
def test_a_directory_grows_along_options_that_had_one_value(history, tmp_path):
    small = Sweep(**SMALL, hidden="6,3", history=history)
    small.run(out=tmp_path)
    grown = Sweep(**SMALL, **GROWN, history=history)
    with pytest.raises(ValueError, match="add --extend"):
        grown.run(out=tmp_path)
    before = {*(tmp_path / "parts").iterdir()}
    found = grown.run(out=tmp_path, extend=True)
    assert before < {*(tmp_path / "parts").iterdir()}
    assert text(found) == text(grown.run()) == text(results.load(tmp_path))
    first = found.query("hidden == '6,3' and activation == 'relu' and optimizer == 'nesterov'")
    assert (first.beta2 == 0).all() and len(first[first.patience == 0]) == 4
    if history:
        past = results.load_history(tmp_path)
        assert len(past) == found.epochs.sum() and past.hidden.nunique() == 3
    again = Sweep.from_toml(tmp_path / "sweep.toml")
    assert again == grown and text(again.run(out=tmp_path)) == text(found)


def test_what_is_left_of_several_networks_is_trained(tmp_path, typed):
    spec = Sweep(**SMALL, **GROWN)
    whole = spec.run(out=tmp_path)
    for made in (tmp_path / "runs.parquet", tmp_path / "runs.csv"):
        made.unlink()
    for part in sorted((tmp_path / "parts").iterdir())[::2]:
        part.unlink()
    there = len(results.load(tmp_path))
    assert 0 < there < len(whole)
    told = json.loads(typed("status", tmp_path, "--json")[1])
    assert told["left"] == len(whole) - there and told["total"] == len(whole)
    assert text(spec.run(out=tmp_path)) == text(whole)


def test_directories_of_other_networks_are_merged(tmp_path):
    one = Sweep(**SMALL, hidden="8", optimizer="nesterov", l1_method="subgradient")
    other = Sweep(**SMALL, hidden="8/none", optimizer="adam", beta2=[0.9, 0.99])
    one.run(out=tmp_path / "one")
    other.run(out=tmp_path / "other")
    counts = merge([tmp_path / "one", tmp_path / "other"], tmp_path / "both")
    assert counts["done"] == 4 + 16 and counts["total"] == (8 + 4) * 2 * 2
    both = Sweep.from_toml(tmp_path / "both" / "sweep.toml")
    assert both.finish is None and both.of({"l1_method": "subgradient"}).finish == 0
    assert text(both.run(out=tmp_path / "both")) == text(both.run())


def test_a_race_is_one_over_all_networks():
    spec = Sweep(**SMALL | {"epochs": 9}, hidden="8/6,3/none", optimizer="nesterov,adam", halving=3)
    runs = spec.run()
    assert runs.groupby("rung").size().to_dict() == {0: 16, 1: 4, 2: 4}
    finished = runs[runs.rung == 2]
    alone = spec.replace(halving=None).run()
    kept = alone.set_index("run").loc[finished.run]
    assert finished.val_loss.tolist() == kept.val_loss.tolist()
    # Of the first rung the best third goes on: nobody who ended there was better than they were.
    first = alone[["run"]].assign(cell=alone.run % 12)
    short = spec.replace(halving=None, epochs=1, finish=0).run().assign(cell=first.cell)
    means = short.groupby("cell").val_loss.mean().sort_values()
    assert set(means.index[:4]) == set(runs[runs.rung > 0].run % 12)


def test_a_plan_tells_of_every_network(typed):
    words = ["--data", "digits", "--hidden", "32,16/8/none", "--activation", "relu,tanh", "--l1", 0]
    words += ["--optimizer", "nesterov,adam", "--beta2", "0.9,0.99", "--seeds", "0:4"]
    words += ["--batch-size", "16,full,5000"]
    told = json.loads(typed("plan", *words, "--json")[1])
    assert told["network"] == "64-32-16-10, 64-10, 64-8-10"
    assert told["parameters"] == "610 to 2,778"
    assert told["runs"] == 4 * 5 * 3 * 3 * 8
    assert told["at_rest"] == "beta2 with nesterov; activation without hidden layers"
    assert told["repeated"] == "batch_size full, 5000: each is all 1,437 rows"
    each = 0.0
    for network in ("32,16", "8", "none"):
        for size in ("16", "full", "5000"):
            for optimizer in ("nesterov", "adam"):
                one = prepare(
                    Sweep(data="digits", hidden=network, l1=0, batch_size=size, seeds=range(4),
                          optimizer=optimizer)
                ).plan  # fmt: skip
                times = (1 if network == "none" else 2) * (1 + (optimizer == "adam"))
                each += one.grid.total * one.cost.seconds * times
    assert told["seconds"] == pytest.approx(each / told["workers"], rel=0.02, abs=0.1)


def test_tasks_are_every_run_once_and_each_of_one_part():
    plan = prepare(Sweep(**SMALL | {"seeds": range(40)}, **GROWN)).plan
    numbers, seen = [], set()
    for part, ranges in plan.handed_out():
        mine = numbers_of(ranges)
        ((same, _),) = plan.apart(mine)
        assert same is part and part.spec.of({}) == part.spec
        numbers.append(mine)
        if len(seen) < len(plan.parts):
            seen.add(id(part))
            assert len(seen) == len(numbers)  # each has a first task before any has another
    assert np.sort(np.concatenate(numbers)).tolist() == list(range(plan.grid.total))
    sent = pickle.loads(pickle.dumps(plan.parts[-1]))
    dataset = prepare(Sweep(**SMALL)).dataset
    mine = [
        (n, n + 1) for n in numbers_of(next(r for p, r in plan.handed_out() if p is plan.parts[-1]))
    ]
    one, other = (run_task(of, dataset, mine).runs.drop("seconds") for of in (sent, plan.parts[-1]))
    assert one.equals(other)


@pytest.mark.parametrize("ending", ["npz", "onnx"])
def test_the_best_of_several_networks_is_saved_with_its_own_choices(ending, tmp_path, typed):
    spec = Sweep(
        **SMALL | {"epochs": 6}, hidden="8/6,3/none", activation="tanh,leaky_relu", leak=[0.1, 0.3]
    )
    runs = spec.run(out=tmp_path)
    cells = results.summary(runs)
    best = results.best(cells).iloc[0]
    path = tmp_path / f"model.{ending}"
    for refit in ("run", "all"):
        status, _, err = typed("best", tmp_path, "--save", path, "--refit", refit)
        assert status == 0, err
        model = load_model(path)
        assert model.activation == (best.activation if best.hidden != "none" else "identity")
        assert [*map(str, model.widths[1:-1])] == [w for w in best.hidden.split(",") if w != "none"]
        if model.activation == "leaky_relu":
            assert model.hyper == {"leak": best.leak}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": "none", "activation": "relu,tanh"}, "`activation` is that of hidden units"),
        ({"hidden": "8/x"}, "`hidden` should be widths such as 32,16, or none, not 'x'"),
        ({"activation": "relu,tan"}, "it is 'tan'"),
        ({"optimizer": "nesterov,momentum", "beta2": 0.9}, "it is momentum, nesterov"),
        ({"batch_size": "16,full,-1"}, "`batch_size`"),
        ({"hidden": "8/none", "l21": 0.1, "l21_on": "units"}, "one `hidden` is none"),
        ({"l21_on": "units,inputs"}, "`l21_on` says where `l21` acts, which is 0"),
        ({"hidden": "8/6,3", "l1_on": "w3"}, "'w3' is not a parameter"),
        ({"hidden": "8/6,3", "vary": {"l1_w3": 0}}, "w3"),
        ({"schedule": "constant,cosine:1", "epochs": 3}, "`schedule` cosine:1 is over"),
        ({"patience": "off,3", "finish": 2}, "`finish` trains on"),
        ({"hidden": "/".join(map(str, range(1, 200))), "batch_size": range(1, 60)}, "combinations"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_in_one_line(options, message):
    with pytest.raises(InputError, match=re.escape(message)) as refused:
        prepare(Sweep(data="iris", **options))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("option", ["--hidden", "--lr", "--seeds", "--data"])
def test_an_option_given_twice_is_refused(option, typed):
    status, _, err = typed("plan", "--data", "iris", option, "3", option, "5")
    assert status == 2 and f"{option} is given twice" in err and err.count("\n") == 1
    status, _, err = typed("plan", "--vary", "l1_w1=0", "--vary", "l1_w1=1")
    assert status == 2 and "--vary l1_w1 is given twice" in err
