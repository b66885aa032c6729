"""What is told of a file: on the command line, in a sweep.toml, to predict, and of a test file."""

import json

import numpy as np
import pandas as pd
import pytest

from sweep import Sweep
from sweep.data.loading import load
from sweep.errors import InputError

SMALL = {"hidden": "none", "epochs": 2, "l1": 0, "l2": 0, "seeds": 1}
WORDS = [word for name, value in SMALL.items() for word in (f"--{name}", value)]


def sonar(rows=40):
    """Return rows without names, of which the first is distinct."""
    random = np.random.RandomState(3)
    table = pd.DataFrame(random.normal(size=(rows, 3)).round(4))
    table[3] = np.where(table[0] > 0, "rock", "mine")
    return table


def test_a_file_without_names_is_swept_and_predicted(typed, tmp_path):
    sonar().to_csv("sonar.csv", header=False, index=False)
    status, _, error = typed("run", "--data", "sonar.csv", *WORDS)
    assert status == 2 and error.endswith("takes that line for a row, --header for names\n")
    told = ["--data", "sonar.csv", "--no-header", "--target", 3]
    assert typed("run", *told, *WORDS, "--out", "r")[0] == 0
    toml = (tmp_path / "r/sweep.toml").read_text()
    assert "header = false" in toml and 'target = "3"' in toml and "separator" not in toml
    decided = {"task": "classes", "loss": "cross_entropy"}
    told_again = Sweep(data="sonar.csv", header=False, target=3, **SMALL, **decided)
    assert Sweep.from_toml(toml) == told_again
    assert typed("best", "r", "--save", "m.npz")[0] == 0
    status, out, _ = typed("predict", "m.npz", "sonar.csv", "--json")
    assert status == 0 and len(json.loads(out)["predicted"]) == 40
    sonar().to_csv("named.csv", index=False, sep=":")
    again = typed("predict", "m.npz", "named.csv", "--json", "--header", "--separator", ":")
    assert again[:2] == (0, out)


def test_a_frame_may_have_numbers_for_names():
    frame = sonar()
    data = load(Sweep(data=frame, target=3))
    assert data.features == ("0", "1", "2") and data.classes == ("mine", "rock")
    assert np.array_equal(data.X, frame[[0, 1, 2]])
    assert Sweep(data=frame, target=np.int64(3)).target == "3"


def test_a_test_file_is_read_as_the_other(tmp_path):
    table = sonar()
    for name, part in (("a.csv", table[:30]), ("b.csv", table[30:])):
        part.to_csv(tmp_path / name, header=False, index=False, sep=":", decimal=",")
    told = {"separator": ":", "decimal": ",", "header": False}
    data = load(Sweep(data=tmp_path / "a.csv", test=tmp_path / "b.csv", **told))
    assert data.tested == 10 and np.array_equal(data.X, table[[0, 1, 2]])


@pytest.mark.parametrize(
    "given, kept",
    [
        ({"separator": "tab"}, "\t"),
        ({"separator": "space"}, " "),
        ({"separator": ";"}, ";"),
        ({"decimal": ","}, ","),
        ({"encoding": "Latin-1"}, "iso8859-1"),
        ({"header": True}, True),
        ({"header": False}, False),
    ],
)
def test_what_is_told_is_kept_and_written_only_then(tmp_path, given, kept):
    (tmp_path / "t.csv").write_text("a,y\n1,2\n")
    ((name, _),) = given.items()
    spec = Sweep(data=tmp_path / "t.csv", **given)
    assert spec.specification()[name] == kept
    assert Sweep.from_toml(spec.to_toml()) == spec
    assert name not in Sweep(data=tmp_path / "t.csv").specification()


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"separator": ";;"}, "`separator` should be one character"),
        ({"separator": "1"}, "`separator` should be one character"),
        ({"separator": '"'}, "`separator` should be one character"),
        ({"decimal": ";"}, "`decimal` should be '.' or ','"),
        ({"encoding": "klingon"}, "`encoding` should be one that Python knows, such as utf-8"),
        ({"encoding": "base64"}, "`encoding` should be one that Python knows"),
        ({"header": "maybe"}, "`header` should be a valid boolean"),
    ],
)
def test_what_cannot_be_told_is_refused(given, problem):
    with pytest.raises(InputError) as caught:
        Sweep(data="t.csv", **given)
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("data", ["iris", "article", sonar(), (np.eye(2), [0, 1])])
def test_what_is_told_of_no_file_is_refused(data):
    with pytest.raises(InputError, match=r"`separator` is for a file, and the data are none"):
        Sweep(data=data, separator=";")


def test_a_mask_covers_cells_without_a_value():
    X = np.ma.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], mask=[[0, 0], [0, 1], [0, 0]])
    with pytest.raises(InputError, match=r"column 'x1', row 1 \(from 0\): no value"):
        load(Sweep(data=(X, ["u", "v", "u"])))
    y = np.ma.array(["u", "v", "u"], mask=[1, 0, 0])
    with pytest.raises(InputError, match=r"column 'y', row 0 \(from 0\): no value"):
        load(Sweep(data=(X.data, y)))


def test_classes_keep_their_spelling(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("big,y\n" + "true,TRUE\nfalse,FALSE\n" * 3)
    data = load(Sweep(data=path))
    assert data.classes == ("FALSE", "TRUE") and data.features == ("big",)
    assert data.X[:, 0].tolist() == [1, 0] * 3
    path.write_text("a,y\n" + "1,007\n2,12\n" * 3)
    assert load(Sweep(data=path)).classes == ("007", "12")
