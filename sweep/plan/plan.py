"""The plan of a specification: its runs as a grid, what they cost, and the tasks that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np

from sweep.plan.cost import Cost
from sweep.plan.grid import FullGrid, Grid
from sweep.plan.sample import Cells, Sample, drawn, told
from sweep.plan.tasks import Tasks
from sweep.plan.tpe import first_round
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
    known : dict of str to ndarray, optional
        Runs whose cells are those of a sample, see `knowing`.
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
        known: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.spec = spec
        self.name = name
        self.widths = widths
        self.samples = samples
        self.tested = tested
        self.held_out = held_out
        self.columns = columns
        self.known = known

    def knowing(self, runs: Mapping[str, np.ndarray]) -> Plan:
        """Return the plan of a sample whose cells are those of some runs, by their table's columns.

        So it is where a sampler chose them, and where a table says which they were.
        """
        return Plan(**{**self.__getstate__(), "known": runs}) if self.spec.sample else self

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the rest: each task carries a plan."""
        names = ("spec", "name", "widths", "samples", "tested", "held_out", "columns", "known")
        return {name: getattr(self, name) for name in names}

    @cached_property
    def grid(self) -> Grid:
        """The runs."""
        spec, axes = self.spec, axes_of(self.spec)
        if not spec.sample:
            return FullGrid(axes)
        spread, cells, seed = drawn_from(spec), spec.sample, spec.seeds[0]
        if self.known is not None:
            draw: Callable[[], Cells] = partial(told, axes, spread, cells, self.known)
        elif spec.sampler == "tpe":
            draw = partial(first_round, spread, cells, seed)
        else:
            draw = partial(drawn, spread, cells, str(spec.sampler), seed)
        return Sample(axes, spread, cells, draw)

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
