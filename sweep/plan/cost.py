"""What runs cost: their work, their time and their memory, estimated from sizes alone."""

import math
from functools import cached_property
from itertools import pairwise

from sweep.specification.choices import OPTIMIZERS
from sweep.specification.spec import Specification

#: Bytes that the parameters of the runs side by side may have.
_ROOM = 2**26

#: Multiply-adds a second of one core.
_RATE = 1.2e10


def multiply_adds(widths: tuple[int, ...]) -> int:
    """Return the multiply-adds of one sample's way through a network: its weights."""
    return sum(a * b for a, b in pairwise(widths))


def parameter_count(widths: tuple[int, ...]) -> int:
    """Return how many weights and biases a network has."""
    return multiply_adds(widths) + sum(widths[1:])


class Cost:
    """What one run of a specification costs.

    Parameters
    ----------
    spec : Specification
    widths : tuple of int
        The network, from inputs to outputs.
    samples : int
        Samples of the training part.
    """

    def __init__(self, spec: Specification, widths: tuple[int, ...], samples: int) -> None:
        self._spec, self._widths, self._samples = spec, widths, samples

    @cached_property
    def seconds(self) -> float:
        """A rough estimate of what one run takes on one core."""
        products = multiply_adds(self._widths)
        batches = math.ceil(self._samples / (self._spec.batch_size or self._samples))
        # Forward, backward and gradient, and forward again where the training loss is watched; a
        # step costs about six multiply-adds a parameter, and one that divides and takes a root
        # as many as twenty.
        watched = self._spec.tol is not None and self._spec.patience is None
        step = 20 if OPTIMIZERS[self._spec.optimizer].rescales else 6
        work = self._samples * (3 + watched) * products + batches * (step * products + 200)
        speed = _RATE * (2 if self._spec.precision == "float32" else 1)
        return max(self._spec.epochs + self._spec.finish, 1) * work / speed

    @property
    def pace(self) -> float:
        """The same of one epoch."""
        return self.seconds / max(self._spec.epochs + self._spec.finish, 1)

    @property
    def room(self) -> float:
        """Runs that there is room for side by side."""
        return _ROOM / (8 * multiply_adds(self._widths))

    def bytes(self, copies: int, streams: int) -> int:
        """Roughly what so many copies of a run's parameters need, and the data of some streams."""
        data = 2 * streams * self._samples * self._widths[0]
        return 8 * (copies * parameter_count(self._widths) + data)
