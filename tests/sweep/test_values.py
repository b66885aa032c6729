"""The VALUES grammar, against NumPy's own spacings and Python's range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.errors import InputError
from sweep.specification import values

finite = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.floats(-1e9, 1e9)
positive = st.floats(1e-9, 1e9)
small = st.integers(-50, 50)
count = st.integers(1, 20)

# An item as its text and, by other means, the numbers it stands for.
items = st.one_of(
    finite.map(lambda x: (repr(x), [x])),
    st.integers(-(2**53), 2**53).map(lambda n: (f"{n:+d}", [n])),
    st.tuples(moderate, moderate, count).map(
        lambda t: (f"{t[0]!r}:{t[1]!r}:lin{t[2]}", np.linspace(*t).tolist())
    ),
    st.tuples(positive, positive, count).map(
        lambda t: (f"{t[0]!r}:{t[1]!r}:log{t[2]}", np.geomspace(*t).tolist())
    ),
    st.tuples(small, small, small.filter(bool))
    .map(lambda t: (f"{t[0]}:{t[1]}:{t[2]}", list(range(*t))))
    .filter(lambda item: item[1]),
)


@given(st.lists(items, min_size=1, max_size=6), st.sampled_from([",", " , "]))
def test_an_axis_is_the_sorted_unique_numbers_of_its_items(parts, comma):
    axis = values.parse(comma.join(text for text, _ in parts))
    assert axis.tolist() == sorted({number for _, numbers in parts for number in numbers})
    assert axis.dtype == np.float64


def test_the_documented_examples():
    assert values.parse("0,1e-4,1e-3").tolist() == [0, 1e-4, 1e-3]
    assert values.parse("1e-4:1e-1:log7").tolist() == np.geomspace(1e-4, 1e-1, 7).tolist()
    assert values.parse("0:1:lin5").tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert values.parse("0:20").tolist() == list(range(20))
    assert values.parse("0:20:5").tolist() == [0, 5, 10, 15]
    assert values.parse("0,1e-5:1e-1:log9").size == 10


def test_both_zeros_are_one_and_positive():
    assert np.signbit(values.parse("-0.0,0")).tolist() == [False]


@pytest.mark.parametrize(
    ("text", "caret", "expected"),
    [
        ("", 0, "a number"),
        ("  ", 2, "a number"),
        ("1,", 2, "a number"),
        (",1", 0, "a number"),
        ("0,1e-4:x:log7", 7, "a number"),
        ("nan", 0, "a number"),
        ("-inf", 0, "a number"),
        ("__import__('os')", 0, "a number"),
        ("٣", 0, "a number"),
        ("1e999", 0, "float64"),
        ("1_000", 1, "a comma"),
        ("2**3", 1, "a comma"),
        ("1;2", 1, "a comma"),
        ("1 2", 2, "a comma"),
        ("0:1:lin5:2", 8, "a comma"),
        ("0:", 2, "a number"),
        ("0:1:", 4, "linN"),
        ("0:1:lim5", 4, "linN"),
        ("0:20:1.5", 5, "an integer step"),
        ("0:1:lin", 7, "a count"),
        ("0:1:log-3", 7, "a count"),
        ("0.1:1:log0", 9, "a count from 1"),
        ("0:1:log7", 0, "above 0"),
        ("1:-1:log7", 2, "above 0"),
        ("5,0:1e-1", 4, "an integer"),
        ("0.5:3", 0, "an integer"),
        ("5:5", 2, "an end above 5"),
        ("0:5:-1", 2, "an end below 0"),
        ("0:5:0", 4, "a step other than 0"),
        ("0:9007199254740993:1000000000000000", 2, "2**53"),
        ("1,0:10000001", 2, "at most 10000000"),
        ("0:9000000,1:9:lin9000000", 17, "at most 10000000"),
        ("0:1:lin" + "9" * 5000, 7, "at most 10000000"),
        ("-1e308:1e308:lin3", 0, "closer"),
        ("1\t,x", 3, "a number"),
    ],
)
def test_an_error_shows_the_text_a_caret_and_what_was_expected(text, caret, expected):
    with pytest.raises(InputError) as error:
        values.parse(text)
    message, shown, pointer = str(error.value).split("\n")
    assert message.startswith("expected ") and expected in message
    assert shown == "  " + text.replace("\t", " ")
    assert pointer == " " * (2 + caret) + "^"


@settings(deadline=None)  # a text may be a range of ten million
@given(st.text("0123456789.:,+-eE linog\n", max_size=25))
def test_any_text_gives_an_axis_or_an_error_with_its_caret_inside(text):
    try:
        axis = values.parse(text)
    except InputError as error:
        message, shown, pointer = str(error).split("\n")
        assert message and len(shown) == len(text) + 2
        assert 2 <= pointer.index("^") <= len(text) + 2
    else:
        assert axis.size and np.isfinite(axis).all() and (np.diff(axis) > 0).all()


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (3, [3]),
        (np.float32(0.5), [0.5]),
        ([2, 1, 2], [1, 2]),
        ((0.5,), [0.5]),
        ({3, 1}, [1, 3]),
        (range(4, 0, -1), [1, 2, 3, 4]),
        (np.array([3, 1], dtype=np.uint8), [1, 3]),
    ],
)
def test_numbers_from_python_need_no_text(given, numbers):
    assert values.parse(given).tolist() == numbers
    if all(number % 1 == 0 for number in numbers):
        assert values.parse(given, integers=True).dtype == np.int64


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least one"),
        (np.zeros((2, 2)), r"one dimension.*\(2, 2\)"),
        ([0, np.nan], "finite numbers, not nan"),
        ([np.inf], "finite numbers, not inf"),
        (["0", "1"], "text, a number"),
        ([[1], [1, 2]], "text, a number"),
        (True, "text, a number"),
        ({"a": 1}, "text, a number"),
        (1j, "text, a number"),
        (b"1", "text, a number"),
        (range(10**30), "at most 10000000"),
    ],
)
def test_other_things_from_python_are_refused_in_one_line(given, message):
    with pytest.raises(InputError, match=message) as error:
        values.parse(given)
    assert "\n" not in str(error.value)


def test_a_long_range_is_an_axis():
    seeds = values.parse("0:1000000", integers=True)
    assert (seeds == np.arange(1_000_000)).all() and seeds.dtype == np.int64


@pytest.mark.parametrize("given", ["7,0.5", "7,-1:3", "7,4294967296", "7,0:1:lin3"])
def test_a_seed_is_an_integer_that_numpy_takes(given):
    with pytest.raises(InputError, match="integers from 0 to 4294967295") as error:
        values.parse(given, integers=True)
    assert str(error.value).splitlines()[2] == " " * 4 + "^"
    for seeds in ([0.5], [-1], [2**32]):
        with pytest.raises(InputError, match="integers from 0 to 4294967295, not"):
            values.parse(seeds, integers=True)
    assert values.parse("4294967295", integers=True).tolist() == [2**32 - 1]


def test_auto_is_recognised_in_its_plain_spelling():
    assert values.automatic(" auto:log030 ") == "auto:log30"
    assert values.automatic("0,1") is values.automatic(0.5) is None
    for text, caret in [("auto", 0), ("auto:lin3", 0), ("auto:log0", 8), ("auto:log3,0", 9)]:
        with pytest.raises(InputError) as error:
            values.automatic(text)
        assert str(error.value).splitlines()[2] == " " * (2 + caret) + "^"


@given(st.sets(finite, min_size=1))
def test_numbers_written_as_values_are_read_back_to_the_same_bits(numbers):
    axis = values.parse(list(numbers))
    assert values.parse(values.text(axis.tolist())).tobytes() == axis.tobytes()


@given(st.sets(st.integers(0, 60), min_size=1))
def test_seeds_written_as_values_are_read_back(seeds):
    text = values.text(sorted(seeds))
    assert values.parse(text, integers=True).tolist() == sorted(seeds)


def test_seeds_are_written_compactly():
    assert values.text(range(42, 62)) == "42:62"
    assert values.text((0, 5, 10, 15)) == "0:16:5"
    assert values.text((1, 2, 3, 7, 10, 11, 12)) == "1:4,7,10:13"
