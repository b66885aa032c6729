"""Ctrl-C, SIGTERM, SIGHUP: the first asks to stop and says so at once, the second ends it all."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

#: Of a terminal that closes, or a connection; Windows has none.
_HANGUP = getattr(signal, "SIGHUP", None)


class Interrupted(KeyboardInterrupt):
    """A signal came; the argument is its number."""


class Interrupt:
    """While entered in the main thread, says so when a signal comes, and raises `Interrupted`.

    Attributes
    ----------
    signal : int or None
        The signal that came.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, object] = {}
        self._raises = True
        self._process = os.getpid()

    def requested(self) -> bool:
        """Whether a signal has come."""
        return self.signal is not None

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Only note a signal in here, and raise after it: whoever works asks `requested`."""
        before, self._raises = self._raises, False
        try:
            yield
        finally:
            self._raises = before
        if before and self.signal is not None:
            raise Interrupted(self.signal)

    def __enter__(self) -> "Interrupt":
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._take) for number in _signals()}
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _take(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a forked worker inherits this, and is to end when told
            os._exit(128 + number)
        if self.requested():
            if number == _HANGUP:  # the shell and the system both say that the terminal has closed
                return
            os._exit(128 + number)
        self.signal = number
        with suppress(OSError):  # of a terminal that is no more
            # print() may not be entered twice; a signal can come while it is being used.
            os.write(sys.stderr.fileno(), b"\nstopping: what is finished is kept\n")
        if self._raises:
            raise Interrupted(number)


def _signals() -> list[int]:
    """Return the signals to take over: not that of a hang-up where ``nohup`` has it ignored."""
    found: list[int] = [signal.SIGINT, signal.SIGTERM]
    if _HANGUP is not None and signal.getsignal(_HANGUP) != signal.SIG_IGN:
        found.append(_HANGUP)
    return found


@contextmanager
def helpers_start() -> Iterator[None]:
    """Start processes that help in here, and keep the signals ours.

    A terminal that closes tells all processes in it. Those that are started in here do not hear of
    that, or they would be gone before we have put away with them what they hold for us: we end
    them. And handlers that a package sets meanwhile are taken back: ray ends the program by its.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _signals()}
    deaf = {_HANGUP} if _HANGUP is not None else set()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, deaf) if deaf else None  # new ones inherit it
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
