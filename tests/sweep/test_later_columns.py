"""Directories of an earlier version, whose parts lack columns that came later."""

import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest

import results
from results.columns import HELD_OUT, LATER
from sweep import Sweep
from sweep.running.merging import merge
from tests.recorded.recording import HERE

STAGE = HERE / "first_stage"


@pytest.fixture
def unfinished(tmp_path):
    return shutil.copytree(STAGE / "unfinished", tmp_path / "unfinished")


def test_rows_from_before_are_null_where_a_directory_goes_on(unfinished):
    spec = Sweep.from_toml(unfinished / "sweep.toml")
    old = results.load(unfinished)
    assert not set(LATER) & set(old.columns)
    late = sorted((unfinished / "parts").iterdir())[1]
    spec.run(out=unfinished)
    whole = spec.run()
    for so_far in (False, True):
        if so_far:
            (unfinished / "runs.parquet").unlink()  # the parts are read instead
        found = results.load(unfinished)
        assert list(found.columns) == list(whole.columns)
        from_before = found.run.isin(old.run)
        assert from_before.sum() == len(old) and not from_before.all()
        assert found.loc[from_before, list(HELD_OUT)].isna().all(axis=None)
        new = ~from_before
        pd.testing.assert_frame_equal(
            found.loc[new].drop(columns="seconds"),
            whole.loc[new].drop(columns="seconds"),
            check_dtype=False,  # whole numbers beside nulls are floats in pandas
            check_exact=True,
        )
        cells = results.summary(found, ["val_loss", "val_rows"])
        assert (cells.mean_val_rows == 30).all()
    assert not set(LATER) & set(pq.read_schema(late).names), "a part never changes"


def test_what_is_complete_stays_as_it_is(tmp_path):
    directory = shutil.copytree(STAGE / "path", tmp_path / "path")
    before = (directory / "runs.parquet").read_bytes()
    Sweep.from_toml(directory / "sweep.toml").run(out=directory)
    assert (directory / "runs.parquet").read_bytes() == before


def test_an_earlier_directory_merges_with_a_new_one(tmp_path):
    spec = Sweep.from_toml(STAGE / "path" / "sweep.toml").replace(seeds="1:3")
    spec.run(out=tmp_path / "new")
    merge([STAGE / "path", tmp_path / "new"], tmp_path / "merged")
    found = results.load(tmp_path / "merged")
    assert found.groupby("seed").val_rows.count().tolist() == [0, 0, 16]
    merge([tmp_path / "new", STAGE / "path"], tmp_path / "other way")
    found = results.load(tmp_path / "other way")
    assert found.groupby("seed").val_rows.count().tolist() == [0, 16, 16]
    assert found.val_loss.notna().all()
