"""A GPU, through CUDA's driver: its memory, and kernels that it compiles from PTX.

No compiler of CUDA is needed: the driver has an assembler of its own.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from kernels.cuda import NoDevice
from kernels.cuda.arguments import NAMES
from kernels.cuda.program import CAPABILITIES, KERNEL, THREADS, Program, ptx


def count() -> int:
    """Return how many GPUs there are.

    Raises
    ------
    NoDevice
        If nothing speaks to them.
    """
    return int(_call("cuDeviceGetCount"))


def _call(name: str, *arguments: Any) -> Any:
    """Call a function of the driver; return what it gives.

    Raises
    ------
    NoDevice
        If it fails.
    """
    status, *found = getattr(_driver(), name)(*arguments)
    if int(status):
        raise NoDevice(f"the CUDA driver failed in {name}: {_message(status)}")
    return found[0] if len(found) == 1 else found


def _message(status) -> str:
    failed, text = _driver().cuGetErrorString(status)
    return str(status) if int(failed) else text.decode()


_begun = threading.Lock()


def _driver() -> Any:
    """Return CUDA's driver, ready to be called."""
    try:
        from cuda.bindings import driver
    except ImportError:
        raise NoDevice(
            "--backend cuda needs the package cuda-bindings: pip install 'regsweep[cuda]'"
        ) from None
    with _begun:
        try:
            (status,) = driver.cuInit(0)
        except RuntimeError as error:  # there is no driver to load
            raise NoDevice(
                f"no CUDA driver is on this machine: {str(error).splitlines()[0]}"
            ) from None
    if int(status):
        raise NoDevice(f"no GPU is at hand: the CUDA driver says {status.name}")
    return driver


