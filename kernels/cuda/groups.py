"""Groups of weights, each of which a thread shrinks, as `kernels.steps.grouped` has it.

Sums go over the members of a group in their order, and products of them are few: here all numbers
are made zero as it goes where they are subnormal.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import cgutils

from kernels.choice import Choice
from kernels.cuda.arguments import WORD, Frame, word
from kernels.cuda.flushing import Builder
from kernels.cuda.held import Index, Only
from kernels.cuda.layout import Layout
from kernels.cuda.machine import Machine
from kernels.cuda.products import Products
from kernels.lane.operations import Traced, fma, select, sqrt
from kernels.learning import Optimizer
from kernels.penalties import l21, l21_in_metric


class Groups(Products):
    """What a block makes of groups of the weights that it holds."""

    def __init__(
        self, frame: Frame, step: Choice, builder: Builder, machine: Machine, layout: Layout
    ) -> None:
        super().__init__(frame, builder, machine, layout)
        self.step = step

    def shrink(self, optimizer: Optimizer) -> None:
        """Emit what ends a step, layer by layer: each thread shrinks a group."""
        b, values = self.builder, self.frame.values
        shrink = self._in_metric if hasattr(self.step, "measure") else self._plainly
        for layer in range(self.layers):
            first, last = self.net.group[layer : layer + 2].tolist()
            with self.machine.each(b, last - first) as number:
                group = b.add(number, word(first))
                ends = [b.load(b.gep(values["starts"], [b.add(group, word(i))])) for i in (0, 1)]
                shrink(optimizer, _Members(self, layer, *ends))

    def _plainly(self, optimizer: Optimizer, members: "_Members") -> None:
        nothing = self.number(0.0)
        (square,) = members.summed([nothing], lambda index, w, total: (fma(w, w, total),))
        threshold = optimizer.rate * optimizer.l21 * sqrt(members.count())
        share = l21.left(sqrt(square), threshold)
        with members.each() as (index, place):
            self.write("weights", place, l21.times(share, self.read("weights", place)))
            only: Any = Only(self, place)
            self.step.settle(optimizer._replace(weights=only), index)

    def _in_metric(self, optimizer: Optimizer, members: "_Members") -> None:
        nothing, first = self.number(0.0), self.step.metrics_from(self.net.size)

        def metric(index: Index) -> Any:
            return optimizer.memory[first + index]  # type: ignore[call-overload]

        with members.each() as (index, _):
            self.step.measure(optimizer, index)
        norm, pull = members.summed(
            [nothing, nothing],
            lambda index, w, norm, pull: l21_in_metric.squares(w, metric(index), norm, pull),
        )
        norm, pull = sqrt(norm), sqrt(pull)
        threshold = optimizer.rate * optimizer.l21 * sqrt(members.count())
        some = select(threshold == 0.0, 1.0, threshold)
        length = self._length(members, metric, some, norm)
        with members.each() as (index, place):
            w, d = self.read("weights", place), metric(index)
            found = l21_in_metric.left(w, d, length, some, threshold, pull)
            self.write("weights", place, found)

    def _length(self, members: "_Members", metric: Callable, threshold, norm) -> Traced:
        """Emit `kernels.penalties.l21_in_metric._length`."""
        b, nothing = self.builder, self.number(0.0)
        kept = [cgutils.alloca_once(b, self.lane.vector) for _ in range(2)]

        def traced(slot) -> Any:
            return Traced(b, self.lane, [b.load(slot)])

        for slot, value in zip(kept, (nothing, norm), strict=True):
            b.store(value.values[0], slot)
        with cgutils.for_range(b, word(l21_in_metric.STEPS + 2), intp=WORD) as turn:
            t, begin = map(traced, kept)
            square, slope = members.summed(
                [nothing, nothing],
                lambda index, w, *sums: l21_in_metric.terms(
                    w, metric(index), begin, threshold, *sums
                ),
            )
            following = l21_in_metric.larger(t, l21_in_metric.newton(begin, square, slope))
            farther = b.extract_element((following > t).values[0], word(0))
            started = b.icmp_unsigned(">", turn.index, word(1))
            with b.if_then(b.and_(started, b.not_(farther))):
                turn.do_break()
            first = b.icmp_unsigned("==", turn.index, word(0))
            b.store(following.values[0], kept[0])
            b.store(b.select(first, nothing.values[0], following.values[0]), kept[1])
        return traced(kept[0])


class _Members:
    """The parameters of a group, of which the code knows no number but those of its layer.

    Parameters
    ----------
    run : Groups
    layer : int
    begin, end : llvmlite.ir.Value
        Where they stand among the members of all groups.
    """

    def __init__(self, run: Groups, layer: int, begin, end) -> None:
        self._run = run
        self._layer = layer
        self._begin = begin
        self._end = end

    def count(self) -> Any:
        """Emit how many there are."""
        run, b = self._run, self._run.builder
        number = b.uitofp(b.sub(self._end, self._begin), run.lane.vector.element)
        return Traced(b, run.lane, [b.given(b.bitcast(number, run.lane.vector))])

    @contextmanager
    def each(self) -> Iterator[tuple[Index, Any]]:
        """Give the index of each, and where it is kept."""
        b = self._run.builder
        with cgutils.for_range(b, self._end, start=self._begin, intp=WORD) as k:
            yield self._member(k.index)

    def summed(self, starts: list, term: Callable) -> list:
        """Emit sums over them: ``term(index, weight, *sums)`` gives them with one more."""
        run, b = self._run, self._run.builder

        def more(k, sums: list) -> list:
            index, place = self._member(k)
            so_far = [Traced(b, run.lane, [one]) for one in sums]
            return [one.values[0] for one in term(index, run.read("weights", place), *so_far)]

        begun = [start.values[0] for start in starts]
        found = run.loop(b, self._begin, self._end, begun, more)
        return [Traced(b, run.lane, [one]) for one in found]

    def _member(self, k) -> tuple[Index, Any]:
        run, b, layer = self._run, self._run.builder, self._layer
        net, layout = run.net, run.layout
        index = b.load(b.gep(run.frame.values["members"], [k]))
        weight, bias, inputs = int(net.weight[layer]), int(net.bias[layer]), run.widths[layer]
        i = b.sub(index, word(weight))
        row, column = b.udiv(i, word(inputs)), b.urem(i, word(inputs))
        place = run.at(layout.firsts[layer], row, layout.rows[layer], column)
        beside = b.add(b.sub(index, word(bias)), word(layout.biases[layer]))
        is_weight = b.icmp_unsigned("<", index, word(bias))
        return Index(b, index, weight), b.select(is_weight, place, beside)
