"""The finish in full batches: the zeros of the problem, whatever the noise of small batches."""

import numpy as np
import pytest

from sweep import InputError, Sweep
from sweep.plan.experiment import prepare
from sweep.training import loop
from sweep.training.batch import Batch
from tests.sweep.test_exact_zeros import elastic_net
from tests.sweep.trained import samples, trained

SPEC = Sweep(data="iris", hidden="5", l1=[0.001, 0.02], l2=0, seeds=range(3), epochs=4)


def weights(spec):
    return np.array([np.concatenate([*map(np.ravel, p.values())]) for p in trained(spec)[1]])


@pytest.mark.parametrize(("data", "lr", "momentum"), [("wine", 0.05, 0.9), ("iris", 0.1, 0.95)])
def test_zeros_are_those_that_another_solver_finds_whatever_the_batch(data, lr, momentum):
    spec = Sweep(
        **{"data": data, "hidden": "none", "l1": [0.01, 0.05, 0.2], "l2": 1e-3, "seeds": 3},
        **{"epochs": 1500, "batch_size": 16, "lr": lr, "momentum": momentum},
    )
    assert spec.finish == 1500  # twice the epochs in all
    _, finished = trained(spec)
    _, noisy = trained(spec.replace(finish=0, epochs=3000))
    x, y, _ = samples(spec, 3)
    shares = []
    for l1, p, q in zip(spec.l1, finished, noisy, strict=True):
        w, _ = elastic_net(x, y, l1, 1e-3)
        np.testing.assert_array_equal(p["w1"] == 0, w == 0)
        shares.append([np.mean(of == 0) for of in (q["w1"], w)])
    assert all(few < right for few, right in shares)  # or there was nothing to mend


def test_sparsity_grows_with_l1_on_real_data():
    for data in ("breast_cancer", "iris"):
        runs = Sweep(data=data, l1="0.01,0.0316,0.1", l2=0, seeds=range(5)).run()
        found = runs.groupby("l1").sparsity.mean()
        assert found.is_monotonic_increasing and found.iloc[0] < found.iloc[2]


def test_the_largest_automatic_penalty_empties_the_network_in_small_batches():
    spec = Sweep(data="breast_cancer", hidden="none", l1="auto:log3", l2=0, seeds=range(3))
    assert (spec.run().query("l1 == l1.max()").nonzero == 0).all()


def test_the_finish_is_training_in_full_batches():
    """The same way on from the same state; only the order of the sums is another one."""
    experiment = prepare(SPEC.replace(finish=0))
    batch = Batch(experiment.plan, experiment.dataset, np.arange(6), lambda: False)
    _, state = batch.train(np.arange(6), batch.drawn(), 4)
    experiment = prepare(SPEC.replace(batch_size="full", epochs=4 + 7))
    full = Batch(experiment.plan, experiment.dataset, np.arange(6), lambda: False)
    columns, state = full.train(np.arange(6), state(), 11)
    found, _ = trained(SPEC.replace(finish=7))
    for name in ("final_loss", "val_loss", "sparsity", "l1_penalty"):
        np.testing.assert_allclose(found[name], columns[name], rtol=1e-11, err_msg=name)
    assert (found["epochs"] == 11).all()


def test_where_samples_are_many_the_finish_has_few_batches_of_one_size(monkeypatch):
    monkeypatch.setattr(loop, "_FINISHING_SAMPLES", 50)  # of iris's 120
    longer = SPEC.replace(batch_size=40, finish=0, epochs=4 + 7)
    np.testing.assert_array_equal(weights(SPEC.replace(batch_size=40, finish=7)), weights(longer))


def test_a_batch_of_the_finish_is_no_larger_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(loop, "_FINISHING_ROOM", 60 * (4 + 5 + 3))  # of 120 samples: two batches
    np.testing.assert_array_equal(
        weights(SPEC.replace(batch_size=60, finish=3)),
        weights(SPEC.replace(batch_size=60, finish=0, epochs=7)),
    )


def test_history_goes_on_through_the_finish(tmp_path):
    import pandas as pd

    runs = SPEC.replace(history=3, finish=5).run(out=tmp_path)
    history = pd.read_parquet(tmp_path / "history.parquet")
    assert sorted(set(history.epoch)) == [3, 6, 9]
    last = history[history.epoch == 9].sort_values("run")
    np.testing.assert_array_equal(last.val_loss, runs.sort_values("run").val_loss)


def test_only_the_last_rung_of_a_race_is_finished():
    spec = Sweep(data="iris", hidden="3", l1="0,1e-3:1e-1:log3", l2=0, seeds=1, halving=2)
    spec = spec.replace(epochs=16, finish=10)
    epochs = spec.run().groupby("rung").epochs.max()
    assert epochs.tolist()[-1] == 26 and epochs.iloc[:-1].max() < 16


def test_the_default_is_as_many_epochs_as_before_where_noise_would_spoil_zeros():
    def finish(**options):
        return Sweep(**{"data": "iris", "epochs": 30} | options).finish

    assert finish() == finish(l1=0) == 30  # runs without a penalty are compared with the others
    assert finish(batch_size="full") == finish(patience=3) == finish(l1_method="subgradient") == 0
    assert finish(data="article") == 0
    assert finish(patience=3, finish=0) == 0 and finish(finish=7) == 7
    with pytest.raises(InputError, match="`finish` trains on, and `patience`"):
        finish(patience=3, finish=2)


def test_a_file_that_says_all_there_was_to_say_means_what_it_meant():
    """What an earlier version wrote has no finish, and trained none."""
    spec = Sweep(data="iris", epochs=30)
    toml = spec.to_toml()
    assert "finish = 30" in toml and Sweep.from_toml(toml) == spec
    before = toml.replace("finish = 30\n", "")
    assert Sweep.from_toml(before).finish == 0
    assert Sweep.from_toml("data = 'iris'\nepochs = 30\n").finish == 30
