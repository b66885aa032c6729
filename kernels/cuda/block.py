"""A run a block of threads: a batch in phases, each of which all threads do together.

This is `kernels.learning.learn` once more, since threads share out what is a loop there: the tiles
of a product, the samples of a loss, the parameters of a step. What is done with a number is not
written again: activation, loss and step are traced for one unit, one sample and one parameter. Each
sum is one thread's, in the order that it has there.

Of products there are two ways, see `kernels.cuda.flushing`: whoever writes what a product will read
tells at the end of the phase whether a number was small. All else makes subnormal numbers zero as
it goes.
"""

from types import SimpleNamespace
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from kernels.choice import Choice
from kernels.cuda.arguments import WORD, Frame, load, store, word
from kernels.cuda.flushing import Builder, FlushingBuilder
from kernels.cuda.groups import Groups
from kernels.cuda.held import Cells, Index, Only
from kernels.cuda.layout import Layout
from kernels.cuda.machine import Machine
from kernels.cuda.products import Strip
from kernels.frozen import Registers
from kernels.lane.operations import Traced, select
from kernels.lane.threefry import Emitted, draw
from kernels.lane.tile import GATED, RECTIFIED
from kernels.learning import Optimizer
from kernels.network import NO_DROPOUT

#: Numbers of a batch that a thread reads at a time.
_READ = 8

_HALF = ir.IntType(32)


def emit_runs(
    frame: Frame,
    batch: int,
    step: Choice,
    builder: Builder,
    machine: Machine,
    layout: Layout,
) -> None:
    """Emit all that becomes of all runs.

    Parameters
    ----------
    frame : Frame
    batch : int
        Samples of a batch; the last of an epoch has what is left.
    step : Choice
    builder : Builder
        At the beginning of a function; whether it makes subnormal numbers zero.
    machine : Machine
    layout : Layout
    """
    _Run(frame, batch, step, builder, machine, layout).emit()


