"""Tasks: runs that are handed out together, how many, and in which order."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from sweep.plan.cost import Cost
from sweep.plan.grid import Grid
from sweep.specification.choices import OPTIMIZERS
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    from sweep.gpus import Gpus

#: What a task should last, in seconds: long beside the cost of handing it out.
TASK_SECONDS = 0.2

#: What a leg of paths should last at the least, in seconds: what an interruption may cost.
LEG_SECONDS = 2.0

#: Runs of a task come in multiples of this, so that every lane width fills its packs.
QUANTUM = 16

#: Runs that a task with patience has at the least: what it wastes is at its end, when nobody waits
#: for the lanes that fall free.
_WAITING = 128

#: What an epoch of all runs of a task with patience should last, in seconds: long beside the pause.
_EPOCH_SECONDS = 0.05

#: Tasks with patience or of paths, at the least, that a sweep is divided into, for the cores to
#: share.
_SHARES = 4

#: Runs of a task that are few enough, however small the sweep.
_MODEST = 512

#: Runs side by side that are worth the call of a GPU, and that fill one.
_WORTH_A_GPU, _FILL_A_GPU = 2**10, 2**16

#: Tasks, at the least, for each thread that gives work to a GPU: it trains one while the thread
#: draws and measures another.
_TURNS = 2

#: What a GPU does in the time of a core, roughly.
_CORES = 64


class Tasks:
    """The runs of a grid, divided.

    A path is never divided among tasks. Paths train side by side, and so a path counts as one run
    does elsewhere: a task has the paths of as many seeds and folds as fill its lanes, and where
    those of one are more than enough it is handed out in pieces. One that lasts is cut along the
    way, into legs; where a leg ends it is kept where its paths stand.

    Parameters
    ----------
    spec : Specification
    grid : Grid
    cost : Cost
        Of one run.
    gpus : Gpus, optional
        Where they are trained; on the processor unless given.
    """

    def __init__(
        self, spec: Specification, grid: Grid, cost: Cost, gpus: "Gpus | None" = None
    ) -> None:
        self._spec, self._grid, self._cost, self._gpus = spec, grid, cost, gpus
        #: Runs one after the other.
        self.steps = len(grid.axes[spec.path]) if spec.path else 1
        # Packs in single precision have twice the runs.
        self._broad = 2 if spec.precision == "float32" else 1

    @cached_property
    def runs(self) -> int:
        """Runs of a task."""
        if self._spec.path:
            return self._grid.cells * self._repeats
        return self._enough

    @cached_property
    def abreast(self) -> int:
        """Runs side by side in a piece of a task: all, but for paths."""
        together = self.runs // self.steps
        if together <= self._enough or not self._spec.path:
            return together
        # Pieces of one size, and of full packs.
        share = -(-together // (together // self._enough))
        return min(-(-share // self._pack) * self._pack, together)

    @property
    def pieces(self) -> int:
        """Pieces in which a task is handed out: one, but for paths."""
        return -(-self.runs // (self.steps * self.abreast))

    @property
    def leg(self) -> int:
        """Steps of a leg: runs of each path that are trained before it is kept where they are."""
        abreast = -(-self.abreast // self._pack) * self._pack
        lasts = self._cost.seconds * abreast * self.steps / (_CORES if self._gpus else 1)
        return -(-self.steps // max(int(min(lasts / LEG_SECONDS, self.steps)), 1))

    @property
    def lasting(self) -> bool:
        """Whether tasks are handed out in pieces or in legs, and not as a whole."""
        return self.pieces > 1 or self.leg < self.steps

    @property
    def lanes(self) -> int:
        """Runs of a task with patience that are trained at a time."""
        room = self.abreast if self._gpus else self._cost.room
        return max(int(min(room, self.abreast)) // QUANTUM, 1) * QUANTUM

    @property
    def bytes(self) -> int:
        """Roughly what a task needs: parameters, what is remembered, copies of it, the data."""
        cells = self._grid.cells
        streams = min(-(-self.runs // cells), self._grid.total // cells)
        side_by_side = self.lanes if self._spec.stops_early else self.abreast
        return self._cost.bytes(self._copies * side_by_side, streams)

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

    @property
    def _pack(self) -> int:
        """Runs that the widest vectors hold: fewer leave lanes idle."""
        return max(self._broad * QUANTUM // 2, 1)

    @property
    def _copies(self) -> int:
        """Copies of a run's parameters that a task needs."""
        optimizer = OPTIMIZERS[self._spec.optimizer]
        metric = self._spec.groups_weights and optimizer.rescales
        remembered = optimizer.remembered + metric
        # With patience also the best weights of all, and a few runs that wait or have ended.
        return 5 + 4 * remembered if self._spec.stops_early else 3 + 2 * remembered

    @cached_property
    def _enough(self) -> int:
        """Runs side by side that are worth a call."""
        if self._gpus:
            return self._enough_for(self._gpus)
        spec, cost = self._spec, self._cost
        total = self._grid.total // self.steps
        wanted = TASK_SECONDS / (cost.seconds * self.steps)
        fewest = 0.0
        if spec.stops_early:
            fewest = min(max(self._broad * _WAITING, _EPOCH_SECONDS / cost.pace), _MODEST)
            share = -(-self._broad * total // (_SHARES * QUANTUM)) * QUANTUM
            fewest = min(fewest, share)
        else:
            wanted = min(wanted, cost.room)
        most = min(16 * _MODEST / self.steps, max(total / 16, _MODEST / self.steps))
        runs = max(min(wanted, most), fewest)
        return int(runs) // QUANTUM * QUANTUM if runs >= QUANTUM else self._pack

    def _enough_for(self, gpus: "Gpus") -> int:
        """Return the same of a GPU, which has room for more and is idle with few."""
        total = self._grid.total // self.steps
        share = max(total / (_TURNS * gpus.workers), _WORTH_A_GPU)
        data = self._cost.bytes(0, 1) * self.steps / self._grid.cells  # a stream for each seed
        room = gpus.room / (self._cost.bytes(self._copies, 0) + data)
        runs = int(min(share, room, _FILL_A_GPU, total))
        return max(runs // QUANTUM, 1) * QUANTUM

    @cached_property
    def _repeats(self) -> int:
        """Seeds and folds whose paths make a task: of a few numbers that which fills packs best."""
        paths = self._grid.cells // self.steps
        count = self._grid.total // self._grid.cells
        fewest = max(self._enough // paths, 1)
        most = min(max(count // _SHARES, fewest), fewest + self._pack)

        def idle(repeats: int) -> float:
            return -(-repeats * paths // self._pack) / (repeats * paths)

        return min(range(fewest, most + 1), key=idle, default=1) if fewest < count else count


def coarse_first(count: int) -> Iterator[int]:
    """Yield 0 to count - 1 in the order of van der Corput: by their bits from the lowest up."""
    bits = (count - 1).bit_length()
    for place in range(2**bits if count else 0):
        number = int(f"{place:0{bits}b}"[::-1], 2) if bits else 0
        if number < count:
            yield number
