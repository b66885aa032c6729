"""A sweep of numbers with everything at once: the same bytes, however it comes to its end."""

import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from sweep import Sweep
from sweep.running import worker
from sweep.running.merging import merge
from tests.sweep.console import LONG, csv, environment, parts

#: Each axis has more values than it begins with in `FEWER`, and there two if only they make it a
#: column.
ALL = {
    **{"data": "t.csv", "target": "y,z", "loss": "huber", "weight": "w", "test": 0.2},
    **{"hidden": "4,3", "activation": "tanh", "l1": "0,0.01", "l2": "0.001", "seeds": "1:3"},
    **{"l21": "0,0.02,0.1", "l21_on": "units", "dropout": "0,0.2,0.4", "epochs": 5, "history": 2},
    **{"optimizer": "adam", "beta2": "0.9,0.99,0.999", "lr": "0.05", "batch_size": 8},
    **{"schedule": "cosine", "warmup": 1, "metrics": "mae", "tol": 0.05, "patience": 1},
}

#: Axes along which a directory grows, and with what it begins.
FEWER = {
    "l1": "0.01",
    "seeds": "2",
    "l21": "0,0.1",
    "dropout": "0.2,0.4",
    "beta2": "0.9,0.999",
}


#: A process that joins in, in tasks as small as can be.
JOINS = """
import sys
from sweep import Sweep
from sweep.plan import tasks

tasks.TASK_SECONDS = 1e-9
Sweep.from_toml(sys.argv[1]).run(out=sys.argv[2], join=True, jobs=1)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Lay out a table, and results of the whole sweep."""
    folder, draw = tmp_path_factory.mktemp("everything"), np.random.RandomState(1)
    columns = {name: draw.standard_normal(40).round(3) for name in "abyz"}
    table = pd.DataFrame(columns | {"kind": draw.choice(["p", "q", "r"], 40)})
    table["w"] = draw.randint(1, 4, 40)
    table[["a", "b", "kind", "w", "y", "z"]].to_csv(folder / "t.csv", index=False)
    Sweep(**ALL | {"data": folder / "t.csv"}).run(out=folder / "whole", jobs=1)
    return folder


@pytest.fixture
def spec(folder, monkeypatch):
    """Make the sweep, in tasks as small as can be."""
    monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)
    return Sweep(**ALL | {"data": folder / "t.csv"})


def content(directory):
    """Return the rows and the history of a sweep that is at its end."""
    history = pd.read_parquet(directory / "history.parquet")
    return csv(directory), history.to_csv(index=False)


def test_it_has_all_of_it(folder):
    table = pd.read_parquet(folder / "whole/runs.parquet")
    assert len(table) == 2 * 2 * 3**3 and (table["status"] == "done").all()
    assert {"l1", "l21", "dropout", "beta2", "test_mae", "val_rmse"} < set(table)
    assert (table.groupby(["seed", "beta2"])["final_loss"].nunique() == 2 * 3**2).all()
    assert table["epochs"].nunique() > 1, "some stopped early"


def test_processes_of_workers(spec, folder, tmp_path):
    spec.run(out=tmp_path / "r", jobs=2, backend="loky")
    assert content(tmp_path / "r") == content(folder / "whole")


def test_processes_that_join(spec, folder, tmp_path):
    (tmp_path / "spec.toml").write_text(spec.to_toml())
    command = [sys.executable, "-c", JOINS, tmp_path / "spec.toml", tmp_path / "r"]
    both = [subprocess.Popen(command, env=environment()) for _ in range(2)]
    assert [one.wait(LONG) for one in both] == [0, 0]
    assert content(tmp_path / "r") == content(folder / "whole")


def test_interrupted_and_gone_on_with(spec, folder, tmp_path, monkeypatch):
    whole = worker.run_task

    def run_task(*arguments):
        found = whole(*arguments)
        os.kill(os.getpid(), signal.SIGINT)
        return found

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(worker, "run_task", run_task)
        spec.run(out=tmp_path / "r", jobs=1)
    assert parts(tmp_path / "r") and not (tmp_path / "r/runs.csv").exists()
    spec.run(out=tmp_path / "r", jobs=2)
    assert content(tmp_path / "r") == content(folder / "whole")


@pytest.mark.parametrize("axis", FEWER)
def test_extended(axis, spec, folder, tmp_path):
    spec.replace(**{axis: FEWER[axis]}).run(out=tmp_path / "r")
    spec.run(out=tmp_path / "r", extend=True)
    assert content(tmp_path / "r") == content(folder / "whole")


def test_merged(spec, folder, tmp_path):
    for seed in (1, 2):
        spec.replace(seeds=[seed]).run(out=tmp_path / f"{seed}")
    merge([tmp_path / "1", tmp_path / "2"], tmp_path / "r")
    assert content(tmp_path / "r") == content(folder / "whole")
