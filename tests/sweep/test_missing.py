"""Missing cells: refused, left out with their rows, or imputed; at training and in new files."""

import json

import numpy as np
import pandas as pd
import pytest

from sweep import Sweep, load_model
from sweep.errors import InputError
from sweep.models.best import save_best
from sweep.models.predicting import predict
from tests.sweep.loaded import load

TEXT = "a,b,c,y\n1,u,1,p\n,v,2,q\n3,,?,p\n4,u,-999,\n5,v,5,q\n6,u,6,p\n"
FRAMES = {
    "categories": pd.Categorical(["u", None, "v", "?"]),
    "integers": pd.array([1, None, 2, 3], dtype="Int64"),
    "floats": [1.0, np.nan, 2.0, 3.0],
    "truth values": pd.array([True, None, False, True], dtype="boolean"),
    "objects": [None, "a", np.nan, pd.NA],
}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "t.csv").write_text(TEXT)
    return tmp_path / "t.csv"


def test_the_error_counts_what_is_missing_and_names_the_mends(path):
    with pytest.raises(InputError) as caught:
        load(path, missing_values="?,-999")
    assert str(caught.value) == (
        f"'{path}', column 'a', line 3: no value: fill it in; in all 5 cells in 4 columns and 3 "
        "rows of 6 have none: --missing impute fills them in, and leaves out rows without a "
        "target, --missing drop leaves those rows out"
    )


def test_rows_with_missing_cells_are_dropped(path):
    data = load(path, missing="drop", missing_values="?,-999")
    assert data.features == ("a", "b=u", "b=v", "c")
    assert data.X.tolist() == [[1, 1, 0, 1], [5, 0, 1, 5], [6, 1, 0, 6]]
    assert [data.classes[place] for place in data.y] == ["p", "q", "p"]
    assert (data.origin.without_target, data.origin.incomplete) == (1, 2)


def test_missing_cells_are_nan_or_no_level_with_a_feature_that_tells(path):
    data = load(path, missing="impute", missing_values=["?", -999])
    assert data.features == (
        *("a", "a is missing", "b=u", "b=v", "b is missing", "c", "c is missing"),
    )
    nan = np.nan
    expected = [
        [1, 0, 1, 0, 0, 1, 0],
        [nan, 1, 0, 1, 0, 2, 0],
        [3, 0, 0, 0, 1, nan, 1],
        [5, 0, 0, 1, 0, 5, 0],
        [6, 0, 1, 0, 0, 6, 0],
    ]
    assert np.array_equal(data.X, expected, equal_nan=True)
    assert data.origin.without_target == 1  # a class is never imputed


@pytest.mark.parametrize("kind", FRAMES)
def test_any_missing_value_of_a_frame_counts(kind):
    frame = pd.DataFrame({"a": FRAMES[kind], "y": [1, 2, 1, 2]})
    there = [str(value) not in ("None", "nan", "<NA>", "?") for value in frame.a]
    data = load(frame, missing="impute", missing_values="?")
    assert data.features[-1] == "a is missing" and data.X[:, -1].tolist() == [not t for t in there]
    twice = pd.concat([frame, frame.assign(y=3 - frame.y)])  # so that both classes stay
    assert len(load(twice, missing="drop", missing_values="?").y) == 2 * sum(there)
    with pytest.raises(InputError, match=r"column 'a', row .* no value"):
        load(frame)


def test_a_mask_counts():
    X = np.ma.array([[1, 2], [3, 4], [5, 6]], mask=[[0, 0], [1, 0], [0, 0]])
    data = load((X, [0, 1, 0]), missing="impute")
    assert data.features == ("x0", "x0 is missing", "x1")
    assert np.array_equal(data.X, [[1, 0, 2], [np.nan, 1, 4], [5, 0, 6]], equal_nan=True)


