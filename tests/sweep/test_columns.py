"""What columns mean: which are used, which are categories, and what new files hold of them."""

import shlex

import numpy as np
import pandas as pd
import pytest

from sweep import Sweep
from sweep.data import files
from sweep.data.columns.known import encode, matched
from sweep.data.dataset import Variable
from sweep.data.fold import fold_of
from sweep.errors import InputError
from tests.sweep.loaded import load

TABLE = pd.DataFrame(
    {
        "id": range(6),
        "a, b": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5],
        "size": [1, 2, 1, 3, 3, 1],
        "colour": list("rgrgbr"),
        "y": list("uvuvuv"),
    }
)


def refusal(data, **options):
    with pytest.raises(InputError) as caught:
        load(data, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


# Which columns


@pytest.mark.parametrize(
    "options, features",
    [
        ({"drop": "id"}, ("a, b", "size", "colour=b", "colour=g", "colour=r")),
        ({"drop": 'id, "a, b" ,colour'}, ("size",)),
        ({"drop": ["id", "a, b", "colour"]}, ("size",)),
        ({"columns": '"a, b",id'}, ("id", "a, b")),
        ({"columns": "id,size,y", "drop": "id"}, ("size",)),
        ({"columns": "size", "categories": "size"}, ("size=1", "size=2", "size=3")),
        ({"columns": "id", "target": "colour"}, ("id",)),
    ],
)
def test_columns_are_chosen_in_their_order_in_the_table(options, features, tmp_path):
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    for data in (TABLE, tmp_path / "t.csv"):
        found = load(data, **options)
        assert found.features == features
        assert len(found.classes) == (3 if "target" in options else 2)


@pytest.mark.parametrize("option", ["columns", "drop", "categories"])
def test_a_name_that_is_no_column_is_refused(option):
    assert refusal(TABLE, **{option: "id,color"}) == (
        f"the DataFrame has no column 'color', which `{option}` names; did you mean 'colour'?"
    )


def test_the_target_cannot_be_dropped_nor_all_else():
    assert "names 'y', which is a target" in refusal(TABLE, drop="y")
    assert "no feature is left" in refusal(TABLE, drop=["id", "a, b", "size", "colour"])


def test_a_mend_can_be_typed_in_a_shell_whatever_the_names():
    texts = [f"n{i}" for i in range(60)]
    table = pd.DataFrame({"a": range(60), "of a, b": texts, "it's": texts, "y": ["u", "v"] * 30})
    _, mend = refusal(table).split("--drop ")
    drop = shlex.split(mend)[0].rstrip(",")
    assert load(table, drop=drop).features == ("a",)
    assert "beside the targets 'y', 'a'" in refusal(table[["a", "y"]], target="y,a", task="classes")


@pytest.mark.parametrize("option", ["columns", "drop", "categories", "missing_values"])
def test_a_list_of_names_is_given_as_people_write_it(option, tmp_path):
    same = [Sweep(data=TABLE, **{option: given}) for given in ('a,"b, c"', ["a", "b, c"])]
    assert getattr(same[0], option) == ("a", "b, c") and same[0] == same[1]
    read = Sweep.from_toml(Sweep(data="t.csv", **{option: 'a,"b, c"'}).to_toml())
    assert getattr(read, option) == ("a", "b, c")
    for bad in ("a,,b", 'a,"b', [""]):
        with pytest.raises(InputError, match=f"`{option}`"):
            Sweep(data=TABLE, **{option: bad})


@pytest.mark.parametrize(
    "options",
    [
        *({"columns": "a"}, {"drop": "a"}, {"categories": "a"}, {"most_levels": 3}),
        *({"missing": "drop"}, {"missing_values": "?"}),
    ],
)
def test_a_built_in_set_takes_none_of_these_options(options):
    (name,) = options
    with pytest.raises(InputError, match=f"`{name}` is for a file, a DataFrame or"):
        Sweep(data="iris", **options)


def test_only_what_is_not_the_default_is_part_of_an_old_digest():
    old = Sweep(data=TABLE, most_levels=0)
    names = {"columns", "drop", "categories", "most_levels", "missing", "missing_values"}
    assert not names & set(old.specification())
    assert Sweep(data=TABLE).specification()["most_levels"] == 50
    toml = old.to_toml()
    assert "most_levels" not in toml
    named = Sweep(data="t.csv", most_levels=0).to_toml()
    assert Sweep.from_toml(named).most_levels == 0
    assert Sweep.from_toml('data = "t.csv"').most_levels == 50
    assert "most_levels" not in Sweep(data="iris").specification()


# Texts that are no categories

LOOK = [
    (["1,234", "950", "12,000"], "'1,234'", "numbers with thousands separators", "1234"),
    (["1,234,567.5", "12,000"], "'1,234,567.5'", "numbers with thousands separators", "1234"),
    (["1 234", "5 000"], "'1 234'", "numbers with thousands separators", "1234"),
    (["1,5", "0,25", "1,234"], "'0,25'", "numbers with decimal commas", "1.5"),
    (["$1.50", "$1,200", "-$3"], "'", "amounts of money", "1.50"),
    (["15 €", "7.5€", "3"], "'", "amounts of money", "1.50"),
    (["15%", "7.5 %", "0"], "'7.5 %'", "percentages", "15"),
    (["2020-01-01", "2019-12-31"], "'2019-12-31'", "dates or times", "year"),
    (["1/2/2020", "12/31/19"], "'1/2/2020'", "dates or times", "year"),
    (["2020-01-01 12:30:00", "2020-01-01T12:30Z"], "'2020-01-01", "dates or times", "year"),
    (["31.12.2019 8:05", "1.2.2020"], "'", "dates or times", "year"),
    (["12:30", "1:05 pm"], "'1:05 pm'", "dates or times", "year"),
    (["Dec-2011", "Jan-2015"], "'Dec-2011'", "dates or times", "year"),
    (["5 March 2020", "Mon, 12 Apr 2021 10:00"], "'", "dates or times", "year"),
    (["January 5, 2020", "May 12, 2021"], "'", "dates or times", "year"),
]


@pytest.mark.parametrize("texts, example, called, mend", LOOK, ids=[one[0][0] for one in LOOK])
def test_texts_that_are_meant_otherwise_are_no_categories(texts, example, called, mend, tmp_path):
    frame = pd.DataFrame({"when, so": texts * 4, "y": [0, 1] * 2 * len(texts)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    for data in (frame, tmp_path / "t.csv"):
        message = refusal(data)
        assert "column 'when, so', " in message and example in message
        assert f"read like {called}: write" in message and mend in message
        assert all(f"""{option} '"when, so"'""" in message for option in ("--drop", "--categories"))
        assert len(load(data, categories='"when, so"').features) == len(texts)


@pytest.mark.parametrize(
    "texts",
    [
        ["jan", "feb", "may"],
        ["mon", "tue"],
        ["10-20", "20-30"],
        ["<=50K", ">50K"],
        ["a,b", "c"],
        ["3 cm", "4 cm"],
        ["1st", "2nd"],
        ["A1", "B2"],
        ["15%", "none"],
        ["yes", "no"],
    ],
)
def test_other_texts_are_categories(texts):
    frame = pd.DataFrame({"a": texts * 4, "y": [0, 1] * 2 * len(texts)})
    assert sorted(load(frame).features) == sorted(f"a={text}" for text in texts)


def test_times_of_a_frame_are_no_categories():
    days = pd.to_datetime(["2020-01-01", "2020-01-02"] * 2)
    assert "read like dates or times" in refusal(pd.DataFrame({"a": days, "y": [0, 1, 0, 1]}))


def test_a_stray_text_among_numbers_is_named_with_its_mends(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n1,0\n2,1\nunknown,1\n4,0\n")
    message = refusal(tmp_path / "t.csv")
    assert "column 'a', line 4: 'unknown' among numbers" in message
    assert "--missing-values unknown" in message and "--categories a" in message
    found = load(tmp_path / "t.csv", missing="drop", missing_values="unknown")
    assert found.X.tolist() == [[1], [2], [4]]


@pytest.mark.parametrize("texts", [["True", "False"], ["TRUE", "FALSE"], ["true", "False"]])
def test_texts_of_truth_are_numbers(texts):
    data = load(pd.DataFrame({"a": texts * 2, "y": [0, 1, 0, 1]}))
    assert data.features == ("a",)
    assert data.X[:, 0].tolist() == [float(text.lower() == "true") for text in texts * 2]


def test_classes_keep_their_spelling():
    for names in (["TRUE", "FALSE"], ["007", "010"], ["1.0", "2.0"]):
        data = load(pd.DataFrame({"a": [1, 2, 3, 4], "y": pd.Series(names * 2, dtype=str)}))
        assert [data.classes[place] for place in data.y] == names * 2


@pytest.mark.parametrize("names", [["TRUE", "FALSE"], ["007", "010"], ["yes", "No"]])
def test_classes_of_a_file_keep_its_spelling(names, tmp_path):
    rows = "".join(f"{row},{names[row % 2]}\n" for row in range(8))
    (tmp_path / "t.csv").write_text(f"a,y\n{rows}")
    data = load(tmp_path / "t.csv")
    assert [data.classes[place] for place in data.y] == names * 4


# New files


def codes(variable, values, **how):
    (column,) = files.from_arrays(["a"], [values], "new")
    variables = [Variable("a", variable)]
    return encode(variables, [column], range(len(variables[0].features)), **how).tolist()


@pytest.mark.parametrize(
    "levels, values, expected",
    [
        (("False", "True", "maybe"), ["True", "False"], [1, 0]),
        (("False", "True", "maybe"), [True, False], [1, 0]),
        (("FALSE", "TRUE", "maybe"), ["true", "FALSE"], [1, 0]),
        (("01", "02"), [1, 2], [0, 1]),
        (("01", "02"), [1.0, 2.0], [0, 1]),
        (("1", "2"), ["02", "1"], [1, 0]),
        (("1", "2"), pd.Categorical([2, 1]), [1, 0]),
        (("1", "01"), ["01", "1"], [1, 0]),
        (("a", "A"), ["A", "a"], [1, 0]),
        (("0.5", "x"), [0.5], [0]),
    ],
)
def test_a_level_is_found_where_it_is_spelled_otherwise(levels, values, expected):
    assert codes(levels, values) == np.eye(len(levels))[expected].tolist()


@pytest.mark.parametrize(
    "levels, values, text",
    [
        (("1", "01"), ["001"], "001"),
        (("a", "A", "b"), ["b", "Á"], "Á"),
        (("ab", "aB"), ["AB"], "AB"),
        (("a", "b"), ["b", "c"], "c"),
        (("1", "2"), ["1", "true"], "true"),
    ],
)
def test_a_level_that_may_be_two_or_none_is_refused(levels, values, text):
    with pytest.raises(InputError, match=f"column 'a', row .*'{text}' did not occur at training"):
        codes(levels, values)


def test_numbers_are_found_in_texts_and_truth_values():
    assert codes(None, ["1", "2.5"]) == [[1], [2.5]]
    assert codes(None, ["True", "FALSE"]) == [[1], [0]] == codes(None, [True, False])
    with pytest.raises(InputError, match=r"row 1 .*'maybe' is not a number, as it was at training"):
        codes(None, ["True", "maybe"])


def test_what_is_alike_is_matched_before_what_is_nearly_so():
    assert matched(["x", "X", "1", "1.0", "q"], ["X", "x", "1.0", "2"]) == [1, 0, 2, 2, None]


def test_a_test_file_spells_classes_as_it_likes(tmp_path):
    frame = pd.DataFrame({"a": range(6), "y": ["no", "yes"] * 3})
    frame.assign(y=["No", "YES"] * 3).to_csv(tmp_path / "t.csv", index=False)
    data = load(frame, test=str(tmp_path / "t.csv"))
    assert data.y.tolist() == [0, 1] * 6 and data.classes == ("no", "yes")


# What cannot be held out


@pytest.mark.parametrize("rows", [4, 40])
def test_classes_of_one_row_each_are_refused_and_not_ranked_by_what_they_trained_on(rows):
    frame = pd.DataFrame({"a": range(rows), "y": [f"n{i}" for i in range(rows)]})
    with pytest.raises(InputError, match=r"nothing can be held out .* no class has two rows"):
        Sweep(data=frame, l1=0, l2=0, seeds=1, epochs=1).run()
    assert len(Sweep(data=frame, l1=0, l2=0, seeds=1, epochs=1, val_fraction=0).run()) == 1


def test_a_level_that_only_held_out_rows_have_changes_nothing_that_is_fitted():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.normal(size=40), "b": draw.choice(["u", "v"], 40)})
    frame["y"] = [0, 1] * 20
    spec = Sweep(data=frame, seeds=1)
    fold = fold_of(spec, load(frame), 1, 0)
    poisoned = frame.copy()
    poisoned.loc[fold.val[0], ["a", "b"]] = [1e9, "unseen"]
    there = load(poisoned)
    assert there.features == ("a", "b=u", "b=unseen", "b=v")
    other = fold_of(spec, there, 1, 0)
    assert (other.train == fold.train).all() and not other.x[fold.train][:, 2].any()
    same = np.delete(other.x[fold.train], 2, axis=1)
    assert same.tobytes() == fold.x[fold.train].tobytes()
