"""Tasks: runs that are handed out together, how many, and in which order."""

from collections.abc import Iterator
from functools import cached_property

from sweep.plan.cost import Cost
from sweep.plan.grid import Grid
from sweep.specification.spec import Specification

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

#: Runs of a task that are few enough, however small the sweep.
_MODEST = 512


class Tasks:
    """The runs of a grid, divided.

    Parameters
    ----------
    spec : Specification
    grid : Grid
    cost : Cost
        Of one run.
    """

    def __init__(self, spec: Specification, grid: Grid, cost: Cost) -> None:
        self._spec, self._grid, self._cost = spec, grid, cost

    @cached_property
    def runs(self) -> int:
        """Runs of a task; a path is never divided."""
        spec, grid, cost = self._spec, self._grid, self._cost
        wanted = TASK_SECONDS / cost.seconds
        fewest = QUANTUM
        # Packs in single precision have twice the runs.
        broad = 2 if spec.precision == "float32" else 1
        if spec.patience:
            fewest = int(min(max(broad * _WAITING, _EPOCH_SECONDS / cost.pace), _MODEST))
            share = -(-broad * grid.total // (_SHARES * QUANTUM)) * QUANTUM
            fewest = min(fewest, share)
            wanted = max(wanted, fewest)
        else:
            wanted = min(wanted, cost.room)
        if spec.path:
            lanes = grid.cells // len(grid.axes[spec.path])
            return grid.cells * min(-(-fewest // lanes), grid.total // grid.cells)
        runs = min(wanted, 16 * _MODEST, max(grid.total / 16, _MODEST))
        if runs < QUANTUM:
            return broad * QUANTUM // 2
        return int(runs) // QUANTUM * QUANTUM

    @property
    def lanes(self) -> int:
        """Runs of a task with patience that are trained at a time."""
        return max(int(min(self._cost.room, self.runs)) // QUANTUM, 1) * QUANTUM

    @property
    def bytes(self) -> int:
        """Roughly what a task needs: parameters, velocities, copies of both, and the data."""
        cells = self._grid.cells
        streams = min(-(-self.runs // cells), self._grid.total // cells)
        # With patience also the best weights of all, and a few runs that wait or have ended.
        copies = 9 * self.lanes if self._spec.patience else 5 * self.runs
        return self._cost.bytes(copies, streams)

    @property
    def count(self) -> int:
        """How many tasks there are."""
        return -(-self._grid.total // self.runs)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Yield the tasks as half-open ranges of run numbers: a coarse grid first, then finer.

        One seed and fold after another, so that cells have nearly as many seeds at any moment,
        and soon all of them one.
        """
        size, cells = self.runs, self._grid.cells
        for block in range(self._grid.total // cells):
            first, last = (-(-place * cells // size) for place in (block, block + 1))
            for task in coarse_first(last - first):
                start = (first + task) * size
                yield start, min(start + size, self._grid.total)


def coarse_first(count: int) -> Iterator[int]:
    """Yield 0 to count - 1 in the order of van der Corput: by their bits from the lowest up."""
    bits = (count - 1).bit_length()
    for place in range(2**bits if count else 0):
        number = int(f"{place:0{bits}b}"[::-1], 2) if bits else 0
        if number < count:
            yield number
