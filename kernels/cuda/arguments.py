"""What a kernel is given: where the arrays of its runs and samples are, and how many there are."""

from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types

from kernels.cuda.flushing import Builder
from kernels.lane.lanes import Lane
from kernels.lane.operations import Traced
from kernels.network import Network

WORD = ir.IntType(64)

#: Arrays of numbers of the runs' precision, ``[pack, ..., lane]``, see `kernels.runs.Runs`.
OF_RUNS = (
    "parameters",
    "memory",
    "l1",
    "l2",
    "l21",
    "rate",
    "factor",
    "step_hyper",
    "activation_hyper",
    "scale",
)

#: Those of the samples, and of the schedule.
OF_SAMPLES = ("x", "y", "weight", "factors")

#: Arrays of 32 bits a number, ``[pack, ..., lane]``.
HALVES = ("words", "epoch")

#: Arrays of 64 bits a number: the stream of each run, the order of the samples, the first epochs of
#: the stretches of the schedule, where groups of parameters begin, and which those are.
WORDS = ("streams", "order", "begins", "starts", "members")

#: How many runs there are; epochs and streams of the order; samples of an epoch; steps of each
#: epoch that came before; stretches; and whether a number is so small that the way for small
#: numbers must be taken from the first.
COUNTS = ("runs", "order_epochs", "order_streams", "samples", "begun", "stretches", "small")

#: Where runs work, in bytes.
ROOM = "room"

NAMES = (*OF_RUNS, *OF_SAMPLES, *HALVES, *WORDS, ROOM, *COUNTS)


def types_of(dtype: types.Float) -> list[ir.Type]:
    """Return the types of the arguments, in the order of `NAMES`."""
    number = ir.DoubleType() if dtype == types.float64 else ir.FloatType()
    kinds = {name: ir.IntType(32) for name in HALVES} | dict.fromkeys(WORDS, WORD)
    kinds |= {ROOM: ir.IntType(8)}
    pointers = (kinds.get(name, number).as_pointer() for name in NAMES if name not in COUNTS)
    return [*pointers, *[WORD] * len(COUNTS)]


def word(value: int) -> ir.Constant:
    """Return a whole number as LLVM has it."""
    return ir.Constant(WORD, value)


class OfRun:
    """An array ``[pack, ..., lane]`` as one run sees it.

    Parameters
    ----------
    builder : Builder
    pointer : llvmlite.ir.Value
    place : tuple of llvmlite.ir.Value
        The pack of the run, and its lane.
    lanes, count : int
        Lanes of a pack, and numbers of a run.
    """

    def __init__(self, builder: Any, pointer, place: tuple, lanes: int, count: int) -> None:
        pack, lane = place
        self._builder = builder
        self._lanes = lanes
        first = builder.add(builder.mul(pack, word(count * lanes)), lane)
        self._first = builder.gep(pointer, [first])

    def address(self, builder, index):
        """Emit where a number is."""
        if isinstance(index, int):
            return builder.gep(self._first, [word(index * self._lanes)])
        return builder.gep(self._first, [builder.mul(index, word(self._lanes))])


def load(builder: Builder, lane: Lane, address):
    """Emit the Lane at an address, as it is there."""
    return builder.load(_as_lane(builder, lane, address), align=_bytes(lane))


def store(builder: Builder, lane: Lane, value, address) -> None:
    """Emit a store of a Lane."""
    builder.store(value, _as_lane(builder, lane, address), align=_bytes(lane))


def _as_lane(builder: Builder, lane: Lane, address):
    space = address.type.addrspace
    return builder.bitcast(address, lane.vector.as_pointer(space))


def _bytes(lane: Lane) -> int:
    return lane.dtype.bitwidth // 8


class Frame(NamedTuple):
    """The arguments of a kernel while its code is made.

    Attributes
    ----------
    values : dict of str to llvmlite.ir.Value
    net : Network
    lane : Lane
        Of one run.
    lanes : int
        Lanes of a pack in memory.
    remembered : int
        Numbers that the step remembers.
    hypers : tuple of int
        Numbers that the step takes, and the activation.
    """

    values: dict[str, Any]
    net: Network
    lane: Lane
    lanes: int
    remembered: int
    hypers: tuple[int, int]

    def count(self, name: str) -> int:
        """Return how many numbers of an array are of one run."""
        net = self.net
        return {
            "parameters": net.size,
            "memory": self.remembered,
            "l1": 2 * net.layers,
            "l2": 2 * net.layers,
            "step_hyper": self.hypers[0],
            "activation_hyper": self.hypers[1],
            "words": 3,
        }.get(name, 1)

    def of_run(self, builder, name: str, run) -> OfRun:
        """Return an array as a run sees it."""
        place = builder.udiv(run, word(self.lanes)), builder.urem(run, word(self.lanes))
        return OfRun(builder, self.values[name], place, self.lanes, self.count(name))

    def numbers(self, builder: Builder, name: str, run) -> Any:
        """Emit all numbers of a run in an array, of which none is small, see `COUNTS`."""
        there = self.of_run(builder, name, run)
        found = (
            load(builder, self.lane, there.address(builder, i)) for i in range(self.count(name))
        )
        return [Traced(builder, self.lane, [builder.given(value)]) for value in found]
