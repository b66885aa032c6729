import hashlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

import results
from results.directory import parts, reading
from results.errors import ResultsError
from tests.results.rows import ROOT, Fake
from tests.results.worker import FAKE


def count(fake, path):
    return reading.counts(path, fake.specification(), number=fake.number, total=fake.total)


def test_load_gives_what_is_there_in_grid_order(tmp_path):
    fake = Fake(statuses={3: "diverged", 8: "error"})
    with fake.open(tmp_path) as store:
        assert len(results.load(tmp_path)) == 0
        store.append(fake.rows([8, 7]))
        store.append(fake.rows([3]))
        expected = fake.rows([3, 7, 8]).to_pandas()
        assert_frame_equal(results.load(tmp_path), expected)
    fake.run(tmp_path)
    expected = fake.rows(range(12)).to_pandas()
    assert_frame_equal(results.load(tmp_path), expected)
    read = pd.read_csv(tmp_path / "runs.csv")
    assert_frame_equal(read, expected.astype({"fold": "int64"}), rtol=1e-15)


def test_an_enlarged_and_unfinished_sweep_is_in_the_new_grid_order(tmp_path):
    small, large = Fake(l1=(0.0, 0.1), l2=(0.5,)), Fake()
    small.run(tmp_path)
    with large.open(tmp_path, extend=True) as store:
        store.append(large.rows([2, 8]))
        store.append(large.rows([1]))  # once more: counts once
        expected = large.rows([1, 2, 5, 7, 8, 11]).to_pandas()
        assert_frame_equal(results.load(tmp_path, large.number), expected)
        found = results.load(tmp_path).drop(columns="run")
        assert_frame_equal(found, expected.drop(columns="run"))
        assert count(large, tmp_path) == store.counts()
        assert store.counts() == {"done": 6, "diverged": 0, "error": 0, "total": 12}


def test_counting_reads_no_rows(tmp_path):
    fake = Fake(statuses={3: "diverged", 8: "error"})
    fake.run(tmp_path)
    for part in (tmp_path / "parts").iterdir():
        data = bytearray(part.read_bytes())
        data[4:200] = bytes(196)
        part.write_bytes(data)
    assert count(fake, tmp_path) == {"done": 10, "diverged": 1, "error": 1, "total": 12}


def test_readers_never_err_and_never_see_less(tmp_path):
    path = tmp_path / "r"
    parts = path / "parts"
    small = FAKE.but(seeds=FAKE.seeds[::2])
    with small.open(path) as store:
        store.append(small.rows(range(6)))
    seen = [0]

    def look():
        everything = f"{parts}/*.parquet"
        seen.append(len(results.load(path)))
        seen.append(len(pd.read_parquet(parts)))
        seen.append(pl.scan_parquet(everything).select(pl.len()).collect().item())
        seen.append(duckdb.sql(f"select count(*) from '{everything}'").fetchall()[0][0])
        seen.append(count(FAKE, path)["done"])

    small.run(path)
    look()
    with FAKE.open(path, extend=True):
        look()
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("worker.py"), "slow", path, os.devnull, "1"],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as writer:
        while writer.poll() is None:
            look()
    look()
    assert writer.returncode == 0
    assert seen == sorted(seen) and seen[-1] == FAKE.total
    assert len(set(seen)) > 3


def foreign(path, table, total):
    """Put a stranger's table where the final one would be."""
    text = pq.read_metadata(path / "runs.parquet").metadata[b"regsweep"]
    text = text.replace(b'"total":12', b'"total":%d' % total)
    pq.write_table(table.replace_schema_metadata({b"regsweep": text}), path / "runs.parquet")


def test_a_table_larger_than_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    Fake().run(tmp_path)
    monkeypatch.setattr(reading, "_memory", lambda: 10**3)
    with pytest.raises(ResultsError, match=r"runs\.parquet needs .* GiB of memory.* by pieces"):
        results.load(tmp_path)
    (tmp_path / "runs.parquet").unlink()
    with pytest.raises(ResultsError, match=r"parts needs .* GiB of memory"):
        results.load(tmp_path)


