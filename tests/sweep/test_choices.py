"""What can be chosen, axes and metrics: one row each, and all who read them agree."""

import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import kernels
from kernels.runs import Runs
from results.columns import FURTHER, MEASURED, RUNS, column, is_penalty
from sweep import Sweep
from sweep.errors import InputError
from sweep.plan.grid import FullGrid, Grid
from sweep.running.driver import Where
from sweep.running.same_sweep import kinship
from sweep.specification import choices
from sweep.specification.axes import AXES, axes_of, growing
from sweep.specification.options import EXPERIMENT, RUN_OPTIONS

#: Each optimizer's kernel modules, by a word as others are.
STEPS = {
    f"{word} {how}": choices.Alternative(module, one.meaning, one.hyper)
    for word, one in choices.OPTIMIZERS.items()
    for how in (*choices.L1_METHODS, "grouped")
    if (module := getattr(one, how))
}
KINDS = {
    "losses": (choices.LOSSES, {"BY_OUTPUT", "gradient", "measure", "predict"}),
    "activations": (
        choices.ACTIVATIONS,
        {"HYPER", "FORWARD", "BACKWARD", "forward", "backward", "of_constant"},
    ),
    "steps": (
        STEPS,
        {"HYPER", "INSTRUCTIONS", "start", "trained", "begin", "advance", "finish"},
    ),
    "penalties": (choices.PENALTIES, {"value"}),
    "metrics": (choices.METRICS["class"], {"measure"}),
    "metrics of answers": (choices.METRICS["answers"], {"measure"}),
    "metrics of numbers": (choices.METRICS["numbers"], {"score"}),
    "metrics of all samples": (choices.SCORES, {"score"}),
}
EVERY = [(kind, word) for kind, (table, _) in KINDS.items() for word in table]
FOLDERS = sorted({kind.partition(" ")[0] for kind in KINDS})


@pytest.mark.parametrize(("kind", "word"), EVERY)
def test_a_choice_offers_what_its_folder_says(kind, word):
    table, offered = KINDS[kind]
    chosen, kind = table[word], kind.partition(" ")[0]
    module = import_module(chosen.module)
    assert chosen.module.startswith(f"kernels.{kind}.")
    assert all(hasattr(module, name) for name in offered)
    hyper = getattr(chosen, "hyper", ())
    assert getattr(module, "HYPER", ()) == hyper
    said = import_module(f"kernels.{kind}").__doc__
    assert all(name in said for name in offered)
    assert all(name in Sweep.model_fields for name in hyper)


@pytest.mark.parametrize("kind", FOLDERS)
def test_every_kernel_file_of_a_kind_can_be_chosen(kind):
    files = {file.stem for file in (Path(kernels.__file__).parent / kind).glob("*.py")}
    tables = [table for name, (table, _) in KINDS.items() if name.startswith(kind)]
    modules = {one.module.rpartition(".")[2] for table in tables for one in table.values()}
    of_groups = {"l21", "l21_in_metric"} if kind == "penalties" else set()
    beside = {"__init__", "by_output"} if kind == "losses" else {"__init__"}
    assert files - beside == modules | of_groups


def test_every_optimizer_has_a_step_that_shrinks_groups():
    folder = Path(kernels.__file__).parent / "steps" / "grouped"
    modules = [import_module(one.grouped) for one in choices.OPTIMIZERS.values()]
    assert {Path(module.__file__) for module in modules} == {*folder.glob("[!_]*.py")}
    for module, one in zip(modules, choices.OPTIMIZERS.values(), strict=True):
        assert all(hasattr(module, name) for name in KINDS["steps"][1])
        assert one.hyper == module.HYPER


def test_what_is_measured_has_its_columns_and_says_which_way_is_better():
    loss, *metrics = MEASURED
    always = dict.fromkeys(word for table in choices.METRICS.values() for word in table)
    assert loss.name == "loss" and [metric.name for metric in metrics] == [*always]
    assert [metric.name for metric in FURTHER] == [*choices.SCORES]
    names = [known.name for known in RUNS]
    for metric in (*MEASURED, *FURTHER):
        for part in ("train", "val"):
            assert f"{part}_{metric.name}" in names
            assert column(f"{part}_{metric.name}_from_none").better == metric.better != ""
    for penalty in (*choices.PENALTIES, "l21"):
        assert f"{penalty}_penalty" in names and is_penalty(penalty)
        assert penalty in Runs._fields and penalty in Sweep.model_fields


