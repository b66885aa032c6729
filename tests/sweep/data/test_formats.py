"""Files of every format, told by their first bytes; and what is said of those that no one reads."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import tarfile
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sweep.data.reading import column as reading_column
from tests.sweep.data.read import cells, read, refusal
from tests.sweep.data.sheets import ods, xlsx

FRAME = pd.DataFrame(
    {
        "length": [1.5, None, 0.1],
        "big": [False, True, True],
        "colour": pd.Categorical(["red", "blue", "red"]),
        "kind": ["b10", "b9", "é"],
    }
)
CELLS = {
    "length": [1.5, None, 0.1],
    "big": [False, True, True],
    "colour": ["red", "blue", "red"],
    "kind": ["b10", "b9", "é"],
}
CSV = b"a;y\n1,5;u\n2;v\n"
CSV_CELLS = {"a": [1.5, 2.0], "y": ["u", "v"]}


def archive(**files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return held.getvalue()


def saved(write, *arguments):
    held = io.BytesIO()
    write(held, *arguments)
    return held.getvalue()


def arrow_stream():
    held = io.BytesIO()
    table = pa.Table.from_pandas(FRAME)
    with pa.ipc.new_stream(held, table.schema) as stream:
        stream.write_table(table)
    return held.getvalue()


PACKED = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
    "zip": lambda content: archive(table=content),
}


@pytest.mark.parametrize("kind", PACKED)
def test_what_is_packed_is_read_as_what_is_in_it(written, kind):
    path = written(PACKED[kind](CSV), "name.parquet")  # whatever it is called
    assert read(path).kind == f"CSV with semicolons, decimal commas, {kind}"
    assert cells(path) == CSV_CELLS
    parquet = written(PACKED[kind](saved(lambda file: FRAME.to_parquet(file))))
    assert read(parquet).kind == f"Parquet, {kind}" and cells(parquet) == CELLS
    bad = written(PACKED[kind](CSV + b"3;4;5\n"))
    assert "line 4 has 3 cells" in refusal(bad)


@pytest.mark.parametrize("kind", PACKED)
def test_a_packed_file_that_is_not_whole_or_empty_is_refused(written, kind):
    whole = PACKED[kind](CSV * 50)
    assert f"is not a whole {kind} file" in refusal(written(whole[:-9]))
    assert "is empty: nothing is packed in it" in refusal(written(PACKED[kind](b"")))
    assert "is packed twice: unpack it once" in refusal(written(gzip.compress(whole)))


def test_several_files_packed_behind_one_another_are_one(written):
    assert cells(written(gzip.compress(CSV) + gzip.compress(b"3;w\n")))["a"] == [1.5, 2.0, 3.0]


def test_an_archive_should_hold_one_file(written):
    beside = archive(**{"t.csv": CSV, "__MACOSX/._t.csv": b"\0", "folder/": b""})
    assert cells(written(beside)) == CSV_CELLS
    assert "is a zip archive of 2 files ('a', 'b'): unpack it, and give one" in refusal(
        written(archive(a=CSV, b=CSV))
    )


@pytest.mark.parametrize("name", ["t.csv", "t", "t.pq"])
@pytest.mark.parametrize(
    "content, kind",
    [
        (saved(lambda file: FRAME.to_parquet(file)), "Parquet"),
        (saved(lambda file: FRAME.to_feather(file)), "Feather"),
        (saved(lambda file: FRAME.to_feather(file, compression="zstd")), "Feather"),
        (arrow_stream(), "Arrow stream"),
    ],
    ids=["Parquet", "Feather", "Feather, zstd", "stream"],
)
def test_columnar_files_keep_their_types(written, name, content, kind):
    table = read(written(content, name))
    assert table.kind == kind and cells(written(content)) == CELLS
    length, big, colour, text = (column.values.type for column in table)
    assert pa.types.is_float64(length) and pa.types.is_boolean(big)
    assert pa.types.is_dictionary(colour) and not pa.types.is_dictionary(text)
    assert table[0].where(2) == "row 3"


def test_the_index_of_a_data_frame_is_left_out_and_said(written):
    moved = FRAME.set_index(pd.Index([7, 9, 8], name="i"))
    table = read(written(saved(lambda file: moved.to_parquet(file))))
    assert [column.name for column in table] == list(CELLS)
    assert table.notes == ["the index of the DataFrame that it was written from is left out"]
    assert read(written(saved(lambda file: FRAME.to_parquet(file)))).notes == []


@pytest.mark.parametrize("kind", ["Parquet", "Feather"])
def test_a_damaged_columnar_file_is_refused(written, kind):
    write = FRAME.to_parquet if kind == "Parquet" else FRAME.to_feather
    whole = saved(lambda file: write(file))
    assert f"is not a whole {kind} file" in refusal(written(whole[:-5]))
    if kind == "Parquet":  # which has sums of its pages
        assert "is not a whole Parquet file" in refusal(
            written(whole[:100] + bytes(50) + whole[150:])
        )


@pytest.mark.parametrize("notes", [b"{", b"[]", b'{"columns": [{}]}', b'{"index_columns": 3}'])
def test_damaged_notes_of_pandas_are_refused(written, notes):
    table = pa.table({"a": [1, 2], "y": [0, 1]}, metadata={b"pandas": notes})
    content = saved(lambda file: pq.write_table(table, file))
    assert "what pandas noted in it is damaged" in refusal(written(content))


# ARFF

ARFF = """% A comment.
@RELATION 'some thing'

