"""A stand-in for GPUs: the code that they would run, on the processor."""

from contextlib import contextmanager
from unittest import mock

from kernels.cuda.host import Host
from sweep import gpus


class Stand(Host):
    """What a sweep asks of a GPU."""

    capability, processors, memory = 90, 2, 2**30

    def __init__(self, number=0):
        self.number = number


@contextmanager
def stand_ins(number=1, kind=Stand):
    """Have so many GPUs, of a kind; what was opened before is forgotten, and these are after."""
    with (
        mock.patch("kernels.cuda.driver.Gpu", kind),
        mock.patch("kernels.cuda.driver.count", lambda: number),
        mock.patch.object(gpus, "_open", {}),
    ):
        yield
