"""Held-out metrics: of the samples that were held out, by each seed and fold, and of no others."""

import numpy as np
import pandas as pd
import pytest

from sweep import Sweep
from tests.sweep.console import rows
from tests.sweep.trained import accuracy, cross_entropy, held_out, samples, trained

RANDOM = np.random.RandomState(5)
X, Y = RANDOM.standard_normal((47, 4)), np.arange(47) % 3  # no number of folds divides 47
SPEC = Sweep(data=(X, Y), hidden="5", seeds=[1, 2], l1=[0, 0.03], l2=0, epochs=6, finish=0, lr=0.1)


@pytest.mark.parametrize("options", [{"folds": 4}, {"folds": 2, "batch_size": "full"}, {}])
def test_metrics_are_those_of_the_parts(options):
    spec = SPEC.replace(**options)
    columns, parameters = trained(spec)
    table = spec.run()
    assert len(table) == 2 * 2 * max(spec.folds, 1)
    for run, p in enumerate(parameters):
        seed, fold = columns["seed"][run], columns["fold"][run]
        for name in ("train", "val"):
            part = samples(spec, seed, fold, name)
            assert table[f"{name}_loss"][run] == pytest.approx(cross_entropy(p, part), rel=1e-12)
            assert table[f"{name}_accuracy"][run] == pytest.approx(accuracy(p, part))


def test_every_sample_is_held_out_once_by_the_folds_of_a_seed():
    spec = SPEC.replace(folds=4)
    table = spec.run()
    for seed in spec.seeds:
        assert table[table.seed == seed].fold.unique().tolist() == [0, 1, 2, 3]
        held = np.concatenate([held_out(spec, seed, fold) for fold in range(4)])
        assert sorted(held) == list(range(47))


def test_what_is_held_out_is_not_seen():
    """A sample's inputs matter to its own fold's validation, and to the other folds' training."""
    spec = SPEC.replace(folds=4, seeds=1)
    elsewhere = X.copy()
    elsewhere[7] += 1
    before, after = spec.run(), spec.replace(data=(elsewhere, Y)).run()
    own = np.array([7 in held_out(spec, 1, fold) for fold in before.fold])
    assert own.sum() == 2
    unseen = ["train_loss", "train_accuracy", "l1_penalty", "nonzero", "seconds"]
    assert rows(before[unseen][own]) == rows(after[unseen][own])
    assert (before.val_loss != after.val_loss)[own].all()
    assert (before.train_loss != after.train_loss)[~own].all()


def test_the_history_follows_the_folds(tmp_path):
    whole = SPEC.replace(folds=3, history=2).run(out=tmp_path / "r")
    history = pd.read_parquet(tmp_path / "r/history.parquet")
    assert history.groupby("run").epoch.agg(list).tolist() == [[2, 4, 6]] * 12
    last = history[history.epoch == 6].set_index("run")
    for name in ("seed", "fold", "l1", "train_loss", "val_loss", "val_accuracy", "sparsity"):
        assert last[name].tolist() == whole[name].tolist()
    assert last.loss.tolist() == whole.final_loss.tolist()


def test_the_summary_takes_the_mean_over_folds_and_then_over_seeds():
    import results

    table = SPEC.replace(folds=3).run()
    cells = results.summary(table)
    for cell, l1 in zip(cells.itertuples(), (0, 0.03), strict=True):
        by_seed = table[table.l1 == l1].groupby("seed").val_loss.mean()
        assert cell.mean_val_loss == pytest.approx(by_seed.mean(), rel=1e-12)
        assert cell.std_val_loss == pytest.approx(by_seed.std(), rel=1e-9)
        assert (cell.l1, cell.runs) == (l1, 6)
