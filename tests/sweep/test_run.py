"""What a sweep gives: the document's numbers, and what a user expects at the edges."""

import json
import warnings
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

import results
from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.running.claims import claims
from sweep.running.sink import Directory
from sweep.training.rows import failed_rows
from tests import naive
from tests.sweep.console import ROOT, call, rows

GOLDEN = json.loads((ROOT / "tests/golden/article.json").read_text())


@pytest.mark.parametrize("epochs", [1, 10, 100, 1000])
def test_the_documents_losses_come_out(epochs, typed, tmp_path):
    for case in (case for case in GOLDEN["cases"] if case["epochs"] == epochs):
        options = ["--l1", case["l1"], "--l2", case["l2"], "--seeds", 42, "--epochs", epochs]
        out = tmp_path / f"{case['l1']}-{case['l2']}"
        status, _, _ = typed("run", "--data", "article", *options, "--out", out)
        assert status == 0
        (row,) = results.load(out).to_dict("records")
        assert row["initial_loss"] == pytest.approx(case["initial_loss"], abs=1e-12, rel=0)
        assert row["final_loss"] == pytest.approx(case["final_loss"], abs=1e-12, rel=0)
        assert row["epochs"] == epochs and row["train_accuracy"] == 1


def test_the_command_in_the_documents_words(tmp_path):
    status, out, err = call(
        *("run", "--data", "article", "--l1", "0.01", "--l2", "0.01", "--seeds", "42"),
        *("--out", "r", "--quiet"),
        cwd=tmp_path,
    )
    assert (status, out) == (0, "") and err.startswith("1 of 1 run, ")
    (case,) = (c for c in GOLDEN["cases"] if (c["l1"], c["l2"], c["epochs"]) == (0.01, 0.01, 1000))
    assert results.load(tmp_path / "r").final_loss[0] == pytest.approx(
        case["final_loss"], abs=1e-12, rel=0
    )


def test_other_seeds_rates_and_penalties_follow_the_document():
    axes = {"seeds": [0, 7], "l1": [0.003, 0.1], "l2": [0, 0.02], "lr": [0.005, 0.02]}
    found = Sweep(**axes, momentum=[0, 0.8], epochs=50).run()
    assert len(found) == 32
    for row in found.itertuples():
        l1 = dict.fromkeys(["w2", "b2", "w3", "b3"], row.l1)
        l2 = dict.fromkeys(["w1", "b1", "w3", "b3"], row.l2)
        expected = naive.article(row.seed, 50, l1, l2, row.lr, row.momentum)
        assert row.initial_loss == pytest.approx(expected["initial_loss"], abs=1e-12, rel=0)
        assert row.final_loss == pytest.approx(expected["final_loss"], abs=1e-12, rel=0)


def test_a_varied_penalty_replaces_that_penalty_on_that_parameter():
    vary = {"l1_w1": [0.004], "l2_w3": [0, 0.03]}
    found = Sweep(seeds=3, l1=0.01, l2=0.01, vary=vary, epochs=40).run()
    for row in found.itertuples():
        l1 = dict.fromkeys(["w2", "b2", "w3", "b3"], 0.01) | {"w1": row.l1_w1}
        l2 = dict.fromkeys(["w1", "b1", "b3"], 0.01) | {"w3": row.l2_w3}
        expected = naive.article(3, 40, l1, l2)["final_loss"]
        assert row.final_loss == pytest.approx(expected, abs=1e-12, rel=0)


def test_a_table_adds_up(small):
    """The columns of a row agree with each other."""
    found = small(data="wine", hidden="6,5", l1=[0, 0.01], l2=[0, 0.01], seeds=range(3)).run()
    whole = found.train_loss + found.l1_penalty + found.l2_penalty
    np.testing.assert_allclose(found.final_loss, whole, rtol=1e-15)
    assert (found.l1_penalty > 0).tolist() == (found.l1 > 0).tolist()
    assert (found.l2_penalty > 0).tolist() == (found.l2 > 0).tolist()
    weights = 13 * 6 + 6 * 5 + 5 * 3
    np.testing.assert_allclose(found.sparsity, 1 - found.nonzero / weights)
    assert found.run.tolist() == list(range(12)) and (found.status == "done").all()
    assert found.val_accuracy.between(0, 1).all() and (found.effective <= found.nonzero).all()


