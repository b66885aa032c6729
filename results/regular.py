"""Opening files that may be a stranger's: what has no end is not waited for."""

from __future__ import annotations

import os
import stat
from io import BufferedReader


class NoFile(OSError):
    """What is neither data nor a table: a folder, a pipe, a device."""


def opened(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a regular file to read its bytes.

    Raises
    ------
    OSError
        If it cannot be opened, or is something else.
    """
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NoFile(0, "it is no regular file")
    return file


def _without_waiting(path: str, flags: int) -> int:
    """Open a path at once; a pipe would wait for whoever writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
