"""The model of a sweep's best cell, and what it says of new files."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest

import results
from results.errors import ResultsError
from sweep import Sweep, load_model
from sweep.errors import InputError
from sweep.models.best import save_best
from sweep.models.predicting import predict
from tests.sweep.loaded import load


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Write d.csv into an empty folder that is the current one, and return its table."""
    monkeypatch.chdir(tmp_path)
    random = np.random.RandomState(0)
    frame = pd.DataFrame({"age": random.randint(20, 80, 120)})
    frame["hue"] = random.choice(["red", "blue", "green"], 120)
    frame["kind"] = np.where(frame.age + 20 * (frame.hue == "red") > 60, "old", "young")
    frame["ok"] = random.rand(120) > 0.5
    frame.to_csv("d.csv", index=False)
    return frame


def run(**options):
    default = {"l1": "0,1e-3,1e-2", "l2": "0,1e-3", "seeds": "0:3", "epochs": 6, "hidden": 5}
    return Sweep(**default | options).run(out="run")


@pytest.mark.parametrize(
    "options",
    [
        {"data": "d.csv", "target": "kind"},
        {"data": "iris", "folds": 3, "vary": {"l1_w1": (0, 1e-2)}},
        {"data": "iris", "path": "l1"},
        {"data": "iris", "path": "l1", "path_order": "up,down,cold", "lr": 0.1},
        {"data": "iris", "path": "l2", "path_order": "down", "folds": 2},
        {"data": "iris", "path": "l2", "l1": "auto:log3", "l1_method": "proximal"},
        {"data": "iris", "halving": 2},
        {"data": "iris", "patience": 2, "precision": "float32", "lr": "0.01,0.1"},
        {"hidden": "3,5"},
    ],
    ids=["file", "folds", "path", "orders", "down", "auto", "halving", "patience", "article"],
)
@pytest.mark.parametrize("rule", ["min", "one-se"])
def test_the_model_is_that_of_a_run_of_the_best_cell(table, options, rule):
    runs = run(**options)
    chosen = results.best(runs, rule).iloc[0]
    model = save_best("run", "model.npz", rule)
    row = runs.set_index("run").loc[model.trained_on["run"]]
    cell = [name for name in model.trained_on if name in runs and name in chosen]
    assert {"l1", "l2", "lr", "momentum"} <= set(cell)
    for name in cell:
        assert model.trained_on[name] == row[name] == chosen[name]
    loss = "final_loss" if options.get("data") is None else "val_loss"
    same_cell = (runs[["l1", "l2", "lr"]] == chosen[["l1", "l2", "lr"]].to_numpy()).all(axis=1)
    for name in ("l1_w1", "path"):
        same_cell &= runs.get(name) == chosen.get(name)
    assert row[loss] <= runs[same_cell][loss].min()
    loaded = load_model("model.npz")
    assert str(loaded) == str(model) and loaded.trained_on == model.trained_on
    spec = Sweep.from_toml("run/sweep.toml").specification()
    assert {**loaded.specification, "l1": 0} == {**spec, "l1": 0}
    if options.get("data"):
        # Of all rows: the rows that were held out are right as often as the table says.
        dataset = load(options["data"], options.get("target"))
        right = loaded.predict(dataset.X) == np.array(dataset.classes)[dataset.y]
        held_out, rows = loaded.trained_on["held_out"], loaded.trained_on["rows"]
        expected = row["val_accuracy"] * held_out + row["train_accuracy"] * rows
        assert right.sum() == pytest.approx(expected, abs=1e-3)
        assert loaded.features == dataset.features


def test_a_run_that_does_not_repeat_is_refused(table):
    run(data="d.csv", target="kind", l1=0, l2=0)
    table.assign(age=table.age[::-1].to_numpy()).to_csv("d.csv", index=False)
    with pytest.raises(InputError, match="does not repeat"):
        save_best("run", "model.npz")
    with pytest.raises(InputError, match="there is no folder"):
        save_best("run", "absent/model.npz")
    with pytest.raises(InputError, match="should end in"):
        save_best("run", "model")
    with pytest.raises(ResultsError):
        save_best("nowhere", "model.npz")


@pytest.fixture
def saved(table):
    run(data="d.csv", target="kind", l1=0, l2=0, epochs=60)
    return save_best("run", "model.npz")


