"""What an interruption leaves: rungs and legs that are finished are not trained again."""

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

import results
from results.directory import durable
from results.errors import NotWritten
from sweep import Sweep
from sweep.training import loop
from tests.sweep.console import LONG, environment, rows, wait
from tests.sweep.test_halving import SPEC as RACE

PATHS = Sweep(
    data="iris",
    hidden="5",
    l1=[0, 0.004, 0.1, 1],
    l2=0,
    seeds=[3, 4],
    epochs=6,
    path="l1",
    path_order="up,down,cold",
)

#: Two columns of numbers, and how they are learnt with much at once.
X = np.random.RandomState(2).standard_normal((60, 4))
NUMBERS = {"data": (X, X[:, :2] + X[:, 2:] ** 2), "loss": "squared", "activation": "tanh"}
NUMBERS |= {"optimizer": "adam", "hidden": "5", "dropout": 0.3, "schedule": "cosine", "history": 2}

#: Each is cut, and interrupted after these shares of the epochs of all.
SWEEPS = {
    "race": (RACE, (0.45, 0.7, 0.95)),
    "race with history": (RACE.replace(history=6), (0.7,)),
    "paths": (PATHS, (0.3, 0.95)),
    "paths with history": (PATHS.replace(history=3, folds=2, seeds=[3]), (0.7,)),
    "patience": (PATHS.replace(patience=3), (0.7,)),
    "race with Adam": (RACE.replace(optimizer="adam", beta2=[0.9, 0.99]), (0.7,)),
    "patience with Adam": (PATHS.replace(patience=3, optimizer="adam", lr=0.05), (0.7,)),
    "race with dropout": (RACE.replace(hidden="5", dropout=0.3), (0.7,)),
    "patience with dropout": (PATHS.replace(patience=3, dropout=0.3), (0.7,)),
    "race of numbers": (RACE.replace(**NUMBERS, l21=0.01), (0.7,)),
    "paths of groups": (
        PATHS.replace(**NUMBERS, path="l21", l21=[0, 0.004, 0.1, 1], l1=0.001),
        (0.7,),
    ),
    "float32": (PATHS.replace(precision="float32"), (0.7,)),
}

#: A process that trains a sweep in a directory, and sends itself a signal once some runs are kept
#: after the first leg, or after the second rung.
ENDS = """
import os, sys
from results.directory.checkpoints import Checkpoints
from sweep import Sweep
from sweep.plan import tasks

tasks.LEG_SECONDS = tasks.TASK_SECONDS = 1e-9
write = Checkpoints.write

def ending(self, stage, *arguments):
    write(self, stage, *arguments)
    if stage == 1:
        os.kill(os.getpid(), int(sys.argv[3]))

Checkpoints.write = ending
Sweep.from_toml(sys.argv[1]).run(out=sys.argv[2], **eval(sys.argv[4]))
"""


@pytest.fixture
def counted(monkeypatch):
    """Cut paths into legs of a step; give what counts epochs of lanes, and acts at a number."""
    monkeypatch.setattr("sweep.plan.tasks.LEG_SECONDS", 1e-9)
    monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)
    whole = loop.train

    class Counted:
        epochs, at = 0, -1

        def act(self):
            os.kill(os.getpid(), signal.SIGINT)

        def __call__(self, net, runs, samples, step, batch, epochs, **options):
            whole(net, runs, samples, step, batch, epochs, **options)
            before, self.epochs = self.epochs, self.epochs + epochs * runs.parameters[:, 0].size
            if before < self.at <= self.epochs:
                self.act()

        def of(self, work):
            """Return how many epochs some work takes, and what it gives."""
            self.epochs, self.at = 0, -1
            return work(), self.epochs

    found = Counted()
    monkeypatch.setattr(loop, "train", found)
    return found


@pytest.fixture
def interrupted(tmp_path, counted):
    """Give a race and paths that were interrupted: a directory, its rows, epochs of all."""

    def begin(name, share=0.8):
        spec = SWEEPS[name][0]
        expected, epochs = counted.of(lambda: spec.run(jobs=1))
        counted.epochs, counted.at = 0, share * epochs
        with pytest.raises(KeyboardInterrupt):
            spec.run(out=tmp_path / "begun", jobs=1)
        counted.at = -1
        return spec, tmp_path / "begun", rows(expected)

    return begin