@ATTRIBUTE "petal length"  NUMERIC
@attribute 'größe' {klein, 'sehr groß', "it's"}
@attribute n integer
@attribute word string

@DATA
% Another.
1.5, klein, 3, 'a, b'
?, 'sehr groß', ?, ?

2e1,"it's",4,c
"""


def test_arff_declares_its_categories(written):
    table = read(written(ARFF))
    assert table.kind == "ARFF"
    assert cells(written(ARFF, "t.txt")) == {
        "petal length": [1.5, None, 20.0],
        "größe": ["klein", "sehr groß", "it's"],
        "n": [3, None, 4],
        "word": ["a, b", None, "c"],
    }
    assert [pa.types.is_dictionary(column.values.type) for column in table] == [0, 1, 0, 0]
    assert read(written(ARFF.encode("cp1252"))).kind == "ARFF, Windows-1252"


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ("1.5, klein, 3, 'a, b'", "{0 1.5, 2 3}", "is ARFF in its sparse form: write it"),
        ("1.5", "u", "cannot be read as ARFF: Invalid numerical value, at line 11"),
        ("1.5, klein", "1.5, klug", "Data value klug not found in nominal declaration, at line 11"),
        ("1.5, klein,", "1.5,", "cannot be read as ARFF: Bad @DATA instance format in line 11"),
        ("integer", "date yyyy", "cannot be read as ARFF: Bad @ATTRIBUTE type, at line 6"),
        ("n integer", "word string", "cannot be read as ARFF: Bad @ATTRIBUTE name word at line 7"),
        ("@DATA", "% no data", "cannot be read as ARFF"),
    ],
)
def test_arff_that_cannot_be_read_is_refused(written, old, new, problem):
    assert problem in refusal(written(ARFF.replace(old, new, 1)))


# JSON


def test_json_lines_keep_their_order_and_spelling(written):
    text = (
        '{"b": 1, "at": "2020-01-01 10:00:00", "a": "NA", "t": true}\n\n'
        '{"t": false, "b": 2.5, "a": "é"}\n'
    )
    path = written(text, "t.csv")
    assert read(path).kind == "JSON lines"
    assert cells(path) == {
        "b": [1.0, 2.5],
        "at": ["2020-01-01 10:00:00", None],
        "a": ["NA", "é"],
        "t": [True, False],
    }
    assert list(cells(path)) == ["b", "at", "a", "t"]
    assert cells(written('{"a": 1, "y": "u"}')) == {"a": [1], "y": ["u"]}


MEND = "write one object for each row, on a line of its own (pandas: to_json("


@pytest.mark.parametrize(
    "text, problem",
    [
        (FRAME.to_json(), f"is one JSON document, or has nested cells: {MEND}"),
        (FRAME.to_json(orient="records"), f"is one JSON document: {MEND}"),
        (json.dumps(CELLS, indent=1), f"is one JSON document, or is broken JSON: {MEND}"),
        ('{"a": 1}\n{"a": "x"}\n', "JSON lines: JSON parse error: Column(/a) changed from number"),
        ('{"a": 1}\nfoo\n', "cannot be read as JSON lines"),
        ('{"a": [1]}\n{"a": [2]}\n', "column 'a': its cells are of type list<item: int64>"),
    ],
)
def test_json_that_is_no_table_is_refused(written, text, problem):
    assert problem in refusal(written(text))


# Spreadsheets

SHEET = [
    ["", "size", "n", "colour", "big"],
    [0, 1.5, 3, "red", True],
    [],
    [1, "", 4, "NA", False],
    [2, 2.5, 5, "blue", True],
]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_the_first_sheet_of_a_spreadsheet_is_read(written, write):
    path = written(write(SHEET), "t.csv")
    table = read(path)
    assert table.kind == "spreadsheet"
    assert table.notes == ["the unnamed first column, which counts the rows, is left out"]
    assert cells(path) == {
        "size": [1.5, None, 2.5],
        "n": [3, 4, 5],
        "colour": ["red", None, "blue"],
        "big": ["TRUE", "FALSE", "TRUE"],
    }
    assert str(table[1].values.type) == "int64" and table[0].where(1) == "row 4"
    assert read(written(gzip.compress(write(SHEET)))).kind == "spreadsheet, gz"


def test_further_sheets_are_said(written):
    table = read(written(xlsx([["a", "y"], [1, 2]], [["b"]])))
    assert table.notes == ["only the first of 2 sheets is read, 'S1'"]


def test_a_sheet_without_names(written):
    path = written(xlsx([[5.5, "u"], [6.5, "v"]]))
    assert "seems to have no names in its first line, where '5.5' is a number" in refusal(path)
    assert cells(path, header=False) == {"0": [5.5, 6.5], "1": ["u", "v"]}


def test_a_sheet_without_rows_and_a_damaged_one_are_refused(written, monkeypatch):
    assert "its first sheet has no rows below a line of names" in refusal(written(xlsx([["a"]])))
    whole = xlsx(SHEET)
    broken = whole.replace(b"sheetData", b"sheetDatb")
    assert "cannot be read as a spreadsheet: " in refusal(written(broken))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "is a spreadsheet, which the extra [excel] reads" in refusal(written(whole))


# What is read by no one


def database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a)")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "content, what",
    [
        (pickle.dumps(FRAME), "a Python pickle, which can run any code: write it as CSV"),
        (pickle.dumps(CELLS, 2), "a Python pickle"),
        (gzip.compress(pickle.dumps(FRAME)), "a Python pickle"),
        (b"\x89HDF\r\n\x1a\n\0\0", "an HDF5 file: write it as CSV or Parquet"),
        (saved(np.save, [1]), "a NumPy array: give it from Python as (X, y)"),
        (b"<stata_dta><header>", "a Stata file"),
        (b"$FL2@(#) SPSS\0", "an SPSS file"),
        (bytes(84) + b"SAS FILE", "a SAS file"),
        (b"MATLAB 5.0 MAT-file\0", "a MATLAB file"),
        (b"X\n\0\0\0\x03", "an R data file: write it by write.csv"),
        (b"ORC\0", "an ORC file"),
        (b"%PDF-1.4\n", "a PDF document"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\x04\x22\x4d\x18", "packed by lz4"),
        (b"<!DOCTYPE html>\n<html>", "an HTML page, and no table: download the file itself"),
        (b"\n <html lang='en'>", "an HTML page"),
        (b'<?xml version="1.0"?><a/>', "XML, and no table"),
        (archive(), "an empty zip archive"),
    ],
)
def test_what_is_no_table_is_named_with_the_mend(written, content, what):
    path = written(content, "table.parquet")
    assert refusal(path).startswith(f"'{path}' is {what}")


def test_archives_and_databases_are_named(written, tmp_path):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        tar.add(__file__)
    assert "is a tar archive: unpack it, and give the table in it" in refusal(
        written(held.getvalue())
    )
    assert "is an SQLite database: write the table as CSV" in refusal(
        written(database(tmp_path / "d"))
    )
    arrays = saved(lambda file: np.savez(file, a=[1], b=[2]))
    assert "holds NumPy arrays: give them from Python as (X, y)" in refusal(written(arrays))


@pytest.mark.parametrize("mark", ["ORC", "$FL2", "PK", "Obj", "RDX", "X"])
def test_a_mark_of_letters_may_begin_a_text(written, mark):
    assert cells(written(f"{mark},y\n1,2\n")) == {mark: [1], "y": [2]}


def test_junk_is_said_to_be_some(written):
    content = np.random.RandomState(0).bytes(3000)
    for junk in (content, b"a,y\n1,\0\n", b"\xe9" + bytes(range(32))):
        assert "is no text, and of no format that can be read: give CSV" in refusal(written(junk))


def test_a_file_is_what_its_first_bytes_say_and_not_its_name(written):
    assert cells(written("a,y\n1,2\n", "t.parquet")) == {"a": [1], "y": [2]}
    assert "is not a whole Parquet file" in refusal(written("PAR1,y\n1,0\n"))


def test_too_many_columns_are_refused(written, monkeypatch):
    names = ",".join(f"c{i}" for i in range(100_001))
    assert "has 100001 columns: at most 100000" in refusal(written(f"{names}\n{names}\n"))
    monkeypatch.setattr(reading_column, "MOST_COLUMNS", 3)
    for write in (FRAME.to_parquet, FRAME.to_feather):
        content = saved(lambda file, write=write: write(file))
        assert "has 4 columns: at most 3" in refusal(written(content))
    for content in (ARFF, xlsx([["a", "b", "c", "d"], [1, 2, 3, 4]]), '{"a":1,"b":2,"c":3,"d":4}'):
        assert "has 4 columns: at most 3" in refusal(written(content))