def test_new_rows_are_read_by_the_names_of_their_columns(table, saved):
    found = predict("model.npz", "d.csv")
    assert list(found) == ["predicted", "p_old", "p_young"]
    probabilities = found[["p_old", "p_young"]].to_numpy()
    np.testing.assert_array_equal(probabilities, saved.predict_proba(table))
    assert list(found["predicted"]) == list(saved.predict(table))
    assert (found["predicted"] == table["kind"]).mean() > 0.9
    table[["ok", "hue", "age"]].to_parquet("other.parquet")
    pd.testing.assert_frame_equal(predict("model.npz", "other.parquet"), found)
    table[["ok", "hue", "age"]].iloc[[3]].to_csv("one.csv", index=False)
    one = predict("model.npz", "one.csv")
    pd.testing.assert_frame_equal(one, found.iloc[[3]].reset_index(drop=True))


def test_no_class_is_a_formula_in_a_spreadsheet(table, typed):
    """Names of classes are a file's, and the file may be anybody's."""
    table.replace({"kind": {"old": "=1+1", "young": '@a,"b"'}}).to_csv("d.csv", index=False)
    run(data="d.csv", target="kind", l1=0, l2=0)
    save_best("run", "model.npz")
    status, said, _ = typed("predict", "model.npz", "d.csv")
    names, *rows = csv.reader(io.StringIO(said))
    assert status == 0 and names == ["predicted", "p_=1+1", 'p_@a,"b"']
    assert {row[0] for row in rows} == {"'=1+1", '\'@a,"b"'}
    expected = predict("model.npz", "d.csv").iloc[:, 1:].to_numpy()
    np.testing.assert_array_equal([[float(cell) for cell in row[1:]] for row in rows], expected)


def test_new_rows_that_cannot_be_read(table, saved):
    table.loc[5, "hue"] = "pink"
    table.to_csv("new.csv", index=False)
    with pytest.raises(InputError, match=r"'new.csv', column 'hue', line 7: 'pink' did not occur"):
        predict("model.npz", "new.csv")
    table.drop(columns="age").to_csv("new.csv", index=False)
    with pytest.raises(InputError, match=r"'new.csv' has no column 'age'"):
        predict("model.npz", "new.csv")
    with pytest.raises(InputError, match=r"'absent.csv' is no file"):
        predict("model.npz", "absent.csv")


def test_a_built_in_set_has_a_name(table):
    run(data="iris", l1=0, l2=0, epochs=30)
    save_best("run", "model.onnx")
    dataset = load("iris")
    right = predict("model.onnx", "iris")["predicted"] == np.array(dataset.classes)[dataset.y]
    assert right.mean() > 0.8


def test_the_commands(typed):
    grid = ("--data", "iris", "--l1", "0,0.01", "--l2", 0, "--seeds", "0:2", "--epochs", 3)
    typed("run", *grid, "--out", "r", "--quiet")
    status, said, note = typed("best", "r", "--save", "m.safetensors")
    assert status == 0 and "lowest mean val_loss" in said
    assert note.startswith("m.safetensors: network 4-32-16-3: ") and "rows of iris" in note
    status, said, _ = typed("best", "r", "--save", "m.onnx", "--json")
    assert json.loads(said)["saved"] == "m.onnx" and json.loads(said)["model"]["rows"] == 120

    status, said, note = typed("predict", "m.safetensors", "iris")
    names, *rows = csv.reader(said.splitlines())
    expected = predict("m.onnx", "iris")
    assert names == list(expected) and [row[0] for row in rows] == list(expected["predicted"])
    assert [float(row[1]) for row in rows] == list(expected["p_setosa"])  # to the bit
    assert status == 0 and "from 4 of 4 inputs to 3 classes" in note
    status, said, note = typed("predict", "m.onnx", "iris", "--json")
    assert status == 0 and "iris: accuracy" in note and "trained on rows of these very" in note
    assert json.loads(said) == expected.to_dict("list")

    for words, message in [
        (("predict", "m.onnx", "absent.csv"), "'absent.csv' is no file"),
        (("predict", "absent.npz", "iris"), "cannot read absent.npz: No such file"),
        (("predict", "m.onnx", "wine"), "wine has no column 'sepal length (cm)'"),
        (("best", "r", "--save", "m.txt"), "should end in .npz, .safetensors, .onnx"),
    ]:
        status, said, note = typed(*words)
        assert (status, said, note.count("\n")) == (2, "", 1) and message in note
