"""Regularisation paths: each run begins where the one before it on the penalty's axis ended."""

from contextlib import closing

import numpy as np
import pandas as pd
import pytest

import results
from kernels import reference
from sweep import Sweep
from sweep.errors import InputError
from sweep.plan.experiment import prepare
from sweep.running.merging import merge
from sweep.running.sink import Directory
from sweep.training.task import run_task
from tests.sweep.console import rows
from tests.sweep.trained import accuracy, cross_entropy, drawn, samples

L1 = (0.0, 0.004, 0.02, 0.1)
SPEC = Sweep(
    data="iris",
    hidden="5",
    l1=L1,
    l2=[0, 0.01],
    seeds=[3, 4],
    epochs=8,
    lr=0.05,
    batch_size="full",
    path="l1",
)
BOTH = ("up", "down")
ALL = ("up", "down", "cold")


def of(table, *orders):
    """Return the rows of some orders of the path, without their numbers and words."""
    return table[table.path.isin(orders)].drop(columns=["run", "path"])


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
@pytest.mark.parametrize("order", [*ALL, None])
def test_each_run_begins_with_the_weights_of_the_run_before(order, method):
    """And at rest: with no momentum left from it. A cold one begins with what its seed draws."""
    orders = {} if order is None else {"path_order": ALL}
    table = SPEC.replace(l1_method=method, **orders).run()
    table = table[table.path == (order or "up")]
    part = samples(SPEC, 4)
    rows = np.arange(len(part[1]))[None]
    for l2 in SPEC.l2:
        p = drawn(SPEC, 4)
        for l1 in reversed(L1) if order == "down" else L1:
            p = drawn(SPEC, 4) if order == "cold" else p
            row = table[(table.seed == 4) & (table.l1 == l1) & (table.l2 == l2)].iloc[0]
            both = [dict.fromkeys(["w1", "w2"], value) for value in (l1, l2)]
            settings = reference.Settings(*both, rate=0.05, proximal=method == "proximal")
            before = cross_entropy(p, part) + reference.penalty(p, settings)
            assert row.initial_loss == pytest.approx(before, rel=1e-11)
            p = reference.train(p, settings, part, rows, len(rows[0]), 8)
            after = cross_entropy(p, part)
            assert row.train_loss == pytest.approx(after, rel=1e-11)
            assert row.train_accuracy == pytest.approx(accuracy(p, part))
            assert row.epochs == 8


@pytest.mark.parametrize("axis", ["l1", "l2"])
@pytest.mark.parametrize("order", BOTH)
def test_the_first_penalty_is_trained_as_in_the_grid(order, axis):
    spec = SPEC.replace(path=axis, path_order=order, batch_size=16)
    along, cold = spec.run(), spec.replace(path="off", path_order=None).run()
    ends = {"up": along[axis].min(), "down": along[axis].max()}
    first = along[axis] == ends[order]
    assert rows(of(along[first], order)) == rows(cold[first].drop(columns="run"))
    assert (along.final_loss != cold.final_loss)[~first].all()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"path": "l2", "folds": 4},
        {"patience": 2, "lr": [0.05, 0.3]},
        {"l1": "auto:log3", "l1_method": "proximal", "precision": "float32"},
        {"data": "article", "hidden": "3,5", "vary": {"l1_w1": [0, 0.1]}},
    ],
)
def test_each_order_is_the_same_alone_and_beside_the_others(options):
    """And the cold one is the grid without a path."""
    spec = SPEC.replace(**{"batch_size": 16, **options})
    table = spec.replace(path_order=ALL).run()
    assert sorted(table.run) == list(range(len(table)))
    for order in ALL:
        alone = spec.replace(path_order=order).run()
        assert rows(of(table, order)) == rows(of(alone, order))
        assert (alone.path == order).all()
    assert rows(of(table, "up")) == rows(of(spec.run(), "up"))
    assert rows(of(table, "cold")) == rows(spec.replace(path="off").run().drop(columns="run"))


def test_the_order_is_the_last_coordinate_of_runs_and_history(tmp_path):
    spec = SPEC.replace(path_order="up,cold", history=4, vary={"l2_b1": 0})
    runs = spec.run(out=tmp_path / "r")
    history = results.load_history(tmp_path / "r")
    for table, after in ((runs, "status"), (history, "epoch")):
        assert " l2_b1 path " + after in " ".join(table)
    assert runs.path.tolist() == ["cold", "up"] * (len(runs) // 2)
    assert history.path.tolist() == runs.path.repeat(2).tolist()
    some = results.load_history(tmp_path / "r", {"path": "up", "l1": 0.02})
    wanted = history[(history.path == "up") & (history.l1 == 0.02)]
    pd.testing.assert_frame_equal(some, wanted.reset_index(drop=True))
    assert "path" not in SPEC.replace(path="off").run()


@pytest.mark.parametrize("order", BOTH)
def test_with_patience_the_best_epoch_is_what_is_handed_on(order):
    spec = SPEC.replace(patience=2, lr=0.3, batch_size=16, epochs=30, history=1, path_order=order)
    table = spec.run()
    assert (table.epochs < 30).any() and (table.best_epoch < table.epochs).any()
    for _, path in table.groupby(["seed", "l2"]):
        path = path.sort_values("l1", ascending=order == "up")
        # The penalty is another, so of the loss only the cross-entropy and the norms carry over.
        norm = (path.l1_penalty / path.l1).to_numpy()
        carried = path.train_loss.to_numpy()[1:-1] + path.l1.to_numpy()[2:] * norm[1:-1]
        carried = carried + path.l2_penalty.to_numpy()[1:-1]
        np.testing.assert_allclose(path.initial_loss.to_numpy()[2:], carried, rtol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"folds": 4, "history": 3, "path_order": ALL},
        {"patience": 2, "lr": [0.05, 0.3], "path_order": BOTH},
    ],
)
def test_rows_do_not_depend_on_lanes_threads_and_tasks(options, monkeypatch):
    spec = SPEC.replace(seeds=range(5), batch_size=16, **options)
    whole = spec.run(jobs=1)
    for width, quantum, jobs in ((1, 1, 2), (8, 1, 2), (16, 64, 1)):
        monkeypatch.setenv("SWEEP_LANES", str(width))
        monkeypatch.setattr("sweep.plan.tasks.QUANTUM", quantum)
        monkeypatch.setattr("sweep.plan.tasks._WAITING", quantum)
        assert rows(spec.run(jobs=jobs)) == rows(whole)


