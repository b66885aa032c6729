"""An operating system that fails: stands in for `os` where the store changes the disk."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from results.directory import durable, locks

OPERATIONS = ("open", "write", "fsync", "replace", "mkdir", "unlink")


class FaultyOs:
    """`os`, whose operation number `nth` goes wrong.

    `how` is ``once`` or ``forever`` (an error, after half of a write), ``kill`` (the process
    ends there) or ``power`` (and all that was not fsynced is lost: bytes, names and folders).
    """

    def __init__(self, nth: int, how: str) -> None:
        self.nth = nth
        self.how = how
        self.count = 0
        self.paths: dict[int, Path] = {}
        self.dirty: set[Path] = set()
        self.pending: list[tuple[Path, Any]] = []  # folder that is not yet fsynced, how to undo
        self.backups = Path(tempfile.mkdtemp()) if how == "power" else None

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in OPERATIONS:
            return found

        def operation(*arguments: Any) -> Any:
            self.count += 1
            if self.count == self.nth or (self.count > self.nth and self.how == "forever"):
                self._fail(name, arguments)
            return getattr(self, f"_{name}", found)(*arguments)

        return operation

    @property
    def fired(self) -> bool:
        return self.count >= self.nth

    def _fail(self, name: str, arguments: tuple) -> None:
        if name == "write":
            descriptor, data = arguments
            self._write(descriptor, data[: len(data) // 2])
        if self.how in ("once", "forever"):
            code = errno.ENOSPC if name in ("write", "mkdir") else errno.EIO
            raise OSError(code, os.strerror(code))
        if self.how == "power":
            for path in self.dirty:
                os.truncate(path, path.stat().st_size // 2)
            for _, undo in reversed(self.pending):
                undo()
        os._exit(9)

    def _open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        path = Path(path)
        created = flags & os.O_CREAT and not path.exists()
        descriptor = os.open(path, flags, mode)
        self.paths[descriptor] = path
        if created:
            self.pending.append((path.parent, lambda: path.unlink(missing_ok=True)))
        return descriptor

    def _write(self, descriptor: int, data: Any) -> int:
        self.dirty.add(self.paths[descriptor])
        return os.write(descriptor, data)

    def _fsync(self, descriptor: int) -> None:
        path = self.paths[descriptor]
        if path.is_dir():
            self.pending = [entry for entry in self.pending if entry[0] != path]
        self.dirty.discard(path)
        os.fstat(descriptor)  # no disk is waited for: what would be lost is in the lists above

    def _mkdir(self, path: Any) -> None:
        path = Path(path)
        os.mkdir(path)
        self.pending.append((path.parent, lambda: shutil.rmtree(path)))

    def _replace(self, source: Any, target: Any) -> None:
        source, target = Path(source), Path(target)
        restore = self._saved(target)
        os.replace(source, target)
        if source in self.dirty:
            self.dirty.remove(source)
            self.dirty.add(target)

        def undo() -> None:
            if source.parent.is_dir():
                target.replace(source)
            else:
                target.unlink()
            restore()

        self.pending.append((target.parent, undo))

    def _unlink(self, path: Any) -> None:
        restore = self._saved(Path(path))
        os.unlink(path)
        self.dirty.discard(Path(path))
        self.pending.append((Path(path).parent, restore))

    def _saved(self, path: Path) -> Any:
        """Keep what is at `path`, and return how to bring it back."""
        if self.backups is None or not path.exists():
            return lambda: None
        copy = self.backups / str(self.count)
        shutil.copyfile(path, copy)
        return lambda: shutil.copyfile(copy, path)


def install(monkeypatch: Any, nth: int, how: str) -> FaultyOs:
    faulty = FaultyOs(nth, how)
    for module in (durable, locks):
        monkeypatch.setattr(module, "os", faulty)
    return faulty
