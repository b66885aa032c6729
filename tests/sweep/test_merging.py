"""Several directories as one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import results
from results.directory import final, parts, windows
from sweep import Sweep
from sweep.errors import InputError
from sweep.running import merging
from sweep.running.merging import merge

SMALL = {"data": "iris", "hidden": "4", "epochs": 2, "l2": 0}


def without_seconds(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="seconds")


def test_merged_parts_of_a_grid_are_the_whole_grid(tmp_path):
    Sweep(**SMALL, l1="0,1e-3", seeds="0:4", history=1).run(out=tmp_path / "a")
    Sweep(**SMALL, l1="0,1e-3", seeds="3:6", history=1).run(out=tmp_path / "b")
    whole = Sweep(**SMALL, l1="0,1e-3", seeds="0:6", history=1).run(out=tmp_path / "whole")
    counts = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert counts == {"done": 12, "diverged": 0, "error": 0, "total": 12}
    merged = results.load(tmp_path / "c")
    pd.testing.assert_frame_equal(without_seconds(merged), without_seconds(whole), check_exact=True)
    histories = [pd.read_parquet(tmp_path / name / "history.parquet") for name in ("c", "whole")]
    pd.testing.assert_frame_equal(*histories, check_exact=True)


def test_a_merged_grid_with_holes_is_unfinished_and_can_be_continued(tmp_path):
    Sweep(**SMALL, l1="0", seeds="0:2").run(out=tmp_path / "a")
    Sweep(**SMALL, l1="1e-3", seeds="2:4").run(out=tmp_path / "b")
    counts = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert (counts["done"], counts["total"]) == (4, 8)
    assert not (tmp_path / "c" / "runs.parquet").exists()
    whole = Sweep(**SMALL, l1="0,1e-3", seeds="0:4")
    continued = whole.run(out=tmp_path / "c")
    pd.testing.assert_frame_equal(
        without_seconds(continued), without_seconds(whole.run()), check_exact=True
    )


def test_different_experiments_are_refused(tmp_path):
    Sweep(**SMALL, l1="0", seeds="0:2").run(out=tmp_path / "a")
    Sweep(**SMALL | {"epochs": 3}, l1="0", seeds="2:4").run(out=tmp_path / "b")
    with pytest.raises(InputError, match="`epochs` differs"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_rows_that_disagree_are_refused(tmp_path, monkeypatch):
    spec = Sweep(**SMALL, l1="0", seeds="0:2")
    spec.run(out=tmp_path / "a")
    from sweep.training import batch

    drawn = batch.initial_weights
    monkeypatch.setattr(batch, "initial_weights", lambda *given: drawn(*given) * 0.5)
    spec.run(out=tmp_path / "b")
    with pytest.raises(InputError, match="disagree about run 0"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def cut(whole: Path, directory: Path, rows: int) -> None:
    """Make a results directory of the same runs in smaller parts."""
    folder = directory / "parts"
    folder.mkdir(parents=True)
    shutil.copy(whole / "sweep.toml", directory)
    for path in (whole / "parts").iterdir():
        table, part = parts.table(path), parts.look(path)
        specification = parts.canonical(parts.specification(path))
        for start in range(0, len(table), rows):
            piece = table.slice(start, rows)
            about = parts.describe(piece, part.grid, {}, {})
            parts.write(folder, directory, piece, about, specification)


def runs_in_parts(directory: Path) -> list[int]:
    tables = [pq.read_table(path, columns=["run"]) for path in (directory / "parts").iterdir()]
    return sorted(pa.concat_tables(tables)["run"].to_pylist())


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> tuple[Path, Path]:
    """Two directories of 100 parts each, whose seeds overlap."""
    folder = tmp_path_factory.mktemp("many")
    for name, seeds in (("a", "0:100"), ("b", "60:160")):
        spec = Sweep(**SMALL | {"epochs": 0}, l1="0:1:lin30", seeds=seeds)
        spec.run(out=folder / f"whole-{name}")
        cut(folder / f"whole-{name}", folder / name, 30)
    return folder / "a", folder / "b"


@pytest.fixture(scope="module")
def at_once(many, tmp_path_factory) -> Path:
    """The same two, merged."""
    out = tmp_path_factory.mktemp("merged") / "out"
    merge(many, out)
    return out


def test_each_part_is_read_a_fixed_number_of_times_and_few_are_held(many, tmp_path, monkeypatch):

    read, held = [], []
    pool, table = pa.default_memory_pool(), parts.table
    at_start = pool.bytes_allocated()

    def counted(path, *columns):
        read.append(path)
        held.append(pool.bytes_allocated() - at_start)
        return table(path, *columns)

    monkeypatch.setattr(parts, "table", counted)
    monkeypatch.setattr(windows, "_KEPT_BYTES", 50_000)
    monkeypatch.setattr(merging, "_ROWS", 300)
    monkeypatch.setattr(final, "GROUP", 300)
    assert merge(many, tmp_path / "out")["done"] == 160 * 30
    there = sum(len(list((path / "parts").iterdir())) for path in many)
    assert there >= 200 and len(read) < 6 * there
    # Thirty rows are 6 kB; all rows of both would be more than a megabyte.
    assert max(held) < 700_000


@pytest.mark.parametrize("killed_after", [0, 1, 7])
def test_a_merge_that_was_killed_goes_on(many, at_once, tmp_path, killed_after):
    """Whatever of ``sweep.toml`` and parts is there by then."""
    out = tmp_path / "out"
    code = f"""
