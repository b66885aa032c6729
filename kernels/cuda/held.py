"""What a block of threads works with: the numbers of its run, and where each of them lies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from kernels.cuda.arguments import Frame, load, store, word
from kernels.cuda.flushing import Builder, FlushingBuilder
from kernels.cuda.layout import Layout
from kernels.cuda.machine import Machine
from kernels.lane.lanes import Lane
from kernels.lane.operations import Traced, constant

_BIT = ir.IntType(1)


class Index:
    """The index of a parameter, which is known when the code runs, as steps reckon with it.

    Parameters
    ----------
    builder : Builder
    value : llvmlite.ir.Value
    first : int
        The index of the first of its array.
    """

    def __init__(self, builder: Builder, value, first: int) -> None:
        self.builder = builder
        self.value = value
        self.first = first

    def __add__(self, other: int) -> "Index":
        return Index(self.builder, self.builder.add(self.value, word(other)), self.first + other)

    __radd__ = __add__

    def __lt__(self, grouped: int) -> bool:
        return self.first < grouped  # all of an array are in groups, or none


class Cells:
    """Numbers of an array, from a first one on, as traced code reads and writes them."""

    def __init__(self, run: "Held", name: str, first=None) -> None:
        self._run = run
        self._name = name
        self._first = word(0) if first is None else first

    def _place(self, index: "int | Index"):
        value = word(index) if isinstance(index, int) else index.value
        return self._run.builder.add(self._first, value)

    def __getitem__(self, index: "int | Index") -> Any:
        return self._run.read(self._name, self._place(index))

    def __setitem__(self, index: "int | Index", traced: Traced) -> None:
        self._run.write(self._name, self._place(index), traced)


class Only:
    """The one parameter that a thread moves, by whatever index it is called."""

    def __init__(self, run: "Held", place) -> None:
        self._run = run
        self._place = place

    def __getitem__(self, index: Any) -> Traced:
        return self._run.read("weights", self._place)

    def __setitem__(self, index: Any, traced: Traced) -> None:
        self._run.write("weights", self._place, traced)


class Held:
    """The numbers of a run: on the chip as far as there is room, and elsewhere.

    Parameters
    ----------
    frame : Frame
    builder : Builder
        At the beginning of a function; whether it makes subnormal numbers zero.
    machine : Machine
    layout : Layout
    """

    def __init__(self, frame: Frame, builder: Builder, machine: Machine, layout: Layout) -> None:
        self.frame = frame
        self.net = frame.net
        self.widths: list[int] = frame.net.widths.tolist()
        self.layers = len(self.widths) - 1
        self.builder = builder
        self.machine = machine
        self.layout = layout
        self.lane: Lane = frame.lane
        number = self.lane.vector.element
        size = self.lane.dtype.bitwidth // 8
        self._chip = machine.chip(builder, number)
        self._everywhere = 0 if self._chip is not None else layout.on_chip
        mine = word((self._everywhere + layout.elsewhere) * size)
        start = builder.gep(frame.values["room"], [builder.mul(machine.block, mine)])
        self._room = builder.bitcast(start, number.as_pointer())
        #: Whether a number among the weights is small, from batch to batch.
        self.small_weights = cgutils.alloca_once(builder, _BIT)
        self._later: list[tuple[Any, Any]] | None = None
        self.trouble = builder.trouble if isinstance(builder, FlushingBuilder) else None

    def address(self, name: str, index) -> Any:
        """Emit where a number of an array is."""
        place = self.layout.places[name]
        base = self._chip if place.on_chip and self._chip is not None else self._room
        first = place.first + (0 if place.on_chip else self._everywhere)
        return self.builder.gep(base, [self.builder.add(index, word(first))])

    def read(self, name: str, index) -> Any:
        """Emit a number of an array."""
        value = load(self.builder, self.lane, self.address(name, index))
        return Traced(self.builder, self.lane, [value])

    def write(self, name: str, index, traced: Traced) -> None:
        """Emit a store into an array, and a look at it if products read it."""
        value = traced.values[0]
        if name != "memory":
            value = self.builder.checked(value)
        place = self.address(name, index)
        if self._later is None:
            store(self.builder, self.lane, value, place)
        else:
            self._later.append((value, place))

    @contextmanager
    def stored(self) -> Iterator[Callable[[Any], None]]:
        """Put off all stores, so that no load waits for one; give what says which are wanted.

        It is told on what condition that is to be stored which was since it was last called.
        """
        later: list[tuple[Any, Any]] = []
        wanted: list[tuple[Any, list]] = []

        def only_if(condition: Any) -> None:
            wanted.append((condition, later[:]))
            later.clear()

        self._later = later
        yield only_if
        self._later = None
        for condition, stores in wanted:
            with self.builder.if_then(condition) if condition is not None else nullcontext():
                for value, place in stores:
                    store(self.builder, self.lane, value, place)

    def number(self, value: float) -> Any:
        """Return a number that is known."""
        return Traced(self.builder, self.lane, [constant(self.lane, value)])

    def argument(self, name: str, index) -> Any:
        """Emit a number of an argument that all runs share."""
        place = self.builder.gep(self.frame.values[name], [index])
        value = load(self.builder, self.lane, place)
        return Traced(self.builder, self.lane, [self.builder.given(value)])

    def at(self, first: int, row, distance: int, column=None) -> Any:
        """Emit ``first + row * distance + column``."""
        found = self.builder.add(self.builder.mul(row, word(distance)), word(first))
        return found if column is None else self.builder.add(found, column)

    def unit(self, layer: int, sample, unit) -> Any:
        """Emit where a unit of a sample is among those of its layer."""
        return self.at(0, sample, self.layout.pitches[layer], unit)
