"""Ctrl-C and SIGTERM: the first asks to stop and says so at once, the second ends the process."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
            self._before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _take(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a forked worker inherits this, and is to end when told
            os._exit(128 + number)
        if self.requested():
            os._exit(128 + number)
        self.signal = number
        # print() may not be entered twice; a signal can come while it is being used.
        os.write(sys.stderr.fileno(), b"\nstopping: what is finished is kept\n")
        if self._raises:
            raise Interrupted(number)