def test_runs_that_share_a_seed_share_weights_split_and_batches(small):
    found = small(lr=[0.01, 0.02], momentum=[0, 0.9], l2=[0, 0.1], seeds=[4, 5]).run()
    plain = found[found.l2 == 0]
    assert plain.groupby("seed").initial_loss.nunique().tolist() == [1, 1]
    assert plain.initial_loss.nunique() == 2


def test_no_epochs_leave_the_weights_as_they_were_drawn(small):
    found = small(epochs=0, l1=0.1, seeds=[1, 2]).run()
    assert (found.status == "done").all() and (found.epochs == 0).all()
    assert found.final_loss.tolist() == found.initial_loss.tolist()


def test_softmax_regression_has_one_weight_matrix(small):
    found = small(hidden="none", epochs=20).run()
    assert [name for name in found if name.startswith("sparsity_")] == ["sparsity_w1"]
    assert (found.dead_units == 0).all() and (found.final_loss < found.initial_loss).all()


def test_the_loss_falls_and_real_data_are_learnt():
    found = Sweep(data="digits", hidden="32", l1=0, l2=[0, 1e-4], seeds=[0, 1], epochs=15).run()
    assert (found.val_accuracy > 0.9).all() and (found.final_loss < 0.5).all()


class TestDivergence:
    def test_it_is_a_status_and_not_a_failure(self, typed, tmp_path):
        words = ["--data", "iris", "--l1", 0, "--l2", 0.01, "--seeds", "0:3", "--epochs", 20]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            status, _, err = typed("run", *words, "--lr", "0.01,1e6", "--out", "r")
        assert status == 0 and "3 diverged" in err
        found = results.load(tmp_path / "r").set_index("lr")
        assert (found.status[1e6] == "diverged").all() and (found.status[0.01] == "done").all()
        assert found.final_loss[0.01].notna().all()

    @pytest.mark.parametrize("method", ["subgradient", "proximal"])
    def test_it_changes_no_bit_of_its_neighbours(self, small, method):
        tame = small(lr=[0.01, 0.03], l1=[0, 0.01], l2=0.01, l1_method=method, epochs=20)
        wild = tame.replace(lr=[0.01, 0.03, 1e6, 1e300]).run()
        assert (wild[(wild.lr > 1e6) & (wild.l1 == 0)].status == "diverged").all()
        assert rows(wild[wild.lr < 1].drop(columns="run")) == rows(tame.run().drop(columns="run"))

    def test_it_changes_no_bit_in_the_frozen_code_of_a_tiny_network(self, monkeypatch):
        monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", 0)
        tame = Sweep(lr=[0.01, 0.03], l1=[0, 0.01], l2=0.01, seeds=[1, 2], epochs=100)
        wild = tame.replace(lr=[0.01, 0.03, 1e6, 1e300]).run()
        assert (wild[wild.lr > 1].status == "diverged").all()
        assert rows(wild[wild.lr < 1].drop(columns="run")) == rows(tame.run().drop(columns="run"))


class TestOddData:
    def test_one_sample_of_each_class_is_all_trained_on(self, small):
        few = small(data=([[1.0, 2.0], [3.0, 2.0]], ["a", "b"]), epochs=50, lr=0.1)
        with pytest.raises(ValueError, match=r"nothing can be held out .* or 0 as `val_fraction`"):
            few.run()
        found = few.replace(val_fraction=0).run()
        assert (found.status == "done").all() and (found.train_accuracy == 1).all()
        assert found.val_loss.isna().all()

    def test_one_sample_is_no_classification(self, small):
        with pytest.raises(ValueError, match="every row is of class 'a'"):
            small(data=([[1.0, 2.0]], ["a"])).run()

    def test_a_class_of_one_row_is_never_held_out(self, small):
        x = np.arange(24.0).reshape(12, 2)
        found = small(data=(x, ["a"] * 5 + ["b"] * 6 + ["c"]), seeds=range(8), hidden="3").run()
        assert (found.status == "done").all() and found.val_loss.notna().all()

    def test_a_class_that_a_fold_would_miss_is_refused(self, small):
        x = np.arange(24.0).reshape(12, 2)
        with pytest.raises(ValueError, match="class 'c' of data has 1 row: lower `folds`"):
            small(data=(x, ["a"] * 5 + ["b"] * 6 + ["c"]), folds=2).run()

    def test_constant_columns_weigh_nothing(self, small):
        random = np.random.RandomState(0)
        x = np.column_stack([np.full(30, 7.1), random.standard_normal(30), np.zeros(30)])
        found = small(data=(x, np.arange(30) % 2), epochs=20, l2=0.01).run()
        assert (found.status == "done").all() and np.isfinite(found.final_loss).all()

    def test_nothing_held_out_leaves_the_columns_empty(self, small):
        found = small(val_fraction=0).run()
        assert found.val_loss.isna().all() and found.val_accuracy.isna().all()

    def test_a_full_batch_and_one_larger_than_the_data_are_the_same(self, small):
        options = {"seeds": [1, 2], "l1": [0, 0.01]}
        full = small(batch_size="full", **options).run()
        assert rows(small(batch_size=120, **options).run()) == rows(full)

    def test_a_frame_and_a_file_are_the_same_data(self, small, tmp_path):
        frame = pd.DataFrame(
            {"x": np.arange(20) / 7, "colour": list("rgbr") * 5, "class": list("yn") * 10}
        )
        frame.to_csv(tmp_path / "paint.csv", index=False)
        from_file = small(data=str(tmp_path / "paint.csv")).run().drop(columns="data")
        assert rows(from_file) == rows(small(data=frame).run().drop(columns="data"))


