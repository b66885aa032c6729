"""A run a block of threads: a batch in phases, each of which all threads do together.

This is `kernels.learning.learn` once more, since threads share out what is a loop there: the tiles
of a product, the samples of a loss, the parameters of a step. What is done with a number is not
written again: activation, loss and step are traced for one unit, one sample and one parameter. Each
sum is one thread's, in the order that it has there.

Of products there are two ways, see `kernels.cuda.flushing`: whoever writes what a product will read
tells at the end of the phase whether a number was small. All else makes subnormal numbers zero as
it goes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils, types

from kernels.choice import Choice
from kernels.cuda.arguments import WORD, Frame, load, store, word
from kernels.cuda.flushing import Builder, FlushingBuilder
from kernels.cuda.layout import Layout
from kernels.cuda.machine import Machine
from kernels.frozen import Registers
from kernels.lane.lanes import Lane
from kernels.lane.operations import Traced, constant, fma, select
from kernels.lane.threefry import Emitted, draw
from kernels.lane.tile import GATED, RECTIFIED
from kernels.learning import Optimizer
from kernels.network import NO_DROPOUT

#: Terms of a sum that are added in one turn of a loop.
_TURN = 4

#: Numbers of a batch that a thread reads at a time.
_READ = 8

#: Rows and columns that a thread's tile may have.
_TILES = tuple(product((1, 2, 4), (1, 2, 3, 4, 5, 6, 8)))

_BIT, _HALF = ir.IntType(1), ir.IntType(32)


class Strip(NamedTuple):
    """A row or a column of a matrix: an array, its first number, and the distance of the next."""

    name: str
    first: Any
    distance: int


class Index:
    """A whole number that is known when the code runs, as steps reckon with it."""

    def __init__(self, builder: Builder, value) -> None:
        self.builder = builder
        self.value = value

    def __add__(self, other: int) -> "Index":
        return Index(self.builder, self.builder.add(self.value, word(other)))

    __radd__ = __add__


class _Cells:
    """Numbers of an array, from a first one on, as traced code reads and writes them."""

    def __init__(self, run: "_Run", name: str, first=None) -> None:
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


class _Only:
    """The one parameter that a thread moves, by whatever index it is called."""

    def __init__(self, run: "_Run", place) -> None:
        self._run = run
        self._place = place

    def __setitem__(self, index: Any, traced: Traced) -> None:
        self._run.write("weights", self._place, traced)


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


class _Run:
    def __init__(self, frame, batch, step, builder, machine, layout) -> None:
        self.frame: Frame = frame
        self.net = frame.net
        self.widths: list[int] = frame.net.widths.tolist()
        self.layers = len(self.widths) - 1
        self.capacity: int = batch
        self.step = step
        self.builder: Builder = builder
        self.machine: Machine = machine
        self.layout: Layout = layout
        self.lane: Lane = frame.lane
        self.drops = frame.net.dropout.kind != NO_DROPOUT.kind
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

    # --- numbers ---------------------------------------------------------------------------------

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
    def _stored(self) -> Iterator[Callable[[Any], None]]:
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

    def _at(self, first: int, row, distance: int, column=None) -> Any:
        """Emit ``first + row * distance + column``."""
        found = self.builder.add(self.builder.mul(row, word(distance)), word(first))
        return found if column is None else self.builder.add(found, column)

    def _unit(self, layer: int, sample, unit) -> Any:
        return self._at(0, sample, self.layout.pitches[layer], unit)

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
        self._remember(self._phase_ends())

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
                place = self._at(layout.firsts[layer], row, layout.rows[layer], column)
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
        with self.machine.several(b, count, _READ) as numbers, self._stored() as only_if:
            inside = [b.icmp_unsigned("<", i, count) for i in numbers]
            safe = [b.select(there, i, word(0)) for i, there in zip(numbers, inside, strict=True)]
            rows = [row_of(b.udiv(i, word(inputs))) for i in safe]
            for i, row, there in zip(safe, rows, inside, strict=True):
                sample, unit = b.udiv(i, word(inputs)), b.urem(i, word(inputs))
                x = self.argument("x", self._at(0, row, inputs, unit))
                self.write("units 0", self._unit(0, sample, unit), x)
                only_if(there)
        with self.machine.each(b, self.batch) as sample:
            row = row_of(sample)
            self.write("importance", sample, self.argument("weight", row))
            for i in range(targets):
                y = self.argument("y", self._at(i, row, targets))
                self.write("targets", self._at(i, sample, targets), y)
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
            place = self._unit(layer + 1, row, column)
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
        self._product(
            (self.capacity, outputs, inputs),
            lambda row: Strip(passed, self._at(0, row, layout.pitches[layer]), 1),
            lambda column: Strip(
                "weights", self._at(layout.firsts[layer], column, layout.rows[layer]), 1
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
        place = self._unit(layer, sample, unit)
        self.write(f"factors {layer}", place, factor)
        self.write(f"passed {layer}", place, given * factor)

    def _loss(self, small) -> Any:
        """Emit the gradient of the loss by the outputs, a sample a thread."""
        b, net, last = self.builder, self.net, self.layers
        with self.machine.each(b, self.batch) as sample:
            first = self._at(0, sample, self.layout.pitches[last])
            deltas = Registers()
            nothing = (0,) * (last + 1)
            one = SimpleNamespace(
                units=Registers(_Cells(self, f"units {last}", first)),
                deltas=deltas,
                targets=_Cells(self, "targets", self._at(0, sample, net.targets)),
                importance=_Cells(self, "importance", sample),
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
        total = self._sum(lambda sample: ("importance", sample), small)
        return select(total > 0.0, total, 1.0)

    def _sum(self, of: Callable[[Any], tuple[str, Any]], small) -> Any:
        """Emit the sum of a number of each sample of the batch, which ``of`` tells the place of."""

        def add_up(way: Builder) -> list:
            def number(sample) -> Any:
                value = load(way, self.lane, self.address(*of(sample)))
                return Traced(way, self.lane, [way.given(value) if _trusts(way) else value])

            def turn(first, sums: list, count: int) -> list:
                total: Any = Traced(way, self.lane, sums)
                # All are read before the first is added.
                for one in [number(way.add(first, word(i))) for i in range(count)]:
                    total = total + one
                return total.values

            return self._turns(way, 1, self.batch, number(word(0)).values, turn)

        return Traced(self.builder, self.lane, self._either(add_up, (small,)))

    def _backward(self, layer: int, small) -> Any:
        """Emit the gradient by the units of a hidden layer."""
        net, layout = self.net, self.layout

        def end(row, column, delta: Any) -> None:
            place = self._unit(layer, row, column)
            unit = self.read(f"units {layer}", place)
            if net.activation.BACKWARD == GATED:
                delta = select(unit <= 0.0, 0.0, delta)
            if self.drops:
                delta = delta * self.read(f"factors {layer}", place)
            one = self._one(units={0: unit}, deltas={0: delta})
            net.activation.backward(one.net, one, 0, 1)
            self.write(f"deltas {layer}", place, one.deltas[0])

        self._product(
            (self.capacity, self.widths[layer], self.widths[layer + 1]),
            lambda row: Strip(
                f"deltas {layer + 1}", self._at(0, row, layout.pitches[layer + 1]), 1
            ),
            lambda column: Strip(
                "weights", self._at(layout.firsts[layer], word(0), 0, column), layout.rows[layer]
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
        memory: Any = _Cells(self, "memory")
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
            only: Any = _Only(self, place)
            own = optimizer._replace(weights=only)
            w = self.read("weights", place)
            l1, l2 = optimizer.l1[2 * layer + kind], optimizer.l2[2 * layer + kind]
            self.step.advance(own, Index(b, index), w, gradient, l1, l2)

        with self.machine.each(b, outputs) as output:
            of_sample = self._sum(
                lambda sample: (f"deltas {layer + 1}", self._at(0, sample, above, output)),
                small[1],
            )
            place = b.add(output, word(layout.biases[layer]))
            move(place, b.add(output, word(int(net.bias[layer]))), of_sample, 1)

        def end(row, column, gradient: Traced) -> None:
            place = self._at(layout.firsts[layer], row, layout.rows[layer], column)
            move(place, self._at(int(net.weight[layer]), row, inputs, column), gradient, 0)

        passed = self._passed(layer)
        self._product(
            (outputs, inputs, self.batch),
            lambda row: Strip(f"deltas {layer + 1}", row, above),
            lambda column: Strip(passed, column, layout.pitches[layer]),
            lambda row, column: self.number(0.0),
            end,
            *small,
        )

    # --- products --------------------------------------------------------------------------------

    def _product(
        self,
        shape: tuple[int, int, Any],
        left: Callable[[Any], Strip],
        right: Callable[[Any], Strip],
        begin: Callable[[Any, Any], Traced],
        end: Callable[[Any, Any, Traced], None],
        *small: Any,
        rows: Any = None,
    ) -> None:
        """Emit ``end(i, j, begin(i, j) + sum_k A[i, k] B[k, j])``, a tile a thread.

        Parameters
        ----------
        shape : tuple
            Rows, columns and terms.
        left, right : callable
            Give a row of A and a column of B.
        begin, end : callable
        small : llvmlite.ir.Value
            Whether a number of A or B is small.
        rows : llvmlite.ir.Value, optional
            How many of the rows are there, if not all.
        """
        b = self.builder
        m, n, terms = shape
        height, breadth = _tile(m, n, self.machine.threads)
        down, across = -(-m // height), -(-n // breadth)
        with self.machine.each(b, down * across) as tile:
            top, near = b.urem(tile, word(down)), b.udiv(tile, word(down))
            # Neighbouring threads have neighbouring rows: what they read is side by side.
            i = [_within(b, b.add(top, word(k * down)), m, down * height) for k in range(height)]
            j = [
                _within(b, b.add(near, word(k * across)), n, across * breadth)
                for k in range(breadth)
            ]
            strips = [left(row) for row in i], [right(column) for column in j]
            starts = [begin(row, column).values[0] for row in i for column in j]
            totals = self._sums(strips, starts, terms, small)
            below = [
                self._there(b.add(top, word(k * down)), rows, m, down * height)
                for k in range(height)
            ]
            beside = [
                self._there(b.add(near, word(k * across)), None, n, across * breadth)
                for k in range(breadth)
            ]
            with self._stored() as only_if:
                for total, (row, column) in zip(
                    totals, product(range(height), range(breadth)), strict=True
                ):
                    end(i[row], j[column], Traced(b, self.lane, [total]))
                    only_if(self._both(below[row], beside[column]))

    def _there(self, index, count, most: int, covered: int) -> Any:
        """Emit whether a row or column is one of those asked for; None if all are."""
        if count is None and covered == most:
            return None
        return self.builder.icmp_unsigned("<", index, word(most) if count is None else count)

    def _both(self, one: Any, other: Any) -> Any:
        if one is None or other is None:
            return other if one is None else one
        return self.builder.and_(one, other)

    def _either(self, emit: Callable[[Builder], list], small: tuple) -> list:
        """Emit code as it is where no number is small, and as it must be where one is."""
        b = self.builder
        if not isinstance(b, FlushingBuilder) or self.lane.dtype == types.float32:
            return emit(b)
        any_small = b.icmp_unsigned("!=", self.frame.values["small"], word(0))
        for one in (b.load(self.small_weights), *small):
            any_small = b.or_(any_small, one)
        fast, slow, done = (b.append_basic_block(f"sums.{n}") for n in ("fast", "slow", "done"))
        b.cbranch(any_small, slow, fast)
        found = []
        for block, trusting in ((fast, True), (slow, False)):
            self.builder = FlushingBuilder(block, self.trouble, trusting)
            totals = emit(self.builder)
            self.builder.branch(done)
            found.append((totals, self.builder.block))
        self.builder = b
        b.position_at_end(done)
        results = [b.phi(self.lane.vector) for _ in found[0][0]]
        for totals, block in found:
            for phi, total in zip(results, totals, strict=True):
                phi.add_incoming(total, block)
        return results

    def _sums(self, strips: tuple, starts: list, terms, small: tuple) -> list:
        """Emit the sums of a tile."""

        def add_up(way: Builder) -> list:
            def numbers(side: list[Strip], k) -> list:
                places = (
                    self.address(strip.name, self._at(0, k, strip.distance, strip.first))
                    for strip in side
                )
                found = [load(way, self.lane, place) for place in places]
                traced = (way.given(value) if _trusts(way) else value for value in found)
                return [Traced(way, self.lane, [value]) for value in traced]

            def turn(first, sums: list, count: int) -> list:
                for more in range(count):
                    rows, columns = (numbers(side, way.add(first, word(more))) for side in strips)
                    sums = [
                        fma(*pair, Traced(way, self.lane, [total])).values[0]
                        for pair, total in zip(product(rows, columns), sums, strict=True)
                    ]
                return sums

            begin = [way.given(start) if _trusts(way) else start for start in starts]
            return self._turns(way, 0, terms, begin, turn)

        return self._either(add_up, small)

    def _turns(self, way: Builder, begun: int, end, sums: list, turn: Callable) -> list:
        """Emit ``turn(first, sums, count)`` for terms from ``begun`` to ``end``."""
        known = isinstance(end, int)
        left = word(end - begun) if known else way.sub(end, word(begun))
        turns = way.udiv(left, word(_TURN))

        def several(k, sums: list) -> list:
            return turn(way.add(way.mul(k, word(_TURN)), word(begun)), sums, _TURN)

        sums = self._loop(way, word(0), turns, sums, several)
        if known:
            rest = (end - begun) % _TURN
            return turn(word(end - rest), sums, rest)
        first = way.add(way.mul(turns, word(_TURN)), word(begun))
        return self._loop(way, first, end, sums, lambda k, sums: turn(k, sums, 1))

    def _loop(self, way: Builder, first, last, starts: list, body: Callable) -> list:
        """Emit a loop that carries sums; return them."""
        before = way.block
        test, inside, after = (way.append_basic_block(f"terms.{n}") for n in ("test", "in", "out"))
        way.branch(test)
        way.position_at_end(test)
        k = way.phi(WORD)
        sums = [way.phi(self.lane.vector) for _ in starts]
        if isinstance(way, FlushingBuilder) and way.trusting:
            grain = way.grain_of_products()
            for phi, start in zip(sums, starts, strict=True):
                way.know(phi, min(grain, way.grain(start)))
        way.cbranch(way.icmp_unsigned("<", k, last), inside, after)
        way.position_at_end(inside)
        totals = body(k, sums)
        pairs = zip([k, *sums], [first, *starts], [way.add(k, word(1)), *totals], strict=True)
        for phi, start, total in pairs:
            phi.add_incoming(start, before)
            phi.add_incoming(total, way.block)
        way.branch(test)
        way.position_at_end(after)
        return sums


def _trusts(way: Builder) -> bool:
    return isinstance(way, FlushingBuilder) and way.trusting


def _within(builder: Builder, index, count: int, covered: int) -> Any:
    """Emit an index that is one of so many, the last where it would be beyond."""
    if covered == count:
        return index
    inside = builder.icmp_unsigned("<", index, word(count))
    return builder.select(inside, index, word(count - 1))


def _tile(m: int, n: int, threads: int) -> tuple[int, int]:
    """Return rows and columns of the tiles of a product: those that take the least time."""

    def time(tile: tuple[int, int]) -> float:
        height, breadth = tile
        each = -(-(-(-m // height) * -(-n // breadth)) // threads)
        return each * (2 * height * breadth + 2 * (height + breadth) + 6)

    return min(_TILES, key=time)
