"""A search by what came before: the same cells for any number of workers, and after any stop."""

import logging
import shutil

import numpy as np
import pytest

from results import load
from sweep import InputError, Sweep
from sweep.models.best import save_best
from sweep.models.reading import load_model
from sweep.plan.plan import Plan
from sweep.plan.sampling import tpe
from sweep.running import search
from tests.sweep.console import rows

optuna = pytest.importorskip("optuna")

SPEC = Sweep(
    data="iris",
    hidden="4",
    epochs=2,
    l1="1e-5:1e-1:log",
    l2="0,1e-3",
    lr="1e-3:0.1:lin",
    seeds="0:2",
    sample=40,
    sampler="tpe",
)

#: Of several parts, in some of which an axis is at rest.
MIXED = SPEC.replace(hidden="4/none", optimizer="adam,nesterov", beta2="0.9:0.99:lin")


@pytest.fixture(scope="module")
def found():
    return SPEC.run(jobs=1)


def test_it_does_not_depend_on_workers_and_directories(found, tmp_path, capfd):
    optuna.logging.set_verbosity(optuna.logging.INFO)
    assert rows(SPEC.run(jobs=2, out=tmp_path / "a")) == rows(found)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    assert rows(SPEC.replace(seeds="1:3").run()) != rows(found)


@pytest.mark.parametrize("kept", [1, 2])
def test_it_goes_on_as_it_would_have(found, tmp_path, kept):
    """Also from the middle of a round, whose other cells are asked for again."""
    SPEC.run(out=tmp_path / "a", jobs=1)
    parts = sorted((tmp_path / "a/parts").iterdir())
    assert len(parts) > kept
    for part in [*parts[kept:], *(tmp_path / "a").glob("runs.*")]:
        part.unlink()
    assert rows(SPEC.run(out=tmp_path / "a", jobs=2)) == rows(found)


def test_each_round_is_told_the_means_of_all_before(found, monkeypatch):
    told = []

    def next_round(spec, known, losses, count):
        told.append((known.copy(), losses))
        return tpe.next_round(spec, known, losses, count)

    monkeypatch.setattr(search, "next_round", next_round)
    assert rows(SPEC.run()) == rows(found)
    means = found.groupby(found.run % 40)[["l1", "l2", "lr", "val_loss"]].mean()
    assert [len(losses) for _, losses in told] == [16, 32]
    for known, losses in told:
        np.testing.assert_allclose(losses, means.val_loss[: len(losses)], rtol=1e-14)
        assert [cell["l1"] for cell in known] == means.l1[: len(losses)].tolist()


def test_it_learns():
    """What it asks for lies closer to the lowest loss than what was drawn."""
    spec = SPEC.replace(sample=10_000)

    def loss(cell):
        return abs(np.log10(cell["l1"]) + 2) + (cell["l2"] > 0)

    known = tpe.first_round(spec)
    for _ in range(5):
        known += tpe.next_round(spec, known, [loss(cell) for cell in known], 16)
    means = [np.mean([loss(cell) for cell in some]) for some in (known[:16], known[-32:])]
    assert means[1] < means[0] / 2
    assert len({tuple(cell.values()) for cell in known}) == len(known)


def test_it_comes_to_every_cell_of_a_grid_once():
    spec = MIXED.replace(l1="0,1e-3,1e-2", l2="0", lr=[0.01, 0.1], beta2="0.9,0.99")
    grid = Plan(spec.replace(sample="off", sampler=None), (4, 4, 3), 120, "iris").grid
    spec = spec.replace(sample=grid.cells)
    known = tpe.first_round(spec)
    known += tpe.next_round(spec, known, [1.0] * len(known), grid.cells - len(known))
    every = grid.coordinates(np.arange(grid.cells))
    there = {tuple(cell[name] for name in known[0]) for cell in known}
    assert there == set(zip(*(every[name].tolist() for name in known[0]), strict=True))


def test_runs_of_several_parts_are_those_of_sweeps_of_one_cell(tmp_path):
    table = MIXED.replace(sample=20).run(out=tmp_path / "a")
    assert set(table.hidden) == {"4", "none"} and set(table.optimizer) == {"adam", "nesterov"}
    assert ((table.beta2 == 0) == (table.optimizer == "nesterov")).all()
    for _, row in table[table.seed == 1].iloc[::7].iterrows():
        names = ["hidden", "optimizer", "l1", "l2", "lr"]
        beta2 = {"beta2": row.beta2} if row.beta2 else {}
        alone = SPEC.replace(
            **{name: row[name] for name in names}, **beta2, sample="off", sampler=None, seeds=1
        ).run()
        own = table[table.run == row.run]
        names = [name for name in alone if name not in ("run", "seconds")]
        assert own[names].to_csv(index=False) == alone[names].to_csv(index=False)
    for refit in ("run", "all"):
        model = save_best(tmp_path / "a", tmp_path / f"{refit}.npz", refit=refit)
        assert load_model(tmp_path / f"{refit}.npz").widths == model.widths


def test_runs_in_error_are_told_as_infinite_and_can_be_done_again(
    found, tmp_path, monkeypatch, caplog
):
    """The search goes on, and what it asked for stands."""
    SPEC.run(out=tmp_path / "a", jobs=1)
    shutil.rmtree(tmp_path / "a/parts")
    for path in (tmp_path / "a").glob("runs.*"):
        path.unlink()

    def fails(plan, dataset, ranges, stopped):
        if ranges[0][0] == 0:
            raise ValueError("on purpose")
        return run_task(plan, dataset, ranges, stopped)

    from sweep.running import worker
    from sweep.running.worker import run_task

    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(worker, "run_task", fails)
    broken = SPEC.run(out=tmp_path / "a", jobs=1)
    assert 0 < (broken.status == "error").sum() < 80
    monkeypatch.undo()
    mended = SPEC.run(out=tmp_path / "a", jobs=1, retry_failed=True)
    assert (mended.status == "done").all() and mended.l1.tolist() == broken.l1.tolist()
    assert len(load(tmp_path / "a")) == 80


def test_without_optuna_it_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"`sampler` tpe is optuna's.*\[optuna\]"):
        SPEC.run(out=tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_it_is_one_search(tmp_path):
    with pytest.raises(
        InputError, match="`join` shares tasks out, and `sampler` tpe is one search"
    ):
        SPEC.run(out=tmp_path / "a", join=True)
