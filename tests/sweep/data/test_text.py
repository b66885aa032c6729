"""Text files: what stands between cells, in numbers and in the first line, and in which letters."""

import bz2
import gzip
import lzma

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweep.data.reading import csvfile
from tests.sweep.data.read import cells, read, refusal

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

PLAIN = {"size": [1.5, 2.0], "colour": ["red", "x, y"], "n": [3, 4]}


@pytest.mark.parametrize(
    "text, kind",
    [
        ('size,colour,n\n1.5,red,3\n2,"x, y",4\n', "CSV"),
        ("size;colour;n\n1,5;red;3\n2;x, y;4\n", "CSV with semicolons, decimal commas"),
        ("size;colour;n\n1.5;red;3\n2;x, y;4\n", "CSV with semicolons"),
        ("size\tcolour\tn\n1.5\tred\t3\n2\tx, y\t4\n", "CSV with tabs"),
        ("size\tcolour\tn\n1,5\tred\t3\n2\tx, y\t4\n", "CSV with tabs, decimal commas"),
        ("size|colour|n\n1.5|red|3\n2|x, y|4\n", "CSV with bars"),
        ('size colour n\n1.5 red 3\n2 "x, y" 4\n', "CSV with spaces"),
        ('  size   colour  n\n  1.5   red     3  \n  2.0   "x, y"  4\n', "CSV with spaces"),
        ('"size" "colour" "n"\n"1" 1.5 "red" 3\n"2" 2 "x, y" 4\n', "CSV with spaces"),
        ('"","size","colour","n"\n"1",1.5,"red",3\n"2",2,"x, y",4\n', "CSV"),
        ('\ufeffsize,colour,n\n1.5,red,3\n2,"x, y",4\n', "CSV"),
        ('\n\nsize,colour,n\r\n\r\n1.5,red,3\r\n2,"x, y",4\r\n\r\n', "CSV"),
        ('size,colour,n\r1.5,red,3\r2,"x, y",4', "CSV"),
    ],
)
def test_a_separator_and_a_decimal_comma_are_found(written, text, kind):
    table = read(written(text))
    assert table.kind == kind
    assert {column.name: column.values.to_pylist() for column in table} == PLAIN


@pytest.mark.parametrize(
    "encoding, kind",
    [
        ("utf-8", "CSV"),
        ("utf-8-sig", "CSV"),
        ("utf-16", "CSV, UTF-16"),
        ("utf-16-le", "CSV, UTF-16"),
        ("utf-16-be", "CSV, UTF-16"),
        ("utf-32", "CSV, UTF-32"),
        ("cp1252", "CSV, Windows-1252"),
    ],
)
def test_an_encoding_is_found(written, encoding, kind):
    path = written("größe,y\nüber,1\n5 €,0\n".encode(encoding))
    assert read(path).kind == kind
    assert cells(path) == {"größe": ["über", "5 €"], "y": [1, 0]}


def test_what_windows_1252_lacks_is_latin_1(written):
    path = written("a,y\né\x81,1\nu,0\n".encode("latin-1"))
    assert read(path).kind == "CSV, Latin-1"
    assert cells(path)["a"] == ["é\x81", "u"]


def test_an_encoding_is_told(written):
    path = written("a,y\nж,1\nю,0\n".encode("cp1251"))
    assert cells(path, encoding="cp1251")["a"] == ["ж", "ю"]
    assert "is no text in utf-8 (invalid continuation byte): name its `encoding`" in refusal(
        path, encoding="utf-8"
    )


def test_a_letter_may_lie_across_the_end_of_a_chunk(written):
    text = "a,y\n" + "é" * (1 << 20) + ",1\nx,0\n"
    assert cells(written(text))["a"] == ["é" * (1 << 20), "x"]
    assert cells(written(text.encode("utf-16")))["a"] == ["é" * (1 << 20), "x"]
    assert read(written(text.encode()[:-7] + b"\xe9,1\n")).kind == "CSV, Windows-1252"


def test_a_comma_is_taken_for_thousands_nor_for_decimals_where_it_may_be_either(written):
    path = written("a;y\n1,234;2\n5,678;3\n")
    assert cells(path)["a"] == ["1,234", "5,678"]
    assert cells(path, decimal=",")["a"] == [1.234, 5.678]
    assert cells(written("a;y\n1,234;2,5\n5,678;3\n"))["a"] == [1.234, 5.678]
    assert cells(written("a;y\n1.5;2,5\n2.5;3\n"))["y"] == ["2,5", "3"]


def test_a_comma_may_be_both(written):
    path = written('a,y\n"1,5",0\n"2,25",1\n')
    assert cells(path)["a"] == ["1,5", "2,25"]
    assert cells(path, decimal=",")["a"] == [1.5, 2.25]


