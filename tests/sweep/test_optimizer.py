"""``--optimizer adam --beta2 0.9,0.999``: from the option to the rows, and what is refused."""

import json

import numpy as np
import pytest

import results
from kernels import reference
from sweep import Sweep
from sweep.errors import InputError
from sweep.plan.cost import Cost
from sweep.plan.experiment import prepare
from sweep.running.merging import merge
from sweep.running.same_sweep import kinship
from sweep.specification.choices import LOSSES, OPTIMIZERS, TABLES
from sweep.training.chosen_kernels import shape_of
from tests.sweep.trained import drawn, samples, trained

SPEC = Sweep(
    data="iris", hidden="6", l1=0.01, l2=1e-3, seeds=[3], epochs=5, batch_size="full", lr=0.02
)
ADAM = SPEC.replace(optimizer="adam")


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_sweep_trains_what_the_reference_trains(optimizer, method):
    spec = SPEC.replace(optimizer=optimizer, l1_method=method)
    momentum = {"momentum": [0.5, 0.9]} if "momentum" in OPTIMIZERS[optimizer].hyper else {}
    taken = {"beta2": [0.9, 0.99], "epsilon": [1e-3, 0.1]}
    taken = momentum | {name: taken[name] for name in taken if name in OPTIMIZERS[optimizer].hyper}
    spec = spec.replace(**taken)
    columns, parameters = trained(spec)
    x, y, v = samples(spec, 3)
    start, order = drawn(spec, 3), np.arange(len(y))[None]
    on = {name: 1.0 for name in start if name[0] == "w"}
    assert len(parameters) == 2 ** len(taken)
    for run, found in enumerate(parameters):
        chosen = reference.Settings(
            {name: 0.01 for name in on},
            {name: 1e-3 for name in on},
            rate=0.02,
            proximal=method == "proximal",
            optimizer=optimizer,
            **{name: columns[name][run] for name in taken},
        )
        expected = reference.train(start, chosen, (x, y, v), order, len(y), 5)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-11)


def test_what_an_optimizer_takes_is_for_it(typed):
    takers = "`optimizer` adam, adamw or rmsprop, and it is nesterov: leave it out, or choose that"
    for option in ("beta2", "epsilon"):
        with pytest.raises(InputError, match=rf"^`{option}` is for {takers}$"):
            Sweep(data="iris", **{option: 0.5})
    with pytest.raises(InputError, match=r"^`momentum` is for .* adam or adamw, and it is rmsprop"):
        Sweep(data="iris", optimizer="rmsprop", momentum=0)
    for wrong in ({"beta2": 1}, {"beta2": -0.1}, {"epsilon": 0}, {"epsilon": [1, -1]}):
        with pytest.raises(InputError, match=f"^`{next(iter(wrong))}`: expected numbers "):
            ADAM.replace(**wrong)
    words = ("run", "--data", "iris", "--optimizer", "rmsprop", "--momentum", "0.9", "--out", "r")
    status, _, said = typed(*words)
    assert status == 2 and said.startswith("sweep: --momentum is for --optimizer nesterov,")
    assert said.count("\n") == 1


def test_what_nothing_takes_is_not_written():
    assert not {"optimizer", "beta2", "epsilon"} & SPEC.specification().keys()
    assert ADAM.specification().keys() - SPEC.specification().keys() == {"optimizer"}
    several = ADAM.replace(beta2=[0.9, 0.999], momentum=0.5)
    assert several.specification()["beta2"] == [0.9, 0.999]
    assert several.replace(optimizer="nesterov") == SPEC.replace(momentum=0.5)
    root = several.replace(optimizer="rmsprop")
    assert root.momentum == (0.0,) and "momentum" not in root.specification()
    for spec in (several, root):
        assert Sweep.from_toml(spec.to_toml()) == spec


