"""Runs that are trained again: to the weights that they kept, and no further."""

import numpy as np
import pytest

from sweep import Sweep
from sweep.errors import InputError
from sweep.models.best import again
from sweep.models.retraining import train_again, when_they_stopped
from sweep.plan.experiment import prepare
from sweep.training import slots

SPEC = Sweep(
    **{"data": "iris", "hidden": "4", "l1": 0, "l2": "0,1e-3", "lr": "0.01,0.3", "seeds": "3:5"},
    **{"batch_size": 32, "epochs": 60, "dropout": 0.2, "schedule": "cosine"},
)
STOPS = {
    "patience": {"patience": 3},
    "tol": {"tol": 1e-2},
    "both": {"patience": 3, "tol": 1e-2},
    "some": {"patience": "2,off"},
    "adaptive": {"patience": 3, "schedule": "adaptive"},
    "path": {"patience": 3, "path": "l2"},
}


@pytest.mark.parametrize("stops", STOPS)
def test_a_run_that_stopped_early_has_the_weights_that_it_kept(stops, monkeypatch):
    spec = SPEC.replace(**STOPS[stops])
    runs = spec.run(jobs=1)
    assert runs["epochs"].nunique() > 1
    experiment = prepare(spec)
    watched = []
    look_at = slots.Slots._look_at
    for part, places in experiment.plan.apart(runs["run"].to_numpy()):
        rows = runs.iloc[places[::-1]]  # in any order
        of_part = experiment._replace(plan=part), rows["run"].to_numpy()
        columns, _, expected = train_again(*of_part)
        with monkeypatch.context() as patch:
            patch.setattr(slots.Slots, "_look_at", lambda *a: (watched.append(1), look_at(*a)))
            stopped = when_they_stopped(part.spec, rows)
            found, _, weights = train_again(*of_part, stops=stopped)
        assert weights.tobytes() == expected.tobytes() and np.ptp(weights) > 0
        assert found.keys() == columns.keys()
        for name, values in columns.items():
            np.testing.assert_array_equal(found[name], values)
            assert found[name].dtype.kind == values.dtype.kind
    assert bool(watched) == (stops in ("adaptive", "path"))


@pytest.mark.parametrize("epoch", [-1, 0, "another", 61, 10**8, np.nan])
def test_an_epoch_at_which_a_run_did_not_stop_is_refused(epoch):
    spec = SPEC.replace(**STOPS["patience"])
    runs = spec.run(jobs=1)
    first, own = runs["best_epoch"][:2]
    rows = runs[:2].assign(best_epoch=[first, own + 1 if epoch == "another" else epoch])
    with pytest.raises(InputError, match=r"^run 1 of d does not repeat: its data or regsweep have"):
        again(prepare(spec), rows, "d")
