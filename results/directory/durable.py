"""Files that appear whole or not at all, and stay once they have appeared.

Written beside, flushed, fsynced, renamed, and the folder fsynced: SQLite's order. Everything
that the store changes on the disk goes through this file, so that the tests can let each of its
operations fail, or kill the process at it. A failed fsync is never tried again on the same file,
since the kernel may by then have dropped what it could not write.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from results.errors import NotWritten

#: Bytes gathered before they go to the kernel: Arrow writes a Parquet page in many small pieces.
_BUFFER = 2**20

_BESIDE = re.compile(r"\.[0-9a-f]{32}$")


class Sink:
    """A file being written, as Arrow wants it."""

    closed = False

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        """Take all of `data`."""
        self._held += data
        if len(self._held) >= _BUFFER:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Hand everything to the kernel, however little it takes at a time."""
        left = memoryview(bytes(self._held))
        self._held.clear()
        while left:
            left = left[os.write(self._descriptor, left) :]

    def close(self) -> None:
        """Do nothing: `writing` closes the file once it has been fsynced."""


@contextmanager
def writing(target: Path, scratch: Path) -> Iterator[Sink]:
    """Write `target` in the folder `scratch`, and put it in its place when the block ends well."""
    beside = scratch / f"{target.name}.{uuid.uuid4().hex}"  # as in _BESIDE
    try:
        with explained(target):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            descriptor = os.open(beside, flags, 0o666)
            try:
                sink = Sink(descriptor)
                yield sink
                sink.flush()
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(beside, target)
            _sync(target.parent)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def leftovers(scratch: Path) -> list[Path]:
    """List what was being written in `scratch` when its process died, if none is writing now."""
    return [path for path in scratch.iterdir() if _BESIDE.search(path.name)]


def write(target: Path, data: bytes, scratch: Path) -> None:
    """Write a whole file; see `writing`."""
    with writing(target, scratch) as sink:
        sink.write(data)


def folder(path: Path) -> None:
    """Make a folder and those above it where they are missing, for good."""
    if not path.parent.is_dir():
        folder(path.parent)
    with explained(path):
        if not path.is_dir():
            with suppress(FileExistsError):
                os.mkdir(path)
        # Also for one that is there: who made it may have died before this.
        _sync(path.parent)


def move(source: Path, target: Path) -> None:
    """Rename a file for good; one that is gone already is no error."""
    with explained(source), suppress(FileNotFoundError):
        os.replace(source, target)
        _sync(target.parent)
        _sync(source.parent)


def remove(path: Path) -> None:
    """Remove a file for good; one that is gone already is no error."""
    with explained(path):
        with suppress(FileNotFoundError):
            os.unlink(path)
        _sync(path.parent)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the system's error into the one line that the user gets."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotWritten(
            f"{path} cannot be written ({reason}): mend that, then do the same again"
        ) from error


def _sync(path: Path) -> None:
    """Fsync a folder: only then do the names in it survive a loss of power."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:  # a folder that one may write in but not list; nothing can be done
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
