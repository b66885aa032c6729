"""The plan of a specification: its runs as a grid, what they cost, and the tasks that they make."""

from functools import cached_property, partial
from typing import Any

from sweep.plan.cost import Cost
from sweep.plan.grid import FullGrid, Grid
from sweep.plan.sample import Sample, drawn
from sweep.plan.tasks import Tasks
from sweep.specification.axes import axes_of, drawn_from
from sweep.specification.spec import Specification

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

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the rest: each task carries a plan."""
        names = ("spec", "name", "widths", "samples", "tested", "held_out", "columns")
        return {name: getattr(self, name) for name in names}

    @cached_property
    def grid(self) -> Grid:
        """The runs."""
        spec, axes = self.spec, axes_of(self.spec)
        if not spec.sample:
            return FullGrid(axes)
        spread = drawn_from(spec)
        draw = partial(drawn, spread, spec.sample, str(spec.sampler), spec.seeds[0])
        return Sample(axes, spread, spec.sample, draw)

    @cached_property
    def cost(self) -> Cost:
        """What one of them costs."""
        return Cost(self.spec, self.widths, self.samples)

    @cached_property
    def tasks(self) -> Tasks:
        """How they are handed out."""
        return Tasks(self.spec, self.grid, self.cost)

    @property
    def worth_freezing(self) -> bool:
        """Whether there is enough to train for code of its own to pay, if the network is tiny."""
        return self.grid.total * self.spec.epochs >= _WORTH_FREEZING