class Gpu:
    """One GPU.

    Parameters
    ----------
    number : int
        Which of those that CUDA sees.

    Attributes
    ----------
    name : str
    chip : int
        Bytes of shared memory that a block may have.
    capability : int
        Ten times its compute capability.
    processors : int
        Multiprocessors.
    memory : int
        Bytes.

    Raises
    ------
    NoDevice
        If there is none.
    """

    def __init__(self, number: int = 0) -> None:
        if number >= count():
            raise NoDevice(f"there is no GPU {number}: CUDA sees {count()}")
        driver = _driver()
        kinds = driver.CUdevice_attribute
        self._device = _call("cuDeviceGet", number)
        self.name = _call("cuDeviceGetName", 100, self._device).decode().partition("\0")[0].strip()
        major, minor, self.processors, self.chip = (
            self._attribute(getattr(kinds, f"CU_DEVICE_ATTRIBUTE_{name}"))
            for name in (
                "COMPUTE_CAPABILITY_MAJOR",
                "COMPUTE_CAPABILITY_MINOR",
                "MULTIPROCESSOR_COUNT",
                "MAX_SHARED_MEMORY_PER_BLOCK_OPTIN",
            )
        )
        self.capability = 10 * major + minor
        self.memory = int(_call("cuDeviceTotalMem", self._device))
        if self.capability < CAPABILITIES[0]:
            raise NoDevice(
                f"{self.name} has compute capability {major}.{minor}: 8.0 or later is needed"
            )
        self._context = _call("cuDevicePrimaryCtxRetain", self._device)
        self._codes: dict[Program, Any] = {}
        self._lock = threading.Lock()
        self._rooms: list[_Room] = []

    def _attribute(self, kind) -> int:
        return int(_call("cuDeviceGetAttribute", kind, self._device))

    def run(self, program: Program, arrays: dict[str, np.ndarray], counts: dict[str, int]) -> float:
        """Train runs; ``parameters`` and ``memory`` of the arrays are changed in place.

        Returns
        -------
        float
            Seconds that the kernel took.
        """
        _call("cuCtxSetCurrent", self._context)
        function = self._function(program)
        with self._lent() as room:
            return self._launched(function, room, program, arrays, counts)

    def _launched(
        self,
        function: Any,
        room: "_Room",
        program: Program,
        arrays: dict[str, np.ndarray],
        counts: dict[str, int],
    ) -> float:
        there = {name: room.upload(name, array) for name, array in arrays.items()}
        blocks, threads, shared = -(-counts["runs"] // THREADS), THREADS, 0
        if program.threads > 1:
            threads, shared = program.threads, program.layout.on_chip * program.size
            blocks = min(counts["runs"], self.processors * self._at_once(function, threads, shared))
            size = blocks * program.layout.elsewhere * program.size
            there["room"] = room.place("room", size)
        values = [counts.get(name, there.get(name, 0)) for name in NAMES]
        kinds = [ctypes.c_int64] * len(values)
        shape = (blocks, 1, 1, threads, 1, 1, shared, room.stream)
        room.mark(0)
        _call("cuLaunchKernel", function, *shape, (tuple(values), tuple(kinds)), 0)
        room.mark(1)
        for name in ("parameters", "memory"):
            room.download(name, arrays[name])
        return room.seconds()

    def time(self, code: Callable[[str, int], str], dtype: str, shape: tuple[int, int]) -> float:
        """Return the seconds that a kernel takes, which works with one number.

        Parameters
        ----------
        code : callable
            Gives its PTX for a precision and a capability.
        dtype : str
        shape : tuple of int
            Blocks, and threads of each.
        """
        _call("cuCtxSetCurrent", self._context)
        module = _call("cuModuleLoadData", code(dtype, self._known).encode())
        function = _call("cuModuleGetFunction", module, KERNEL.encode())
        with self._lent() as room:
            place = room.upload("number", np.zeros(1))
            room.mark(0)
            launched = (function, shape[0], 1, 1, shape[1], 1, 1, 0, room.stream)
            _call("cuLaunchKernel", *launched, ((place,), (ctypes.c_int64,)), 0)
            room.mark(1)
            return room.seconds()

    @property
    def _known(self) -> int:
        """The last generation of processors of which LLVM knows, up to this one."""
        return max(each for each in CAPABILITIES if each <= self.capability)

    def _function(self, program: Program) -> Any:
        with self._lock:
            if program not in self._codes:
                text = ptx(program, self._known).encode()
                most = _driver().CUjit_option.CU_JIT_MAX_REGISTERS
                wanted = [most], [program.registers]
                module = _call("cuModuleLoadDataEx", text, 1, *wanted)
                function = _call("cuModuleGetFunction", module, KERNEL.encode())
                if program.threads > 1:
                    kind = _driver().CUfunction_attribute
                    most = kind.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
                    size = program.layout.on_chip * program.size
                    _call("cuFuncSetAttribute", function, most, size)
                self._codes[program] = function
            return self._codes[program]

    def _at_once(self, function: Any, threads: int, shared: int) -> int:
        """Return how many blocks a multiprocessor holds."""
        name = "cuOccupancyMaxActiveBlocksPerMultiprocessor"
        return max(1, int(_call(name, function, threads, shared)))

    @contextmanager
    def _lent(self) -> Iterator["_Room"]:
        """Lend memory that nobody works with; threads come and go, and it is used again."""
        with self._lock:
            room = self._rooms.pop() if self._rooms else _Room()
        yield room
        with self._lock:
            self._rooms.append(room)


class _Room:
    """What a call has on a GPU: memory by name, and a queue of its own."""

    def __init__(self) -> None:
        self.stream = _call("cuStreamCreate", 1)  # that waits for no other
        self._marks = [_call("cuEventCreate", 0) for _ in range(2)]
        self._places: dict[str, tuple[Any, int]] = {}

    def place(self, name: str, size: int) -> int:
        """Return where there is room for so many bytes, under a name."""
        place, room = self._places.get(name, (None, 0))
        if room < size:
            if place is not None:
                _call("cuMemFree", place)
            place = _call("cuMemAlloc", size)
            self._places[name] = place, size
        return int(place or 0)

    def upload(self, name: str, array: np.ndarray) -> int:
        """Copy an array there; return where."""
        place = self.place(name, array.nbytes)
        if array.nbytes:
            _call("cuMemcpyHtoDAsync", place, array.ctypes.data, array.nbytes, self.stream)
        return place

    def download(self, name: str, array: np.ndarray) -> None:
        """Copy an array back, in place."""
        if array.nbytes:
            _call(
                "cuMemcpyDtoHAsync",
                array.ctypes.data,
                self.place(name, 0),
                array.nbytes,
                self.stream,
            )

    def mark(self, which: int) -> None:
        """Note the time when all that was asked for before is done."""
        _call("cuEventRecord", self._marks[which], self.stream)

    def seconds(self) -> float:
        """Wait until all is done; return how long it took from mark to mark."""
        _call("cuStreamSynchronize", self.stream)
        return float(_call("cuEventElapsedTime", *self._marks)) / 1000