import os, sys
from results.directory import durable
from sweep.running import merging
from sweep.running.merging import merge
merging._ROWS = 300
write, left = durable.write, [{killed_after}]
def dies(*given):
    if not left[0]:
        os._exit(9)
    left[0] -= 1
    write(*given)
durable.write = dies
merge(sys.argv[1:3], sys.argv[3])
"""
    died = subprocess.run([sys.executable, "-c", code, *map(str, many), str(out)])
    assert died.returncode == 9 and out.exists()
    counts = merge(many, out)
    assert counts == {"done": 4800, "diverged": 0, "error": 0, "total": 4800}
    assert runs_in_parts(out) == list(range(4800))
    assert (out / "runs.csv").read_bytes() == (at_once / "runs.csv").read_bytes()


def test_another_directory_is_no_place_for_a_merge(tmp_path):
    spec = Sweep(**SMALL, l1="0", seeds="0:2")
    spec.run(out=tmp_path / "a")
    spec.replace(seeds="0:3").run(out=tmp_path / "other")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    for out, message in (("other", "holds another sweep"), ("mine", "no results"), ("a", "one of")):
        with pytest.raises(ValueError, match=message):
            merge([tmp_path / "a"], tmp_path / out)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_a_run_in_error_and_done_the_better_counts(tmp_path, monkeypatch, order):
    from sweep.training import batch

    spec = Sweep(**SMALL, l1="0,1e-3", seeds="0:2", history=1)
    whole = spec.run(out=tmp_path / "a")

    with monkeypatch.context() as patch:
        patch.setattr(batch, "initial_weights", lambda *given: 1 / 0)
        assert set(spec.run(out=tmp_path / "b")["status"]) == {"error"}
    counts = merge([tmp_path / name for name in order], tmp_path / "c")
    assert counts == {"done": 4, "diverged": 0, "error": 0, "total": 4}
    merged = results.load(tmp_path / "c")
    pd.testing.assert_frame_equal(without_seconds(merged), without_seconds(whole), check_exact=True)
    histories = [pd.read_parquet(tmp_path / name / "history.parquet") for name in ("c", "a")]
    pd.testing.assert_frame_equal(*histories, check_exact=True)


def iris_file(path: Path) -> Path:
    from sklearn.datasets import load_iris

    path.parent.mkdir(exist_ok=True)
    load_iris(as_frame=True).frame.to_csv(path, index=False)
    return path


def test_data_are_the_same_wherever_they_lie(tmp_path):
    small = {name: value for name, value in SMALL.items() if name != "data"}
    for name, seeds in (("a", "0:2"), ("b", "2:4")):
        file = iris_file(tmp_path / f"data-{name}" / "mine.csv")
        Sweep(**small, data=file, l1="0", seeds=seeds).run(out=tmp_path / name)
        shutil.rmtree(file.parent)  # they need not be there any more
    assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")["done"] == 4
    assert results.load(tmp_path / "c")["data"].unique().tolist() == ["mine"]


def test_other_data_of_the_same_name_are_refused(tmp_path):
    small = {name: value for name, value in SMALL.items() if name != "data"}
    for name, seeds in (("a", "0:2"), ("b", "2:4")):
        file = iris_file(tmp_path / f"data-{name}" / "mine.csv")
        if name == "b":
            file.write_text(file.read_text().replace("5.1", "5.2"))
        Sweep(**small, data=file, l1="0", seeds=seeds).run(out=tmp_path / name)
    with pytest.raises(InputError, match="`data_sha256` differs"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
