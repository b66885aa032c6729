"""A task: the rows of some run numbers, whichever they are and however they are grouped."""

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep import Sweep
from sweep.data.fold import fold_of
from sweep.plan.experiment import prepare
from sweep.training.batch import Batch
from sweep.training.loop import Stopped
from sweep.training.rows import failed_rows, schema
from sweep.training.task import run_task
from tests.sweep.console import rows

#: Nine rows: two folds cannot be of one size.
X = np.random.RandomState(1).standard_normal((9, 2))
Y = [0, 0, 0, 0, 0, 1, 1, 2, 2]


@pytest.fixture(scope="module")
def uneven():
    spec = Sweep(
        data=(X, Y),
        folds=2,
        hidden="3",
        seeds=[1, 2],
        l1=[0, 0.1],
        l2=0,
        epochs=3,
        finish=0,
        history=2,
    )
    return prepare(spec)


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_any_ranges_give_their_rows_of_the_whole(uneven, data):
    plan, dataset = uneven.plan, uneven.dataset
    cuts = sorted(data.draw(st.sets(st.integers(0, plan.grid.total), min_size=2)))
    ranges = list(zip(cuts[::2], cuts[1::2], strict=False))
    whole, part = run_task(plan, dataset, [(0, plan.grid.total)]), run_task(plan, dataset, ranges)
    chosen = [run for start, stop in ranges for run in range(start, stop)]
    assert rows(part.runs.to_pandas()) == rows(whole.runs.take(chosen).to_pandas())
    past = whole.beside["history"].filter(
        pa.compute.is_in(whole.beside["history"]["run"], pa.array(chosen))
    )
    assert part.beside["history"].equals(past)


def test_runs_of_unequal_parts_are_grouped_and_come_back_in_order(uneven):
    plan = uneven.plan
    table = run_task(plan, uneven.dataset, [(0, plan.grid.total)]).runs.to_pandas()
    assert table.run.tolist() == list(range(8))
    for name, column in plan.grid.coordinates(np.arange(8)).items():
        assert table[name].tolist() == column.tolist()
    sizes = {fold: len(fold_of(plan.spec, uneven.dataset, 1, fold).train) for fold in (0, 1)}
    assert sorted(sizes.values()) == [4, 5]
    right = table.train_accuracy * table.fold.map(sizes)
    np.testing.assert_allclose(right, right.round(), atol=1e-12)


def test_a_batch_answers_in_the_order_it_is_asked(uneven):
    batch = Batch(uneven.plan, uneven.dataset, np.arange(8), lambda: False)
    whole, end = batch.train(np.arange(8), batch.drawn(), 3)
    index = np.array([6, 1, 3, 4])
    some, state = batch.train(index, batch.drawn().take(index), 3)
    for name, column in whole.items():
        np.testing.assert_array_equal(some[name], column[index])
    np.testing.assert_array_equal(state().parameters, end().parameters[:, index])


def test_history_is_sorted_and_complete(uneven):
    plan = uneven.plan
    history = run_task(plan, uneven.dataset, [(2, 7)]).beside["history"].to_pandas()
    assert history[["run", "epoch"]].to_numpy().tolist() == [[run, 2] for run in range(2, 7)]


def test_rows_in_error_know_their_place_and_nothing_else(uneven):
    plan = uneven.plan
    table = failed_rows(plan, np.array([1, 6])).runs
    assert table.schema == schema(plan)
    found = table.to_pandas()
    assert found.run.tolist() == [1, 6] and (found.status == "error").all()
    assert found.l1.tolist() == [0.1, 0] and found.seed.tolist() == [1, 2]
    known = ["run", "data", *plan.grid.axes, "status"]
    assert found.drop(columns=known).isna().all(axis=None)


def test_seconds_are_shares_of_the_task(uneven):
    seconds = run_task(uneven.plan, uneven.dataset, [(0, 8)]).runs["seconds"].to_pylist()
    assert len(set(seconds)) == 1 and 0 < seconds[0] < 60


def test_data_in_memory_do_not_travel_with_the_plan():
    data = (np.random.RandomState(0).standard_normal((5000, 20)), np.arange(5000) % 2)
    plan = prepare(Sweep(data=data, seeds=1)).plan
    assert len(pickle.dumps(plan)) < 5000
    assert pickle.loads(pickle.dumps(plan)).spec.replace(epochs=3).epochs == 3


def test_it_gives_up_when_told(uneven):
    with pytest.raises(Stopped):
        run_task(uneven.plan, uneven.dataset, [(0, 8)], lambda: True)


def test_runs_begin_with_the_same_weights_whatever_the_method_of_l1():
    spec = Sweep(data="iris", hidden="4", l1=[0, 0.01], l2=0, seeds=range(2), epochs=1)
    both = [spec, spec.replace(l1_method="proximal")]
    first, second = (one.run().initial_loss.to_numpy() for one in both)
    np.testing.assert_array_equal(first, second)
    assert len(set(first.tolist())) == 4
