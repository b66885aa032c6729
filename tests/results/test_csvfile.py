import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from results.directory import csvfile

floats = st.floats(width=64) | st.sampled_from([0.0, -0.0, 1.0, 1e15, -1e16, 5e-324])


def written(table):
    sink = io.BytesIO(csvfile.header(table.schema))
    sink.seek(0, io.SEEK_END)
    csvfile.write(table, sink)
    return sink.getvalue()


@settings(deadline=None)
@given(st.lists(floats, min_size=1))
def test_floats_read_back_to_the_same_bits_and_as_floats(values):
    text = written(pa.table({"x": pa.array(values, from_pandas=False)}))
    assert pd.read_csv(io.BytesIO(text))["x"].dtype == np.float64
    # Python's float is correctly rounded; pandas' default is only from pandas 3.1 on.
    expected, found = np.array(values), np.array(text.split()[1:], dtype=np.float64)
    same = expected.view(np.int64) == found.view(np.int64)
    assert (same | (np.isnan(expected) & np.isnan(found))).all()


def harmless(text):
    """What a text is to read back as: nothing that a spreadsheet would run, and no number is."""
    return "'" + text if text[0] in "=+-@\t\r\n" and not is_number(text) else text


def is_number(text):
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return text == text.strip()


texts = st.text(st.sampled_from("=+-@\t\r\n,\"'ae1."), min_size=1) | st.sampled_from(
    ["-1.5", "+2e-3", "-,5", "-1-1", "-1\n"]
)


@settings(deadline=None)
@given(
    st.lists(texts, min_size=1),
    st.lists(texts, min_size=3, max_size=3, unique=True),
    st.sampled_from([pa.string(), pa.large_string()]),  # pandas 2 and 3
)
def test_texts_read_back_and_none_is_a_formula(values, names, kind):
    table = pa.table([pa.array(values, kind), [1.0] * len(values), [1] * len(values)], names)
    rows = list(csv.reader(io.StringIO(written(table).decode(), newline="")))
    assert rows[0] == [harmless(name) for name in names]
    for value, row in zip(values, rows[1:], strict=True):
        assert row == [harmless(value), "1.0", "1"]


def test_plain_tables_are_plain():
    table = pa.table({"data": ["iris", None], "x": [0.0, None], "n": pa.array([1, None])})
    assert written(table) == b"data,x,n\niris,0.0,1\n,,\n"


def test_numbers_below_zero_stay_numbers():
    assert written(pa.table({"x": [-0.5], "n": [-3]})) == b"x,n\n-0.5,-3\n"


def test_few_rows_are_texts_at_a_time(monkeypatch):
    """The bytes are the same, and what Arrow holds meanwhile does not grow with the rows."""
    table = pa.table({"data": ["a"] * 50_000, "x": np.sqrt(np.arange(50_000))})
    whole = written(table)
    monkeypatch.setattr(csvfile, "_ROWS", 1000)
    pool = pa.default_memory_pool()
    peaks = []
    write = csvfile.pa.csv.write_csv
    monkeypatch.setattr(
        csvfile.pa.csv,
        "write_csv",
        lambda *given: (peaks.append(pool.bytes_allocated()), write(*given)),
    )
    held = pool.bytes_allocated()
    assert written(table) == whole
    assert len(peaks) == 1 + 50  # the names are a table of one row
    assert max(peaks) - held < 200_000
