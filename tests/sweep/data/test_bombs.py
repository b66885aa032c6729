"""Small files that would become large tables are refused in one line."""

import bz2
import gzip
import lzma
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sweep.data.read import read, refusal
from tests.sweep.data.sheets import cell, xlsx


@pytest.fixture(autouse=True)
def frugal(monkeypatch):
    """Let no more be read than fits a small machine."""
    sizes = {"SC_PHYS_PAGES": 2**18, "SC_PAGE_SIZE": 2**10}
    monkeypatch.setattr("os.sysconf", sizes.__getitem__)


def test_lists_of_many_zeros(tmp_path):
    zeros = pa.array(np.zeros(10**7, np.int8))
    lists = pa.ListArray.from_arrays([0, 5 * 10**6, 10**7], zeros)
    pq.write_table(pa.table({"a": lists, "y": [0, 1]}), tmp_path / "t.parquet")
    assert (tmp_path / "t.parquet").stat().st_size < 10_000
    assert "column 'a': its cells are of type" in refusal(tmp_path / "t.parquet")


def test_one_long_text_a_thousand_times(tmp_path):
    text = pa.array(["x" * 10**6]).dictionary_encode().dictionary
    column = pa.DictionaryArray.from_arrays(np.zeros(1000, np.int32), text)
    table = pa.table({"a": column, "y": [0, 1] * 500})
    pq.write_table(table, tmp_path / "t.parquet", store_schema=False)  # a reader sees texts
    assert (tmp_path / "t.parquet").stat().st_size < 100_000
    assert "takes 2.79 GiB, and this machine has 0.25 GiB" in refusal(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    "kind",
    [pa.large_string(), pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.string())],
    ids=str,
)
def test_long_texts_of_every_kind(kind, tmp_path):
    texts = pa.array(["x" * 10**6] * 100).cast(kind)
    pq.write_table(pa.table({"a": texts, "y": [0, 1] * 50}), tmp_path / "t.parquet")
    assert "takes 0.279 GiB" in refusal(tmp_path / "t.parquet")


def test_long_bytes_of_one_length(tmp_path):
    cells = pa.array([bytes(10**5)] * 1000, pa.binary(10**5))
    pq.write_table(pa.table({"a": cells, "y": [0, 1] * 500}), tmp_path / "t.parquet")
    assert "takes 0.279 GiB" in refusal(tmp_path / "t.parquet")


def test_long_texts_that_differ_are_refused_before_they_are_read(tmp_path, monkeypatch):
    texts = [f"{row}" + "x" * 10**6 for row in range(100)]
    table = pa.table({"a": texts, "y": [0, 1] * 50})
    pq.write_table(table, tmp_path / "t.parquet", compression="zstd", use_dictionary=False)
    assert (tmp_path / "t.parquet").stat().st_size < 100_000
    monkeypatch.setattr(pq.ParquetFile, "read", lambda _: pytest.fail("it was read"))
    assert "takes 0.279 GiB" in refusal(tmp_path / "t.parquet")


def test_a_million_columns_of_csv(tmp_path):
    line = ",".join(map(str, range(10**6)))
    (tmp_path / "t.csv").write_text(f"{line}\n{line}\n")
    assert "has 1000000 columns: at most 100000" in refusal(tmp_path / "t.csv")


def test_many_columns_of_parquet(tmp_path):
    names = [f"c{i}" for i in range(100_001)]
    schema = pa.schema([(name, pa.int8()) for name in names])
    pq.write_table(schema.empty_table(), tmp_path / "t.parquet")
    assert "has 100001 columns: at most 100000" in refusal(tmp_path / "t.parquet")


def test_thousands_of_columns_of_texts(tmp_path):
    """Each is written out, which must not copy the table of all of them each time."""
    names = [f"c{i}" for i in range(10_000)]
    pq.write_table(pa.table({name: ["a", "b"] for name in names}), tmp_path / "t.parquet")
    begun = time.process_time()  # and not a clock: the machine may be busy with others
    assert len(read(tmp_path / "t.parquet")) == 10_000
    assert time.process_time() - begun < 30


def test_two_columns_of_one_name_in_parquet(tmp_path):
    table = pa.table([["a", "b"], ["a", "b"], [0, 1]], names=["a", "a", "y"])
    pq.write_table(table, tmp_path / "t.parquet")
    assert "column 'a': another has the same name" in refusal(tmp_path / "t.parquet")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_zeros_without_end(written, kind):
    pack = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
    }[kind]
    path = written(pack(b"a,y\n") + pack(b"0,1\n" * (1 << 20)) * 32)
    assert path.stat().st_size < 1_000_000
    # It is refused as soon as three times what is unpacked would not fit.
    assert "as far as it was unpacked, takes 0.252 GiB, and this machine has 0.25" in refusal(path)


def test_batches_of_feather(written):
    table = pa.table({"a": np.zeros(10**7), "y": np.zeros(10**7, np.int8)})
    path = written(b"")
    pa.feather.write_feather(table, path, compression="zstd", chunksize=10**6)
    assert path.stat().st_size < 1_000_000
    assert "as far as it was read, takes 0.251 GiB" in refusal(path)


def test_two_cells_far_apart(written):
    far = f'<row r="1">{cell("A1", "a")}</row><row r="900000">{cell("ZZZ900000", 1)}</row>'
    path = written(xlsx(far))
    assert path.stat().st_size < 3000
    assert refusal(path) == f"'{path}' is a spreadsheet too large for this machine's memory"
