"""How Numba's cache is made to keep kernels in a folder of our own.

This reaches into Numba, see `kernels.lane.tried`.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.runtime import rtsys


class _Locator(_CacheLocator):
    """Tells Numba where the code of a kernel is kept."""

    def __init__(self, folder: Path, function: Callable) -> None:
        self._folder = folder
        self._line = function.__code__.co_firstlineno

    def from_function(self, py_func: Callable, py_file: str) -> "_Locator":
        """Return itself, who is there already; others are classes that Numba asks for one."""
        return self

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._folder.name

    def get_disambiguator(self) -> str:
        return str(self._line)


class _CacheFiles(CompileResultCacheImpl):
    def __init__(self, folder: Path, function: Callable) -> None:
        locator = _Locator(folder, function)
        self._locator_classes = (locator,)
        super().__init__(function)
        self._locator = locator  # whatever NUMBA_CACHE_LOCATOR_CLASSES says


class _Cache(FunctionCache):
    """Numba's cache; a file that cannot be read or written costs a compilation, nothing more."""

    def __init__(self, folder: Path, function: Callable) -> None:
        self._impl_class = partial(_CacheFiles, folder)
        super().__init__(function)

    def load_overload(self, sig, target_context):
        try:
            # Numba's own method makes all ready for compiling: half a second of imports.
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                found = self._load_overload(sig, target_context)
            # Processes that fill a cache at once may leave code for other types in it.
            return found if found is not None and found.signature.args == sig else None
        except Exception:  # a damaged file may raise anything when it is unpickled
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data) -> None:
        try:
            super().save_overload(sig, data)
        except OSError:
            return


def keep(dispatcher, folder: Path) -> None:
    """Keep the code of a kernel in a folder."""
    dispatcher._cache = _Cache(folder, dispatcher.py_func)