def test_folds_hold_out_every_row_once(small):
    found = small(folds=5, seeds=[0, 1]).run()
    assert found.fold.tolist() == [0, 1, 2, 3, 4] * 2
    assert found.initial_loss.nunique() == 10
    # 150 rows of three equal classes: every fold holds out 30, so accuracies are thirtieths.
    right = found.val_accuracy * 30
    np.testing.assert_allclose(right, right.round(), atol=1e-12)


class TestHistory:
    def test_it_holds_every_so_many_epochs_of_every_run(self, small, tmp_path):
        plain = small(epochs=5, l1=[0, 0.01], seeds=[1, 2])
        recorded = plain.replace(history=2).run(out=tmp_path / "r")
        assert rows(recorded) == rows(plain.run())
        history = pd.read_parquet(tmp_path / "r/history.parquet")
        assert history.run.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
        assert history.epoch.tolist() == [2, 4] * 4

    def test_a_row_is_what_a_run_of_so_many_epochs_ends_with(self, small, tmp_path):
        long = small(epochs=6, history=3, l1=[0, 0.01])
        long.run(out=tmp_path / "r")
        history = pd.read_parquet(tmp_path / "r/history.parquet")
        short = small(epochs=3, l1=[0, 0.01]).run()
        at_three = history[history.epoch == 3]
        assert at_three.loss.tolist() == short.final_loss.tolist()
        for name in ("train_loss", "val_loss", "train_accuracy", "val_accuracy", "sparsity"):
            assert at_three[name].tolist() == short[name].tolist()

    def test_a_sweep_without_one_writes_none(self, small, tmp_path):
        small().run(out=tmp_path / "r")
        assert not (tmp_path / "r/history.parquet").exists()


class TestPatience:
    @pytest.fixture
    def spec(self, small):
        return small(data="wine", l2=[0, 0.003], lr=[0.01, 0.1, 0.5], seeds=[1, 2, 3], epochs=60)

    def test_a_row_is_the_best_epoch_of_its_run(self, spec):
        patience = 4
        found = spec.replace(patience=patience).run()
        whole = {epochs: spec.replace(epochs=epochs).run() for epochs in range(1, 61)}
        curves = np.array([whole[epochs].val_loss for epochs in range(1, 61)])  # [epoch, run]
        assert found.epochs.nunique() > 3
        for i, row in found.iterrows():
            seen = curves[: row.epochs, i]
            assert row.best_epoch == 1 + np.argmin(seen)
            assert row.epochs == min(60, row.best_epoch + patience)
            for name in ("final_loss", "train_loss", "val_loss", "val_accuracy", "nonzero"):
                assert row[name] == whole[row.best_epoch][name][i]

    def test_a_row_does_not_depend_on_who_stops_beside_it(self, spec, monkeypatch):
        stopping = spec.replace(patience=3)
        whole = stopping.run(jobs=1)
        for width in (1, 2, 8, 16):
            monkeypatch.setenv("SWEEP_LANES", str(width))
            assert rows(stopping.run(jobs=2)) == rows(whole)
        monkeypatch.delenv("SWEEP_LANES")
        for number in (0, 7, 17):
            row = whole.iloc[[number]]
            one = stopping.replace(**{f"{k}s" if k == "seed" else k: row[k].tolist()
                                      for k in ("seed", "l2", "lr")})  # fmt: skip
            assert rows(one.run().drop(columns="run")) == rows(row.drop(columns="run"))

    def test_history_ends_where_the_run_does(self, spec, tmp_path):
        found = spec.replace(patience=3, history=1).run(out=tmp_path / "r")
        history = pd.read_parquet(tmp_path / "r/history.parquet")
        assert history.groupby("run").epoch.max().tolist() == found.epochs.tolist()
        best = history.groupby("run").val_loss.min()
        assert best.tolist() == found.val_loss.tolist()


