"""``sweep list`` and ``sweep status --follow``: what stands in a folder, and what is under way."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import results
from sweep.commands.standing import following
from tests.sweep.console import environment, start

TINY = ("--data", "iris", "--hidden", "4", "--epochs", "2", "--finish", 0, "--quiet")


@pytest.fixture
def folder(typed, tmp_path):
    """A folder ``runs`` with a sweep, one of which a part is missing, and a damaged one."""
    grid = ("--l1", "0,1e-3", "--l2", 0, "--seeds", "0:2")
    for name in ("whole", "cut"):
        assert typed("run", *TINY, *grid, "--out", f"runs/{name}")[0] == 0
    (tmp_path / "runs/cut/runs.parquet").unlink()
    for part in (tmp_path / "runs/cut/parts").iterdir():
        part.unlink()
    (tmp_path / "runs/odd").mkdir()
    (tmp_path / "runs/odd/sweep.toml").write_text("x = ")
    (tmp_path / "runs/no sweep").mkdir()
    for age, name in enumerate(("whole", "cut", "odd")):
        for path in (tmp_path / "runs" / name).iterdir():
            os.utime(path, (0, 1e9 + 86400 * age))
    return typed


def test_sweeps_are_listed_the_newest_first(folder):
    status, out, err = folder("list")
    assert (status, err) == (0, "") and max(map(len, out.splitlines())) <= 60
    head, odd, cut, whole, *below = out.splitlines()
    assert head.split()[:5] == ["sweep", "state", "val_loss", "grid", "when"]
    loss = results.best(results.load("runs/whole"))["mean_val_loss"].item()
    assert whole.split()[:6] == ["whole", "finished", f"{loss:.4g}", "2", "x", "2"]
    assert cut.startswith("cut    stopped 0/4") and odd.startswith("odd    unreadable")
    assert "2001-09-09" in whole and "2001-09-11" in odd
    assert "runs/odd/sweep.toml is damaged" in " ".join(below)
    Path("runs/whole").rename(name := f"runs/{'a very long name ' * 5}")
    assert max(map(len, folder("list")[1].splitlines())) <= 60
    Path(name).rename("runs/whole")
    found = json.loads(folder("list", "runs", "--json")[1])["sweeps"]
    assert [one["directory"] for one in found] == ["runs/odd", "runs/cut", "runs/whole"]
    assert "problem" in found[0] and found[1]["best"] is None and found[2]["best"] == loss
    assert (found[2]["left"], found[1]["left"]) == (0, 4)
    files = [path for path in Path("runs/whole").rglob("*") if path.is_file()]
    assert found[2]["bytes"] == sum(len(path.read_bytes()) for path in files)


def test_what_is_no_folder_of_sweeps_is_said(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "runs")
    assert folder("list")[:2] == (0, "no sweep is in runs\n"), "nothing was run yet"
    monkeypatch.chdir(tmp_path)
    assert folder("list", "runs/no sweep")[:2] == (0, "no sweep is in runs/no sweep\n")
    for name, why in (("runs/whole", "is a sweep itself"), ("nowhere", "is no folder to list")):
        status, out, err = folder("list", name)
        assert (status, out, err.count("\n")) == (2, "", 1) and why in err


def test_a_sweep_is_followed_until_nobody_works_at_it(folder, tmp_path, monkeypatch):
    looks = iter([True, True, False])
    part = next((tmp_path / "runs/whole/parts").iterdir())
    other = part.rename(tmp_path / "aside")
    (tmp_path / "runs/whole/runs.parquet").unlink()

    def in_use(_):
        if not (going := next(looks)):
            other.rename(part)
        return going

    monkeypatch.setattr("results.directory.locks.in_use", in_use)
    monkeypatch.setattr(following, "EVERY_S", 0)
    monkeypatch.setattr("sweep.running.progress.EVERY_S", 0.0)
    status, out, err = folder("status", "runs/whole", "--follow")
    first, second, *_, last = out.splitlines()
    assert (status, err) == (0, "") and first == "0 of 4 runs, 0 diverged: runs/whole"
    assert second == "0 of 4 runs, 0 diverged, 0 a second"
    lowest = results.load("runs/whole")["val_loss"].min()
    assert last == f"4 of 4 runs, 0 diverged, best run {lowest:.4g}: runs/whole"
    monkeypatch.undo()
    status, out, _ = folder("status", tmp_path / "runs/cut", "--follow")
    assert status == 1 and "nobody works at it, and 4 runs are left" in out
    assert folder("status", tmp_path / "runs/cut", "--follow", "--json")[0] == 2


def test_ctrl_c_leaves_what_it_followed(folder, tmp_path):
    code = "import pathlib; from results.directory.locks import Lock\n"
    code += (
        "lock = Lock(pathlib.Path('runs/cut'), False); print('open', flush=True); lock and input()"
    )
    command = [sys.executable, "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), **pipes) as holder:
        assert holder.stdout.readline() == "open\n"
        status, out, _ = folder("list", tmp_path / "runs")
        assert status == 0 and "running 0/4" in out
        looking = start("status", "runs/cut", "--follow", cwd=tmp_path)
        assert looking.stdout.readline() == "0 of 4 runs, 0 diverged: runs/cut\n"
        looking.send_signal(signal.SIGINT)
        out, err = looking.communicate(timeout=60)
        assert (looking.returncode, err.strip()) == (130, "")
        holder.kill()
