"""`tol`: runs stop where the training loss no longer falls, as in scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from sweep import Sweep
from sweep.plan.experiment import prepare
from sweep.training.batch import Batch
from sweep.training.patience import Patience
from sweep.training.slots import Stopping
from tests.sweep.console import rows
from tests.sweep.trained import drawn

X = np.random.RandomState(0).normal(size=(50, 6))
Y = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int) + (X[:, 2] > 0.5)
SPEC = Sweep(
    data=(X, Y), hidden="7", l1=0, l2=[0, 3e-3], seeds=[1, 2], lr=[0.02, 0.1], val_fraction=0,
    batch_size="full", l1_method="subgradient", scale="none", epochs=1500, tol=1e-4,
)  # fmt: skip


class Begun(MLPClassifier):
    """An MLPClassifier that begins with given weights."""

    def __init__(self, start=None, **options):
        super().__init__(**options)
        self.start = start

    def _init_coef(self, fan_in, fan_out, dtype):
        layer = next(i for i in (1, 2) if self.start[f"w{i}"].shape == (fan_out, fan_in))
        return self.start[f"w{layer}"].T.copy(), self.start[f"b{layer}"].copy()


def test_it_stops_where_scikit_learn_does():
    """Whose loss is that before an epoch's step, and who stops one epoch after N in a row."""
    table = SPEC.run()
    assert table.epochs.nunique() == len(table) == 8 and table.epochs.max() < 1500
    for _, row in table.iterrows():
        theirs = Begun(
            drawn(SPEC, int(row.seed)), hidden_layer_sizes=(7,), solver="sgd", momentum=0.9,
            learning_rate_init=row.lr, alpha=2 * len(X) * row.l2, batch_size=len(X), tol=1e-4,
            n_iter_no_change=10, max_iter=2000, shuffle=False,
        ).fit(X, Y)  # fmt: skip
        assert theirs.n_iter_ == row.epochs + 2
        assert theirs.loss_curve_[row.epochs] == pytest.approx(row.final_loss, abs=1e-10)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_it_stops_after_ten_epochs_without_a_fall(precision, method, tmp_path):
    """By the losses of the history of a sweep without stops."""
    spec = SPEC.replace(
        l1=[0, 0.01], batch_size=16, precision=precision, l1_method=method, tol=1e-3,
        epochs=200, finish=0,
    )  # fmt: skip
    found = spec.run().set_index("run")
    spec.replace(tol=None, history=1).run(out=tmp_path / "r")
    past = pd.read_parquet(tmp_path / "r/history.parquet").set_index(["run", "epoch"])
    assert found.epochs.min() < 40 and found.epochs.nunique() > 5
    for number, row in found.iterrows():
        losses = past.loss[number].to_numpy()
        lowest, last = np.inf, 0
        for epoch, loss in enumerate(losses, start=1):
            last = epoch if loss < lowest - 1e-3 else last
            lowest = min(loss, lowest)
            if epoch - last == 10:
                break
        assert row.epochs == epoch
        assert row.final_loss == losses[epoch - 1]


def test_with_patience_it_says_what_is_better(tmp_path):
    spec = Sweep(data="wine", hidden="8", l1=0, l2=0, seeds=range(6), epochs=60, patience=4)
    plain, told = spec.run(), spec.replace(tol=0).run()
    assert rows(told) == rows(plain)
    spec.replace(patience=None, finish=0, history=1).run(out=tmp_path / "r")
    past = pd.read_parquet(tmp_path / "r/history.parquet").set_index(["run", "epoch"])
    found = spec.replace(tol=0.02).run().set_index("run")
    assert (found.epochs <= plain.epochs).all() and (found.epochs < plain.epochs).any()
    for number, row in found.iterrows():
        best, last = np.inf, 0
        for epoch, loss in enumerate(past.val_loss[number], start=1):
            if loss < best - 0.02:
                best, last = loss, epoch
            if epoch - last == 4:
                break
        assert (row.epochs, row.best_epoch, row.val_loss) == (epoch, last, best)


@settings(deadline=None, max_examples=12)
@given(
    options=st.fixed_dictionaries(
        {
            "path": st.sampled_from([None, "l1"]),
            "schedule": st.sampled_from(["constant", "step:6:0.5", "cosine"]),
            "patience": st.sampled_from([None, 3]),
            "class_weight": st.sampled_from(["none", "balanced"]),
            "history": st.sampled_from([0, 4]),
        }
    ),
    width=st.sampled_from([1, 2, 4, 16]),
    quantum=st.sampled_from([3, 7, 16]),
    room=st.sampled_from([1, 10**4, 2**26]),
)
def test_a_row_does_not_depend_on_what_is_trained_beside_it(options, width, quantum, room):
    spec = SPEC.replace(
        l1=[0, 1e-3, 0.1], lr=[0.02, 0.1, 5], batch_size=16, val_fraction=0.3, epochs=40,
        tol=3e-3, **options,
    )  # fmt: skip
    expected = spec.run(jobs=1)
    assert expected.epochs.nunique() > 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWEEP_LANES", str(width))
        patch.setattr("sweep.plan.tasks.QUANTUM", quantum)
        patch.setattr("sweep.plan.cost._ROOM", room)
        patch.setattr("sweep.plan.tasks._EPOCH_SECONDS", 0)
        assert rows(spec.run(jobs=1)) == rows(expected)


def test_another_number_of_epochs_in_a_row():
    """As an estimator has it."""
    plan, dataset = (experiment := prepare(SPEC)).plan, experiment.dataset
    batch = Batch(plan, dataset, np.arange(8), lambda: False)
    ((_, group),) = batch._groups(np.arange(8))
    stops = {}
    for epochs in (3, 10):
        runs = Patience(
            group, batch._begin, 16, 1500, plan.cost.pace, lambda: False,
            stopping=Stopping(epochs, 1e-4, held_out=False),
        )  # fmt: skip
        stops[epochs] = np.full(8, np.nan)
        for found in runs.trained():
            stops[epochs][found.runs] = found.metrics["epochs"]
    np.testing.assert_array_equal(stops[10], SPEC.run().epochs)
    assert (stops[3] <= stops[10] - 7).all()


def test_a_loss_that_is_watched_takes_time():
    cost = prepare(SPEC).plan.cost.pace / prepare(SPEC.replace(tol=None)).plan.cost.pace
    assert 1.1 < cost < 4 / 3


@pytest.mark.parametrize(("lr", "status"), [(1e200, "diverged"), (1e-300, "done")])
def test_a_run_that_diverges_stops_and_one_that_stands_still(lr, status):
    """The first epoch is a fall whatever it gave, and no other one is."""
    table = SPEC.replace(l2=0, lr=lr, epochs=50, tol=0).run()
    assert (table.status == status).all() and (table.epochs == 11).all()
