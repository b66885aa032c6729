"""The summary as a stream: that of the whole table, in memory that does not grow with the runs."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import results
from results.cells import medians, streamed, summary
from results.columns import summarised
from results.directory import reading
from results.errors import ResultsError
from tests.results.grids import ORDERS, table


def written(folder, runs):
    """Make a directory whose only table is of these runs."""
    found = pa.Table.from_pandas(runs, preserve_index=False)
    found = found.replace_schema_metadata({"regsweep": json.dumps({"total": len(runs)})})
    pq.write_table(found, folder / "runs.parquet", row_group_size=1000, write_page_checksum=True)
    return folder


def spoiled(runs, share):
    """Let some runs diverge, and others end in error."""
    draw = np.random.default_rng(1).random(len(runs))
    runs["status"] = np.select([draw < share, draw < 2 * share], ["diverged", "error"], "done")
    runs.loc[draw < 2 * share, ["final_loss", "val_loss"]] = np.nan
    return runs


def without_a_fold(runs):
    """Let a fold of a seed end in error in every cell."""
    runs.loc[(runs.seed == 1) & (runs.fold == 1), "status"] = "error"
    return runs


@pytest.mark.parametrize(
    "runs",
    [
        table(),
        table(seeds=1),
        table(seeds=1, folds=5, rows=(80, 20)),
        spoiled(table(folds=3, seeds=9, rows=(100, 50)), 0.1),
        spoiled(table(seeds=9, outer=3, rows=(100, 50)), 0.1),
        without_a_fold(table(outer=2, folds=3, seeds=4, rows=(100, 50))),
        table(folds=3, lr=(0.01, 0.1), path=ORDERS, seeds=7),
        table(held_out=False, data="article", diverged=range(12)),
        spoiled(table(folds=2, seeds=9, vary={"l1_w1": (0.0, 0.2)}), 0.1),
        without_a_fold(table(folds=3, seeds=4)),
        spoiled(table(seeds=2), 0.4),  # some cells have no run at all
        table(l1=(0.0,), l2=(0.0,), seeds=150),
    ],
)
@pytest.mark.parametrize("at_a_time", [1, 10**6])
def test_it_is_the_summary_of_the_whole_table(runs, at_a_time, tmp_path, monkeypatch):
    further = [name for name in ("sparsity_w2", "baseline_loss") if name in runs]
    metrics = [*summarised(runs), *further]
    whole = results.summary(runs, metrics)
    monkeypatch.setattr(summary, "_AT_A_TIME", at_a_time)
    monkeypatch.setattr(streamed, "GROUP", 64)
    monkeypatch.setattr(medians, "_KEPT", 200)
    found = streamed.summary(written(tmp_path, runs), metrics)
    pd.testing.assert_frame_equal(found, whole, rtol=1e-12, atol=1e-15)
    pd.testing.assert_frame_equal(found, results.summary(runs, metrics), check_exact=True)


def test_the_last_rung_is_kept(tmp_path):
    runs = table(seeds=3)
    runs.insert(len(runs.columns) - 1, "rung", np.tile([2, 1, 0, 0, 1, 2], 3))
    found = streamed.summary(written(tmp_path, runs))
    assert found.rung.tolist() == [2, 1, 0, 0, 1, 2]
    pd.testing.assert_frame_equal(found, results.summary(runs), check_exact=True)


def test_memory_does_not_grow_with_the_seeds(tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "_AT_A_TIME", 100)
    monkeypatch.setattr(streamed, "GROUP", 100)
    monkeypatch.setattr(medians, "_KEPT", 1000)

    def peak(seeds):
        folder = tmp_path / str(seeds)
        folder.mkdir()
        written(folder, table(seeds=seeds))
        streamed.summary(folder)
        found = []
        for _ in range(3):  # of which one may meet with what others left to be collected
            tracemalloc.start()
            streamed.summary(folder)
            found.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        return min(found)

    assert peak(400) < 1.3 * peak(80)


def test_a_table_in_another_order_is_refused(tmp_path):
    runs = table(seeds=4).sample(frac=1, random_state=0)
    with pytest.raises(ResultsError, match=r"runs\.parquet is not in grid order: delete it"):
        streamed.summary(written(tmp_path, runs))


def test_cells_that_do_not_fit_into_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_memory", lambda: 10**4)
    with pytest.raises(ResultsError, match=r"the summary of .*runs\.parquet needs 0 GiB"):
        streamed.summary(written(tmp_path, table()))


def test_without_a_final_table_there_is_none(tmp_path):
    assert streamed.summary(tmp_path) is None
    runs = written(tmp_path, table()) / "runs.parquet"
    data = bytearray(runs.read_bytes())
    for i in range(4, len(data) // 2):
        data[i] ^= 1
    runs.write_bytes(data)
    assert streamed.summary(tmp_path) is None


def test_what_is_no_metric_is_refused(tmp_path):
    with pytest.raises(ResultsError, match="no metric 'speed' in this table; there are epochs, "):
        streamed.summary(written(tmp_path, table()), ["speed"])