@pytest.mark.parametrize(
    ("option", "word"), [(option, word) for option, table in TABLES.items() for word in table]
)
def test_a_file_of_a_table_says_what_was_decided_whatever_is_chosen(option, word, tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n2,4\n3,1\n4,2\n")
    kind = "numbers" if option == "loss" and LOSSES[word].target == "numbers" else "classes"
    decided = {"task": kind, "loss": "cross_entropy", option: word}
    spec = Sweep(data=tmp_path / "t.csv", **decided)
    assert Sweep.from_toml(spec.to_toml()) == spec


def test_a_directory_of_a_table_is_looked_at_and_gone_on_with(typed, tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n2,4\n3,2\n4,4\n")
    words = ("run", "--data", "t.csv", "--l1", "0", "--l2", "0", "--epochs", "1", "--seeds", "1:3")
    words += ("--optimizer", "rmsprop", "--hidden", "none", "--out", "r")
    assert typed(*words)[0] == 0
    for look in ("status", "summary", "best"):
        assert typed(look, "r")[0] == 0
    status, out, err = typed(*words, "--json")
    assert status == 0 and json.loads(out)["trained"] == 0, err


def test_a_column_is_there_where_there_are_several_values():
    table = ADAM.run()
    assert "beta2" not in table and "epsilon" not in table
    table = ADAM.replace(epsilon=[1e-8, 1e-2], history=2).run()
    assert table["epsilon"].tolist() == [1e-8, 1e-2] and "beta2" not in table
    assert table["final_loss"].nunique() == 2
    assert SPEC.replace(optimizer="rmsprop").run()["momentum"].tolist() == [0]


def test_a_directory_grows_along_what_is_a_column_of_it(tmp_path):
    spec = ADAM.replace(beta2=[0.9, 0.99])
    more = ADAM.replace(beta2=[0.9, 0.99, 0.999])
    spec.run(out=tmp_path / "a")
    found, whole = more.run(out=tmp_path / "a", extend=True), more.run()
    assert found["final_loss"].tolist() == whole["final_loss"].tolist()
    with_default = ADAM.replace(beta2=[0.9, 0.999])
    for one, other in ((SPEC, ADAM), (SPEC, with_default), (spec, ADAM)):
        assert kinship(one.specification(), other) is None
    assert kinship(ADAM.specification(), with_default) == "subset"
    assert kinship(ADAM.specification(), ADAM.replace(seeds=[3, 4])) == "subset"
    ADAM.replace(beta2=[0.9, 0.5]).run(out=tmp_path / "b")
    assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")["total"] == 4
    for beta2 in (0.9, 0.99):
        ADAM.replace(beta2=beta2).run(out=tmp_path / f"{beta2}")
    assert merge([tmp_path / "0.9", tmp_path / "0.99"], tmp_path / "d")["done"] == 2
    merged = results.load(tmp_path / "d")
    assert merged["beta2"].tolist() == [0.9, 0.99]
    assert merged["final_loss"].tolist() == spec.run()["final_loss"].tolist()
    for seed in (5, 6):
        SPEC.replace(seeds=seed).run(out=tmp_path / f"of {seed}")
    assert merge([tmp_path / "of 5", tmp_path / "of 6"], tmp_path / "e")["done"] == 2


def test_plan_counts_what_adam_remembers_and_what_it_costs():
    plain, adam = (prepare(spec).plan.tasks.bytes for spec in (SPEC, ADAM))
    assert plain < adam < 2 * plain
    plain, adam = (Cost(spec, (64, 32, 16, 10), 1437).seconds for spec in (SPEC, ADAM))
    assert plain < adam < 1.1 * plain


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_article_is_frozen_with_any_of_them(optimizer, method):
    spec = Sweep(optimizer=optimizer, l1_method=method)
    assert shape_of(spec, (5, 3, 5, 4), 1, freeze=True, runs=64)[0]


@pytest.mark.parametrize("optimizer", ["momentum", "adam", "rmsprop"])
def test_the_best_is_trained_again_and_kept(optimizer, typed, tmp_path):
    words = ("--data", "iris", "--hidden", "4", "--l1", "0,0.01", "--l2", 0, "--seeds", "0:2")
    assert typed("run", *words, "--epochs", 6, "--optimizer", optimizer, "--out", "r")[0] == 0
    assert typed("best", "r", "--save", "m.npz")[0] == 0
    assert (tmp_path / "m.npz").exists()
