"""The plan of a specification: its runs as a grid, what they cost, and the tasks that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from functools import cached_property
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.plan.cost import Cost
from sweep.plan.grid import FullGrid, Grid
from sweep.plan.joined import JoinedGrid
from sweep.plan.sampling.drawing import check_enough
from sweep.plan.sampling.sample import Told, sampled
from sweep.plan.sampling.tpe import as_runs, first_round
from sweep.plan.tasks import Tasks
from sweep.specification.axes import Part, axes_of, axes_of_part, parts
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    from sweep.gpus import Gpus

#: Half-open ranges of run numbers.
Ranges = list[tuple[int, int]]

#: Epochs of runs from which a second of compiling pays.
_WORTH_FREEZING = 500_000


class Plan:
    """What is to be done.

    A plan whose axes shape no code is one part, itself. Others are of several: each is the plan of
    runs that agree in these axes, with the specification that they would have as a sweep of their
    own, and with the run numbers of the whole. What trains runs takes the plan of a part.

    Parameters
    ----------
    spec : Specification
        With penalties that are numbers.
    widths : tuple of int
        The network, from inputs to outputs; of several the deepest.
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
    names : tuple of str
        The names of these columns.
    of : tuple of Plan and int, optional
        Of which plan this is a part, and which one.
    known : dict of str to ndarray, optional
        Of a sample runs whose cells are known, see `knowing`.
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
        names: tuple[str, ...] = (),
        of: tuple[Plan, int] | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> None:
        self.spec = spec
        self.name = name
        self.widths = widths
        self.samples = samples
        self.tested = tested
        self.held_out = held_out
        self.columns = columns
        self.names = names
        self._of = of
        self._known = known
        self._gpus: Gpus | None = None

    @property
    def gpus(self) -> Gpus | None:
        """Where the runs are trained, None for the processor."""
        return self.whole._gpus

    def on(self, gpus: Gpus | None) -> Plan:
        """Return the same plan, a whole one, for GPUs, or None for the processor."""
        plan = copy(self)
        plan._gpus = gpus
        return plan

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the rest: each task carries a plan."""
        names = ("spec", "name", "widths", "samples", "tested", "held_out", "columns", "names")
        return {name: getattr(self, name) for name in (*names, "_of", "_known", "_gpus")}

    def knowing(self, runs: Mapping[str, Any]) -> Plan:
        """Return the plan of a sample whose cells are those of some runs, by their table's columns.

        So it is where cells were chosen one by one, and where a table says which they were.
        """
        if not self.spec.sample:
            return self
        return Plan(self.spec, self.widths, *self._told_of_data, known=runs).on(self._gpus)

    @property
    def whole(self) -> Plan:
        """The plan of the whole sweep."""
        return self if self._of is None else self._of[0]

    @cached_property
    def grid(self) -> Grid:
        """The runs, of a part too those of the whole sweep."""
        return self.whole._own if self._joined is None else self._joined

    @cached_property
    def cost(self) -> Cost:
        """What a run of a part costs."""
        return Cost(self.spec, self.widths, self.samples)

    @cached_property
    def tasks(self) -> Tasks:
        """How the runs of a part are handed out, by their numbers in its own grid."""
        return Tasks(self.spec, self._own, self.cost, self.gpus)

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What a task leaves for the next one in its process: see `sweep.training.batch`."""
        return {}

    @property
    def runs(self) -> int:
        """How many runs a part has."""
        return self._own.total

    @property
    def worth_freezing(self) -> bool:
        """Whether there is enough to train for code of its own to pay, if the network is tiny."""
        return self._own.total * self.spec.epochs >= _WORTH_FREEZING

    @cached_property
    def parts(self) -> list[Plan]:
        """The plans of its parts, in the order of the grid."""
        if self._of is not None or not self._places[0].place:
            return [self]
        return [self._part(number, one) for number, one in enumerate(self._places)]

    def apart(self, numbers: np.ndarray) -> Iterator[tuple[Plan, np.ndarray]]:
        """Yield the plan of each part that has some of these runs, and their places among them."""
        if self._joined is None:
            yield self, np.arange(len(numbers))
            return
        number, _ = self._joined.parts_of(numbers)
        for one in np.unique(number).tolist():
            yield self.whole.parts[one], np.flatnonzero(number == one)

    def handed_out(self) -> Iterator[tuple[Plan, Ranges]]:
        """Yield the tasks of all parts, each with the plan of its part, as ranges of run numbers.

        All parts come forward alike, so that cells have nearly as many seeds at any moment.
        """
        for _, part, ranges in merge(*(part._tasks() for part in self.parts), key=itemgetter(0)):
            yield part, ranges

    def _tasks(self) -> Iterator[tuple[float, Plan, Ranges]]:
        """Yield the tasks of a part, each with the share of its runs that come before it."""
        done = 0
        for start, stop in self.tasks.ranges():
            there = [(start, stop)]
            if isinstance(self._joined, JoinedGrid) and self._of is not None:
                there = self._joined.ranges_of(self._of[1], start, stop)
            yield done / self._own.total, self, there
            done += stop - start

    def _part(self, number: int, one: Part) -> Plan:
        spec = self.spec.of(one.place)
        widths = (self.widths[0], *spec.hidden, self.widths[-1])
        return Plan(spec, widths, *self._told_of_data, of=(self, number))

    @property
    def _told_of_data(self) -> tuple[int, str, int, int, tuple[int, ...], tuple[str, ...]]:
        return self.samples, self.name, self.tested, self.held_out, self.columns, self.names

    @cached_property
    def _places(self) -> list[Part]:
        return [part for part, _ in self._laid_out]

    @cached_property
    def _grids(self) -> list[Grid]:
        """The grid of each part, on the axes that differ within it."""
        return [grid for _, grid in self._laid_out]

    @cached_property
    def _laid_out(self) -> list[tuple[Part, Grid]]:
        if self._told is not None:  # nobody knows yet of which part its cells will be
            every = parts(self.spec)
            return [(part, self._told.share(len(every))) for part in every]
        if self.spec.sample:
            return sampled(self.spec)
        return [(part, FullGrid(axes_of_part(self.spec, part))) for part in parts(self.spec)]

    @cached_property
    def _told(self) -> Told | None:
        """The cells of a sample that are known by their runs, or by what is asked of a sampler."""
        spec = self.spec
        if not spec.sample or (self._known is None and spec.sampler != "tpe"):
            return None
        check_enough(spec)
        known = self._known if self._known is not None else as_runs(first_round(spec))
        return Told(axes_of(spec), spec.sample, parts(spec), known)

    @cached_property
    def _own(self) -> Grid:
        """The grid of a part."""
        return self._grids[0] if self._of is None else self.whole._grids[self._of[1]]

    @property
    def _joined(self) -> JoinedGrid | Told | None:
        """The grid of the whole sweep, where it has several parts."""
        return self.whole._joined_grid

    @cached_property
    def _joined_grid(self) -> JoinedGrid | Told | None:
        places = [one.place for one in self._places]
        if not places[0]:
            return None
        return self._told or JoinedGrid(axes_of(self.spec), places, self._grids)