class TestDirectory:
    def test_it_holds_what_it_promises(self, small, tmp_path):
        spec = small(l1=[0, 0.01], seeds=[1, 2])
        found = spec.run(out=tmp_path / "r")
        names = {path.name for path in (tmp_path / "r").iterdir() if path.name[0] != "."}
        features = {"features.parquet", "feature-parts"}
        assert names == {"sweep.toml", "parts", "runs.parquet", "runs.csv", "tmp"} | features
        assert not list((tmp_path / "r/tmp").iterdir())
        assert rows(results.load(tmp_path / "r")) == rows(found) == rows(spec.run())
        assert Sweep.from_toml(tmp_path / "r/sweep.toml") == spec
        assert {p.suffix for p in (tmp_path / "r/parts").iterdir()} == {".parquet"}

    def test_the_same_sweep_goes_on_and_trains_nothing_twice(self, small, typed, tmp_path):
        small(l1=[0, 0.01]).run(out=tmp_path / "r")
        before = (tmp_path / "r/runs.csv").read_bytes()
        status, out, _ = typed("run", "r/sweep.toml", "--out", "r", "--json")
        assert status == 0 and json.loads(out)["trained"] == 0
        assert (tmp_path / "r/runs.csv").read_bytes() == before

    def test_another_sweep_is_refused_and_changes_nothing(self, small, typed, tmp_path):
        small().run(out=tmp_path / "r")
        before = {path: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()}
        status, out, err = typed(
            *("run", "r/sweep.toml", "--epochs", 3, "--out", "r"),
        )
        assert (status, out) == (2, "") and err.count("\n") == 1 and "epochs" in err
        after = {path: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()}
        assert after == before

    def test_extending_adds_what_is_new(self, small, typed, tmp_path):
        small(l1=[0, 0.01], seeds=[1, 2]).run(out=tmp_path / "r")
        wider = ["--l1", "0,0.005,0.01", "--seeds", "0:3", "--lr", "0.01,0.02"]
        refused = typed("run", "r/sweep.toml", *wider, "--out", "r")
        assert refused[0] == 2 and "--extend" in refused[2]
        status, out, _ = typed("run", "r/sweep.toml", *wider, "--out", "r", "--extend", "--json")
        counts = json.loads(out)
        assert (status, counts["total"], counts["trained"]) == (0, 18, 14)
        alone = small(l1=[0, 0.005, 0.01], seeds=range(3), lr=[0.01, 0.02]).run()
        assert rows(results.load(tmp_path / "r")) == rows(alone)

    def test_a_smaller_grid_is_no_extension(self, small, typed, tmp_path):
        small(l1=[0, 0.01]).run(out=tmp_path / "r")
        assert typed("run", "r/sweep.toml", "--l1", 0, "--out", "r", "--extend")[0] == 2

    def test_its_own_specification_repeats_it(self, small, typed, tmp_path):
        found = small(l1="0,1e-4:1e-1:log3", vary={"l2_b1": [0, 0.1]}).run(out=tmp_path / "r")
        assert typed("run", "r/sweep.toml", "--out", "again")[0] == 0
        assert rows(results.load(tmp_path / "again")) == rows(found)


