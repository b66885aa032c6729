"""A run a thread: networks with their sizes frozen into the code, all epochs in one call.

The code of a batch is that which `kernels.frozen` makes for a pack, for one Lane: each parameter
stays in a register, or where the assembler finds room for it. Twice, see `kernels.cuda.flushing`:
as it is where no number is small, and as it must be where one is.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from kernels.choice import Choice
from kernels.cuda.arguments import WORD, Frame, load, store, word
from kernels.cuda.flushing import Builder, FlushingBuilder
from kernels.frozen import Frozen, in_registers
from kernels.lane.lanes import Lane
from kernels.lane.operations import Traced
from kernels.learning import Optimizer, descend, mass
from kernels.network import backward, forward
from kernels.runs import Workspace


class Slots:
    """Numbers of a run that are kept from batch to batch, in registers if there are enough."""

    def __init__(self, entry: Builder, lane: Lane, count: int) -> None:
        self.lane = lane
        self.places = [cgutils.alloca_once(entry, lane.vector) for _ in range(count)]

    def seen_by(self, builder: Builder) -> Any:
        """Return them as code that is being made reads and writes them."""
        return _Seen(self, builder)


class _Seen:
    def __init__(self, slots: Slots, builder: Builder) -> None:
        self._slots = slots
        self._builder = builder

    def __getitem__(self, index: int) -> Traced:
        value = self._builder.load(self._slots.places[index])
        if isinstance(self._builder, FlushingBuilder) and self._builder.trusting:
            value = self._builder.given(value)
        return Traced(self._builder, self._slots.lane, [value])

    def __setitem__(self, index: int, traced: Traced) -> None:
        value = self._builder.checked(traced.values[0])
        self._builder.store(value, self._slots.places[index])


class _Samples:
    """Numbers of the samples of a batch, read where they are first asked for."""

    def __init__(self, builder: Builder, lane: Lane, pointer, rows: list, width: int, pitch: int):
        self._builder = builder
        self._lane = lane
        self._pointer = pointer
        self._rows = rows
        self._width = width
        self._pitch = pitch

    def __getitem__(self, index: int) -> Traced:
        sample, number = divmod(index, self._pitch)
        builder = self._builder
        place = builder.add(builder.mul(self._rows[sample], word(self._width)), word(number))
        value = load(builder, self._lane, builder.gep(self._pointer, [place]))
        return Traced(builder, self._lane, [builder.given(value)])


def emit_run(frame: Frame, batch: int, step: Choice, builder: ir.IRBuilder, run, flushes: bool):
    """Emit all that becomes of a run.

    Parameters
    ----------
    frame : Frame
    batch : int
        Samples of a batch; an epoch has no remainder.
    step : Choice
    builder : llvmlite.ir.IRBuilder
        At the beginning of a function.
    run : llvmlite.ir.Value
        Its number.
    flushes : bool
        Whether the processor itself makes subnormal numbers zero.
    """
    _Run(frame, batch, step, builder, run, flushes).emit()


class _Run:
    def __init__(self, frame, batch, step, builder, run, flushes) -> None:
        self.frame = frame
        self.frozen = Frozen.of(frame.net, batch)
        self.step = step
        self.plain = builder
        self.run = run
        self.flushes = flushes
        self.weights = Slots(builder, frame.lane, frame.net.size)
        self.memory = Slots(builder, frame.lane, frame.remembered)
        self.trouble = cgutils.alloca_once(builder, ir.IntType(32))

    def emit(self) -> None:
        """Emit the loops over stretches, epochs and batches."""
        frame, plain = self.frame, self.plain
        values = frame.values
        self._begin()
        stream = plain.load(frame.of_run(plain, "streams", self.run).address(plain, 0))
        batches = plain.udiv(values["samples"], word(self.frozen.batch))
        with cgutils.for_range(plain, values["stretches"], intp=WORD) as stretch:
            factor = plain.gep(values["factors"], [stretch.index])
            begins = [
                plain.load(plain.gep(values["begins"], [plain.add(stretch.index, word(i))]))
                for i in range(2)
            ]
            with cgutils.for_range(plain, begins[1], start=begins[0], intp=WORD) as epoch:
                first = plain.urem(epoch.index, values["order_epochs"])
                first = plain.mul(first, values["samples"])
                with cgutils.for_range(plain, batches, intp=WORD) as number:
                    start = plain.mul(number.index, word(self.frozen.batch))
                    rows = self._rows(plain.add(first, start), stream)
                    self._learn(rows, factor)
        self._end()

    def _begin(self) -> None:
        """Emit what fetches the state of the run."""
        builder = self._way(trusting=False)
        if isinstance(builder, FlushingBuilder):
            builder.forget()
        for name, slots in (("parameters", self.weights), ("memory", self.memory)):
            there, seen = self.frame.of_run(builder, name, self.run), slots.seen_by(builder)
            for i in range(len(slots.places)):
                value = load(builder, self.frame.lane, there.address(builder, i))
                seen[i] = Traced(builder, self.frame.lane, [builder.flushed(value)])
        self._back(builder)

    def _end(self) -> None:
        """Emit what brings back the state of the run."""
        plain = self.plain
        for name, slots in (("parameters", self.weights), ("memory", self.memory)):
            there = self.frame.of_run(plain, name, self.run)
            for i, place in enumerate(slots.places):
                store(plain, self.frame.lane, plain.load(place), there.address(plain, i))

    def _rows(self, first, stream) -> list:
        """Emit the rows of the samples of a batch, whose first has a place in the order."""
        plain, values = self.plain, self.frame.values
        rows = []
        for b in range(self.frozen.batch):
            place = plain.mul(plain.add(first, word(b)), values["order_streams"])
            rows.append(plain.load(plain.gep(values["order"], [plain.add(place, stream)])))
        return rows

    def _way(self, trusting: bool) -> Builder:
        """Return what emits the code from here on."""
        if self.flushes:
            return Builder(self.plain.block)
        return FlushingBuilder(self.plain.block, self.trouble, trusting)

    def _back(self, builder: Builder) -> None:
        self.plain.position_at_end(builder.block)

    def _learn(self, rows: list, factor) -> None:
        """Emit the training on a batch."""
        plain = self.plain
        if self.flushes or self.frame.lane.dtype == types.float32:
            builder = self._way(trusting=False)
            self._move(builder, *self._gradient(builder, rows, factor))
            self._back(builder)
            return
        fast, slow, done = (plain.append_basic_block(name) for name in ("fast", "slow", "done"))
        asking = self._way(trusting=False)
        small = asking.icmp_unsigned("!=", self.frame.values["small"], word(0))
        asking.cbranch(asking.or_(small, asking.in_trouble(self.frame.lane.dtype)), slow, fast)

        plain.position_at_end(fast)
        builder = self._way(trusting=True)
        builder.forget()
        found = self._gradient(builder, rows, factor)
        moving = plain.append_basic_block("fast.move")
        builder.cbranch(builder.in_trouble(self.frame.lane.dtype), slow, moving)
        builder.position_at_end(moving)
        self._move(builder, *found)
        builder.branch(done)

        plain.position_at_end(slow)
        builder = self._way(trusting=False)
        found = self._gradient(builder, rows, factor)
        builder.forget()
        self._move(builder, *found)
        builder.branch(done)
        plain.position_at_end(done)

    def _gradient(self, builder: Builder, rows: list, factor) -> tuple[Optimizer, Workspace]:
        """Emit forward, the gradient of the loss and backward; return what the step takes."""
        frame, net = self.frame, self.frozen.net
        values, lane = frame.values, frame.lane
        optimizer = self._optimizer(builder, factor)

        def samples(name: str, width: int, pitch: int) -> Any:
            return _Samples(builder, lane, values[name], rows, width, pitch)

        space = Workspace._make([None] * len(Workspace._fields))._replace(
            units=samples("x", int(net.widths[0]), int(net.pitch[0])),
            targets=samples("y", net.targets, net.targets),
            importance=samples("weight", 1, 1),
            hyper=frame.numbers(builder, "activation_hyper", self.run),
        )
        work = in_registers(builder, lane, self.frozen, space)
        forward(net, optimizer.weights, work, self.frozen.batch, False)
        self._check(builder, work.units)
        net.loss.gradient(net, work, self.frozen.batch, mass(work, self.frozen.batch))
        self._check(builder, work.deltas)
        for layer in range(net.layers - 1, 0, -1):
            backward(net, optimizer.weights, work, layer, self.frozen.batch)
            self._check(builder, work.deltas)
        return optimizer, work

    def _check(self, builder: Builder, numbers: Any) -> None:
        """Emit looks at what products are made of."""
        for index, traced in numbers.items():
            numbers[index] = Traced(builder, traced.lane, [builder.checked(traced.values[0])])

    def _optimizer(self, builder: Builder, factor) -> Optimizer:
        """Emit what moves the parameters, as `kernels.runs.optimizer_of` does."""
        frame, net, run = self.frame, self.frozen.net, self.run

        def one(name: str) -> Any:
            return frame.numbers(builder, name, run)[0]

        lr = one("rate")
        of_epoch = Traced(builder, frame.lane, [builder.given(load(builder, frame.lane, factor))])
        both = one("factor") * of_epoch
        return Optimizer(
            weights=self.weights.seen_by(builder),
            memory=self.memory.seen_by(builder),
            l1=frame.numbers(builder, "l1", run),
            l2=frame.numbers(builder, "l2", run),
            l21=one("l21"),
            rate=lr * both,
            lr=lr,
            factor=both,
            hyper=tuple(frame.numbers(builder, "step_hyper", run)),
            size=net.size,
            grouped=net.grouped,
            step=self.step,
        )

    def _move(self, builder: Builder, optimizer: Optimizer, work: Workspace) -> None:
        """Emit the step along the gradient."""
        net: Any = self.frozen.net
        self.step.begin(optimizer)
        for layer in range(net.layers):
            descend(net, optimizer, work, layer, self.frozen.batch, False, (True, True))
