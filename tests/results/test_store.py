import itertools
import json
import math
import sys
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import results
from results.directory import final as final_tables
from results.directory import parts, windows
from results.errors import ResultsError
from tests.results.rows import Fake, final, runs_of


def tree(path):
    return {p: p.read_bytes() if p.is_file() else None for p in sorted(path.rglob("*"))}


def test_continues_with_what_is_missing(tmp_path):
    fake = Fake()
    with fake.open(tmp_path / "r") as store:
        assert store.done() == []
        store.append(fake.rows([3, 4, 7]))
    with fake.open(tmp_path / "r") as store:
        assert store.done() == [(3, 5), (7, 8)]
        assert store.missing(2, 9) == [(2, 3), (5, 7), (8, 9)]
        assert store.counts() == {"done": 3, "diverged": 0, "error": 0, "total": 12}
        with pytest.raises(ResultsError, match="9 of 12 runs are missing, from run 0"):
            store.finish()
    fake.run(tmp_path / "r")
    fake.run(tmp_path / "whole")
    assert final(tmp_path / "r") == final(tmp_path / "whole")


def test_the_lowest_loss_is_that_of_a_run_that_is_done(tmp_path):
    fake = Fake(statuses={4: "diverged", 9: "error"})
    rows = fake.rows(range(12)).to_pandas()
    done = rows[rows.status == "done"].val_loss
    rows.loc[4, "val_loss"] = done.min() / 2  # a run may diverge in a batch of other rows
    with fake.open(tmp_path / "r") as store:
        assert store.lowest() == math.inf
        for runs in (slice(6, None), slice(0, 6)):
            store.append(pa.Table.from_pandas(rows[runs], fake.schema, preserve_index=False))
        assert store.lowest() == done.min()
    rows["val_loss"] = None
    with fake.open(tmp_path / "all") as store:
        store.append(pa.Table.from_pandas(rows, fake.schema, preserve_index=False))
        assert store.lowest() == rows[rows.status == "done"].final_loss.min()


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(12)), cuts=st.sets(st.integers(1, 11)), group=st.integers(1, 13))
def test_bytes_do_not_depend_on_how_the_runs_were_cut(
    order, cuts, group, tmp_path_factory, monkeypatch
):
    monkeypatch.setattr(final_tables, "GROUP", group)
    fake = Fake(statuses={2: "diverged", 5: "error"})
    whole, cut = tmp_path_factory.mktemp("a") / "r", tmp_path_factory.mktemp("b") / "r"
    fake.run(whole, size=12, history=True)
    edges = [0, *sorted(cuts), 12]
    with fake.open(cut) as store:
        for start, stop in itertools.pairwise(edges):
            runs = order[start:stop]
            store.append(fake.rows(runs), {"history": fake.history(runs)})
        store.finish()
    assert final(cut) == final(whole)
    # Sorted by run; within a run as it was recorded.
    assert_frame_equal(results.load(cut), fake.rows(range(12)).to_pandas())
    assert pq.read_table(cut / "history.parquet").equals(fake.history(range(12)))


def test_parts_are_read_again_where_they_do_not_fit_into_memory(tmp_path, monkeypatch):
    Fake().run(tmp_path / "a", history=True)
    monkeypatch.setattr(windows, "_KEPT_BYTES", 1)
    monkeypatch.setattr(final_tables, "GROUP", 2)
    Fake().run(tmp_path / "b", history=True)
    assert pq.read_table(tmp_path / "b" / "runs.parquet").equals(Fake().rows(range(12)))
    assert pq.read_metadata(tmp_path / "b" / "runs.parquet").num_row_groups == 6


def test_finish_leaves_tables_alone_that_are_right(tmp_path):
    target = Fake().run(tmp_path, history=True)
    before = target.stat().st_ino
    Fake().run(tmp_path, history=True)
    assert target.stat().st_ino == before
    for name in ("runs.csv", "history.parquet", "runs.parquet"):
        expected = final(tmp_path)
        (tmp_path / name).unlink()
        Fake().run(tmp_path, history=True)
        assert final(tmp_path) == expected


def test_footer_says_what_made_the_table(tmp_path):
    fake = Fake(statuses={1: "diverged"})
    with fake.open(tmp_path) as store:
        store.append(fake.rows(range(6)))
    other = fake.but(footer={"cpu": "b", "lanes": 4})
    other.run(tmp_path)
    footer = json.loads(pq.read_metadata(tmp_path / "runs.parquet").metadata[b"regsweep"])
    assert footer == {
        "specification": fake.specification(),
        "total": 12,
        "counts": {"done": 11, "diverged": 1, "error": 0},
        "made_by": [fake.footer, other.footer],
    }
    part = next((tmp_path / "parts").iterdir())
    about = pq.read_metadata(part).metadata
    assert json.loads(about[b"regsweep.specification"]) == fake.specification()


def test_an_enlarged_grid_repeats_no_run(tmp_path):
    small = Fake(seeds=(2,), l1=(0.0, 0.1), l2=(0.5,))
    small.run(tmp_path / "r", history=True)
    large = Fake()
    with large.open(tmp_path / "r", extend=True) as store:
        assert store.counts()["done"] == small.total
        assert runs_of(store.done()) == {7, 11}
        assert not final(tmp_path / "r")
    large.run(tmp_path / "r", history=True)  # --extend is not needed to go on
    large.run(tmp_path / "whole", history=True)
    assert final(tmp_path / "r") == final(tmp_path / "whole")


