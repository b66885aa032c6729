"""Rows that no choice ever sees: no run trains on them, none is chosen by them, all are measured.

What is measured is held against the plain NumPy twin; what is not seen is held against data that
differ in the test part alone.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import results
from results.columns import TEST
from sweep import Sweep
from sweep.data.splits import apart, split
from sweep.errors import InputError
from sweep.plan.experiment import prepare
from sweep.running.merging import merge
from tests.sweep.console import rows
from tests.sweep.test_splits import dataset, labels
from tests.sweep.trained import accuracy, cross_entropy, samples, trained

RANDOM = np.random.RandomState(5)
X, Y = RANDOM.standard_normal((61, 4)), np.arange(61) % 3
SPEC = Sweep(data=(X, Y), hidden="5", seeds=[1, 2], l1=[0, 0.03], l2=0, epochs=6, lr=0.1, test=0.2)
FRUIT = pd.DataFrame(
    {
        "size": RANDOM.normal(size=60).round(3),
        "colour": ["red", "green", "blue"] * 20,
        "kind": ["apple", "pear"] * 30,
    }
)


@pytest.fixture
def fruit(tmp_path):
    """Write rows to train on, and others of which some columns come in another order."""
    FRUIT[:40].to_csv(tmp_path / "train.csv", index=False)
    FRUIT[40:][["kind", "size", "colour"]].to_csv(tmp_path / "held.csv", index=False)
    return Sweep(
        data=tmp_path / "train.csv", test=tmp_path / "held.csv", target="kind",
        hidden="4", seeds="0:2", l1=[0, 0.01], l2=0, epochs=4,
    )  # fmt: skip


@given(labels(), st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(0, 2**32 - 1))
def test_the_parts_are_every_row_once_and_stratified(y, share, seed):
    data = dataset(y)
    rest, test = apart(data, share)
    train, val = split(data, seed, 0, 0, 0.3, rest)
    assert sorted([*train, *val, *test]) == list(range(len(y)))
    every, held = np.bincount(y), np.bincount(data.y[test], minlength=max(y) + 1)
    assert (np.abs(held - np.minimum(every * share, every - 1)) <= 1).all()
    assert (np.bincount(data.y[train], minlength=max(y) + 1) > 0).all()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"folds": 3, "batch_size": "full"},
        {"val_fraction": 0},
        {"precision": "float32"},
    ],
)
def test_what_is_measured_is_that_of_the_final_weights(options):
    spec = SPEC.replace(**options)
    columns, parameters = trained(spec)
    table = spec.run()
    close = 1e-4 if spec.precision == "float32" else 1e-12
    for run, p in enumerate(parameters):
        part = samples(spec, columns["seed"][run], columns["fold"][run], "test")
        assert len(part[1]) == 13  # of 61, rounded up
        assert table.test_loss[run] == pytest.approx(cross_entropy(p, part), rel=close)
        assert table.test_accuracy[run] == pytest.approx(accuracy(p, part))


def test_every_run_has_the_same_rows():
    spec = SPEC.replace(folds=3, seeds="0:5")
    parts = [samples(spec, seed, fold, "test")[1] for seed in range(5) for fold in range(3)]
    assert all(np.array_equal(part, parts[0]) for part in parts)
    rest, _ = apart(prepare(spec).dataset, 0.2)
    assert len(rest) == 48


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"folds": 2},
        {"patience": 1, "epochs": 30},
        {"halving": 2},
        {"path": "l1"},
    ],
)
def test_nothing_but_the_test_columns_depends_on_the_rows(options):
    """Not the scale of the inputs, not when a run stops, not which cell goes on or is chosen."""
    spec = SPEC.replace(**options)
    _, test = apart(prepare(spec).dataset, 0.2)
    elsewhere = X.copy()
    elsewhere[test] *= 1e3
    before, after = spec.run(), spec.replace(data=(elsewhere, Y)).run()
    seen = [name for name in before if name not in TEST]
    assert rows(before[seen]) == rows(after[seen])
    assert (before.test_loss != after.test_loss).all()
    assert results.best(before).l1.item() == results.best(after).l1.item()


def test_no_row_of_it_is_trained_on_or_held_out():
    """The other columns are those of a sweep on the rest of the rows, where splits agree."""
    spec = SPEC.replace(batch_size="full")
    rest, _ = apart(prepare(spec).dataset, 0.2)
    alone = spec.replace(data=(X[rest], Y[rest]), test=None).run()
    beside = spec.run()
    seen = list(alone)
    assert rows(beside[seen]) == rows(alone[seen])


def test_a_file_is_read_by_the_names_of_its_columns(fruit):
    spec = fruit.replace(test=None)
    assert prepare(fruit).plan.tested == 20
    columns, parameters = trained(fruit)
    table, alone = fruit.run(), spec.run()
    seen = list(alone)
    assert rows(table[seen]) == rows(alone[seen])
    whole = prepare(Sweep(data=FRUIT, hidden="4", seeds=0)).dataset
    for run, p in enumerate(parameters):
        seed = columns["seed"][run]
        train = prepare(spec).dataset.X[split(prepare(spec).dataset, seed, 0, 0, 0.2).train]
        x = (whole.X[40:] - train.mean(axis=0)) / train.std(axis=0)
        part = x, whole.y[40:], np.ones(20)
        assert table.test_loss[run] == pytest.approx(cross_entropy(p, part), rel=1e-10)


def test_what_the_training_file_lacks_is_refused_in_one_line(fruit, tmp_path):
    def refused(change, match):
        change(FRUIT[40:].copy()).to_csv(tmp_path / "held.csv", index=False)
        with pytest.raises(InputError, match=match) as error:
            fruit.run()
        assert "\n" not in str(error.value) and "held.csv" in str(error.value)

    refused(lambda held: held.replace("pear", "plum"), "line 3: 'plum' did not occur .*pear")
    refused(lambda held: held.replace("blue", "pink"), "line 3: 'pink' did not occur .*green")
    refused(lambda held: held.drop(columns="size"), "no column 'size'")
    refused(lambda held: held.drop(columns="kind"), "no column 'kind'")
    refused(lambda held: held.assign(size="big"), "'big' is not a number")


@pytest.mark.parametrize("given", [0, 1, -0.1, 1.5, "0", "1", "", "inf", float("nan")])
def test_a_share_is_between_none_and_all(given):
    with pytest.raises(InputError, match="`test`"):
        Sweep(data="iris", test=given).run()


def test_what_has_no_rows_to_set_apart_is_refused():
    with pytest.raises(InputError, match="article draws one sample"):
        Sweep(test=0.2)
    with pytest.raises(InputError, match="goes with `data` that are a file"):
        Sweep(data="iris", test="held.csv")
    with pytest.raises(InputError, match="nothing of so few samples"):
        Sweep(data=(X[:2], [0, 1]), test=0.4, val_fraction=0).run()
    with pytest.raises(InputError, match=r"`folds` is 5, .* has 4 rows outside of the test part"):
        Sweep(data=(X[:15], Y[:15]), folds=5, test=0.2).run()


def test_the_content_of_the_file_belongs_to_the_specification(fruit, tmp_path):
    runs = fruit.run(out=tmp_path / "r")
    (tmp_path / "moved").mkdir()
    (tmp_path / "held.csv").rename(tmp_path / "moved/held.csv")
    moved = fruit.replace(test=tmp_path / "moved/held.csv")
    assert moved.run(out=tmp_path / "r").equals(runs)
    assert "moved/held.csv" in (tmp_path / "r/sweep.toml").read_text()
    longer = moved.replace(seeds="0:3")
    assert len(longer.run(out=tmp_path / "r", extend=True)) == 6
    FRUIT[44:].to_csv(tmp_path / "moved/held.csv", index=False)
    with pytest.raises(ValueError, match=r"another sweep .*test_sha256"):
        longer.run(out=tmp_path / "r")
    with pytest.raises(InputError, match=r"is no share, such as 0.2, and .* is no file"):
        fruit.digest()


def test_directories_with_a_test_part_merge_where_it_is_the_same(tmp_path):
    spec = Sweep(data="iris", hidden="4", epochs=2, l1=[0, 0.1], l2=0, test=0.2)
    parts = [spec.replace(seeds=seeds).run(out=tmp_path / str(seeds)) for seeds in (1, 2)]
    merge([tmp_path / "1", tmp_path / "2"], tmp_path / "both")
    merged = results.load(tmp_path / "both")
    assert merged.test_loss.tolist() == [*parts[0].test_loss, *parts[1].test_loss]
    spec.replace(seeds=3, test=0.3).run(out=tmp_path / "3")
    with pytest.raises(InputError, match="`test` differs"):
        merge([tmp_path / "1", tmp_path / "3"], tmp_path / "all")


def test_processes_get_the_rows(fruit):
    alone, beside = fruit.run(jobs=1), fruit.run(jobs=2, backend="loky")
    assert alone.test_loss.tolist() == beside.test_loss.tolist()


def test_without_one_nothing_is_said_of_it(typed, small):
    assert not set(TEST) & set(small().run().columns)
    assert "test" not in small().specification() and "test" not in small(test="off").to_toml()
    words = ("--data", "iris", "--l1", 0, "--l2", 0, "--seeds", 1, "--epochs", 1)
    assert "test rows  30" in typed("plan", *words, "--test", 0.2)[1].replace("   ", " ")
    assert "test rows" not in typed("plan", *words)[1]
    assert "test part: 30 rows" in typed("run", *words, "--test", 0.2)[2]
    assert "test part" not in typed("run", *words)[2]
