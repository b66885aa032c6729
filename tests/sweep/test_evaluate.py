"""`sweep evaluate`: a model and a file in, tables, sentences and pictures out."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import results
from kernels.network import network
from sweep import Ensemble, Model, load_model
from sweep.data.dataset import Variable
from sweep.data.unit import Unit
from sweep.models.evaluating.tested import of_best
from sweep.models.predicting import predict

RANDOM = np.random.RandomState(8)
X = RANDOM.normal(size=(90, 2)).round(3)
NOISY = X + RANDOM.normal(size=X.shape)
#: One class is likely where x0 is large, one where x1 is, and one where neither.
CLASSES = ("blue", "red", "1.5")
TABLE = pd.DataFrame(
    {
        "kind": np.array(CLASSES)[np.column_stack([NOISY, np.full(90, 0.2)]).argmax(axis=1)],
        "x1": X[:, 1],
        "note": "n",
        "x0": X[:, 0],
        "p": np.where(NOISY[:, 0] > 0, "yes", "no"),
        "q": (NOISY[:, 1] > 0),
        "y": 30 * NOISY[:, 0] + 500,
        "z": NOISY[:, 1],
        "times": RANDOM.randint(1, 4, 90),
        "who": RANDOM.randint(0, 30, 90),
    }
)


def model(kind="class", **changes):
    """Make a linear model of two inputs that knows what it predicts."""
    outputs = {"class": 3}.get(kind, 2)
    weights = np.vstack([np.eye(2), np.zeros((1, 2))])[:outputs]
    aims = {
        "class": {"classes": CLASSES, "trained_on": {"target": "kind"}},
        "answers": {"targets": (Variable("p", ("no", "yes")), Variable("q", ("False", "True")))},
        "numbers": {"targets": (Variable("y"), Variable("z"))},
    }[kind]
    losses = {"class": "cross_entropy", "answers": "logistic", "numbers": "squared"}
    unit = Unit(np.array([500.0, 0.0]), np.array([30.0, 1.0])) if kind == "numbers" else None
    known = {"class": [0.3, 0.4, 0.3], "answers": [0.5, 0.5], "numbers": [500.0, 0.0]}[kind]
    told = {"trained_on": {}, "specification": {}, "classes": ()} | aims | changes
    told["trained_on"] = told["trained_on"] | {"without_inputs": known}
    assert network((2, outputs)).names == ("w1", "b1")
    return Model(
        widths=(2, outputs),
        parameters=np.concatenate([2 * weights.ravel(), np.zeros(outputs)])
        * (0.5 if kind == "numbers" else 1),
        inputs=np.arange(2), mean=np.zeros(2), scale=np.ones(2), loss=losses[kind], unit=unit,
        variables=(Variable("x0"), Variable("x1")), **told,
    )  # fmt: skip


@pytest.fixture
def judge(typed, tmp_path):
    """Judge a model by a table: what the JSON says."""

    def judge_(one, table, *words, file="new.csv"):
        table.to_csv(file, index=False)
        one.save("m.npz")
        status, out, err = typed("evaluate", "m.npz", file, "--bootstrap", 100, "--json", *words)
        assert status == 0 and err == "", err
        return json.loads(out)

    return judge_


def value(found, metric, target=None):
    (one,) = (m for m in found["metrics"] if (m["metric"], m["target"]) == (metric, target))
    return one["value"]


def test_classes_are_those_of_the_model_whatever_their_order_and_spelling(judge, tmp_path):
    spelled = TABLE.replace({"kind": {"1.5": "1.50", "red": "Red"}})[::-1]
    found = judge(model(), spelled)
    p = model().predict_proba(TABLE)
    known = metrics.log_loss(TABLE.kind, p[:, [2, 0, 1]], labels=sorted(CLASSES))
    assert value(found, "log_loss", "kind") == pytest.approx(known, rel=1e-12)
    said = np.array(CLASSES)[p.argmax(axis=1)]
    matrix = metrics.confusion_matrix(TABLE.kind, said, labels=CLASSES)
    assert [one["rows"] for one in found["confusion"]] == matrix.ravel().tolist()
    assert [one["predicted"] for one in found["confusion"]] == [*CLASSES] * 3
    shares = np.array([0.3, 0.4, 0.3])
    alone = metrics.log_loss(TABLE.kind, np.tile(shares[[2, 0, 1]], (90, 1)))
    assert found["metrics"][-1]["baseline"] == pytest.approx(alone, rel=1e-12)


def test_several_answers_and_numbers_in_their_unit(judge):
    answers = judge(model("answers"), TABLE)
    p = model("answers").predict_proba(TABLE)
    areas = [
        metrics.roc_auc_score(TABLE.p == "yes", p[:, 0]),
        metrics.roc_auc_score(TABLE.q, p[:, 1]),
    ]
    assert value(answers, "auc") == pytest.approx(np.mean(areas), rel=1e-12)
    assert value(answers, "auc", "q") == pytest.approx(areas[1], rel=1e-12)
    both = ((p > 0.5) == np.column_stack([TABLE.p == "yes", TABLE.q])).all(axis=1)
    assert value(answers, "accuracy") == both.mean()
    numbers = judge(model("numbers"), TABLE)
    off = metrics.mean_absolute_error(TABLE.y, 30 * X[:, 0] + 500)
    assert value(numbers, "mae", "y") == pytest.approx(off, rel=1e-12)
    assert numbers["residuals"][5]["residual"] == pytest.approx(TABLE.y[5] - 30 * X[5, 0] - 500)
    other = judge(model("numbers"), TABLE.rename(columns={"y": "a,b"}), "--target", '"a,b",z')
    assert other["metrics"][0] == numbers["metrics"][0] and other["targets"] == ["a,b", "z"]


def test_an_ensemble_is_judged_by_what_it_says(judge):
    one, other = model(), model()
    other.parameters[:] *= -0.2
    other.trained_on["without_inputs"] = [0.1, 0.2, 0.7]
    both = Ensemble([one, other], (3, 1), {"data": "d", "target": "kind"})
    found = judge(both, TABLE)
    p = 0.75 * one.predict_proba(TABLE) + 0.25 * other.predict_proba(TABLE)
    known = metrics.balanced_accuracy_score(TABLE.kind, np.array(CLASSES)[p.argmax(axis=1)])
    assert value(found, "balanced_accuracy", "kind") == pytest.approx(known, rel=1e-12)
    shares = dict(zip(CLASSES, [0.25, 0.35, 0.4], strict=True))
    alone = -np.log(TABLE.kind.map(shares)).mean()
    assert found["metrics"][-1]["baseline"] == pytest.approx(alone, rel=1e-12)


def test_rows_count_and_belong_together_as_at_training(judge):
    counted = model(specification={"weight": "times", "groups": "who"})
    heavy = TABLE.assign(times=TABLE.times.where(TABLE.index > 3, 0))
    found = judge(counted, heavy)
    p = counted.predict_proba(TABLE)[4:]
    said, kind = np.array(CLASSES)[p.argmax(axis=1)], TABLE.kind[4:]
    known = metrics.f1_score(kind, said, average="macro", sample_weight=TABLE.times[4:])
    assert value(found, "f1", "kind") == pytest.approx(known, rel=1e-12)
    told = " ".join(found["notes"])
    assert (
        found["rows"] == 86
        and "by 'times'" in told
        and "4 rows of weight 0" in told
        and "drawn together" in told
    )
    plain = judge(counted, TABLE.drop(columns=["times", "who"]))
    told = " ".join(plain["notes"])
    assert "Rows count alike" in told and "may be too narrow" in told
    alike = metrics.f1_score(TABLE.kind, counted.predict(TABLE), average="macro")
    assert value(plain, "f1", "kind") == pytest.approx(alike, rel=1e-12)


def test_rows_without_a_target_are_left_out_and_numbered(judge):
    some = TABLE.assign(y=TABLE.y.mask(TABLE.index == 1), z=TABLE.z.mask(TABLE.index == 4))
    found = judge(model("numbers"), some)
    assert found["rows"] == 88 and "Left out: 2 rows without all of the targets." in found["notes"]
    assert [one["row"] for one in found["residuals"][:4]] == [1, 3, 4, 6]
    question = judge(
        model(specification={"missing_values": ["?"]}),
        TABLE.assign(kind=TABLE.kind.mask(TABLE.index < 3, "?")),
    )
    assert "Left out: 3 rows without a 'kind'." in question["notes"]


@pytest.mark.parametrize(
    ("table", "words", "message"),
    [
        (TABLE.drop(columns="kind"), (), "no column 'kind' to be the target"),
        (TABLE, ("--target", "sort"), "no column 'sort' to be the target"),
        (TABLE, ("--target", "p,q"), "should name 1 column"),
        (TABLE.assign(kind="green"), (), "'green' did not occur at training"),
        (TABLE.assign(kind=None), (), "no row has a 'kind'"),
        (TABLE, ("--metrics", "auc,rmse"), "'rmse': it is for a loss of squared"),
        (TABLE, ("--metrics", "aux"), "'aux': there is none"),
        (TABLE, ("--bootstrap", "7"), "--bootstrap should be 0"),
        (TABLE, ("--format", "gif"), "--format should be of png"),
    ],
)
def test_what_cannot_be_judged_is_said_in_a_line(table, words, message, typed, tmp_path):
    table.to_csv(tmp_path / "new.csv", index=False)
    model().save(tmp_path / "m.npz")
    status, out, err = typed("evaluate", "m.npz", "new.csv", *words)
    assert status == 2 and out == "" and message in err and err.count("\n") == 1


def test_a_model_that_does_not_say_its_target_asks_for_it(typed, tmp_path):
    TABLE.to_csv(tmp_path / "new.csv", index=False)
    TABLE[["x0", "kind", "x1"]].to_csv(tmp_path / "plain.csv", index=False)
    model(trained_on={}).save(tmp_path / "m.npz")
    assert "8 columns may: kind, note" in typed("evaluate", "m.npz", "new.csv")[2]
    words = ("--bootstrap", 0, "--metrics", "brier")
    assert "90 rows, kind (" in typed("evaluate", "m.npz", "plain.csv", *words)[1]


@pytest.mark.parametrize("width", [60, 100])
def test_what_is_printed_fits_and_has_no_empty_columns(width, typed, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    TABLE.to_csv(tmp_path / "new.csv", index=False)
    for kind in ("class", "answers", "numbers"):
        model(kind).save(tmp_path / "m.npz")
        _, out, _ = typed("evaluate", "m.npz", "new.csv", "--bootstrap", 100)
        assert max(map(len, out.splitlines())) <= width
        assert re.search(r"value +95 % interval +baseline$", out, re.MULTILINE)
        _, out, _ = typed("evaluate", "m.npz", "new.csv", "--bootstrap", 0)
        assert "95 %" not in out.split("\n\n")[0]


def test_tables_and_pictures_are_written(typed, tmp_path):
    TABLE.to_csv(tmp_path / "new.csv", index=False)
    for kind in ("answers", "numbers"):
        model(kind).save(tmp_path / "m.npz")
        words = ("--out", kind, "--format", "svg", "--bootstrap", 100, "--json")
        found = json.loads(typed("evaluate", "m.npz", "new.csv", *words)[1])
        assert all((tmp_path / path).is_file() for path in found["files"])
        own = pd.read_csv(tmp_path / kind / "metrics.csv")
        assert own.value.tolist() == [one["value"] for one in found["metrics"]]
    drawn = {path.stem for path in (tmp_path / "answers").glob("*.svg")}
    assert drawn == {"confusion", "roc", "precision_recall", "calibration"}
    assert [path.name for path in (tmp_path / "numbers").glob("*.svg")] == ["residuals.svg"]
    curves = pd.read_parquet(tmp_path / "answers/curves.parquet")
    assert list(curves) == ["kind", "target", "class", "x", "y", "threshold"]
    text = (tmp_path / "answers/roc.svg").read_text()
    assert 'id="drawn-p-yes"' in text and 'id="drawn-q-True"' in text
    residuals = pd.read_parquet(tmp_path / "numbers/residuals.parquet")
    assert len(residuals) == 180
    said = predict(load_model(tmp_path / "m.npz"), tmp_path / "new.csv")
    assert residuals.predicted[:90].tolist() == said.predicted_y.tolist()


def test_a_sweeps_model_knows_its_training_part_and_is_judged_on_the_test_part(
    small, typed, tmp_path
):
    runs = small(test=0.3, seeds="0:2").run(out=tmp_path / "d")
    status, out, _ = typed("best", "d", "--save", "m.npz", "--json")
    found = json.loads(out)
    own, model = found["test_part"], load_model(tmp_path / "m.npz")
    row = runs.set_index("run").loc[model.trained_on["run"]]
    assert status == 0 and own["rows"] == row.test_rows
    assert value(own, "accuracy", "class") == pytest.approx(row.test_accuracy, rel=1e-12)
    assert value(own, "log_loss", "class") == pytest.approx(row.test_loss, rel=1e-9)
    shares = np.array(model.trained_on["without_inputs"])
    assert shares.sum() == pytest.approx(1) and len(shares) == 3
    again = of_best(tmp_path / "d", runs, results.summary(runs))
    assert again.pop("run") == model.trained_on["run"] and again == own
    assert "on the 45 rows of the test part" in typed("best", "d", "--save", "m.npz")[1].replace(
        "\n", " "
    )
    out = json.loads(typed("evaluate", "m.npz", "iris", "--bootstrap", 0, "--json")[1])
    assert out["notes"][0].startswith("The model was trained on rows of these very data")
