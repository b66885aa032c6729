"""How Numba's cache is made to keep kernels in a folder of our own.

This reaches into Numba, see `kernels.lane.tried`.
"""

import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    _cache_log,
    _CacheLocator,
)
from numba.core.runtime import rtsys

from kernels.lane.seals import seal, unseal


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


class _Files(IndexDataCacheFile):
    """Numba's index and data, each sealed: nothing is unpickled that is not what was written."""

    def _load_index(self) -> dict[Any, str]:
        try:
            version, stamp, names = _unpickled(self._index_path)
        except (FileNotFoundError, _Damaged):
            return {}
        return names if (version, stamp) == (self._version, self._source_stamp) else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, (self._version, self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        data = _unpickled(self._data_path(name))
        _cache_log("[cache] data loaded from %r", self._data_path(name))  # NUMBA_DEBUG_CACHE
        return data

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _write(self, path: str, content: Any) -> None:
        with self._open_for_write(path) as file:
            file.write(seal(self._dump(content)))


class _Damaged(OSError):
    """Numba takes data that cannot be read for data that are gone, and compiles."""


def _unpickled(path: str) -> Any:
    content = unseal(Path(path).read_bytes())
    if content is None:
        raise _Damaged(f"{path} is not what was written")
    return pickle.loads(content)


class _Cache(FunctionCache):
    """Numba's cache; a file that cannot be read or written costs a compilation, nothing more."""

    def __init__(self, folder: Path, function: Callable) -> None:
        self._impl_class = partial(_CacheFiles, folder)
        super().__init__(function)
        self._cache_file = _Files(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def load_overload(self, sig, target_context):
        try:
            # Numba's own method makes all ready for compiling: half a second of imports.
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                found = self._load_overload(sig, target_context)
            # Processes that fill a cache at once may leave code for other types in it.
            return found if found is not None and found.signature.args == sig else None
        except Exception:  # what another version of Numba wrote may raise anything
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