def checkpoints(path):
    return sorted((path / "checkpoints").iterdir())


def begin(spec, folder, number, **options):
    """Start `ENDS` in a process of its own, working in the folder r."""
    (folder / "spec.toml").write_text(spec.to_toml())
    words = [folder / "spec.toml", folder / "r", number.value, options]
    command = [sys.executable, "-c", ENDS, *map(str, words)]
    return subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("name", SWEEPS)
def test_what_was_trained_is_not_trained_again(name, tmp_path, counted, capfd):
    spec, shares = SWEEPS[name]
    expected, all_of_it = counted.of(lambda: spec.run(jobs=1))
    for share in shares:
        path, counted.epochs, counted.at = tmp_path / str(share), 0, share * all_of_it
        with pytest.raises(KeyboardInterrupt):
            spec.run(out=path, jobs=1)
        assert checkpoints(path)
        before = counted.epochs
        table, after = counted.of(lambda: spec.run(out=path, jobs=1))  # noqa: B023
        assert rows(table) == rows(expected)
        assert after < all_of_it
        assert before + after < 1.4 * all_of_it
        assert not checkpoints(path)
    if spec.history:
        spec.run(out=tmp_path / "whole", jobs=1)
        assert results.load_history(path).equals(results.load_history(tmp_path / "whole"))
    assert "stopping" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "options"),
    [("race", {"jobs": 2, "backend": "loky"}), ("paths", {"jobs": 1})],
    ids=["race in processes", "paths"],
)
def test_a_kill_leaves_what_is_kept(name, options, tmp_path, counted):
    spec = SWEEPS[name][0]
    killed = begin(spec, tmp_path, signal.SIGKILL, **options)
    expected, all_of_it = counted.of(lambda: spec.run(jobs=1))
    assert killed.wait(LONG) == -signal.SIGKILL
    assert checkpoints(tmp_path / "r")
    table, after = counted.of(lambda: spec.run(out=tmp_path / "r", jobs=1))
    assert rows(table) == rows(expected)
    assert after < all_of_it


def test_a_joined_process_goes_on_where_a_killed_one_stood(tmp_path, counted, monkeypatch):
    spec = PATHS.replace(seeds=[3, 4, 5])
    expected, all_of_it = counted.of(lambda: spec.run(jobs=1))
    other = begin(spec, tmp_path, signal.SIGSTOP, jobs=1, join=True)

    def stopped():
        return psutil.Process(other.pid).status() == psutil.STATUS_STOPPED

    def kill(_=0):
        other.kill()
        other.wait()

    try:
        wait(lambda: other.poll() is not None or stopped())
        assert checkpoints(tmp_path / "r")
        done = len(results.load(tmp_path / "r"))
        assert 0 < done < len(expected)
        # It holds its tasks until we have done all others, and wait for it.
        monkeypatch.setattr("sweep.running.claims.time", SimpleNamespace(sleep=kill))
        table, epochs = counted.of(lambda: spec.run(out=tmp_path / "r", jobs=1, join=True))
    finally:
        kill()
    assert rows(table) == rows(expected)
    assert 0 < epochs < all_of_it
    assert not checkpoints(tmp_path / "r")


class Bomb:
    """What, unpickled, makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def altered(damage, arrays, bomb):
    """Return what `np.savez` is to write in place of a checkpoint's arrays."""
    main = "parameters" if "parameters" in arrays else "begin"
    if damage == "shape":
        return arrays | {main: arrays[main][:-1]}
    if damage == "runs":
        return arrays | {main: arrays[main][:, :0]}
    if damage == "dtype":
        return arrays | {main: arrays[main].astype(complex)}
    if damage == "pickled":
        return arrays | {main: np.array([Bomb(bomb)], object)}
    if damage == "missing":
        return {name: of for name, of in arrays.items() if name != main}
    if damage == "other grid":
        return arrays | {"grid": arrays["grid"][::-1]}
    return arrays


