"""How kernels are compiled, and where the compiled code is kept.

Numba does not notice a change in a file that a kernel imports, so the cache folder is named after
the text of all kernel files: a stale kernel can never run.

What is for `LINKED` reaches into Numba, and `PlainEntry` is the plain way; see
`kernels.lane.tried`.
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
from numba.extending import overload

from kernels.lane.seals import is_ours, note, remove_damaged
from kernels.lane.tried import LINKED

#: Where all kernels are.
_KERNELS = Path(__file__).parents[1]

#: The flags of every kernel: no global lock, division as IEEE 754 has it, no fast-math.
_FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}

#: The same for a kernel that Python calls, for one that others call by its address, and for what
#: only kernels call.
_ENTRY, SHARED, INNER = _FLAGS, _FLAGS, _FLAGS

if LINKED:
    from kernels.lane.caching import keep
    from kernels.lane.linking import Part, Whole

    # References are not counted, since no kernel makes an array.
    _FLAGS = {**_FLAGS, "no_cfunc_wrapper": True, "_nrt": False}
    _ENTRY = {**_FLAGS, "pipeline_class": Whole}
    SHARED = {**_ENTRY, "no_cpython_wrapper": True}
    INNER = {**_FLAGS, "no_cpython_wrapper": True, "forceinline": True, "pipeline_class": Part}


def kernel(function: Callable) -> Callable:
    """Let kernels call a function compiled; Python goes on calling it as it stands."""
    overload(function, jit_options=INNER, strict=False)(lambda *arguments: function)
    return function


def entry(function: Callable) -> Callable:
    """Compile a kernel that Python calls; its machine code is kept from process to process."""
    if config.DISABLE_JIT:
        return function
    return Entry(_kept(njit(**_ENTRY)(function))) if LINKED else PlainEntry(function)


class Entry:
    """A kernel that Python calls, compiled anew for arguments of other types.

    Numba itself would take longer to tell the types of many arguments than some calls take.
    """

    def __init__(self, dispatcher) -> None:
        self.dispatcher = dispatcher
        self._codes: dict[tuple, Callable] = {}

    def __call__(self, *arguments):
        """Call it; compile it first where that has not been done."""
        return self.code(*arguments)(*arguments)

    def code(self, *arguments) -> Callable:
        """Return the code for arguments of these types; compile it where that is not done."""
        kinds = tuple(map(_kind, arguments))
        if kinds not in self._codes:
            signature = tuple(map(typeof, arguments))
            self.dispatcher.compile(signature)
            self._codes[kinds] = self.dispatcher.overloads[signature].entry_point
        return self._codes[kinds]


class PlainEntry:
    """A kernel that Python calls as Numba documents it: in Numba's own cache, in our folder."""

    def __init__(self, function: Callable) -> None:
        self._unkept = njit(**_ENTRY)(function)
        self.dispatcher = _kept_by_numba(function) or self._unkept
        self._codes: dict[tuple, Callable] = {}

    def __call__(self, *arguments):
        """Call it; compile it first where that has not been done."""
        return self.code(*arguments)(*arguments)

    def code(self, *arguments) -> Callable:
        """Return the code for arguments of these types; compile it where that is not done."""
        kinds = tuple(map(_kind, arguments))
        if kinds not in self._codes:
            self._codes[kinds] = self._compiled(tuple(map(typeof, arguments)))
        return self._codes[kinds]

    def _compiled(self, signature: tuple) -> Callable:
        with suppress(Exception):  # a full disk raises, and so does what is no code of ours
            remove_damaged(self._files())
            self.dispatcher.compile(signature)
            note(self._files())
            # Processes that fill a cache at once may leave code for other types in it.
            if signature in self.dispatcher.signatures:
                return self.dispatcher
        return self._unkept

    def _files(self) -> list[Path]:
        """Return the files in which Numba keeps the kernel."""
        folder = self.dispatcher.stats.cache_path
        called = f"*.{self.dispatcher.py_func.__name__}-*.nb[ci]"
        return [] if folder is None else list(Path(folder).glob(called))


def code_of(kernel: Callable, *arguments) -> Callable:
    """Return what a kernel that Python calls does with arguments of these types.

    Called many times, it need not tell their types each time, which takes longer than some calls.
    """
    return kernel.code(*arguments) if isinstance(kernel, Entry | PlainEntry) else kernel


def _kept_by_numba(function: Callable):
    """Return a kernel that Numba keeps, None where it would not do so in our folder."""
    folder = cache_folder()
    if folder is None:
        return None
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        dispatcher = njit(cache=True, **_ENTRY)(function)
    except RuntimeError:  # it finds no place
        return None
    finally:
        config.CACHE_DIR = before
    return dispatcher if folder in Path(dispatcher.stats.cache_path).parents else None


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
    """Return the folder of the compiled kernels, None where no place of our own can be written.

    What lies in it is run, so that one that others can write to is not used. It is below
    ``NUMBA_CACHE_DIR`` if that is set, and the user's cache folder if not.
    """
    text = hashlib.sha256()
    for file in sorted(_KERNELS.rglob("*.py")):
        text.update(file.read_bytes())
    base = Path(config.CACHE_DIR or platformdirs.user_cache_dir("regsweep"))
    folder = base / f"regsweep-{text.hexdigest()[:16]}"
    try:
        base.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        ours = is_ours(folder)
    except OSError:
        return None
    return folder if ours and os.access(folder, os.W_OK) else None


def _kept(dispatcher):
    folder = cache_folder()
    if not config.DISABLE_JIT and folder is not None:
        keep(dispatcher, folder)
    return dispatcher