class TestError:
    @pytest.fixture
    def failing(self, monkeypatch):
        """Let the tasks that hold run 0 fail, until told otherwise."""
        from sweep.running import worker

        whole = worker.run_task

        def run_task(plan, dataset, ranges, *rest):
            if ranges[0][0] == 0:
                raise MemoryError("no room")
            return whole(plan, dataset, ranges, *rest)

        monkeypatch.setattr(worker, "run_task", run_task)
        monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)
        return lambda: monkeypatch.setattr(worker, "run_task", whole)

    WORDS = ("run", "--data", "iris", "--epochs", 2, "--seeds", "0:40", "--l1", 0, "--l2", "0,0.1")

    def test_a_failed_task_is_rows_and_the_others_are_done(self, failing, typed, tmp_path):
        status, _, err = typed(*self.WORDS, "--out", "r")
        assert status == 1 and "in error" in err
        found = results.load(tmp_path / "r")
        assert len(found) == 80 and found.run.tolist() == list(range(80))
        failed = found.status == "error"
        assert failed[0] and not failed.all()
        assert found[failed].final_loss.isna().all() and (found[failed].l1 == 0).all()
        assert (found[~failed].status == "done").all()

    def test_it_stays_until_it_is_to_be_done_again(self, failing, typed, tmp_path):
        typed(*self.WORDS, "--out", "r")
        failing()
        status, out, _ = typed(*self.WORDS, "--out", "r", "--json")
        failed = json.loads(out)["error"]
        assert status == 1 and failed > 0
        again = prepare(Sweep.from_toml((tmp_path / "r/sweep.toml").read_text()))
        for retry, done in ((False, 80), (True, 80 - failed)):
            with closing(Directory(again, tmp_path / "r", retry_failed=retry)) as sink:
                assert sink.standing()[:3] == (80, done, 0)
        status, out, _ = typed(*self.WORDS, "--out", "r", "--retry-failed", "--json")
        assert status == 0 and json.loads(out)["error"] == 0
        assert typed(*self.WORDS, "--out", "whole")[0] == 0
        assert rows(results.load(tmp_path / "r")) == rows(results.load(tmp_path / "whole"))


def test_parts_of_a_long_axis_are_small_and_stay_valid(tmp_path):
    spec = Sweep(l1=0, l2=0, seeds="0:9500000", epochs=1)
    experiment = prepare(spec)
    with closing(Directory(experiment, tmp_path / "r")) as sink:
        sink.append(0, failed_rows(experiment.plan, np.arange(16)))
    (part,) = (tmp_path / "r" / "parts").iterdir()
    assert part.stat().st_size < 40_000
    longer = prepare(spec.replace(seeds="0:9600000"))
    for grid, options in ((experiment, {}), (longer, {"extend": True})):
        with closing(Directory(grid, tmp_path / "r", **options)) as sink:
            assert sink.counts()["error"] == 16


def test_a_sweep_goes_on_with_its_data_under_another_path(tmp_path, monkeypatch):
    file = tmp_path / "mine.csv"
    load_iris(as_frame=True).frame.to_csv(file, index=False)
    monkeypatch.chdir(tmp_path)
    relative = Sweep(data="mine.csv", hidden="4", epochs=2, l1="0", l2="0", seeds="0:2")
    first = relative.run(out="a")
    again = relative.replace(data=file).run(out="a")
    pd.testing.assert_frame_equal(again, first, check_exact=True)  # seconds too: not trained again
    assert f'data = "{file}"' in Path("a/sweep.toml").read_text()
    file.write_text(file.read_text().replace("5.1", "5.2"))
    with pytest.raises(ValueError, match=r"another sweep .*data_sha256"):
        relative.run(out="a")


def test_only_what_others_hold_is_asked_for_again(monkeypatch):
    monkeypatch.setattr("sweep.running.claims._ASK_AGAIN", 0)
    plan = prepare(Sweep(l1=0, l2=0, seeds="0:40000", epochs=1)).plan
    assert plan.tasks.count > 10
    held, asked = dict.fromkeys(list(plan.tasks.ranges())[2:4], 3), []

    class Shared:
        def claim(self, task):
            (runs,) = task
            asked.append(runs)
            held[runs] = held.get(runs, 0) - 1
            return None if held[runs] >= 0 else task

    class Quiet:
        def requested(self):
            return False

    given = [task for task in claims(plan.handed_out(), Shared(), Quiet()) if task]
    assert sorted(task.start for task in given) == sorted(start for start, _ in plan.tasks.ranges())
    assert len(asked) == plan.tasks.count + 2 * 3


def test_runs_are_counted_though_the_data_are_gone(typed, tmp_path):
    frame = pd.DataFrame(np.random.RandomState(0).normal(size=(40, 2)), columns=["a", "b"])
    frame.assign(side=np.arange(40) % 2).to_csv("d.csv", index=False)
    grid = ("--data", "d.csv", "--hidden", 4, "--epochs", 1, "--l1", "0,0.1", "--l2", 0)
    typed("run", *grid, "--seeds", "0:2", "--out", "r")
    typed("run", *grid, "--seeds", "0:3", "--out", "r", "--extend")
    there = typed("status", "r", "--json")
    (tmp_path / "d.csv").unlink()
    assert typed("status", "r", "--json") == there
    assert json.loads(there[1]) == {"done": 6, "diverged": 0, "error": 0, "total": 6, "left": 0}