def test_more_seeds_may_be_added_and_more_values_along_the_path_may_not(tmp_path):
    fewer = SPEC.replace(seeds=3, l2=0)
    fewer.run(out=tmp_path / "r")
    assert rows(SPEC.run(out=tmp_path / "r", extend=True)) == rows(SPEC.run())
    with pytest.raises(ValueError, match="l1"):
        SPEC.replace(l1=[*L1, 0.2]).run(out=tmp_path / "r", extend=True)


def test_orders_may_be_added_and_are_merged(tmp_path):
    whole = SPEC.replace(path_order=ALL, history=2).run(out=tmp_path / "whole")
    for name in ALL:
        SPEC.replace(path_order=name, history=2).run(out=tmp_path / name)
    merge([tmp_path / name for name in ALL], tmp_path / "merged")
    SPEC.replace(path_order=ALL, history=2).run(out=tmp_path / "down", extend=True)
    history = results.load_history(tmp_path / "whole")
    for name in ("merged", "down"):
        assert rows(results.load(tmp_path / name)) == rows(whole)
        pd.testing.assert_frame_equal(results.load_history(tmp_path / name), history)


def test_what_is_there_of_an_extended_sweep_is_in_the_order_of_the_grid(tmp_path):
    whole = SPEC.replace(path_order="down,up")
    SPEC.run(out=tmp_path)
    experiment = prepare(whole)
    plan = experiment.plan
    with closing(Directory(experiment, tmp_path, extend=True)) as sink:
        sink.append(0, run_task(plan, experiment.dataset, [(0, plan.grid.cells)]))
    table = whole.run()
    there = table[(table.seed == 3) | (table.path == "up")].drop(columns="run")
    assert rows(results.load(tmp_path).drop(columns="run")) == rows(there)


def test_a_cell_is_a_point_of_the_grid_and_an_order(tmp_path):
    runs = SPEC.replace(path_order=ALL).run()
    cells = results.summary(runs)
    assert len(cells) == 3 * len(L1) * 2
    for cell in cells.to_dict("records"):
        own = runs[(runs.l1 == cell["l1"]) & (runs.l2 == cell["l2"]) & (runs.path == cell["path"])]
        assert cell["mean_val_loss"] == pytest.approx(own.val_loss.mean())
        none = runs[(runs.l1 == 0) & (runs.l2 == 0) & (runs.path == cell["path"])]
        difference = own.val_loss.mean() - none.val_loss.mean()
        assert cell["mean_val_loss_from_none"] == pytest.approx(difference, abs=1e-12)
    assert f"path = {results.best(cells).path.item()}" in results.best(cells).why.item()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": None, "path_order": "up"}, "`path_order` is that of a path: give `path` too"),
        ({"path_order": "up,sideways"}, "should be of up, down, cold, .* it is 'up,sideways'"),
        ({"path_order": ""}, "should be of up, down, cold"),
        ({"path_order": []}, "should be of up, down, cold"),
        ({"path_order": 3}, "should be of up, down, cold"),
    ],
)
def test_orders_that_are_none_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        SPEC.replace(**options)


def test_orders_are_sorted_unique_words():
    spec = SPEC.replace(path_order=" up,down, up")
    assert spec.path_order == ("down", "up") and spec == SPEC.replace(path_order=["down", "up"])
    assert SPEC.path_order == ("up",) and SPEC.replace(path="off").path_order == ()
    for one in (spec, SPEC, SPEC.replace(path="off")):
        assert Sweep.from_toml(one.to_toml()) == one


@pytest.mark.parametrize("options", [{}, {"patience": 6}])
def test_after_an_empty_network_a_run_begins_anew(options):
    """From no weights at all hidden layers learn nothing: that path would be empty to its end."""
    spec = SPEC.replace(l1=[0.001, 0.003, 3], l2=0, path_order="down,cold", epochs=30, **options)
    spec = spec.replace(l1_method="proximal", batch_size=16)
    table = spec.run()
    down, cold = of(table, "down"), of(table, "cold")
    assert (down[down.l1 == 3].nonzero == 0).all()
    assert rows(down[down.l1 == 0.003]) == rows(cold[cold.l1 == 0.003])
    assert (down[down.l1 < 1].nonzero > 0).all()
    warm, fresh = (of_l1[of_l1.l1 == 0.001].initial_loss.to_numpy() for of_l1 in (down, cold))
    assert (warm < fresh).all()


def test_softmax_regression_goes_on_from_no_weights():
    """Its problem is convex: there is no other stationary point."""
    spec = SPEC.replace(hidden="none", l1=[0.001, 20], l2=0, path_order="down,cold")
    table = spec.replace(l1_method="proximal").run()
    down, cold = of(table, "down"), of(table, "cold")
    assert (down[down.l1 == 20].nonzero == 0).all() and (down[down.l1 == 0.001].nonzero > 0).all()
    warm, fresh = (of_l1[of_l1.l1 == 0.001].initial_loss.to_numpy() for of_l1 in (down, cold))
    assert (warm != fresh).all()
