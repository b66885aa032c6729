"""Ctrl-C and SIGTERM: the first asks to stop and says so at once, the second ends the process."""

import os
import signal
import sys
import threading
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """While entered in the main thread, notes a signal instead of raising.

    Attributes
    ----------
    signal : int or None
        The signal that came.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, object] = {}

    def requested(self) -> bool:
        """Whether a signal has come."""
        return self.signal is not None

    def __enter__(self) -> "Interrupt":
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested():
            os._exit(128 + number)
        self.signal = number
        # print() may not be entered twice; a signal can come while it is being used.
        os.write(sys.stderr.fileno(), b"\nstopping: what is finished is kept\n")