def test_what_is_missing_throughout_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n1,,0\n2,,1\n")
    for missing in ("error", "drop", "impute"):
        with pytest.raises(InputError, match=r"column 'b': no cell of it has a value: .*--drop b"):
            load(tmp_path / "t.csv", missing=missing)
    (tmp_path / "t.csv").write_text("a,b,y\n,2,0\n2,,1\n")
    with pytest.raises(InputError, match="every row has a missing cell"):
        load(tmp_path / "t.csv", missing="drop")


def table(rows=80):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.normal(size=rows), "b": draw.choice(["u", "v"], rows)})
    frame["y"] = np.where(frame.a > 0, "big", "small")
    frame.loc[::7, "a"] = np.nan
    frame.loc[::9, "b"] = None
    return frame


def test_a_model_takes_missing_cells_as_it_was_trained_to(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    spec = Sweep(data=tmp_path / "t.csv", missing="impute", l1=0, l2=0, seeds=1, epochs=3)
    spec.run(out=tmp_path / "r")
    for ending in ("npz", "safetensors", "onnx"):
        save_best(tmp_path / "r", tmp_path / f"m.{ending}")
        model = load_model(tmp_path / f"m.{ending}")
        assert [variable.tells for variable in model.variables] == [True, True]
        assert model.features == load(table(), missing="impute").features
        found = predict(model, tmp_path / "t.csv")
        assert np.isfinite(found[["p_big", "p_small"]]).all(axis=None) and len(found) == 80
    plain = Sweep(data=tmp_path / "t.csv", missing="drop", l1=0, l2=0, seeds=1, epochs=3)
    plain.run(out=tmp_path / "d")
    save_best(tmp_path / "d", tmp_path / "d.npz")
    with pytest.raises(InputError, match="column 'a', line 2: no value"):
        predict(tmp_path / "d.npz", tmp_path / "t.csv")


# What is said of it


def test_the_line_and_its_fields_say_what_was_understood(tmp_path, typed):
    frame = table().assign(id=range(80), flag=[True, False] * 40)[["id", "a", "b", "flag", "y"]]
    frame.loc[3, "y"] = None
    frame.to_csv(tmp_path / "t.csv", index=False)
    words = ("plan", "--data", tmp_path / "t.csv", "--missing", "impute", "--drop", "id")
    out = " ".join(typed(*words, "--test", 0.25)[1].split())
    shares = frame.y.value_counts(normalize=True).sort_index()
    assert out.startswith(
        "t.csv, CSV: 79 rows, 6 features: 1 number, 1 true/false, 2 from 1 category (b 2), 2 for "
        f"where cells are missing; classes of y: big {100 * shares['big']:.3g}%, small "
        f"{100 * shares['small']:.3g}%; left out: 1 column (id), 1 row without a class; filled in: "
        "21 missing cells (a 12, b 9); held out: 12 rows to choose by, 20 rows for the test data t "
    )
    found = json.loads(typed(*words, "--columns-found", "--json")[1])
    assert found["table"]["rows"] == 79 and found["table"]["held_out"]["rows"] == 16
    assert found["table"]["imputed"] == {"a": 12, "b": 9}
    assert [(one["name"], one["role"], one["taken_as"]) for one in found["columns"]] == [
        ("id", "left out", ""),
        ("a", "feature", "numbers"),
        ("b", "feature", "categories"),
        ("flag", "feature", "true/false"),
        ("y", "target", "classes"),
    ]
    assert [one["missing"] for one in found["columns"]] == [0, 12, 9, 0, 1]
    listed = typed(*words, "--columns-found")[1].splitlines()
    assert "feature   categories  2" in " ".join(listed) and listed[-1].endswith("  y")
    assert all(len(line) <= 60 for line in listed)


def test_of_a_built_in_set_a_line_is_said_and_of_the_article_none(typed):
    said = " ".join(typed("plan", "--data", "iris")[1].split())
    assert said.startswith(
        "iris, built-in: 150 rows, 4 features, all numbers; classes: setosa 33.3%, versicolor "
        "33.3%, virginica 33.3%; held out: 30 rows to choose by data iris"
    )
    assert typed("plan")[1].startswith("data ")
