"""GPUs: what tasks may use of them, and training there.

A worker is a thread, as long as the processor can be at other things while it waits for a GPU: it
draws, packs and measures one task while that trains another. Threads share the GPUs that their
process sees, one after the other being given the next one, and each GPU is opened once.
"""

import threading
import time
from collections.abc import Iterable
from itertools import count
from typing import Any, NamedTuple, Self

import joblib
import numpy as np

from kernels.choice import Choice
from kernels.cuda import NoDevice
from kernels.network import Network
from kernels.runs import Runs
from kernels.samples import Samples

#: Threads that share a GPU unless it is said how many.
_THREADS = 4

#: Runs that a GPU trains side by side in the time of one, and, at the least, of a core for all.
_ALIKE = 4096


class Gpus(NamedTuple):
    """What there is of GPUs for the tasks of a sweep.

    Attributes
    ----------
    workers : int
        Threads that give them work, all together.
    room : int
        Bytes that a task of each may take: with half of a GPU's memory left over.
    """

    workers: int
    room: int

    @classmethod
    def here(cls, threads: int) -> Self:
        """Return what this process sees, for so many threads of its own; -1 for a few a GPU.

        Raises
        ------
        kernels.cuda.NoDevice
            If it sees none.
        """
        gpus = [_opened(number) for number in range(_count())]
        if threads < 0:
            threads = min(_THREADS * len(gpus), joblib.cpu_count())
        sharing = -(-threads // len(gpus))
        return cls(threads, min(gpu.memory for gpu in gpus) // (2 * sharing))

    @classmethod
    def together(cls, some: Iterable["Gpus"]) -> Self:
        """Return what several processes see."""
        workers, room = zip(*some, strict=True)
        return cls(sum(workers), min(room))


def descriptions() -> list[dict[str, Any]]:
    """Return what each GPU that this process sees is.

    Raises
    ------
    kernels.cuda.NoDevice
        If it sees none.
    """
    return [
        {
            "name": gpu.name,
            "capability": gpu.capability / 10,
            "processors": gpu.processors,
            "memory_bytes": gpu.memory,
        }
        for gpu in map(_opened, range(_count()))
    ]


class OnGpu:
    """Trains the runs of a task on the GPU of this thread, and learns how long that takes."""

    def __init__(self) -> None:
        self.device = _of_this_thread()
        self._of_sample: float | None = None

    def train(
        self,
        net: Network,
        runs: Runs,
        samples: Samples,
        step: Choice,
        batch_size: int,
        epochs: int,
        *,
        factors: np.ndarray | None = None,
        begun: int = 0,
        dropping: bool = True,
        freeze: bool = False,
    ) -> None:
        """Train runs in place, as `kernels.training.train` does; code is for the very network."""
        from kernels.cuda.training import train

        since = time.perf_counter()
        how = (net, runs, samples, step, batch_size, epochs)
        train(self.device, *how, factors=factors, begun=begun, dropping=dropping)
        if epochs:
            took = max(time.perf_counter() - since, 1e-9)
            self._of_sample = took / (epochs * samples.order.shape[1])

    def pace(self, roughly: float, runs: int) -> float:
        """Return the seconds that a sample of each of some runs takes, as it was the last time.

        Before that it is known what a core takes for one of one run, ``roughly``: no GPU takes
        longer where there are many, and where there are few these take as long as many.
        """
        return self._of_sample or roughly * max(runs, _ALIKE)


_taken = count()
_mine = threading.local()
_opening = threading.Lock()
_open: dict[int, Any] = {}


def _of_this_thread() -> Any:
    """Return the GPU that this thread has: each next thread has the next one."""
    if not hasattr(_mine, "number"):
        _mine.number = next(_taken)
    return _opened(_mine.number % _count())


def _opened(number: int) -> Any:
    """Return a GPU, which is opened once."""
    from kernels.cuda import driver

    with _opening:
        if number not in _open:
            _open[number] = driver.Gpu(number)
        return _open[number]


def _count() -> int:
    from kernels.cuda import driver

    if not (gpus := driver.count()):
        raise NoDevice("this machine has no GPU that CUDA sees")
    return gpus
