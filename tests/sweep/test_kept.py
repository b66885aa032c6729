"""What an interruption leaves: rungs and legs that are finished are not trained again."""

import os
import signal

import pytest

import results
from sweep import Sweep
from sweep.training import loop
from tests.sweep.console import rows
from tests.sweep.test_halving import SPEC as RACE

PATHS = Sweep(
    data="iris",
    hidden="5",
    l1=[0, 0.004, 0.02, 0.1, 0.5, 1],
    l2=[0, 0.01],
    seeds=[3, 4],
    epochs=8,
    path="l1",
    path_order="up,down,cold",
)

#: Each is cut, and interrupted after so many epochs of calls of the kernel.
SWEEPS = {
    "race": RACE,
    "race with history": RACE.replace(history=2),
    "paths": PATHS,
    "paths with history": PATHS.replace(history=3, folds=3),
    "patience": PATHS.replace(patience=3),
    "float32": PATHS.replace(precision="float32"),
}


@pytest.fixture
def counted(monkeypatch):
    """Cut paths into legs of a step; give what counts epochs of lanes, and acts at one."""
    monkeypatch.setattr("sweep.plan.tasks.LEG_SECONDS", 1e-9)
    monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)
    whole = loop.train

    class Counted:
        epochs, at = 0, -1

        def __call__(self, net, runs, samples, step, batch, epochs, **options):
            whole(net, runs, samples, step, batch, epochs, **options)
            before, self.epochs = self.epochs, self.epochs + epochs * runs.parameters[:, 0].size
            if before < self.at <= self.epochs:
                os.kill(os.getpid(), signal.SIGINT)

    found = Counted()
    monkeypatch.setattr(loop, "train", found)
    return found


@pytest.mark.parametrize("name", SWEEPS)
def test_what_was_trained_is_not_trained_again(name, tmp_path, counted, capfd):
    spec = SWEEPS[name]
    expected = spec.run(jobs=1)
    all_of_it = counted.epochs
    for share in (0.45, 0.7, 0.95):
        path, counted.epochs, counted.at = tmp_path / str(share), 0, share * all_of_it
        with pytest.raises(KeyboardInterrupt):
            spec.run(out=path, jobs=1)
        assert list((path / "checkpoints").iterdir())
        before, counted.at, counted.epochs = counted.epochs, -1, 0
        assert rows(spec.run(out=path, jobs=1)) == rows(expected)
        assert counted.epochs < all_of_it
        assert before + counted.epochs < 1.4 * all_of_it
        assert not list((path / "checkpoints").iterdir())
        if spec.history:
            spec.run(out=tmp_path / "whole", jobs=1)
            two = (results.load_history(one) for one in (path, tmp_path / "whole"))
            assert next(two).equals(next(two))
    assert "stopping" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["race", "paths"])
@pytest.mark.parametrize("damage", ["bit", "cut", "strange", "link"])
def test_a_damaged_checkpoint_is_trained_again(name, damage, tmp_path, counted, caplog):
    spec = SWEEPS[name]
    expected = spec.run(jobs=1)
    counted.epochs, counted.at = 0, 0.8 * counted.epochs
    with pytest.raises(KeyboardInterrupt):
        spec.run(out=tmp_path / "r", jobs=1)
    counted.at = -1
    for path in (tmp_path / "r/checkpoints").iterdir():
        data = bytearray(path.read_bytes())
        if damage == "bit":
            data[len(data) // 2] ^= 4
        path.unlink()
        if damage == "link":
            (tmp_path / path.name).write_bytes(data)
            path.symlink_to(tmp_path / path.name)
        else:
            path.write_bytes({"cut": data[:99], "strange": b"PK"}.get(damage, data))
    assert rows(spec.run(out=tmp_path / "r", jobs=1)) == rows(expected)
    assert "damaged" in caplog.text
