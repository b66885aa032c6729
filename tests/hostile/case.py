"""A directory or a model with one thing wrong, and the commands that are to look at it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.recorded.recording import HERE

STAGE = HERE / "first_stage"

#: What looks at a directory; ``merge`` writes a new one.
LOOKS = ("status", "summary", "best", "plot --picture path", "report", "merge")
#: Those that take no second.
QUICK = ("status", "summary", "merge")


class Case(NamedTuple):
    """What is damaged, how, and what is then typed.

    Attributes
    ----------
    base : str
        What is copied of the first stage: a directory or a model.
    damage : callable
        Takes the path of the copy. A folder ``outside`` lies beside it, with a file ``secret``.
    commands : tuple of str
        What is typed.
    """

    base: str
    damage: Callable[[Path], None]
    commands: tuple[str, ...] = QUICK


#: What may stand where a file should.
PLACES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: None,
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a link to itself": lambda path: path.symlink_to(path.name),
}


def being(data: bytes, name: str = "") -> Callable[[Path], None]:
    """Make what was copied, or a file in it, another one."""

    def damage(path: Path) -> None:
        (path / name).write_bytes(data)

    return damage


def instead(make: Callable[[Path], object], name: str = "") -> Callable[[Path], None]:
    """Put something in the place of what was copied, or of a file in it."""

    def damage(path: Path) -> None:
        (path / name).unlink()
        make(path / name)

    return damage


def outside(path: Path) -> Path:
    """Return the file that nothing is to open."""
    return path.parent / "outside" / "secret"


def plant(folder: Path, data: bytes, runs: tuple[int, int] = (0, 15)) -> None:
    """Write a part whose name has the right digest, in place of the first one."""
    folder.mkdir(exist_ok=True)
    for path in sorted(folder.iterdir())[:1]:
        path.unlink()
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    (folder / f"part-{runs[0]:012}-{runs[1]:012}-{digest}.parquet").write_bytes(data)