def test_a_separator_is_told(written):
    assert cells(written("a:b\n1:2\n"), separator=":") == {"a": [1], "b": [2]}
    assert cells(written("a;b,c;d\n1;2,3;4\n"), separator=",") == {"a;b": ["1;2"], "c;d": ["3;4"]}


def test_what_is_quoted_is_no_missing_value_among_texts(written):
    path = written('land,n,note\n"NA",1,\nNA,NA,""\n"nan",2," "\n"",3,"null"\n')
    assert cells(path) == {
        "land": ["NA", None, "nan", None],
        "n": [1, None, 2, 3],
        "note": [None, None, None, "null"],
    }


def test_what_is_quoted_is_one_among_numbers(written):
    path = written('a,b,c\n"1","",NA\n"NA","2.5",1\n"","",2\n')
    assert cells(path) == {"a": [1, None, None], "b": [None, 2.5, None], "c": [None, 1, 2]}
    path = written('a;b\n"1,5";""\n"";"2"\n')
    assert cells(path) == {"a": [1.5, None], "b": [None, 2]}


def test_a_cell_that_would_be_something_else_keeps_its_spelling(written):
    text = "t,u,z,n,d,c\nTRUE,true,007,7,2020-01-02,12:30\nFALSE,maybe,12,0,2020-01-03,12:31\n"
    assert cells(written(text)) == {
        "t": ["TRUE", "FALSE"],
        "u": ["true", "maybe"],
        "z": ["007", "12"],
        "n": [7, 0],
        "d": ["2020-01-02", "2020-01-03"],
        "c": ["12:30", "12:31"],
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("cell", ["007", '"007"', "-07", " 07"])
def test_zeros_in_front_are_found_wherever_blocks_end(written, monkeypatch, cell, end):
    monkeypatch.setattr(csvfile, "_CHUNK", 5)
    rows = [f"{10**i},{i}" for i in range(9)]
    for place in range(10):
        text = end.join(["a,y", *rows[:place], f"{cell},5", *rows[place:]])
        assert cells(written(text))["a"][place].strip() == cell.strip('" ')


# The first line


ADULT = (
    "39, State-gov, 77516, Bachelors, Male, <=50K\n50, Private, 83311, Bachelors, Male, <=50K\n"
    "38, Private, 215646, HS-grad, Male, >50K\n53, State-gov, 234721, 11th, Male, <=50K\n"
)


@pytest.mark.parametrize(
    "text, found",
    [
        (ADULT, "'State-gov' stands in that column, too"),
        ("5.1,3.5,setosa\n4.9,3,virginica\n", "'5.1' is a number"),
        ("10,20\n4,5\n7,8\n", "'10' is a number"),
        ("p,x,s\ne,x,y\np,b,s\n", "'p' stands in that column, too"),
    ],
)
def test_a_first_line_that_looks_like_a_row_is_no_names_in_silence(written, text, found):
    path = written(text)
    assert refusal(path) == (
        f"'{path}' seems to have no names in its first line, where {found}: --no-header takes that "
        "line for a row, --header for names"
    )
    rows = [line.split(",") for line in text.splitlines()]
    numbered = cells(path, header=False)
    assert list(numbered) == list(map(str, range(len(rows[0]))))
    assert [str(c[0]).strip() for c in numbered.values()] == [c.strip() for c in rows[0]]
    assert {len(column) for column in numbered.values()} == {len(rows)}
    named = cells(path, header=True)
    assert list(named) == [name.strip() for name in rows[0]]


@pytest.mark.parametrize(
    "text",
    [
        "0,1,2,3,target\n0,0,5,3,1\n1,0,2,3,0\n",  # as pandas writes an array
        "1,2,3\n1,5,6\n7,2,3\n",
        "label,0,1,2\n5,0,1,2\n",
        "state,1990,1991\nOhio,5,6\nIowa,8,9\n",
        "a,b,c,d,e,f\na,1,2,3,4,5\nb,1,2,3,4,5\n",  # one in six is no fifth
    ],
)
def test_names_may_be_numbers_or_cells_by_chance(written, text):
    assert ",".join(cells(written(text))) == text.split("\n")[0]


@pytest.mark.parametrize(
    "text, note",
    [
        (",a,y\n0,u,5\n1,v,6\n", "the unnamed first column, which counts the rows, is left out"),
        (",a,y\n7,u,5\n3,v,6\n", "the unnamed first column, which counts the rows, is left out"),
        ("Unnamed: 0,a,y\n0,u,5\n1,v,6\n", "the unnamed first column, which counts the rows"),
        ('"","a","y"\n"Mazda",u,5\n"Fiat",v,6\n', "the unnamed first column, which names the rows"),
        ("a,y,\nu,5,\nv,6,\n", "an empty column without a name is left out"),
        ("a,,y,\nu,,5,\nv,,6,\n", "2 empty columns without names are left out"),
    ],
)
def test_a_column_without_a_name_is_left_out_and_said(written, text, note):
    table = read(written(text))
    assert {column.name: column.values.to_pylist() for column in table} == {
        "a": ["u", "v"],
        "y": [5, 6],
    }
    assert len(table.notes) == 1 and table.notes[0].startswith(note)


@pytest.mark.parametrize("text", [",a\n1,u\n1,v\n", ",a\n1.5,u\n2.5,v\n", "a,,y\n1,2,3\n4,5,6\n"])
def test_a_column_without_a_name_that_may_be_data_is_refused(written, text):
    place = 1 if text[0] == "," else 2
    assert f"column {place} has no name, and does not count rows: give it one" in refusal(
        written(text)
    )


def test_two_columns_of_one_name_are_refused(written):
    assert "column 'a': another has the same name (if there are no names in" in refusal(
        written("a,a,y\n1,2,0\n1,2,1\n")
    )


# Places


def test_quotes_may_hold_several_lines_wherever_blocks_end(written, monkeypatch):
    monkeypatch.setattr(csvfile, "BLOCK", 64)
    found = cells(written("a,y\n" + '1,"u\n\nv"\n2,"w\nx"\n' * 20))
    assert found["y"] == ["u\n\nv", "w\nx"] * 20


@pytest.mark.parametrize("header, first", [(None, 2), (False, 1)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_ragged_row_and_a_cell_are_told_their_line(written, header, first, encoding):
    line = "p;q\n" if header is None else ""
    path = written((line + "1,5;0\n\n2;é\n3;1;7\n").encode(encoding))
    told = "line 1 names 2" if header is None else "the first has 2"
    assert refusal(path, header=header).endswith(f"line {first + 3} has 3 cells, and {told}")
    column = read(written((line + "1,5;0\n\n2;é\n3;1\n").encode(encoding)), header=header)[1]
    assert column.where(1) == f"line {first + 2}"


# What pandas writes


@st.composite
def frames(draw):
    rows = draw(st.integers(2, 6))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    whole = st.integers(-(2**53), 2**53)
    words = st.text("abcxyz é;,|\t'\"\n", min_size=1, max_size=6).map(lambda text: f"w{text}w")
    columns = draw(st.lists(st.sampled_from([finite, whole, words]), min_size=2, max_size=5))
    return pd.DataFrame(
        {
            f"col{place}": draw(st.lists(cells_, min_size=rows, max_size=rows))
            for place, cells_ in enumerate(columns)
        }
    )


@same_folder
@given(
    frames(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([".", ","]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from([bytes, gzip.compress, bz2.compress, lzma.compress]),
    st.sampled_from([0, 1]),  # csv.QUOTE_MINIMAL, csv.QUOTE_ALL
)
def test_what_pandas_writes_comes_back_to_the_bit(
    tmp_path, frame, separator, decimal, encoding, packed, quoting
):
    text = frame.to_csv(sep=separator, decimal=decimal, quoting=quoting, index=False)
    path = tmp_path / "any.name"
    path.write_bytes(packed(text.encode(encoding)))
    found = cells(path, separator=separator, decimal=decimal)
    assert list(found) == list(frame.columns)
    for name, column in frame.items():
        if column.dtype.kind == "f":
            assert np.array(found[name], float).tobytes() == column.to_numpy().tobytes()
        else:
            assert found[name] == column.tolist()


@same_folder
@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=9),
    st.sampled_from([",", ";", "\t", "|", " "]),
    st.sampled_from([".", ","]),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_what_pandas_writes_is_understood_untold(tmp_path, numbers, separator, decimal, encoding):
    numbers = [number + 0.0625 for number in numbers]  # 1,234 might be thousands
    frame = pd.DataFrame({"size": numbers, "größe": [f"é{i}" for i in range(len(numbers))]})
    frame["n"] = range(len(numbers))
    path = tmp_path / "table"
    frame.to_csv(path, sep=separator, decimal=decimal, encoding=encoding, index=False)
    if separator == decimal:
        return
    found = cells(path)
    assert list(found) == list(frame.columns)
    assert np.array(found["size"]).tobytes() == frame["size"].to_numpy().tobytes()
    assert found["größe"] == frame["größe"].tolist() and found["n"] == frame["n"].tolist()