def test_an_axis_is_a_column_of_an_option():
    for axis in AXES:
        assert axis.field in Sweep.model_fields and column(axis.name) is not None
    assert [axis.name for axis in AXES if is_penalty(axis.name)] == ["l1", "l2", "l21", "<varied>"]
    spec = Sweep(data="iris", l1=[0, 1], l2=0, vary={"l1_w1": [0, 2]}, path="l1", seeds=[4, 9])
    found = {name: values.tolist() for name, values in axes_of(spec).items()}
    assert found == {
        "seed": [4, 9], "fold": [0], "l1": [0, 1], "l2": [0], "lr": [0.01], "momentum": [0.9],
        "l1_w1": [0, 2], "path": ["up"],
    }  # fmt: skip


def test_what_an_optimizer_remembers_is_told_before_it_is_there():
    """In parameters, and a few Lanes of each run; groups need the metric as well."""
    parameters = np.zeros((1, 50, 8))
    for one in choices.OPTIMIZERS.values():
        told = [one.remembered, one.remembered, one.remembered + one.rescales]
        for module, most in zip((one.subgradient, one.proximal, one.grouped), told, strict=True):
            remembered = import_module(module).start(parameters).shape[1]
            assert remembered // 50 == most and remembered % 50 < 5


def test_every_option_has_its_help():
    told = [name.replace("-", "_") for name, _, _ in EXPERIMENT]
    assert {*told, "vary"} == set(Sweep.model_fields) and not {*told} & RUN_OPTIONS.keys()
    running = {name for name in inspect.signature(Sweep.run).parameters if name != "self"}
    assert running | {"json"} == set(RUN_OPTIONS) and set(Where._fields) == running


def test_a_grid_is_a_protocol_of_five():
    asked = {name for name in vars(Grid) if not name.startswith("_")}
    assert asked == {"axes", "total", "cells", "coordinates", "numbers"}
    for name in asked - {"axes", "total", "cells"}:
        theirs, ours = (inspect.signature(getattr(of, name)) for of in (Grid, FullGrid))
        assert theirs == ours


def test_nothing_grows_where_runs_depend_on_each_other():
    spec = Sweep(data="iris", l1=[0, 1], vary={"l1_w1": [0, 2]}, epochs=9)
    assert {axis.name for axis in growing(spec)} == {axis.name for axis in AXES} - {"outer", "fold"}
    assert "l1" not in {axis.name for axis in growing(spec.replace(path="l1"))}
    raced = spec.replace(halving=3)
    more = raced.replace(vary={"l1_w1": [0, 1, 2]})
    assert growing(raced) == () and kinship(raced.specification(), more) is None
    assert kinship(spec.specification(), spec.replace(vary={"l1_w1": [0, 1, 2]})) == "subset"


def test_an_older_specification_means_the_defaults_of_what_it_does_not_know():
    spec = Sweep(data="iris", l1=[0, 1], seeds=range(3), activation="relu")
    older = {name: value for name, value in spec.specification().items() if name != "activation"}
    assert kinship(older, spec) == "same"
    assert kinship(older, spec.replace(seeds=range(5))) == "subset"
    assert kinship(older, spec.replace(activation="leaky_relu")) is None
    lines = spec.to_toml().splitlines()
    toml = "\n".join(line for line in lines if not line.startswith("activation"))
    import tomllib

    assert kinship(tomllib.loads(toml), spec) == "same"
    assert kinship(tomllib.loads(toml), spec.replace(l1=[0, 1, 2])) == "subset"
    data = (np.arange(24.0).reshape(8, 3), np.arange(8) % 2)
    held = Sweep(data=data, l1=0)
    older = tomllib.loads(held.to_toml())
    older["activation"] = "relu"
    assert kinship(older, held) == "same"
    assert kinship(older, Sweep(data=(data[0] + 1, data[1]), l1=0)) is None


def test_a_word_that_is_none_is_refused_with_those_that_are():
    for option, table in choices.TABLES.items():
        with pytest.raises(InputError) as refused:
            Sweep(data="iris", **{option: "nothing of ours"})
        assert all(repr(word) in str(refused.value) for word in table)
