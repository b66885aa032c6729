"""What the store does that a fault can hit: how each begins, and the work itself.

For test_faults and killed.py. `begin` lays out a directory; `work` may fail anywhere, and given
again it ends in the same final tables as if it had not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.results.rows import Fake, runs_of


class Scenario(NamedTuple):
    """How a directory begins, what is done in it, and how many runs it never lacks meanwhile."""

    begin: Callable[[Path], object]
    work: Callable[[Path], object]
    kept: int = 0


def _nothing(path: Path) -> None:
    """Leave the directory to be made."""


def _damaged(path: Path) -> None:
    """Make a whole sweep, two of whose three files in ``parts`` are then no parts."""
    Fake().run(path, history=True)
    part = min((path / "parts").iterdir())
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    (path / "parts" / "notes.txt").write_text("mine")


def _on_the_way(path: Path) -> None:
    """Keep where runs stand, as a race and paths do: after the rows that were finished by then.

    What is kept is found whole, or not at all.
    """
    fake = Fake()
    with fake.open(path) as store:
        for runs, steps in ((range(6), (1, 2)), (range(6, 12), (1,))):
            for found in store.checkpoints.read(runs):
                assert (found.arrays["begin"] == np.arange(100.0) + found.stage).all()
                assert set(runs[: 2 * found.stage]) <= set(runs_of(store.done()))
            for step in steps:
                done = [run for run in runs[: 2 * step] if run not in runs_of(store.done())]
                if done:
                    store.append(fake.rows(done), {"history": fake.history(done)})
                store.checkpoints.write(step, runs, {"begin": np.arange(100.0) + step})
                store.checkpoints.remove(runs, range(step))
        fake.work(store, 6, history=True)


SCENARIOS = {
    "run": Scenario(_nothing, lambda path: Fake().run(path, history=True)),
    "extend": Scenario(
        lambda path: Fake(seeds=(1,)).run(path, history=True),
        lambda path: Fake().run(path, size=12, history=True, extend=True),
        6,
    ),
    "checkpoints": Scenario(_nothing, _on_the_way),
    "join": Scenario(_nothing, lambda path: Fake().run(path, history=True, join=True)),
    "retry-failed": Scenario(
        lambda path: Fake(statuses={3: "error", 8: "error"}).run(path, history=True),
        lambda path: Fake().run(path, history=True, retry_failed=True),
        12,
    ),
    "set-aside": Scenario(_damaged, lambda path: Fake().run(path, history=True), 6),
}
