"""What the store does that a fault can hit: how each begins, and the work itself.

For test_faults and killed.py. `begin` lays out a directory; `work` may fail anywhere, and given
again it ends in the same final tables as if it had not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.results.rows import Fake


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


SCENARIOS = {
    "run": Scenario(_nothing, lambda path: Fake().run(path, history=True)),
    "extend": Scenario(
        lambda path: Fake(seeds=(1,)).run(path, history=True),
        lambda path: Fake().run(path, size=12, history=True, extend=True),
        6,
    ),
    "join": Scenario(_nothing, lambda path: Fake().run(path, history=True, join=True)),
    "retry-failed": Scenario(
        lambda path: Fake(statuses={3: "error", 8: "error"}).run(path, history=True),
        lambda path: Fake().run(path, history=True, retry_failed=True),
        12,
    ),
    "set-aside": Scenario(_damaged, lambda path: Fake().run(path, history=True), 6),
}