class _Run(Groups):
    def __init__(self, frame, batch, step, builder, machine, layout) -> None:
        super().__init__(frame, step, builder, machine, layout)
        self.capacity: int = batch
        self.drops = frame.net.dropout.kind != NO_DROPOUT.kind

    # --- the run ---------------------------------------------------------------------------------

    def emit(self) -> None:
        """Emit the loops over runs, stretches, epochs and batches."""
        b, values = self.builder, self.frame.values
        with self.machine.runs(b, values["runs"]) as run:
            self.run = run
            self._begin()
            stream = b.load(self.frame.of_run(b, "streams", run).address(b, 0))
            with cgutils.for_range(b, values["stretches"], intp=WORD) as stretch:
                begins = [
                    b.load(b.gep(values["begins"], [b.add(stretch.index, word(i))]))
                    for i in range(2)
                ]
                with cgutils.for_range(b, begins[1], start=begins[0], intp=WORD) as epoch:
                    self._epoch(stream, stretch.index, epoch.index)
            self._end()
            self.machine.wait(b)

    def _epoch(self, stream, stretch, epoch) -> None:
        b, values = self.builder, self.frame.values
        n = values["samples"]
        start = b.mul(b.urem(epoch, values["order_epochs"]), n)
        batches = b.udiv(b.add(n, word(self.capacity - 1)), word(self.capacity))
        with cgutils.for_range(b, batches, intp=WORD) as number:
            first = b.mul(number.index, word(self.capacity))
            left = b.sub(n, first)
            full = b.icmp_unsigned("<", word(self.capacity), left)
            self.batch = b.select(full, word(self.capacity), left)
            optimizer = self._optimizer(stretch)
            self._key = self._key_of(epoch, number.index) if self.drops else ()
            self._learn(b.add(start, first), stream, optimizer)

    def _learn(self, first, stream, optimizer: Optimizer) -> None:
        """Emit the phases of a batch."""
        small = [self._read(first, stream, optimizer)]
        for layer in range(self.layers):
            small.append(self._forward(layer, small[layer]))
        slopes = {self.layers: self._loss(small[0])}
        for layer in range(self.layers - 1, 0, -1):
            slopes[layer] = self._backward(layer, slopes[layer + 1])
        for layer in range(self.layers):
            self._descend(layer, optimizer, (small[layer], slopes[layer + 1]))
        found = self._phase_ends()
        if self.net.grouped:
            self.shrink(optimizer)
            more = self._phase_ends()
            found = more if found is None else self.builder.or_(found, more)
        self._remember(found)

    def _phase_ends(self) -> Any:
        """Emit the end of a phase; return whether a number that was written in it is small."""
        if not isinstance(self.builder, FlushingBuilder):
            self.machine.wait(self.builder)
            return None
        found = self.machine.wait(self.builder, self.builder.in_trouble(self.lane.dtype))
        self.builder.forget()
        return found

    def _remember(self, small) -> None:
        if small is not None:
            self.builder.store(small, self.small_weights)

    # --- its phases ------------------------------------------------------------------------------

    def _parameters(self) -> Any:
        """Give the parameters that are this thread's: where each is kept, and its index."""
        b, net, layout = self.builder, self.net, self.layout
        for layer in range(self.layers):
            inputs, outputs = self.widths[layer], self.widths[layer + 1]
            with self.machine.each(b, inputs * outputs) as i:
                row, column = b.udiv(i, word(inputs)), b.urem(i, word(inputs))
                place = self.at(layout.firsts[layer], row, layout.rows[layer], column)
                yield place, b.add(i, word(int(net.weight[layer])))
            with self.machine.each(b, outputs) as i:
                place = b.add(i, word(layout.biases[layer]))
                yield place, b.add(i, word(int(net.bias[layer])))

    def _begin(self) -> None:
        """Emit what fetches the state of the run."""
        b, frame = self.builder, self.frame
        if isinstance(b, FlushingBuilder):
            b.forget()
        there = frame.of_run(b, "parameters", self.run)
        for place, index in self._parameters():
            value = b.flushed(load(b, self.lane, there.address(b, index)))
            self.write("weights", place, Traced(b, self.lane, [value]))
        there = frame.of_run(b, "memory", self.run)
        with self.machine.each(b, frame.remembered) as i:
            value = b.flushed(load(b, self.lane, there.address(b, i)))
            self.write("memory", i, Traced(b, self.lane, [value]))
        self._remember(self._phase_ends())

    def _end(self) -> None:
        """Emit what brings back the state of the run."""
        b, frame = self.builder, self.frame
        there = frame.of_run(b, "parameters", self.run)
        for place, index in self._parameters():
            value = self.read("weights", place).values[0]
            store(b, self.lane, value, there.address(b, index))
        there = frame.of_run(b, "memory", self.run)
        with self.machine.each(b, frame.remembered) as i:
            store(b, self.lane, self.read("memory", i).values[0], there.address(b, i))

    def _read(self, first, stream, optimizer: Optimizer) -> Any:
        """Emit the reading of a batch, and what the step does before one."""
        b, values, inputs = self.builder, self.frame.values, self.widths[0]
        targets = self.net.targets

        def row_of(sample) -> Any:
            place = b.mul(b.add(first, sample), values["order_streams"])
            return b.load(b.gep(values["order"], [b.add(place, stream)]))

        count = b.mul(self.batch, word(inputs))
        with self.machine.several(b, count, _READ) as numbers, self.stored() as only_if:
            inside = [b.icmp_unsigned("<", i, count) for i in numbers]
            safe = [b.select(there, i, word(0)) for i, there in zip(numbers, inside, strict=True)]
            rows = [row_of(b.udiv(i, word(inputs))) for i in safe]
            for i, row, there in zip(safe, rows, inside, strict=True):
                sample, unit = b.udiv(i, word(inputs)), b.urem(i, word(inputs))
                x = self.argument("x", self.at(0, row, inputs, unit))
                self.write("units 0", self.unit(0, sample, unit), x)
                only_if(there)
        with self.machine.each(b, self.batch) as sample:
            row = row_of(sample)
            self.write("importance", sample, self.argument("weight", row))
            for i in range(targets):
                y = self.argument("y", self.at(i, row, targets))
                self.write("targets", self.at(i, sample, targets), y)
        with self.machine.each(b, 1):
            self.step.begin(optimizer)
        return self._phase_ends()

    def _forward(self, layer: int, small) -> Any:
        """Emit a layer of the network, and what its units give and pass on."""
        b, net, layout = self.builder, self.net, self.layout
        inputs, outputs = self.widths[layer], self.widths[layer + 1]
        hidden = layer + 1 < self.layers

        def bias(row, column) -> Any:
            return self.read("weights", b.add(column, word(layout.biases[layer])))

        def end(row, column, z: Any) -> None:
            place = self.unit(layer + 1, row, column)
            if hidden:
                if net.activation.FORWARD == RECTIFIED:
                    z = select(z <= 0.0, 0.0, z)
                one = self._one(units={0: z})
                net.activation.forward(one.net, one, 0, 1)
                z = one.units[0]
                if self.drops:
                    self._drop(layer + 1, row, column, z)
            self.write(f"units {layer + 1}", place, z)

        passed = self._passed(layer)
        self.product(
            (self.capacity, outputs, inputs),
            lambda row: Strip(passed, self.at(0, row, layout.pitches[layer]), 1),
            lambda column: Strip(
                "weights", self.at(layout.firsts[layer], column, layout.rows[layer]), 1
            ),
            bias,
            end,
            small,
            rows=self.batch,
        )
        return self._phase_ends()

    def _passed(self, layer: int) -> str:
        """Return the array of what the units of a layer pass on."""
        return f"{'passed' if self.drops and 0 < layer < self.layers else 'units'} {layer}"

    def _one(self, **arrays: dict[int, Traced]) -> Any:
        """Return a workspace of one unit, as activations see it."""
        hyper = self.frame.numbers(self.builder, "activation_hyper", self.run)
        net = SimpleNamespace(widths=(1,), room=(0,), pitch=(0,))
        return SimpleNamespace(net=net, capacity=0, hyper=hyper, **arrays)

    def _key_of(self, epoch, number) -> tuple:
        """Emit the key with which units of a batch are dropped, and the bound."""
        b, frame = self.builder, self.frame
        words = frame.of_run(b, "words", self.run)
        one, other, bound = (self._word(b.load(words.address(b, i))) for i in range(3))
        begun = b.load(frame.of_run(b, "epoch", self.run).address(b, 0))
        epochs = self._word(b.add(begun, b.trunc(epoch, _HALF)))
        step = self._word(b.trunc(b.add(frame.values["begun"], number), _HALF))
        return *draw(one, other, epochs, step), bound

    def _word(self, value) -> Emitted:
        return Emitted(self.builder, self.builder.bitcast(value, ir.VectorType(_HALF, 1)))

    def _drop(self, layer: int, sample, unit, given: Any) -> None:
        """Emit what a unit passes on, and its factor, as `kernels.dropout.inverted` does."""
        b = self.builder
        key, other_key, bound = self._key
        even = b.and_(unit, word(~1))
        counter = b.add(even, word(int(self.net.unit[layer])))
        words = draw(
            key, other_key, self._word(b.trunc(sample, _HALF)), self._word(b.trunc(counter, _HALF))
        )
        first = b.icmp_unsigned("==", even, unit)
        drawn = b.select(first, *(each.value for each in words))
        kept: Any = Traced(b, self.lane, [b.icmp_unsigned(">=", drawn, bound.value)])
        scale = self.frame.numbers(b, "scale", self.run)[0]
        factor = select(kept, scale, self.number(0.0))
        place = self.unit(layer, sample, unit)
        self.write(f"factors {layer}", place, factor)
        self.write(f"passed {layer}", place, given * factor)

    def _loss(self, small) -> Any:
        """Emit the gradient of the loss by the outputs, a sample a thread."""
        b, net, last = self.builder, self.net, self.layers
        with self.machine.each(b, self.batch) as sample:
            first = self.at(0, sample, self.layout.pitches[last])
            deltas = Registers()
            nothing = (0,) * (last + 1)
            one = SimpleNamespace(
                units=Registers(Cells(self, f"units {last}", first)),
                deltas=deltas,
                targets=Cells(self, "targets", self.at(0, sample, net.targets)),
                importance=Cells(self, "importance", sample),
                constants=[self.number(0.0), self.number(1.0)],
                capacity=0,
            )
            sizes = SimpleNamespace(
                layers=last, widths=self.widths, room=nothing, pitch=nothing, loss=net.loss
            )
            net.loss.gradient(sizes, one, 1, self._mass(small))
            for index, traced in deltas.items():
                self.write(f"deltas {last}", b.add(first, word(index)), traced)
        return self._phase_ends()

    def _mass(self, small) -> Any:
        """Emit what the samples of the batch weigh, as `kernels.learning.mass` does."""
        total = self.sum(lambda sample: ("importance", sample), small)
        return select(total > 0.0, total, 1.0)

    def _backward(self, layer: int, small) -> Any:
        """Emit the gradient by the units of a hidden layer."""
        net, layout = self.net, self.layout

        def end(row, column, delta: Any) -> None:
            place = self.unit(layer, row, column)
            unit = self.read(f"units {layer}", place)
            if net.activation.BACKWARD == GATED:
                delta = select(unit <= 0.0, 0.0, delta)
            if self.drops:
                delta = delta * self.read(f"factors {layer}", place)
            one = self._one(units={0: unit}, deltas={0: delta})
            net.activation.backward(one.net, one, 0, 1)
            self.write(f"deltas {layer}", place, one.deltas[0])

        self.product(
            (self.capacity, self.widths[layer], self.widths[layer + 1]),
            lambda row: Strip(f"deltas {layer + 1}", self.at(0, row, layout.pitches[layer + 1]), 1),
            lambda column: Strip(
                "weights", self.at(layout.firsts[layer], word(0), 0, column), layout.rows[layer]
            ),
            lambda row, column: self.number(0.0),
            end,
            small,
            rows=self.batch,
        )
        return self._phase_ends()

    def _optimizer(self, stretch) -> Optimizer:
        """Emit what moves the parameters, as `kernels.runs.optimizer_of` does."""
        b, frame = self.builder, self.frame

        def numbers(name: str) -> Any:
            return frame.numbers(b, name, self.run)

        nothing: Any = None  # which each thread puts its own in the place of
        memory: Any = Cells(self, "memory")
        lr = numbers("rate")[0]
        factor = numbers("factor")[0] * self.argument("factors", stretch)
        return Optimizer(
            weights=nothing,
            memory=memory,
            l1=numbers("l1"),
            l2=numbers("l2"),
            l21=numbers("l21")[0],
            rate=lr * factor,
            lr=lr,
            factor=factor,
            hyper=tuple(numbers("step_hyper")),
            size=self.net.size,
            grouped=self.net.grouped,
            step=self.step,
        )

    def _descend(self, layer: int, optimizer: Optimizer, small: tuple) -> None:
        """Emit the gradient of a layer's parameters, and the step along it."""
        b, net, layout = self.builder, self.net, self.layout
        inputs, outputs = self.widths[layer], self.widths[layer + 1]
        above = layout.pitches[layer + 1]

        def move(place, index, gradient: Traced, kind: int) -> None:
            only: Any = Only(self, place)
            own = optimizer._replace(weights=only)
            w = self.read("weights", place)
            l1, l2 = optimizer.l1[2 * layer + kind], optimizer.l2[2 * layer + kind]
            first = int((net.bias if kind else net.weight)[layer])
            self.step.advance(own, Index(b, index, first), w, gradient, l1, l2)

        with self.machine.each(b, outputs) as output:
            of_sample = self.sum(
                lambda sample: (f"deltas {layer + 1}", self.at(0, sample, above, output)),
                small[1],
            )
            place = b.add(output, word(layout.biases[layer]))
            move(place, b.add(output, word(int(net.bias[layer]))), of_sample, 1)

        def end(row, column, gradient: Traced) -> None:
            place = self.at(layout.firsts[layer], row, layout.rows[layer], column)
            move(place, self.at(int(net.weight[layer]), row, inputs, column), gradient, 0)

        passed = self._passed(layer)
        self.product(
            (outputs, inputs, self.batch),
            lambda row: Strip(f"deltas {layer + 1}", row, above),
            lambda column: Strip(passed, column, layout.pitches[layer]),
            lambda row, column: self.number(0.0),
            end,
            *small,
        )
