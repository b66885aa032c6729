"""What is opened, connected to and started while a command runs."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import numpy as np

from tests.results.rows import ROOT

#: Where the installation and its caches lie.
_OURS = [
    ROOT,
    sys.prefix,
    sys.base_prefix,
    *sysconfig.get_paths().values(),
    Path.home() / ".cache",
    Path.home() / ".config",
    os.environ.get("NUMBA_CACHE_DIR", ROOT),
    os.environ.get("MPLCONFIGDIR", ROOT),
    Path(np.__file__).parents[1],
    "/usr/share/fonts",
    "/proc/self",
    "/sys",
]

_STARTING = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")


class Watch:
    """Notes what an audit hook says; hooks stay for ever, so that there is one, which sleeps."""

    def __init__(self) -> None:
        self._allowed: list[str] | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def over(self, allowed: Path) -> Watch:
        """Begin to note what is not in a folder, and not our own."""
        self._allowed = [os.path.realpath(path) for path in (*_OURS, allowed)]
        self.seen = []
        return self

    def __enter__(self) -> list[str]:
        return self.seen

    def __exit__(self, *_: object) -> None:
        self._allowed = None

    def _hook(self, event: str, arguments: tuple) -> None:
        if self._allowed is None:
            return
        if event.startswith("socket.connect") or event in _STARTING or event == "pickle.find_class":
            self.seen.append(f"{event} {arguments}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            allowed, self._allowed = self._allowed, None
            path = os.path.realpath(os.fsdecode(arguments[0]))
            self._allowed = allowed
            if not any(path == root or path.startswith(root + os.sep) for root in allowed):
                self.seen.append(f"open {path}")
