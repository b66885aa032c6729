"""Regularisation paths: each run begins where the one with the next smaller penalty ended."""

import numpy as np
import pytest

from kernels import reference
from sweep import Sweep
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


@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_each_run_begins_with_the_weights_of_the_run_before(method):
    """And at rest: with no momentum left from it."""
    table = SPEC.replace(l1_method=method).run()
    part = samples(SPEC, 4)
    order = np.arange(len(part[1]))[None]
    for l2 in SPEC.l2:
        p = drawn(SPEC, 4)
        for l1 in L1:
            row = table[(table.seed == 4) & (table.l1 == l1) & (table.l2 == l2)].iloc[0]
            both = [dict.fromkeys(["w1", "w2"], value) for value in (l1, l2)]
            settings = reference.Settings(*both, rate=0.05, proximal=method == "proximal")
            before = cross_entropy(p, part) + reference.penalty(p, settings)
            assert row.initial_loss == pytest.approx(before, rel=1e-11)
            p = reference.train(p, settings, part, order, len(order[0]), 8)
            after = cross_entropy(p, part)
            assert row.train_loss == pytest.approx(after, rel=1e-11)
            assert row.train_accuracy == pytest.approx(accuracy(p, part))
            assert row.epochs == 8


@pytest.mark.parametrize("axis", ["l1", "l2"])
def test_the_smallest_penalty_is_trained_as_in_the_grid(axis):
    spec = SPEC.replace(path=axis, batch_size=16)
    along, cold = spec.run(), spec.replace(path="off").run()
    first = along[axis] == along[axis].min()
    assert rows(along[first]) == rows(cold[first])
    assert (along.final_loss != cold.final_loss)[~first].all()


def test_with_patience_the_best_epoch_is_what_is_handed_on():
    spec = SPEC.replace(patience=2, lr=0.3, batch_size=16, epochs=30, history=1)
    table = spec.run()
    assert (table.epochs < 30).any() and (table.best_epoch < table.epochs).any()
    for _, path in table.groupby(["seed", "l2"]):
        # The penalty is another, so of the loss only the cross-entropy and the norms carry over.
        norm = (path.l1_penalty / path.l1).to_numpy()
        carried = path.train_loss.to_numpy()[1:-1] + path.l1.to_numpy()[2:] * norm[1:-1]
        carried = carried + path.l2_penalty.to_numpy()[1:-1]
        np.testing.assert_allclose(path.initial_loss.to_numpy()[2:], carried, rtol=1e-12)


@pytest.mark.parametrize(
    "options", [{}, {"folds": 4, "history": 3}, {"patience": 2, "lr": [0.05, 0.3]}]
)
def test_rows_do_not_depend_on_lanes_threads_and_tasks(options, monkeypatch):
    spec = SPEC.replace(seeds=range(5), batch_size=16, **options)
    whole = spec.run(jobs=1)
    for width, quantum, jobs in ((1, 1, 2), (8, 1, 2), (16, 64, 1)):
        monkeypatch.setenv("SWEEP_LANES", str(width))
        monkeypatch.setattr("sweep.plan.QUANTUM", quantum)
        monkeypatch.setattr("sweep.plan._WAITING", quantum)
        assert rows(spec.run(jobs=jobs)) == rows(whole)


def test_more_seeds_may_be_added_and_more_values_along_the_path_may_not(tmp_path):
    fewer = SPEC.replace(seeds=3, l2=0)
    fewer.run(out=tmp_path / "r")
    assert rows(SPEC.run(out=tmp_path / "r", extend=True)) == rows(SPEC.run())
    with pytest.raises(ValueError, match="l1"):
        SPEC.replace(l1=[*L1, 0.2]).run(out=tmp_path / "r", extend=True)
