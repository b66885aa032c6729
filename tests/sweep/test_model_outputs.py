"""Models of numbers and answers: what they say, as files, in onnxruntime, pruned, of new rows."""

import csv
import dataclasses
import io
import json

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error

from kernels import reference
from sweep import Sweep, load_model
from sweep.data.dataset import Variable
from sweep.data.fold import fold_of
from sweep.data.unit import Unit
from sweep.errors import InputError
from sweep.models.best import save_best
from sweep.models.predicting import predict
from sweep.plan.experiment import prepare
from sweep.specification.choices import LOSSES
from tests.sweep.test_model import drawn, model_of
from tests.sweep.test_model_files import FORMATS, refused, with_digest

OF_NUMBERS = [word for word, loss in LOSSES.items() if loss.target == "numbers"]
X = np.random.RandomState(1).standard_normal((60, 4)) * 2


def of_numbers(loss="squared", widths=(4, 6, 5, 2), **changes):
    centre = np.zeros(2) if loss == "poisson" else np.array([150.0, -3e-4])
    made = model_of(
        widths,
        drawn(widths),
        classes=(),
        loss=loss,
        targets=(Variable("price"), Variable("größe, in m")),
        unit=Unit(centre, np.array([70.0, 1e-5])),
    )
    return dataclasses.replace(made, **changes)


def of_answers(widths=(4, 6, 5, 2)):
    targets = (Variable("wet", ("no", "yes")), Variable("windy", ("0", "1")))
    return model_of(widths, drawn(widths), classes=(), loss="logistic", targets=targets)


def said_by_reference(model, x):
    by_name = {name: model.parameter(name) for name in model.network.names}
    z = reference.forward(by_name, (x - model.mean) / model.scale)[-1]
    if model.loss == "logistic":
        return 1 / (1 + np.exp(-z))
    return (np.exp(z) if model.loss == "poisson" else z) * model.unit.scale + model.unit.centre


@pytest.mark.parametrize("loss", OF_NUMBERS)
def test_numbers_come_back_in_their_own_unit(loss):
    model = of_numbers(loss)
    found = model.predict(X)
    np.testing.assert_allclose(found, said_by_reference(model, X), rtol=1e-11)
    frame = pd.DataFrame(X[:, ::-1], columns=["x3", "x2", "x1", "x0"])
    np.testing.assert_array_equal(model.predict(frame), found)
    with pytest.raises(InputError, match="predicts numbers, which have no probabilities"):
        model.predict_proba(X)
    one = dataclasses.replace(
        of_numbers(loss, (4, 1)), targets=(Variable("price"),), unit=Unit(np.ones(1), np.ones(1))
    )
    assert one.predict(X).shape == (60,)
    assert str(model).endswith(
        "from 4 of 4 inputs to 2 numbers (price, größe, in m); trained on 3 rows of nothing, seed 1"
    )


def test_targets_with_long_names_and_many_of_them_are_told_in_a_line():
    names = [f"\x1b[31m{'x' * 1000}{i}" for i in range(9)]
    targets = tuple(Variable(name) for name in names)
    model = of_numbers(widths=(4, 9), targets=targets, unit=Unit(np.zeros(9), np.ones(9)))
    assert str(model).isprintable() and len(str(model)) < 600
    assert " and 3 more); trained on 3 rows" in str(model)


def test_answers_are_the_levels_of_their_columns():
    model = of_answers()
    said = said_by_reference(model, X)
    np.testing.assert_allclose(model.predict_proba(X), said, rtol=1e-11)
    expected = np.stack([np.where(said[:, 0] > 0.5, "yes", "no"), said[:, 1] > 0.5], axis=1)
    expected[:, 1] = np.where(said[:, 1] > 0.5, "1", "0")
    assert model.predict(X).tolist() == expected.tolist()
    assert "to 2 answers (wet, windy); trained" in str(model)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("loss", [*OF_NUMBERS, "logistic"])
def test_they_are_saved_and_read_back(tmp_path, ending, loss):
    model = of_answers() if loss == "logistic" else of_numbers(loss)
    model.save(tmp_path / f"model.{ending}")
    loaded = load_model(tmp_path / f"model.{ending}")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert (loaded.loss, loaded.targets, loaded.classes) == (loss, model.targets, ())
    assert repr(loaded.unit) == repr(model.unit) and str(loaded) == str(model)


