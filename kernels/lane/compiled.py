"""How kernels are compiled, and where the compiled code is kept.

Numba does not notice a change in a file that a kernel imports, so the cache folder is named after
the text of all kernel files: a stale kernel can never run.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
from numba import config, njit, typeof
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.runtime import rtsys
from numba.extending import overload

from kernels.lane.linking import Part, Whole

#: Where all kernels are.
_KERNELS = Path(__file__).parents[1]

#: The flags of every kernel: no global lock, division as IEEE 754 has it, no fast-math; and no
#: counting of references, since no kernel makes an array.
_FLAGS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}

#: The same for a kernel that Python calls.
_ENTRY = {**_FLAGS, "pipeline_class": Whole}

#: For one that is called by its address.
SHARED = {**_ENTRY, "no_cpython_wrapper": True}

#: For what only kernels call.
INNER = {**_FLAGS, "no_cpython_wrapper": True, "forceinline": True, "pipeline_class": Part}


def kernel(function: Callable) -> Callable:
    """Let kernels call a function compiled; Python goes on calling it as it stands."""
    overload(function, jit_options=INNER, strict=False)(lambda *arguments: function)
    return function


def entry(function: Callable) -> Callable:
    """Compile a kernel that Python calls; its machine code is kept from process to process."""
    return function if config.DISABLE_JIT else Entry(_kept(njit(**_ENTRY)(function)))


class Entry:
    """A kernel that Python calls, compiled anew for arguments of other types.

    Numba itself would take longer to tell the types of many arguments than some calls take.
    """

    def __init__(self, dispatcher) -> None:
        self.dispatcher = dispatcher
        self._codes: dict[tuple, Callable] = {}

    def __call__(self, *arguments):
        """Call it; compile it first where that has not been done."""
        kinds = tuple(map(_kind, arguments))
        if kinds not in self._codes:
            signature = tuple(map(typeof, arguments))
            self.dispatcher.compile(signature)
            self._codes[kinds] = self.dispatcher.overloads[signature].entry_point
        return self._codes[kinds](*arguments)


def _kind(argument) -> Any:
    """Return what tells the type of an argument, as `numba.typeof` does, but at once."""
    kind = type(argument)
    if hasattr(kind, "kind"):
        return argument.kind
    if kind is int or kind is bool:
        return kind
    return (kind, *map(_kind, argument)) if issubclass(kind, tuple) else typeof(argument)


def shared(function: Callable) -> Callable:
    """Compile a kernel once for all kernels that call it, by its address; see `address_of`."""
    return _kept(njit(**SHARED)(function))


def address_of(dispatcher, signature: tuple) -> int:
    """Return where the machine code of a `shared` kernel is; 0 where kernels run uncompiled."""
    if config.DISABLE_JIT:
        return 0
    if signature not in dispatcher.overloads:
        dispatcher.compile(signature)
    found = dispatcher.overloads[signature]
    return found.library.get_pointer_to_function(found.fndesc.llvm_func_name)


@cache
def cache_folder() -> Path | None:
    """Return the folder of the compiled kernels, None where no place can be written.

    Below ``NUMBA_CACHE_DIR`` if it is set, and the user's cache folder if not.
    """
    text = hashlib.sha256()
    for file in sorted(_KERNELS.rglob("*.py")):
        text.update(file.read_bytes())
    base = Path(config.CACHE_DIR or platformdirs.user_cache_dir("regsweep"))
    folder = base / f"regsweep-{text.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


class _Locator(_CacheLocator):
    """Tells Numba where the code of a kernel is kept."""

    def __init__(self, function: Callable, file: str) -> None:
        self._line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, py_func: Callable, py_file: str) -> "_Locator":
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        return Path(self.get_cache_path()).name

    def get_disambiguator(self) -> str:
        return str(self._line)


class _CacheFiles(CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _Cache(FunctionCache):
    """Numba's cache; a file that cannot be read or written costs a compilation, nothing more."""

    _impl_class = _CacheFiles

    def load_overload(self, sig, target_context):
        try:
            # Numba's own method makes all ready for compiling: half a second of imports.
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except Exception:  # a damaged file may raise anything when it is unpickled
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data) -> None:
        try:
            super().save_overload(sig, data)
        except OSError:
            return


def _kept(dispatcher):
    if not config.DISABLE_JIT and cache_folder() is not None:
        dispatcher._cache = _Cache(dispatcher.py_func)
    return dispatcher
