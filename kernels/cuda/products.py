"""Products of matrices, tile by tile, and sums: each is one thread's, term after term.

There are two ways, see `kernels.cuda.flushing`: a quick one, where no number is small.
"""

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

from numba.core import types

from kernels.cuda.arguments import WORD, load, word
from kernels.cuda.flushing import Builder, FlushingBuilder
from kernels.cuda.held import Held
from kernels.lane.operations import Traced, fma

#: Terms of a sum that are added in one turn of a loop.
_TURN = 4

#: Rows and columns that a thread's tile may have.
_TILES = tuple(product((1, 2, 4), (1, 2, 3, 4, 5, 6, 8)))


class Strip(NamedTuple):
    """A row or a column of a matrix: an array, its first number, and the distance of the next."""

    name: str
    first: Any
    distance: int


class Products(Held):
    """What a block makes of the numbers that it holds."""

    def product(
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
            with self.stored() as only_if:
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
                    self.address(strip.name, self.at(0, k, strip.distance, strip.first))
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

        sums = self.loop(way, word(0), turns, sums, several)
        if known:
            rest = (end - begun) % _TURN
            return turn(word(end - rest), sums, rest)
        first = way.add(way.mul(turns, word(_TURN)), word(begun))
        return self.loop(way, first, end, sums, lambda k, sums: turn(k, sums, 1))

    def loop(self, way: Builder, first, last, starts: list, body: Callable) -> list:
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

    def sum(self, of: Callable[[Any], tuple[str, Any]], small) -> Any:
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