@pytest.mark.parametrize("name", ["race", "paths"])
def test_what_is_no_valid_checkpoint_is_trained_again(name, tmp_path, counted, interrupted, caplog):
    spec, begun, expected = interrupted(name)
    bomb = tmp_path / "bomb"

    def again(damage):
        path = tmp_path / damage
        shutil.copytree(begun, path)
        for file in checkpoints(path):
            data = bytearray(file.read_bytes())
            with np.load(file) as held:
                arrays = dict(held)
            file.unlink()
            if damage == "link":
                (tmp_path / file.name).write_bytes(data)
                file.symlink_to(tmp_path / file.name)
            elif damage == "bit":
                data[len(data) // 2] ^= 4
                file.write_bytes(data)
            elif damage in ("cut", "strange"):
                file.write_bytes(data[:99] if damage == "cut" else b"PK")
            elif damage not in ("none", "nothing"):  # of a digest that is right
                write = np.savez_compressed if damage == "compressed" else np.savez
                write(file, **altered(damage, arrays, bomb))
                digest = hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest()
                file.rename(file.with_stem(f"{file.stem[:-32]}{digest}"))
        caplog.clear()
        table, epochs = counted.of(lambda: spec.run(out=path, jobs=1))
        assert rows(table) == expected, damage
        assert not checkpoints(path)
        return epochs

    # A checkpoint that is used saves epochs; one that is not can save none.
    anew = min(again("none"), again("nothing"))
    for damage in ("bit", "cut", "strange", "link", "compressed", "pickled"):
        assert again(damage) >= anew, damage
        assert "damaged" in caplog.text, damage
    for damage in ("shape", "runs", "dtype", "missing", "other grid"):
        assert again(damage) >= anew, damage
    assert not bomb.exists()
    assert counted.of(lambda: spec.run(out=begun, jobs=1))[1] < anew


@pytest.mark.parametrize("name", ["race", "paths"])
@pytest.mark.parametrize("nth", [1, 3])
def test_a_full_disk_loses_no_finished_run(name, nth, tmp_path, counted, monkeypatch):
    spec = SWEEPS[name][0]
    expected = spec.run(jobs=1)
    opened = []

    class Full:
        """`os`, of a disk that is full from some checkpoint on."""

        def __getattr__(self, name):
            return getattr(os, name)

        def open(self, path, *arguments):
            opened.extend([path] * path.name.startswith("checkpoint-"))
            return os.open(path, *arguments)

        def write(self, descriptor, data):
            if len(opened) >= nth:
                os.write(descriptor, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            return os.write(descriptor, data)

    appended = set()
    append = results.directory.store.Store.append

    def noted(self, table, history=None):
        append(self, table, history)
        appended.update(table["run"].to_pylist())

    with monkeypatch.context() as patch:
        patch.setattr(durable, "os", Full())
        patch.setattr(results.directory.store.Store, "append", noted)
        with pytest.raises(NotWritten, match=r"checkpoint-.*No space left"):
            spec.run(out=tmp_path / "r", jobs=1)
    assert appended and appended == set(results.load(tmp_path / "r")["run"])
    assert not list((tmp_path / "r/tmp").iterdir())
    assert rows(spec.run(out=tmp_path / "r", jobs=1)) == rows(expected)


@pytest.mark.parametrize(
    ("name", "kept"), [("race", "rung 2 of 3"), ("paths", "l1: the furthest path to step 3 of 4")]
)
def test_status_says_how_far_they_are(name, kept, interrupted, typed):
    spec, path, _ = interrupted(name)
    found = json.loads(typed("status", path, "--json")[1])
    assert found["kept"] == kept and found["left"] > 0
    assert f"kept      {kept}\n" in typed("status", path)[1]
    spec.run(out=path, jobs=1)
    assert "kept" not in json.loads(typed("status", path, "--json")[1])


def test_what_a_smaller_sweep_kept_goes_when_it_grows(interrupted, typed):
    spec, path, _ = interrupted("paths", 0.3)
    more = spec.replace(seeds=[3, 4, 5])
    expected = rows(more.run(jobs=1))
    assert rows(more.run(out=path, jobs=1, extend=True)) == expected
    assert not checkpoints(path)
