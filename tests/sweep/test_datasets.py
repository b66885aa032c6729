"""Data sets: what is read, and what is refused and in which words."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sklearn.datasets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweep.data import builtin
from sweep.errors import InputError
from tests.sweep.loaded import load

BUILT_IN = ["iris", "wine", "breast_cancer", "digits"]
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def csv(tmp_path):
    def write(text):
        path = tmp_path / "toy.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusal(data, target=None, **options):
    with pytest.raises(InputError) as caught:
        load(data, target, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def assert_same(one, other):
    assert np.array_equal(one.X, other.X) and np.array_equal(one.y, other.y)
    assert (one.classes, one.features) == (other.classes, other.features)


# The built-in sets


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("moved", [False, True], ids=["", "files moved"])
def test_a_built_in_set_is_scikit_learns(name, moved, monkeypatch):
    if moved:
        sets = {n: ("elsewhere.csv", features) for n, (_, features) in builtin.SETS.items()}
        monkeypatch.setattr(builtin, "SETS", sets)
    ours, theirs = load(name), getattr(sklearn.datasets, f"load_{name}")()
    assert ours.name == name
    assert np.array_equal(ours.X, theirs.data) and np.array_equal(ours.y, theirs.target)
    assert ours.X.dtype == np.float64 and ours.X.flags.c_contiguous and ours.y.dtype == np.int64
    assert ours.classes == tuple(map(str, theirs.target_names))
    assert ours.features == tuple(theirs.feature_names)


def test_a_built_in_set_needs_no_import_of_scikit_learn_or_pandas():
    code = (
        "import sys; from tests.sweep.loaded import load; load('digits'); load('iris'); "
        "print([m for m in ('sklearn', 'pandas', 'pyarrow', 'scipy') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_built_in_set_without_scikit_learn(monkeypatch):
    monkeypatch.setattr(builtin.util, "find_spec", lambda name: None)
    assert refusal("iris") == "iris comes with scikit-learn, which is not installed here"


# Files and DataFrames

FRAME = pd.DataFrame(
    {
        "length": [1.5, -2.0, 0.1],
        "count": [3, 1, 3],
        "big": [False, True, True],
        "colour": ["red", "blue", "red"],
        "kind": ["b10", "b9", "b10"],
    }
)


def test_columns_become_features_and_classes():
    data = load(FRAME)
    assert data.features == ("length", "count", "big", "colour=blue", "colour=red")
    assert data.X.tolist() == [[1.5, 3, 0, 0, 1], [-2, 1, 1, 1, 0], [0.1, 3, 1, 0, 1]]
    assert data.classes == ("b9", "b10") and data.y.tolist() == [1, 0, 1]
    assert data.X.flags.c_contiguous and data.y.dtype == np.int64
    data = load(FRAME[["length", "count", "big"]], "count")
    assert data.features == ("length", "big") and data.classes == ("1", "3")


@pytest.mark.parametrize("target", [None, "count", "big", "colour"])
def test_a_file_is_the_data_frame_it_was_written_from(tmp_path, target):
    FRAME.to_csv(tmp_path / "a.b.csv", index=False)
    FRAME.to_parquet(tmp_path / "t.parquet")
    FRAME.set_index(pd.Index([7, 9, 8])).to_parquet(tmp_path / "no suffix")  # index is no feature
    FRAME.assign(colour=FRAME.colour.astype("category")).to_parquet(tmp_path / "category.pq")
    expected = load(FRAME, target)
    for path in tmp_path.iterdir():
        assert_same(load(path, target), expected)
        assert_same(load(str(path), target), expected)
    assert load(tmp_path / "a.b.csv").name == "a.b"


@same_folder
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2), st.data())
def test_floats_keep_their_bits(csv, numbers, data):
    y = data.draw(st.permutations([i % 2 for i in range(len(numbers))]))
    path = csv("x,y\n" + "".join(f"{x!r},{c}\n" for x, c in zip(numbers, y, strict=True)))
    assert load(path).X.tobytes() == np.array(numbers).tobytes()


words = st.text("abcd é€-", min_size=1).map(str.strip).filter(bool)


@same_folder
@given(st.lists(words, min_size=2, max_size=60))
def test_text_becomes_what_pandas_makes_of_it(csv, texts):
    frame = pd.DataFrame({"word": texts, "y": [i % 2 for i in range(len(texts))]})
    expected = pd.get_dummies(frame.word, prefix_sep="=", prefix="word")
    for data in (load(frame), load(csv(frame.to_csv(index=False)))):
        assert data.features == tuple(expected.columns)
        assert np.array_equal(data.X, expected)


@pytest.mark.parametrize(
    "labels, classes",
    [
        ([2, 10, -1], ("-1", "2", "10")),
        ([2.0, 10.0, -1.0], ("-1", "2", "10")),
        (["2", "10", "-1"], ("-1", "2", "10")),
        (["0.5", "-1", "-10"], ("-10", "-1", "0.5")),
        (["x2", "x10", "x1"], ("x1", "x2", "x10")),
        (["b", "3", "a"], ("3", "a", "b")),
        ([True, False, True], ("False", "True")),
        (["2020-02-01", "2020-01-01", "n"], ("2020-01-01", "2020-02-01", "n")),
        ([Decimal(2), Decimal(1), Decimal(2)], ("1", "2")),
        ([2**53 + 1, 2**53, 2**53], ("9007199254740992", "9007199254740993")),
        ([10**30, 1, 1], ("1", "1" + "0" * 30)),
        ([1, "a", 1], ("1", "a")),
        (pd.Categorical([10, 9, 10]), ("9", "10")),
        (pd.array([2, 1, 2], dtype="Int64"), ("1", "2")),
        (np.array(["u", "v", "u"]), ("u", "v")),
        (np.array([1, 2, 1], np.uint8), ("1", "2")),
    ],
)
def test_classes_are_texts_in_natural_order(labels, classes):
    X = np.eye(3)
    data = load((X, labels))
    assert data.classes == classes
    assert [data.classes[i] for i in data.y] == [
        str(int(v) if isinstance(v, float) else v) for v in labels
    ]
    assert_same(load(pd.DataFrame({"x0": X[0], "x1": X[1], "x2": X[2], "y": labels})), data)


@pytest.mark.parametrize(
    "values, features",
    [
        (["1", "2.5", "-1e3"], {"a": [1, 2.5, -1000]}),
        ([1, "2.5", 3.0], {"a": [1, 2.5, 3]}),
        ([Decimal("0.1"), Decimal(2), Decimal(3)], {"a": [0.1, 2, 3]}),
        ([10**30, 1, 2], {"a": [1e30, 1, 2]}),
        (np.array([1, 2, 3], np.float16), {"a": [1, 2, 3]}),
        (pd.array([1, 2, 3], dtype="Int64"), {"a": [1, 2, 3]}),
        (pd.array([True, False, True], dtype="boolean"), {"a": [1, 0, 1]}),
        ([7, 7, 7], {"a": [7, 7, 7]}),
        (["u", "u", "u"], {"a=u": [1, 1, 1]}),
        (pd.Categorical([10, 9, 10]), {"a=9": [0, 1, 0], "a=10": [1, 0, 1]}),
        (pd.Categorical(["u", "v", "u"], ["w", "v", "u"]), {"a=u": [1, 0, 1], "a=v": [0, 1, 0]}),
    ],
)
def test_a_feature_may_be(values, features, tmp_path):
    frame = pd.DataFrame({"a": values, "y": [0, 1, 0]})
    data = load(frame)
    assert dict(zip(data.features, data.X.T.tolist(), strict=True)) == features
    try:
        frame.to_parquet(tmp_path / "t.parquet")
    except (pa.ArrowException, OverflowError):  # a mixture of types, or an integer of 100 bits
        return
    assert_same(load(tmp_path / "t.parquet"), data)


def test_times_in_a_csv_keep_their_spelling(csv):
    data = load(csv("at,on,y\n12:30,2020-01-01,0\n12:31,2020-01-01,1\n"), categories=["at", "on"])
    assert data.features == ("at=12:30", "at=12:31", "on=2020-01-01")


def test_a_csv_may_have_a_byte_order_mark_spaces_quotes_blank_lines_and_any_line_ends(csv):
    plain = load(csv('a,b,y\n1,u,"x, y"\n2,v w,z\n'))
    assert plain.classes == ("x, y", "z")
    for text in (
        '\ufeffa,b,y\n1,u,"x, y"\n2,v w,z\n',
        '"a" , b,y\n 1, u ,"x, y"\n2,v w, z',
        '\n\na,b,y\r\n\r\n1,u,"x, y"\r\n2,v w,z\r\n\r\n\r\n',
        'a,b,y\r1,u,"x, y"\r2,v w,z',
    ):
        assert_same(load(csv(text)), plain)


def test_levels_come_from_the_whole_file(csv):
    rows = [f"{'late' if i == 299_999 else 'early'},{i % 2}\n" for i in range(300_000)]
    data = load(csv("a,y\n" + "".join(rows)))
    assert data.features == ("a=early", "a=late") and data.X[:, 1].nonzero()[0].tolist() == [
        299_999
    ]


# Arrays


def test_arrays_are_copied_as_float64():
    X = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(3, 2))
    data = load((X, ["b", "a", "b"]))
    assert data.name == "data" and data.features == ("x0", "x1") and data.classes == ("a", "b")
    assert data.X.dtype == np.float64 and data.X.flags.c_contiguous
    X[:] = 0
    assert data.X.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_arrays_may_be_lists_frames_or_text():
    assert_same(load(([[1, 2], [3, 4]], [0, 1])), load((np.array([[1, 2], [3, 4]]), [0, 1])))
    assert load((FRAME[["big", "colour"]], pd.Series([0, 1, 1]))).features == (
        "big",
        "colour=blue",
        "colour=red",
    )
    mixed = np.array([["u", 1], ["v", 2.5]], dtype=object)
    assert load((mixed, [0, 1])).X.tolist() == [[1, 0, 1], [0, 1, 2.5]]


# Refusals

BAD_CSV = [
    ("", "is empty"),
    ("\n\n", "it has no rows below a line of names"),
    ("a,y", "it has no rows below a line of names"),
    ("a,y\n", "has no rows"),
    ("y\n0\n1\n", r"has one column only, 'y': a target and a feature are the least"),
    ("a,y\n1,0\n,1\n", "column 'a', line 3: no value: fill it in"),
    ("a,y\n1,0\n2,NA\n", "column 'y', line 3: no value"),
    ("a,y\nu,0\nNA,1\n", "column 'a', line 3: no value"),
    ("a,y\nnan,0\n2,1\n", "column 'a', line 2: no value"),
    ("a,y\n1,0\n-inf,1\n", "column 'a', line 3: -inf is not a finite number"),
    ("a,y\n1,0\n1e999,1\n", "column 'a', line 3: inf is not a finite number"),
    ("a,y\n1,0\n2,1\nx,0\n3,1\n?,1\n", "column 'a', line 4: 'x' among numbers"),
    ("a,y\nu,0\nv,1\n7,0\n", "column 'a', line 4: '7' among text"),
    ("a,y\n1,u\n2,u\n", "column 'y': every row is of class 'u'"),
    ("a,y\n1,2.5\n2,2.5\n", "column 'y': every row is 2.5, so there is nothing to predict"),
    ("a,a,y\n1,2,0\n1,2,1\n", "column 'a': another has the same name"),
    ("a,b,y\n1,2,0\n1,1\n1,2,0\n1,2,1\n", "line 3 has 2 cells, and line 1 names 3"),
    ("a,y\n\n1,0\n\n1,0,7\n1,0\n1,1\n", "line 5 has 3 cells, and line 1 names 2"),
    ('a,y\n"1,0\n2,1\n', "line 2 has 1 cells, and line 1 names 2"),
    (b"PAR1,y\n1,0\n2,1\n", "is not a whole Parquet file"),
    ("a,a=u,y\nu,1,0\nv,2,1\n", "two features would be called 'a=u'"),
]


@pytest.mark.parametrize("text, problem", BAD_CSV, ids=[repr(text)[:30] for text, _ in BAD_CSV])
def test_a_bad_csv_is_refused_in_one_line(csv, text, problem):
    path = csv(text)
    message = refusal(path)
    assert message.startswith((f"'{path}'", f"cannot read '{path}'"))
    assert re.search(problem, message), message


def test_a_text_column_of_too_many_levels_is_no_category(csv):
    def column(rows, levels):
        return "a,y\n" + "".join(f"n{i % levels}x,{i % 2}\n" for i in range(rows))

    assert len(load(csv(column(100, 50))).features) == 50
    assert re.search(
        "column 'a': 51 different texts, such as 'n0x', are more than --most-levels 50: .*"
        "--drop a, .*--most-levels 51",
        refusal(csv(column(100, 51))),
    )
    assert len(load(csv(column(100, 51)), most_levels=51).features) == 51
    assert len(load(csv(column(100, 51)), categories="a").features) == 51


def test_too_many_levels_are_said_of_all_columns_at_once(csv):
    rows = (f"a{i},{i % 2},b{i % 60},u,{i % 3}\n" for i in range(90))
    message = refusal(csv('name,n,"c, d",kind,y\n' + "".join(rows)))
    assert "column 'name': 90 different texts" in message and "('c, d' has 60)" in message
    assert """--drop 'name,"c, d"',""" in message and message.endswith("--most-levels 90")


def test_a_directory_of_the_first_version_takes_texts_as_it_did(csv):
    def column(rows, levels):
        return "a,y\n" + "".join(f"n{i % levels}x,{i % 2}\n" for i in range(rows))

    assert len(load(csv(column(100, 100)), most_levels=0).features) == 100
    assert len(load(csv(column(300, 150)), most_levels=0).features) == 150
    with pytest.raises(InputError, match="'a': 151 different texts in 300 rows are too many"):
        load(csv(column(300, 151)), most_levels=0)
    dates = csv("a,y\n2020-01-01,0\n2020-01-02,1\n2020-01-02,1\n")
    assert load(dates, most_levels=0).features == ("a=2020-01-01", "a=2020-01-02")
    whole = csv("a,y\n" + "".join(f"{i},{i % 30}\n" for i in range(90)))
    assert len(load(whole, most_levels=0).classes) == 30


def test_a_target_of_too_many_classes_is_none(csv):
    numbers = csv("a,y\n" + "".join(f"{i % 2},{i}\n" for i in range(150)))
    assert (
        "column 'y': 150 classes, such as '0', are more than --most-levels 50: raise that, take "
        "them for --task numbers, or name" in refusal(numbers, task="classes")
    )
    text = csv("a,y\n" + "".join(f"{i % 2},n{i % 51}\n" for i in range(150)))
    assert "column 'y': 51 classes, such as 'n0', are more than --most-levels 50" in refusal(text)
    assert len(load(text, most_levels=51).classes) == 51


@pytest.mark.parametrize("values", [range(21), [0.5, 1.0, 1.5] * 7])
def test_numbers_are_classes_where_they_are_declared(values):
    frame = pd.DataFrame({"a": range(42), "y": [*values, *values]})
    assert load(frame).classes == ()
    for told in ({"categories": "y"}, {"task": "classes"}):
        data = load(frame, **told)
        assert [float(data.classes[place]) for place in data.y] == frame.y.tolist()
    assert load(frame.assign(y=[*range(20), 0, 1, *range(20)])).classes == tuple(
        map(str, range(20))
    )


def test_a_missing_target_is_told_the_nearest_column():
    assert refusal(FRAME, "color").endswith(
        "has no column 'color' to be the `target`; did you mean 'colour'?"
    )
    assert refusal(FRAME, "zzz").endswith("; there are length, count, big, colour, kind")


def test_places_are_counted_as_the_source_counts_them(tmp_path, csv):
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan], "y": [0, 1, 0]}, index=[7, 8, 9])
    frame.to_parquet(tmp_path / "t.parquet")
    assert "column 'a', row 3: no value" in refusal(tmp_path / "t.parquet")
    assert "the DataFrame, column 'a', row 2 (from 0): no value" in refusal(frame)
    assert "column 'a', line 4: no value" in refusal(csv(frame.to_csv(index=False)))
    assert refusal((frame[["a"]].to_numpy(), [0, 1, 0])).startswith(
        "X, column 'x0', row 2 (from 0): no value"
    )
    for missing in (None, np.nan, pd.NA, Decimal("NaN"), "", " "):
        assert "column 'y', row 1 (from 0): no value" in refusal((np.eye(2), ["a", missing]))
    assert "column 'y', row 1 (from 0): no value" in refusal(
        (np.eye(2), [Decimal(1), Decimal("NaN")])
    )


rows_of_text = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["u", "v", '"u\n\nv"', '"u""\nv"', '"a,b"'])),
    min_size=1,
    max_size=12,
)


@same_folder
@given(rows_of_text, rows_of_text, st.sampled_from(["\n", "\r\n"]))
def test_the_line_of_a_bad_cell_is_where_its_row_begins(csv, before, after, end):
    written = [("\n" * blank, f"1,{text}\n") for blank, text in before]
    good = "a,y\n" + "".join(map("".join, written))
    rest = "".join("\n" * blank + f"1,{text}\n" for blank, text in after)
    path = csv((good + ",other\n" + rest).replace("\n", end))
    assert f"column 'a', line {good.count(chr(10)) + 1}: no value" in refusal(path)


@pytest.mark.parametrize(
    "values, held",
    [
        ([[1], [2]], "list<item: int64>"),
        ([{"b": 1}, {"b": 2}], "struct<b: int64>"),
        ([b"\xff", b"a"], "bytes that are no UTF-8"),
        ([1j, 2], "1j, of type complex"),
        ([object, 1], "<class 'object'>, of type type"),
        (pd.to_timedelta([1, 2], unit="s"), "duration"),
        (pd.period_range("2020", periods=2, freq="M"), "pandas.period"),
    ],
)
def test_a_column_of_other_things_is_refused(values, held):
    message = refusal(pd.DataFrame({"a": values, "y": [0, 1]}))
    assert "column 'a'" in message and held in message
    assert message.endswith("only numbers, true or false, and text can be used")


@pytest.mark.parametrize(
    "X, y",
    [
        ([1, 2], [0, 1]),
        ([[1, 2], [3]], [0, 1]),
        (np.eye(3), [0, 1]),
        (np.eye(2), [[[0]], [[1]]]),
        (np.eye(2), np.zeros((2, 0))),
        (np.zeros((0, 2)), []),
        (np.zeros((2, 0)), [0, 1]),
        ("ab", [0, 1]),
        (None, None),
    ],
)
def test_arrays_of_another_shape_are_refused(X, y):
    assert refusal((X, y)).startswith("(X, y): X should")


def test_frames_without_enough_are_refused():
    assert "has no rows" in refusal(FRAME.iloc[:0])
    assert "one column only, 'big'" in refusal(FRAME[["big"]])
    assert "no columns" in refusal(FRAME[[]])


def test_what_does_not_fit_in_memory_is_refused(csv, tmp_path, monkeypatch):
    frame = pd.DataFrame({"a": [f"t{i % 50}x" for i in range(500)], "y": [0, 1] * 250})
    path = csv(frame.to_csv(index=False))
    pq.write_table(pa.table({"a": np.zeros(10_000), "y": np.arange(10_000) % 2}), tmp_path / "z.pq")
    assert (tmp_path / "z.pq").stat().st_size < 20_000  # small, and large once it is unpacked
    monkeypatch.setattr(os, "sysconf", lambda name: 1 if name == "SC_PAGE_SIZE" else 20_000)
    assert "with 50 features takes" in refusal(path)
    assert "GiB of memory: give fewer rows or columns" in refusal(tmp_path / "z.pq")
    monkeypatch.setattr(os, "sysconf", lambda name: 1)
    assert "takes" in refusal(path)


def test_a_system_that_does_not_tell_its_memory_is_trusted(monkeypatch):
    monkeypatch.delattr(os, "sysconf")
    assert len(load(FRAME).y) == 3
