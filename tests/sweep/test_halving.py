"""Halving: the ladder, who climbs it, and that a run on it is the run that it would be alone."""

import os
import signal
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

import results
from sweep import Sweep
from sweep.plan.halving import rungs, share
from sweep.running import driver, halving_tasks
from sweep.running.halving_tasks import survivors
from sweep.training import loop
from tests.sweep.console import rows

#: 18 cells, of which 18, 6 and 2 train for 2, 6 and 18 epochs.
SPEC = Sweep(
    data="iris",
    hidden="4",
    l1=[0, 0.001, 0.1],
    l2=[0, 0.01],
    lr=[0.001, 0.01, 0.1],
    seeds=[1, 2],
    folds=2,
    epochs=18,
    finish=0,
    halving=3,
)


class Estimator(BaseEstimator):
    def __init__(self, cell=0, epochs=1):
        self.cell, self.epochs = cell, epochs

    def fit(self, X, y):
        return self

    def score(self, X, y):
        return -self.cell


def of_scikit_learn(cells, epochs, eta):
    """Return the candidates and the epochs of each rung."""
    search = HalvingGridSearchCV(
        Estimator(),
        {"cell": list(range(cells))},
        resource="epochs",
        max_resources=epochs,
        factor=eta,
        cv=2,
    )
    search.fit(np.zeros((4, 1)), np.zeros(4))
    return search.n_candidates_, search.n_resources_


@pytest.mark.parametrize(
    ("cells", "epochs", "eta"),
    [(18, 18, 3), (40, 27, 3), (16, 64, 2), (7, 12, 2), (20, 100, 5), (5, 48, 4), (3, 50, 4)],
)
def test_the_ladder_is_scikit_learns(cells, epochs, eta):
    ladder = rungs(cells, epochs, eta)
    assert tuple(map(list, zip(*ladder, strict=True))) == of_scikit_learn(cells, epochs, eta)


@pytest.mark.parametrize("options", [{}, {"epochs": 17}, {"halving": 2}, {"epochs": 0}])
def test_the_share_is_that_of_the_epochs_in_the_table(options):
    spec = SPEC.replace(**options)
    table = spec.run()
    trained = share(18, spec.epochs, spec.halving)
    assert table.epochs.sum() == pytest.approx(trained * len(table) * spec.epochs)


@pytest.mark.parametrize(("cells", "epochs", "eta"), [(40, 50, 3), (30, 100, 2), (12, 7, 4)])
def test_where_epochs_do_not_divide_the_last_rung_still_has_them_all(cells, epochs, eta):
    """There scikit-learn stops short of them."""
    ladder = rungs(cells, epochs, eta)
    candidates, resources = of_scikit_learn(cells, epochs, eta)
    assert [count for count, _ in ladder] == candidates
    assert ladder[-1][1] == epochs > resources[-1]
    assert all(ours >= theirs for (_, ours), theirs in zip(ladder, resources, strict=True))


def test_a_ladder_may_have_one_rung():
    assert rungs(1, 100, 3) == [(1, 100)]
    assert rungs(400, 2, 3) == [(400, 2)]
    assert rungs(400, 0, 3) == [(400, 0)]


@pytest.mark.parametrize("eta", [2, 3, 4, 5])
def test_400_cells_and_50_epochs_cost_less_than_a_quarter_of_the_grid(eta):
    ladder = rungs(400, 50, eta)
    before = [0, *(epochs for _, epochs in ladder)]
    trained = sum(n * (e - had) for (n, e), had in zip(ladder, before, strict=False))
    assert trained < 400 * 50 / 4


@given(
    scores=st.lists(st.sampled_from([0.5, 1.0, 2.0, np.nan, np.inf]), min_size=6, max_size=6),
    count=st.integers(0, 3),
)
def test_survivors_have_the_lowest_mean(scores, count):
    cells = np.array([4, 0, 9, 9, 4, 0])
    means = {cell: np.mean(np.array(scores)[cells == cell]) for cell in (0, 4, 9)}
    order = sorted(means, key=lambda c: (means[c] if np.isfinite(means[c]) else np.inf, c))
    assert survivors(cells, np.array(scores), count).tolist() == sorted(order[:count])


def race(spec):
    """Race the cells with nothing but plain sweeps, each from scratch: the table of `spec`."""
    cell = ["l1", "l2", "lr"]
    plain = spec.replace(halving="off")
    metric = "final_loss" if spec.data == "article" else "val_loss"
    cells = spec.sample or len(spec.l1) * len(spec.l2) * len(spec.lr)
    left, ended = plain.replace(epochs=0).run()[["run", *cell]], []
    ladder = rungs(cells, spec.epochs, spec.halving)
    for rung, (_, epochs) in enumerate(ladder):
        table = plain.replace(epochs=epochs).run()
        table = table[table.run.isin(left.run)].assign(rung=rung)
        go_on = ladder[rung + 1][0] if rung + 1 < len(ladder) else 0
        best = table.groupby(cell)[metric].mean().sort_values().index[:go_on]
        on = table.set_index(cell).index.isin(best)
        ended.append(table[~on])
        left = table[on]
    found = pd.concat(ended).sort_values("run")
    return found[[*(name for name in found if name not in ("rung", "seconds")), "rung", "seconds"]]


