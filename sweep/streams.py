"""Standard output and standard error, which end no command in its middle.

What they cannot take any more, for a disk that is full, a reader who has gone or a terminal that is
closed, they let go, so that a command does all that it does; at its end a line says so.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from typing import Any, TextIO

from sweep.errors import InputError

#: The name by which streams find `_as_well_as_it_goes`.
_ERRORS = "sweep"


class Output:
    """Standard output and standard error of this process, from now on."""

    def __init__(self) -> None:
        codecs.register_error(_ERRORS, _as_well_as_it_goes)
        if sys.stdin is None:
            _nothing()
        sys.stdout, self._out = _lenient(sys.stdout)
        sys.stderr, _ = _lenient(sys.stderr)

    def end(self, status: int) -> int:
        """Say what standard output did not take; return the exit status of the whole command.

        A reader who has seen enough, as ``head`` has, is no error.
        """
        sys.stdout.flush()
        error = self._out.error
        if error is None or isinstance(error, BrokenPipeError):
            return status
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        print(
            f"sweep: standard output is not whole ({reason}): send it elsewhere, such as > FILE",
            file=sys.stderr,
        )
        return status or 2


def exactly(text: str) -> str:
    """Return text for programs to read, if standard output has all its letters.

    Raises
    ------
    InputError
        If it lacks one: what is printed for people is written as well as it goes, and this is not.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding, "surrogateescape")  # a file name is the bytes that it is
    except UnicodeEncodeError as error:
        raise InputError(
            f"standard output is in {encoding}, which has no {text[error.start]!r}: "
            "set PYTHONIOENCODING=utf-8"
        ) from None
    return text


class _LetsGo(io.RawIOBase):
    """The lowest layer of a stream: keeps its first error, and lets go what comes after that."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.error: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write what can be."""
        if self.error is None:
            try:
                while (written := self._raw.write(data)) is None:  # full, and set not to wait
                    select.select([], [self._raw], [])
                return written
            except OSError as error:
                self.error = error
        return len(data)

    def writable(self) -> bool:
        """Say that it is for writing."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return self._raw.isatty()


def _lenient(stream: Any) -> tuple[TextIO, _LetsGo]:
    """Return a stream that takes the place of another, which is a text file or None."""
    if stream is None:  # closed before the start
        raw, encoding, by_line = io.FileIO(_nothing(), "w", closefd=False), "utf-8", False
    else:
        raw = getattr(stream.buffer, "raw", stream.buffer)  # without buffering that is the lowest
        encoding, by_line = stream.encoding, stream.line_buffering or stream.write_through
    lowest = _LetsGo(raw)
    buffer = io.BufferedWriter(lowest)  # type: ignore[type-var]  # it is never asked to seek
    return io.TextIOWrapper(buffer, encoding, _ERRORS, line_buffering=by_line), lowest


def _nothing() -> int:
    """Open what cannot be written to, at the lowest descriptor that is free: the closed one.

    Else the next file to be opened would be there, and take what others print.
    """
    return os.open(os.devnull, os.O_RDONLY)


def _as_well_as_it_goes(error: UnicodeError) -> tuple[str | bytes, int]:
    r"""Write a letter that an encoding lacks: a file name's byte as it is, others as ``\xe9``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter, after = error.object[error.start], error.start + 1
    if "\udc80" <= letter <= "\udcff":
        return bytes([ord(letter) - 0xDC00]), after
    return letter.encode("ascii", "backslashreplace").decode(), after
