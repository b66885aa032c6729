"""The plan of a specification: its runs as a grid, what they cost, and the tasks that they make."""

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sweep.plan.cost import Cost
from sweep.plan.grid import FullGrid, Grid
from sweep.plan.tasks import Tasks
from sweep.specification.axes import axes_of
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    from sweep.gpus import Gpus

#: Epochs of runs from which a second of compiling pays.
_WORTH_FREEZING = 500_000


class Plan:
    """What is to be done.

    Parameters
    ----------
    spec : Specification
        With penalties that are numbers.
    widths : tuple of int
        The network, from inputs to outputs.
    samples : int
        Samples of the training part.
    name : str
        Name of the data set.
    tested : int
        Samples of the test part, of outer folds the largest.
    held_out : int
        Samples of the held-out part.
    columns : tuple of int
        How many inputs of the network each column of the table is.

    Attributes
    ----------
    gpus : Gpus or None
        Where the runs are trained, if not on the processor.
    """

    def __init__(
        self,
        spec: Specification,
        widths: tuple[int, ...],
        samples: int,
        name: str,
        tested: int = 0,
        held_out: int = 0,
        columns: tuple[int, ...] = (),
    ) -> None:
        self.spec = spec
        self.name = name
        self.widths = widths
        self.samples = samples
        self.tested = tested
        self.held_out = held_out
        self.columns = columns
        self.gpus: Gpus | None = None

    def on(self, gpus: "Gpus | None") -> "Plan":
        """Return the same plan for GPUs, or None for the processor."""
        plan = copy(self)
        plan.gpus = gpus
        return plan

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the rest: each task carries a plan."""
        names = ("spec", "name", "widths", "samples", "tested", "held_out", "columns", "gpus")
        return {name: getattr(self, name) for name in names}

    @cached_property
    def grid(self) -> Grid:
        """The runs."""
        return FullGrid(axes_of(self.spec))

    @cached_property
    def cost(self) -> Cost:
        """What one of them costs."""
        return Cost(self.spec, self.widths, self.samples)

    @cached_property
    def tasks(self) -> Tasks:
        """How they are handed out."""
        return Tasks(self.spec, self.grid, self.cost, self.gpus)

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What a task leaves for the next one in its process: see `sweep.training.batch`."""
        return {}

    @property
    def worth_freezing(self) -> bool:
        """Whether there is enough to train for code of its own to pay, if the network is tiny."""
        return self.grid.total * self.spec.epochs >= _WORTH_FREEZING