@pytest.mark.parametrize(
    "options",
    [
        *({}, {"l1_method": "proximal", "batch_size": "full"}, {"data": "article"}),
        *({"optimizer": "momentum"}, {"optimizer": "adam", "epsilon": 0.01}),
        {"optimizer": "rmsprop", "l1_method": "subgradient"},
        {"l1": "1e-4:0.1:log", "lr": "1e-3:0.1:log", "sample": 18},
    ],
)
def test_rows_are_those_of_plain_runs_of_as_many_epochs(options):
    """So a run goes on with its weights, its momentum and its order of batches."""
    spec = SPEC.replace(**options, **({"folds": 0, "hidden": "3,5"} if "data" in options else {}))
    found = spec.run()
    assert found.groupby("rung").epochs.unique().map(list).tolist() == [[2], [6], [18]]
    assert rows(found) == rows(race(spec))


def test_the_history_goes_on_from_rung_to_rung(tmp_path):
    found = SPEC.replace(history=4).run(out=tmp_path / "r")
    assert rows(found) == rows(SPEC.run())
    history = pd.read_parquet(tmp_path / "r/history.parquet")
    SPEC.replace(history=4, halving="off").run(out=tmp_path / "plain")
    plain = pd.read_parquet(tmp_path / "plain/history.parquet")
    seen = plain.epoch <= plain.run.map(found.set_index("run").epochs)
    pd.testing.assert_frame_equal(history, plain[seen].reset_index(drop=True))


def test_rows_do_not_depend_on_lanes_threads_and_tasks(monkeypatch):
    whole = SPEC.run(jobs=1)
    for width, seconds, jobs in ((1, 1e-9, 2), (8, 1e-9, 1), (16, 10, 2)):
        monkeypatch.setenv("SWEEP_LANES", str(width))
        monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", seconds)
        assert rows(SPEC.run(jobs=jobs)) == rows(whole)


def test_lanes_close_up_when_cells_leave(monkeypatch):
    """Eight lanes, and 144, 48 and 16 runs: what is computed is what the runs had."""
    lock, computed = threading.Lock(), []

    def train(net, runs, samples, step, batch, epochs, **options):
        with lock:
            computed.append(runs.parameters[:, 0].size * samples.order.shape[1] * epochs)
        whole(net, runs, samples, step, batch, epochs, **options)

    whole = loop.train
    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)  # tasks of 8 runs
    monkeypatch.setenv("SWEEP_LANES", "8")
    found = SPEC.replace(seeds=range(8), folds=0, val_fraction=0.2).run()
    assert (found.status == "done").all()
    assert sum(computed) == 120 * found.epochs.sum() > 0


class Clockwork:
    """Counts the tasks of a race, and does something at one of them."""

    def __init__(self, monkeypatch, at, action):
        self.calls, self._at, self._action, self._climb = 0, at, action, halving_tasks.climb
        monkeypatch.setattr(halving_tasks, "climb", self)
        monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)

    def __call__(self, *task):
        self.calls += 1
        if self.calls == self._at:
            self._action()
        return self._climb(*task)


# The race has 9 tasks on its first rung, 3 on its second and 1 on its last.
@pytest.mark.parametrize(("at", "left"), [(4, 72), (11, 24), (13, 8)])
def test_an_interrupted_race_goes_on_to_the_same_table(at, left, tmp_path, monkeypatch, capfd):
    interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)  # noqa: E731
    with monkeypatch.context() as patch:
        Clockwork(patch, at, interrupt)
        with pytest.raises(KeyboardInterrupt):
            SPEC.run(out=tmp_path / "r", jobs=1)
    assert len(results.load(tmp_path / "r")) == 72 - left
    assert rows(SPEC.run(out=tmp_path / "r")) == rows(SPEC.run())
    assert "stopping" in capfd.readouterr().err


@pytest.mark.parametrize("at", [1, 10])
def test_runs_that_fail_leave_the_race(at, tmp_path, monkeypatch):
    def fail():
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        Clockwork(patch, at, fail)
        found = SPEC.run(out=tmp_path / "r", jobs=1)
    failed = found[found.status == "error"]
    assert len(found) == 72 and len(failed) == 8 and failed.final_loss.isna().all()
    assert failed.rung.unique().tolist() == [0 if at == 1 else 1]
    # A cell that cannot be compared comes last.
    assert found.groupby(["l1", "l2", "lr"]).rung.max().nlargest(2).tolist() == [2, 2]
    again = SPEC.run(out=tmp_path / "r", retry_failed=True)
    assert (again.status == "done").all()


def test_a_race_is_for_one_process(tmp_path):
    with pytest.raises(ValueError, match=r"`join` .* `halving`"):
        driver.run(SPEC, driver.Where(out=tmp_path / "r", join=True))
    assert not (tmp_path / "r").exists()


def test_the_cell_found_is_as_good_as_the_best_of_the_full_grid():
    """Within the interval of the best, for less than a quarter of the epochs."""
    axis = "1e-5:1e-1:log8"
    spec = Sweep(data="digits", hidden="8", l1=axis, l2=axis, seeds=range(4), epochs=27)
    spec = spec.replace(subsample=0.5, features="no")
    full, race = spec.run(), spec.replace(halving=3).run()
    assert len(full) == len(race) == 256
    assert race.epochs.sum() < full.epochs.sum() / 4
    found, best = results.best(race).iloc[0], results.best(full).iloc[0]
    cells = results.summary(full)
    there = cells[(cells.l1 == found.l1) & (cells.l2 == found.l2)].iloc[0]
    assert best.mean_val_loss <= there.mean_val_loss <= best.high_val_loss
