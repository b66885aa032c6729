"""A clock that jumps: by hours and back, between any two looks at it."""

import itertools
import os
import time

import results
from sweep import Sweep
from tests.sweep.console import rows

SPEC = Sweep(data="iris", hidden="4", l1=[0, 0.01], l2=0, seeds=range(6), epochs=3)


def test_neither_tables_nor_times_are_lost_to_it(tmp_path, monkeypatch):
    expected = SPEC.run()
    monkeypatch.setattr("sweep.plan.tasks.TASK_SECONDS", 1e-9)
    jumps = itertools.cycle([0.0, 4e9, 1e9, -3600.0])
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: int(next(jumps) * 1e9))
    SPEC.replace(seeds=range(3)).run(out=tmp_path / "r")
    for place, part in enumerate((tmp_path / "r" / "parts").iterdir()):
        os.utime(part, (0, place % 2 * 4e9))  # a file may be older than the sweep, or of tomorrow
    found = SPEC.run(out=tmp_path / "r", extend=True)
    assert rows(found) == rows(expected)
    assert (results.load(tmp_path / "r")["seconds"] >= 0).all()
    assert found["seconds"].max() < 60
