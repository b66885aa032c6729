"""The plan: a specification as a grid of numbered runs, and the grid as tasks.

All of it is arithmetic on run numbers: a grid of a hundred million runs takes no more room than
one of ten.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from sweep.specification.spec import Sweep
from sweep.specification.values import array

#: What a task should last, in seconds: long beside the cost of handing it out.
TASK_SECONDS = 0.2

#: Runs of a task come in multiples of this, so that every lane width fills its packs.
QUANTUM = 16

#: Runs that a task with patience has at the least: what it wastes is at its end, when nobody waits
#: for the lanes that fall free.
_WAITING = 128

#: What an epoch of all runs of a task with patience should last, in seconds: long beside the pause.
_EPOCH_SECONDS = 0.05

#: Tasks with patience, at the least, that a sweep is divided into, for the cores to share.
_SHARES = 4

#: Bytes that the parameters of the runs side by side may have.
_ROOM = 2**26

#: Runs of a task that are few enough, however small the sweep.
_MODEST = 512

#: Epochs of runs from which a second of compiling pays.
_WORTH_FREEZING = 500_000

#: Multiply-adds a second of one core, for estimates.
_RATE = 1.2e10


class Plan:
    """The grid of a specification.

    Parameters
    ----------
    spec : Sweep
        With penalties that are numbers.
    widths : tuple of int
        The network, from inputs to classes.
    samples : int
        Samples of the training part.
    name : str
        Name of the data set.
    """

    def __init__(self, spec: Sweep, widths: tuple[int, ...], samples: int, name: str) -> None:
        self.spec = spec
        self.name = name
        self.widths = widths
        self.samples = samples

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the rest: each task carries a plan."""
        return {name: getattr(self, name) for name in ("spec", "name", "widths", "samples")}

    @cached_property
    def axes(self) -> dict[str, np.ndarray]:
        """The axes in the order of the grid, the last fastest."""
        spec = self.spec
        return {
            "seed": array(spec.seeds),
            "fold": np.arange(max(spec.folds, 1), dtype=np.int32),
            "l1": np.array(spec.l1, dtype=np.float64),
            "l2": np.array(spec.l2, dtype=np.float64),
            "lr": np.array(spec.lr, dtype=np.float64),
            "momentum": np.array(spec.momentum, dtype=np.float64),
            **{name: np.array(values, dtype=np.float64) for name, values in spec.vary.items()},
            **({"path": np.array(spec.path_order)} if spec.path else {}),
        }

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(map(len, self.axes.values()))

    @property
    def total(self) -> int:
        """Runs of the grid."""
        return math.prod(self.shape)

    @property
    def cells(self) -> int:
        """Cells of the grid: its points, seeds and folds aside."""
        return math.prod(self.shape[2:])

    def coordinates(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return the column of each axis for the runs of these numbers."""
        places = np.unravel_index(numbers, self.shape)
        return {
            name: axis[place] for (name, axis), place in zip(self.axes.items(), places, strict=True)
        }

    def numbers(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the run numbers of these points, -1 for a point that is not on the grid."""
        places, on_grid = [], np.array(True)
        for name, axis in self.axes.items():
            values = np.asarray(columns[name])
            place = np.minimum(np.searchsorted(axis, values), len(axis) - 1)
            on_grid = on_grid & (axis[place] == values)
            places.append(place)
        return np.where(on_grid, np.ravel_multi_index(places, self.shape), -1)

    @cached_property
    def seconds_a_run(self) -> float:
        """A rough estimate of what one run takes on one core."""
        products = sum(a * b for a, b in zip(self.widths, self.widths[1:], strict=False))
        batches = math.ceil(self.samples / (self.spec.batch_size or self.samples))
        # Forward, backward and gradient; a step costs about six multiply-adds a parameter.
        work = self.samples * 3 * products + batches * (6 * products + 200)
        speed = _RATE * (2 if self.spec.precision == "float32" else 1)
        return max(self.spec.epochs, 1) * work / speed

    @property
    def pace(self) -> float:
        """The same of one epoch."""
        return self.seconds_a_run / max(self.spec.epochs, 1)

    @property
    def worth_freezing(self) -> bool:
        """Whether there is enough to train for code of its own to pay, if the network is tiny."""
        return self.total * self.spec.epochs >= _WORTH_FREEZING

    @cached_property
    def task_runs(self) -> int:
        """Runs of a task; a path is never divided."""
        wanted = TASK_SECONDS / self.seconds_a_run
        fewest = QUANTUM
        # Packs in single precision have twice the runs.
        broad = 2 if self.spec.precision == "float32" else 1
        if self.spec.patience:
            fewest = int(min(max(broad * _WAITING, _EPOCH_SECONDS / self.pace), _MODEST))
            share = -(-broad * self.total // (_SHARES * QUANTUM)) * QUANTUM
            fewest = min(fewest, share)
            wanted = max(wanted, fewest)
        else:
            wanted = min(wanted, self._room)
        if self.spec.path:
            lanes = self.cells // len(self.axes[self.spec.path])
            return self.cells * min(-(-fewest // lanes), self.total // self.cells)
        runs = min(wanted, 16 * _MODEST, max(self.total / 16, _MODEST))
        if runs < QUANTUM:
            return broad * QUANTUM // 2
        return int(runs) // QUANTUM * QUANTUM

    @property
    def lanes(self) -> int:
        """Runs of a task with patience that are trained at a time."""
        return max(int(min(self._room, self.task_runs)) // QUANTUM, 1) * QUANTUM

    @property
    def task_bytes(self) -> int:
        """Roughly what a task needs: parameters, velocities, copies of both, and the data."""
        parameters = sum(a * b + b for a, b in zip(self.widths, self.widths[1:], strict=False))
        streams = min(-(-self.task_runs // self.cells), self.total // self.cells)
        data = 2 * streams * self.samples * self.widths[0]
        # With patience also the best weights of all, and a few runs that wait or have ended.
        copies = 9 * self.lanes if self.spec.patience else 5 * self.task_runs
        return 8 * (copies * parameters + data)

    @property
    def _room(self) -> float:
        """Runs that there is room for side by side."""
        weights = sum(a * b for a, b in zip(self.widths, self.widths[1:], strict=False))
        return _ROOM / (8 * weights)

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return -(-self.total // self.task_runs)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Yield the tasks as half-open ranges of run numbers: a coarse grid first, then finer.

        One seed and fold after another, so that cells have nearly as many seeds at any moment,
        and soon all of them one.
        """
        size = self.task_runs
        for block in range(self.total // self.cells):
            first, last = (-(-place * self.cells // size) for place in (block, block + 1))
            for task in _coarse_first(last - first):
                start = (first + task) * size
                yield start, min(start + size, self.total)


def _coarse_first(count: int) -> Iterator[int]:
    """Yield 0 to count - 1 in the order of van der Corput: by their bits from the lowest up."""
    bits = (count - 1).bit_length()
    for place in range(2**bits if count else 0):
        number = int(f"{place:0{bits}b}"[::-1], 2) if bits else 0
        if number < count:
            yield number