@pytest.mark.parametrize("loss", [*OF_NUMBERS, "logistic"])
@pytest.mark.parametrize("pruned", [False, True])
def test_onnxruntime_says_the_same(tmp_path, loss, pruned):
    model = of_answers() if loss == "logistic" else of_numbers(loss)
    if pruned:
        model.parameter("w1")[:, 1] = model.parameter("w2")[:, 2:4] = 0
        model = model.prune()
        assert model.widths == (3, 4, 5, 2)
    model.save(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    if loss == "logistic":
        label, said = session.run(["label", "probabilities"], {"X": X})
        levels = [target.levels for target in model.targets]
        named = [[levels[i][yes] for i, yes in enumerate(row)] for row in label.tolist()]
        assert named == model.predict(X).tolist()
    else:
        (said,) = session.run(["predictions"], {"X": X})
    # Relative to the unit: a number near 0 is the difference of two that are not.
    size = 1 if model.unit is None else model.unit.scale + abs(model.unit.centre)
    np.testing.assert_allclose(said / size, model.outputs(X) / size, rtol=1e-12, atol=1e-13)
    assert session.run(None, {"X": X[:1]})[-1].shape == (1, 2)


def test_a_constant_network_of_numbers_is_pruned_to_its_constant():
    model = of_numbers()
    model.parameter("w3")[...] = 0
    small = model.prune()
    assert small.widths == (1, 1, 1, 2)
    np.testing.assert_array_equal(small.predict(X[:, :1].repeat(4, 1)), model.predict(X))
    expected = model.parameter("b3") * model.unit.scale + model.unit.centre
    np.testing.assert_array_equal(small.predict(X), np.tile(expected, (60, 1)))


NONSENSE = [
    {"loss": "nonsense"},
    {"loss": "cross_entropy"},
    {"loss": "logistic"},
    {"loss": ""},
    {"targets": []},
    {"targets": [["price", None]]},
    {"targets": [["price", None], ["price", None]]},
    {"targets": [["price", None], ["size", None, True]]},
    {"targets": [["price", None], ["size", ["a", "b"]]]},
    {"classes": ["a", "b"]},
    {"target_scale": np.array([1.0, 0.0])},
    {"target_scale": np.array([1.0, -1.0])},
    {"target_scale": np.array([1.0])},
    {"target_centre": np.array([1.0, np.nan])},
    {"target_centre": np.array([1, 2])},
]


@pytest.mark.parametrize("changed", NONSENSE, ids=str)
def test_what_does_not_fit_together_is_refused(tmp_path, changed):
    path = tmp_path / "model.npz"
    of_numbers().save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays.pop("regsweep").item())
    for name, value in changed.items():
        (arrays if isinstance(value, np.ndarray) else header)[name] = value
    path.write_bytes(with_digest(header, arrays))
    assert "no model of ours" in refused(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"loss": "squared"},
        {"targets": [["wet", ["no", "yes"]], ["windy", None]]},
        {"targets": [["wet", ["no", "yes"]], ["windy", ["0", "0"]]]},
        {"targets": [["wet", ["no", "yes"]], ["windy", ["0", "1", "2"]]]},
        {"target_scale": np.ones(2), "target_centre": np.ones(2)},
    ],
    ids=str,
)
def test_answers_that_do_not_fit_together_are_refused(tmp_path, changed):
    path = tmp_path / "model.npz"
    of_answers().save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays.pop("regsweep").item())
    for name, value in changed.items():
        (arrays if isinstance(value, np.ndarray) else header)[name] = value
    path.write_bytes(with_digest(header, arrays))
    assert "no model of ours" in refused(path)


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Write d.csv into an empty folder that is the current one, and return its table."""
    monkeypatch.chdir(tmp_path)
    random = np.random.RandomState(0)
    frame = pd.DataFrame({"age": random.randint(20, 80, 120)})
    frame["hue"] = random.choice(["red", "blue", "green"], 120)
    signal = frame.age / 10 + 3 * (frame.hue == "red")
    frame["price"] = (100 + 20 * signal + random.standard_normal(120)).round(2)
    frame["visits"] = random.poisson(np.exp(signal / 5))
    frame["wet"] = np.where(signal + random.standard_normal(120) > 6, "yes", "no")
    frame["old"] = frame.age > 50
    frame.to_csv("d.csv", index=False)
    return frame


SWEEPS = {
    "squared": {"target": "price", "drop": "visits,wet,old"},
    "two": {"target": "price,visits", "drop": "wet,old", "task": "numbers"},
    "poisson": {"target": "visits", "drop": "price,wet,old", "loss": "poisson"},
    "answers": {"target": "wet,old", "drop": "price,visits"},
}


def run(kind, **options):
    default = {"l1": "0,1e-3", "l2": 0, "seeds": "0:2", "epochs": 6, "hidden": 5, "data": "d.csv"}
    spec = Sweep(**default | SWEEPS[kind] | options)
    return spec, spec.run(out="run")


@pytest.mark.parametrize("kind", SWEEPS)
def test_a_saved_model_gives_what_its_row_of_the_table_says(table, kind):
    spec, runs = run(kind)
    model = save_best("run", "model.onnx")
    row = runs.set_index("run").loc[model.trained_on["run"]]
    assert row["val_loss"] == runs[runs["l1"] == row["l1"]]["val_loss"].min()
    prepared, dataset, _ = prepare(spec)
    fold = fold_of(prepared, dataset, row["seed"], 0)
    truth = table[spec.target.split(",") if isinstance(spec.target, str) else list(spec.target)]
    held_out = truth.iloc[fold.val]
    said = load_model("model.onnx").predict(table.iloc[fold.val])
    if kind == "answers":
        share = accuracy_score(held_out.astype(str) == ["yes", "True"], said == ["yes", "True"])
        assert row["val_accuracy"] == pytest.approx(share)
        return
    assert row["val_rmse"] == pytest.approx(root_mean_squared_error(held_out, said), rel=1e-12)
    assert row["val_r2"] == pytest.approx(r2_score(held_out, said), rel=1e-9)
    assert model.trained_on["val_rmse"] == row["val_rmse"]


@pytest.mark.parametrize("kind", SWEEPS)
def test_refitted_on_all_rows(table, kind):
    run(kind, test=0.2)
    model = save_best("run", "model.npz", refit="all")
    assert model.trained_on["rows"] == 96
    figure = "test_accuracy" if kind == "answers" else "test_rmse"
    assert f"{figure} " in model.trained_on["how"]


def test_predictions_have_the_names_of_their_targets(table):
    _, runs = run("two")
    model = save_best("run", "m.npz")
    found = predict("m.npz", "d.csv")
    assert list(found) == ["predicted_price", "predicted_visits"] and len(runs) == 4
    np.testing.assert_array_equal(found.to_numpy(), model.predict(table))


def test_answers_have_a_probability_beside_them(table, typed):
    run("answers")
    model = save_best("run", "m.npz")
    found = predict("m.npz", "d.csv")
    names = ["predicted_wet", "p_wet_yes", "predicted_old", "p_old_True"]
    assert list(found) == names
    assert found["predicted_wet"].tolist() == model.predict(table)[:, 0].tolist()
    assert ((found["p_old_True"] > 0.5) == (found["predicted_old"] == "True")).all()
    right = (found["predicted_wet"] == table.wet) & (found["predicted_old"] == table.old.map(str))
    note = typed("predict", "m.npz", "d.csv")[2]
    assert f"accuracy {right.mean():.4g} over the 120 rows whose targets are there" in note


def test_the_command_predicts_numbers(table, typed):
    run("squared")
    typed("best", "run", "--save", "m.npz")
    status, said, note = typed("predict", "m.npz", "d.csv")
    rows = list(csv.reader(io.StringIO(said)))
    assert (status, rows[0], len(rows)) == (0, ["predicted"], 121)
    expected = load_model("m.npz").predict(table)
    assert [float(row[0]) for row in rows[1:]] == expected.tolist()  # to the bit
    assert "to 1 number (price); trained on 96 rows of d" in note
    worth = root_mean_squared_error(table.price, expected), r2_score(table.price, expected)
    score = "d.csv: rmse {:.4g}, r2 {:.4g} over the 120 rows whose target is there".format(*worth)
    assert note.splitlines()[1:-1] == [score] and "trained on rows of these very data" in note
    holes = table.assign(price=table.price.where(table.index > 9))
    holes.to_csv("new.csv", index=False)
    worth = root_mean_squared_error(table.price[10:], expected[10:])
    assert f"new.csv: rmse {worth:.4g}, " in typed("predict", "m.npz", "new.csv")[2]
    table.assign(price="?").to_csv("new.csv", index=False)
    status, again, note = typed("predict", "m.npz", "new.csv")
    assert (status, again) == (0, said) and "new.csv: not scored: " in note
    assert "'?' is not a number, as it was at training" in note
    table.drop(columns="price").to_csv("new.csv", index=False)
    assert typed("predict", "m.npz", "new.csv")[2].count("\n") == 1
    table.drop(columns="age").to_csv("new.csv", index=False)
    status, said, note = typed("predict", "m.npz", "new.csv")
    assert (status, said, note.count("\n")) == (2, "", 1) and "has no column 'age'" in note
    table.assign(age="old").to_csv("new.csv", index=False)
    status, said, note = typed("predict", "m.npz", "new.csv")
    assert (status, said, note.count("\n")) == (2, "", 1) and "'old' is not a number" in note
