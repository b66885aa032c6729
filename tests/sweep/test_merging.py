"""Several directories as one."""

import pandas as pd
import pytest

import results
from sweep import Sweep
from sweep.errors import InputError
from sweep.merging import merge

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
    from sweep import task

    drawn = task.initial_weights
    monkeypatch.setattr(task, "initial_weights", lambda *given: drawn(*given) * 0.5)
    spec.run(out=tmp_path / "b")
    with pytest.raises(InputError, match="disagree about run 0"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert not (tmp_path / "c").exists()
