"""Who may work in a results directory: record locks of the kernel, on one file, ``.lock``.

The locks are `lockf`'s and not `flock`'s: the kernel drops them with the process that took them,
and a forked worker that outlives it does not hold them on; a range of bytes can be locked, so
that joined processes lock the run numbers themselves, however each of them cuts its tasks; and
they work over NFS. Nobody ever needs to unlock anything.

The bytes: 0 is the directory (exclusive for one process alone, shared by joined ones), 1 is the
right to write the final tables, 2 + n is run n. What the file holds, who took it last, is only
for the message.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from results.directory import durable
from results.errors import ResultsError
from results.regular import opened

try:
    import fcntl
except ModuleNotFoundError:  # not a POSIX system: what locks nothing works all the same
    fcntl = None  # type: ignore[assignment]

_DIRECTORY, _FINISH, _FIRST_RUN = 0, 1, 2

#: A lock as the kernel is asked about it: what struct makes of it, and the place of its kind.
_ASKED, _KIND = ("qqihh", 3) if sys.platform == "darwin" else ("hhqqi0q", 0)

#: How long a joining process waits before it believes what the file says of its holder.
PATIENCE_S = 1.0

# The kernel's locks do not exclude a process from itself, so what it holds stands here.
_held: set[tuple[int, str]] = set()
_guard = threading.Lock()


def in_use(directory: Path) -> bool:
    """Tell whether a process works in a directory, without a lock of one's own.

    It is no more than true at the moment: nobody is kept from it.
    """
    if (os.getpid(), os.path.realpath(directory)) in _held:  # closing the file would unlock it
        return True
    if fcntl is None:
        return False
    fields = [0, 0, _DIRECTORY, 1, 0] if _KIND == 0 else [_DIRECTORY, 1, 0, 0, 0]
    fields[_KIND] = fcntl.F_WRLCK
    try:
        with opened(directory / ".lock") as file:
            found = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(_ASKED, *fields))
    except OSError:  # nobody ever was
        return False
    return bool(struct.unpack(_ASKED, found)[_KIND] != fcntl.F_UNLCK)


class Lock:
    """The lock on a directory, taken when it is made; `release` gives it back.

    Parameters
    ----------
    directory : Path
        The results directory.
    join : bool
        Whether other processes that join may work beside this one.

    Attributes
    ----------
    join : bool
        As given.
    alone : bool
        Whether no other process is at work; a joining process that is alone sees to the
        directory, and then calls `share`.
    """

    def __init__(self, directory: Path, join: bool) -> None:
        if fcntl is None:
            raise ResultsError(
                f"{directory} cannot be locked on this system: results directories need the record "
                "locks of Linux or macOS; on Windows use WSL"
            )
        self._directory = directory
        self.join = join
        self._key = (os.getpid(), os.path.realpath(directory))
        with _guard:
            if self._key in _held:
                raise ResultsError(
                    f"{directory} is in use by this very process: close it there first"
                )
            _held.add(self._key)
        self._descriptor = -1
        try:
            with durable.explained(directory / ".lock"):
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                self._descriptor = os.open(directory / ".lock", flags, 0o666)
                self._acquire()
        except BaseException:
            self.release()
            raise

    def share(self) -> None:
        """Let other processes join in."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_SH, 1, _DIRECTORY)
        self.alone = False

    def release(self) -> None:
        """Give everything back."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        _held.discard(self._key)

    @contextmanager
    def runs(self, start: int, stop: int) -> Iterator[bool]:
        """Hold the runs [start, stop) against joined processes; False if any of them is taken."""
        taken = self._try(fcntl.LOCK_EX, stop - start, _FIRST_RUN + start)
        try:
            yield taken
        finally:
            if taken:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, stop - start, _FIRST_RUN + start)

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Hold the right to write the final tables; waits while another process has it."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1, _FINISH)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, _FINISH)

    def _acquire(self) -> None:
        began = time.monotonic()
        while True:
            self.alone = self._try(fcntl.LOCK_EX, 1, _DIRECTORY)
            if self.alone or (self.join and self._try(fcntl.LOCK_SH, 1, _DIRECTORY)):
                break
            mode, holder = self._holder()
            # One that joins may hold the directory alone for a moment, while it sees to it.
            if not self.join or (mode == "alone" and time.monotonic() > began + PATIENCE_S):
                hint = ", or add --join to work beside it" if mode == "joined" else ""
                raise ResultsError(f"{self._directory} is in use by {holder}: wait for it{hint}")
            time.sleep(0.02)
        mode = "joined" if self.join else "alone"
        line = f"{mode}\tprocess {os.getpid()} on {socket.gethostname()}"
        with suppress(OSError):  # a full disk must not keep anybody from continuing
            os.pwrite(self._descriptor, f"{line[:254]:<254}\n".encode(), 0)

    def _try(self, kind: int, length: int, start: int) -> bool:
        try:
            fcntl.lockf(self._descriptor, kind | fcntl.LOCK_NB, length, start)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _holder(self) -> tuple[str, str]:
        """Mode and name of who took the directory last."""
        line = os.pread(self._descriptor, 255, 0).decode(errors="replace")
        mode, _, holder = line.partition("\t")
        return mode, holder.strip() or "another process"