def test_a_final_table_that_is_none_is_left_alone(tmp_path, caplog):
    Fake().run(tmp_path)
    expected = results.load(tmp_path)
    foreign(tmp_path, expected[:5].pipe(pa.Table.from_pandas), 12)
    assert_frame_equal(results.load(tmp_path), expected)
    foreign(tmp_path, pa.table({f"c{i}": [1] for i in range(10_001)}), 1)
    assert_frame_equal(results.load(tmp_path), expected)
    assert "10001 columns" in caplog.text


@pytest.mark.parametrize("data", [b"PAR1", b"no Parquet here", b"\xff\xff\xff\xffPAR1"])
def test_what_is_wrong_is_said_once(data, tmp_path):
    path = tmp_path / "runs.parquet"
    path.write_bytes(data)
    with pytest.raises(ResultsError) as caught:
        parts.footer(path)
    assert str(caught.value).count(str(path)) == str(caught.value).count("is damaged") == 1


BOMBS = {
    "nested": pa.array([[0.5] * 3] * 12),
    "one long text": pa.array(["x" * 2**22] * 12),
    "one text longer than a name": pa.array(["x" * 5000] * 12),
    "wide": pa.array([b"x" * 2**22] * 12, pa.binary(2**22)),
    "lists of one text": pa.array([{"a": "x" * 2**22}] * 12),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", ["data", "val_loss"])
def test_what_would_burst_is_refused_before_it_is_read(bomb, name, tmp_path, caplog, monkeypatch):
    fake = Fake()
    fake.run(tmp_path)
    (path,) = list((tmp_path / "parts").iterdir())[1:]
    table, metadata = parts.table(path), parts.footer(path).metadata
    (tmp_path / "runs.parquet").unlink()
    rows = pa.concat_tables([table] * 2).slice(0, len(table))
    column = BOMBS[bomb].slice(0, len(rows))
    rows = rows.set_column(rows.column_names.index(name), name, column)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, rows.schema, compression="zstd") as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata(
            {key: value for key, value in metadata.items() if key.startswith(b"regsweep")}
        )
    path.unlink()
    data = sink.getvalue().to_pybytes()
    assert len(data) < 100_000
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    path = path.with_name(f"{path.name[:31]}{digest}.parquet")
    path.write_bytes(data)
    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetFile, "read", only_small(pq.ParquetFile.read))
        assert len(results.load(tmp_path)) == 6
    (message,) = [record.getMessage() for record in caplog.records]
    assert str(path) in message and f"column '{name}'" in message and "\n" not in message
    assert len(message) < 500
    fake.run(tmp_path)  # puts it aside and does its runs again
    assert (tmp_path / "set-aside" / path.name).exists()
    assert_frame_equal(results.load(tmp_path), fake.rows(range(12)).to_pandas())


def test_a_long_text_in_many_rows_is_never_written_out(tmp_path):
    """The footer cannot tell it from the many numbers of short texts."""
    path = tmp_path / "runs.parquet"
    text = pa.array([np.random.default_rng(0).bytes(2**19).hex()] + ["a"] * (2**17 - 1))
    pq.write_table(pa.table({"data": text}), path, compression="zstd")
    parts.footer(path)
    for read in (parts.final_table, lambda path: list(parts.batches(path, ["data"], 2**16))):
        with pytest.raises(parts.Damaged, match="'data' has a text of 1048576 bytes"):
            read(path)


def only_small(read):
    def checked(*given, **options):
        table = read(*given, **options)
        assert table.nbytes < 100_000
        return table

    return checked


def test_parts_of_two_sweeps_are_not_mixed(tmp_path, monkeypatch):
    Fake().run(tmp_path / "a")
    monkeypatch.setattr("tests.results.rows.WEIGHTS", ("w1",))
    Fake().run(tmp_path / "b")
    for part in (tmp_path / "b" / "parts").iterdir():
        (tmp_path / "a" / "parts" / part.name).write_bytes(part.read_bytes())
    (tmp_path / "a" / "runs.parquet").unlink()
    with pytest.raises(ResultsError, match="different columns"):
        results.load(tmp_path / "a")


def test_what_is_no_results_directory(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ResultsError, match="no results directory"):
            results.load(path)