def test_what_was_made_of_the_smaller_grid_is_named_when_it_grows(tmp_path, caplog):
    Fake(seeds=(1,)).run(tmp_path)
    for name in ("summary.csv", "report.html", "pareto.png", "notes.txt"):
        (tmp_path / name).write_text("smaller")
    Fake().run(tmp_path, extend=True)
    (message,) = [record.getMessage() for record in caplog.records]
    assert "pareto.png, report.html, summary.csv" in message and "notes" not in message
    assert (tmp_path / "summary.csv").read_text() == "smaller"
    Fake().run(tmp_path)
    assert len(caplog.records) == 1


def test_another_sweep_is_refused_and_nothing_changes(tmp_path):
    Fake().run(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(ResultsError, match=r"epochs: 3 -> 9, l2: \[0.0, 0.5\] -> .*another --out"):
        Fake(epochs=9, l2=(0.0, 0.25, 0.5)).open(tmp_path, extend=True)
    with pytest.raises(ResultsError, match=r"l2: .*: add --extend"):
        Fake(l2=(0.0, 0.25, 0.5)).open(tmp_path)
    with pytest.raises(ResultsError, match=r"l2: .*: give another --out"):
        Fake(l2=(0.5,)).open(tmp_path, extend=True)
    assert tree(tmp_path) == before


def test_what_is_no_results_directory_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ResultsError, match="not empty"):
        Fake().open(tmp_path)
    with pytest.raises(ResultsError, match="is a file"):
        Fake().open(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("name", ["parts", "tmp"])
def test_folders_that_happen_to_have_our_names_are_left_alone(name, tmp_path):
    (tmp_path / name).mkdir()
    (tmp_path / name / "wheel.cad").write_text("mine")
    with pytest.raises(ResultsError, match="not empty"):
        Fake().open(tmp_path)
    assert [path.name for path in (tmp_path / name).iterdir()] == ["wheel.cad"]


def test_runs_in_error_stay_until_they_are_retried(tmp_path):
    failed = Fake(statuses={3: "error", 4: "error", 5: "diverged"})
    failed.run(tmp_path / "r")
    mended = Fake(statuses={4: "error", 5: "diverged"})
    with mended.open(tmp_path / "r") as store:
        assert store.done() == [(0, 12)]
        assert store.missing(0, 12, retry_failed=True) == [(3, 5)]
        store.append(mended.rows([3, 4]))
        # What failed again is not tried for ever.
        assert store.done(retry_failed=True) == [(0, 12)]
        assert store.counts() == {"done": 10, "diverged": 1, "error": 1, "total": 12}
        store.finish()
    mended.run(tmp_path / "whole")
    assert final(tmp_path / "r") == final(tmp_path / "whole")
    assert results.load(tmp_path / "r")["status"].value_counts()["error"] == 1


@contextmanager
def calls():
    """Count what is called, functions of C included."""
    count = [0]

    def note(frame, event, given):
        count[0] += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        yield count
    finally:
        sys.setprofile(None)


def test_a_claim_costs_the_same_however_many_parts_there_are(tmp_path):
    """What is known is neither listed nor united again."""
    fake = Fake(seeds=tuple(range(50)), statuses={0: "error", 7: "error"})
    counts = []
    with fake.open(tmp_path) as store:
        for start in range(0, 20, 2):
            store.append(fake.rows(range(start, start + 2)))
    with fake.open(tmp_path, join=True) as store:
        for first in (20, 220):
            for run in range(20, first):
                if store.missing(run, run + 1):
                    store.append(fake.rows([run]))
            rows = fake.rows([first])
            store.missing(0, fake.total, True)
            with calls() as count:
                with store.claim(first, first + 1, True) as ours:
                    assert ours
                    store.append(rows)
                assert store.missing(first, first + 1, True) == []
            counts.append(count[0])
        assert counts[1] < counts[0] + 100
        assert store.missing(0, fake.total, True) == [(0, 1), (7, 8), (221, 300)]
        with store.claim(7, 8, True) as ours:
            store.append(fake.but(statuses={}).rows([7]))
        assert store.missing(0, fake.total, True) == [(0, 1), (221, 300)]


def test_of_two_rows_of_a_run_the_first_part_by_name_counts(tmp_path):
    fake = Fake()
    other = fake.rows([5, 6]).drop("seconds").append_column("seconds", pa.array([1.0, 2.0]))
    with fake.open(tmp_path / "r") as store:
        store.append(other, {"history": fake.history([5, 6])})
        store.append(fake.rows([3, 4, 5]), {"history": fake.history([3, 4, 5])})
        assert store.counts()["done"] == 4
    expected = [*fake.rows([3, 4, 5])["seconds"].to_pylist(), 2.0]
    assert results.load(tmp_path / "r")["seconds"].tolist() == expected
    fake.run(tmp_path / "r", history=True)
    assert results.load(tmp_path / "r")["seconds"].tolist()[3:7] == expected
    assert pq.read_table(tmp_path / "r" / "history.parquet").equals(fake.history(range(12)))


def test_axes_too_long_for_a_footer_are_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "LARGEST_SPECIFICATION", 50)
    with pytest.raises(ResultsError, match=r"r would hold axes of .*: give ranges, such as 0:1"):
        Fake().open(tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_part_holds_distinct_runs_of_the_grid(tmp_path):
    fake = Fake()
    with fake.open(tmp_path) as store:
        for runs in ([1, 1], [0, 11]):
            rows = fake.rows(runs)
            if runs == [0, 11]:
                rows = rows.set_column(0, "run", pa.array([0, 12]))
            with pytest.raises(ValueError, match="distinct runs"):
                store.append(rows)
        store.append(fake.rows([]))
        assert not list((tmp_path / "parts").iterdir())
