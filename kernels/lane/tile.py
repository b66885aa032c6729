"""The register tile: the innermost loop of every product, written as LLVM.

A tile of C stays in registers while a row of A and a column of B pass by:

    C[i, j] = gated(start[i, j] + sum_k A[i, k] * B[k, j])      0 <= i < rows, 0 <= j < columns

Each element is one sum in the order of k, whatever the size of the tile, so no choice of size or
blocking changes a bit. Written in Numba it would be one function for each size, or accumulators
that live in memory; here one generator makes all sizes.
"""

from itertools import product
from typing import NamedTuple

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import lower_builtin, type_callable

from kernels.lane.lanes import Flat, Lane, vector_registers
from kernels.lane.operations import call, constant, fma, select, splat

#: Rows and columns that a tile may have. The most of both, with a row of B and a number of A, fill
#: the registers; each size takes time to compile.
ROWS = (4, 1)
COLUMNS = (6, 4, 3, 2, 1) if vector_registers() == 32 else (3, 2, 1)

_WORD = ir.IntType(64)

#: What a tile does to its sums before it keeps them; see `tiles`.
PLAIN, RECTIFIED, GATED = 0, 1, 2


class Matrix(NamedTuple):
    """A matrix of Lanes inside a flat array: element (i, j) at ``origin + i*row + j*column``."""

    data: Flat
    origin: int
    row: int
    column: int


def matrix_from(matrix, i, j):
    """Return a matrix from its element (i, j) on."""
    origin = matrix.origin + i * matrix.row + j * matrix.column
    return Matrix(matrix.data, origin, matrix.row, matrix.column)


@type_callable(matrix_from)
def _type_matrix_from(context):
    return lambda matrix, i, j: matrix


@lower_builtin(matrix_from, types.NamedTuple, types.Integer, types.Integer)
def _matrix_from(context, builder, sig, args):
    # A function of Numba's would have to be compiled for each type of an index.
    data, origin, row, column = cgutils.unpack_tuple(builder, args[0], 4)
    for step, index, kind in zip((row, column), args[1:], sig.args[1:], strict=True):
        index = context.cast(builder, index, kind, types.intp)
        origin = builder.add(origin, builder.mul(index, step))
    return cgutils.pack_struct(builder, (data, origin, row, column))


def tiles(c, start, gate, a, b, size, ending, alike):
    """Compute some tiles of C in place, one below another.

    ``size`` is (rows of a tile, columns, terms, tiles). ``start`` is what a sum begins with: a
    bias, a zero with strides 0. If ``ending`` is GATED, a sum is set to zero where ``gate`` is not
    above zero, and if it is RECTIFIED, where it is not above zero itself. If its elements are
    ``alike``, A has one number for all runs in the place of a Lane.
    """
    rows, columns, terms, count = size
    for i in range(rows * count):
        for j in range(columns):
            total = _at(start, i, j)
            for k in range(terms):
                total = fma(_at(a, i, k), _at(b, k, j), total)
            if ending != PLAIN:
                control = total if ending == RECTIFIED else _at(gate, i, j)
                total = select(control <= 0.0, 0.0, total)
            c.data[c.origin + i * c.row + j * c.column] = total


def _at(matrix, i, j):
    return matrix.data[matrix.origin + i * matrix.row + j * matrix.column]


@type_callable(tiles)
def _type_tiles(context):
    return lambda c, start, gate, a, b, size, ending, alike: types.none


@lower_builtin(tiles, *[types.NamedTuple] * 5, types.UniTuple, types.Integer, types.Boolean)
def _lower_tiles(context, builder, sig, args):
    lane = sig.args[0].types[0].element
    numbers = (args[7] if matrix is args[3] else None for matrix in args[:5])
    matrices = [_Strided(builder, lane, *pair) for pair in zip(args[:5], numbers, strict=True)]
    rows, columns, terms, count = cgutils.unpack_tuple(builder, args[5], 4)
    ending = context.cast(builder, args[6], sig.args[6], types.intp)
    none, done = (builder.append_basic_block(f"tiles.{name}") for name in ("none", "done"))
    choice = builder.switch(builder.add(builder.mul(rows, _word(8)), columns), none)
    for i, j in product(ROWS, COLUMNS):
        block = builder.append_basic_block(f"tiles.{i}x{j}")
        choice.add_case(_word(8 * i + j), block)
        builder.position_at_end(block)
        with cgutils.for_range(builder, count) as tile:
            row = builder.mul(tile.index, _word(i))
            _emit_tile(builder, lane, matrices, row, (i, j), terms, ending)
        builder.branch(done)
    builder.position_at_end(none)
    builder.unreachable()
    builder.position_at_end(done)
    return context.get_dummy_value()


def _word(value: int) -> ir.Constant:
    return ir.Constant(_WORD, value)


class _Strided:
    """A Matrix as LLVM values: the address of its first element and its strides in bytes."""

    def __init__(self, builder, lane: Lane, value, alike=None) -> None:
        self.lane = lane
        self.alike = alike
        number = lane.dtype.bitwidth // 8
        size = _word(lane.width * number)
        if alike is not None:
            size = builder.select(alike, _word(number), size)
        data, origin, row, column = cgutils.unpack_tuple(builder, value, 4)
        start = builder.bitcast(data, ir.IntType(8).as_pointer())
        self.base = builder.gep(start, [builder.mul(origin, size)])
        self.row = builder.mul(row, size)
        self.column = builder.mul(column, size)

    def below(self, builder, rows):
        """Emit the address of the first element of a row."""
        return builder.gep(self.base, [builder.mul(self.row, rows)])

    def places(self, builder, first, rows: int, columns: int) -> list:
        """Emit the addresses of the elements of a tile, row by row, from that of its first."""
        heads = [builder.gep(first, [builder.mul(self.row, _word(i))]) for i in range(rows)]
        return [
            builder.gep(head, [builder.mul(self.column, _word(j))])
            for head in heads
            for j in range(columns)
        ]

    def load(self, builder, place, alike: bool = False):
        """Emit the Lane at an address, or one of the number there for all runs."""
        vector = self.lane.vector
        kind = vector.element if alike else vector
        value = builder.load(builder.bitcast(place, kind.as_pointer()), align=1)
        return splat(builder, vector, value) if alike else value

    def store(self, builder, value, place) -> None:
        """Emit a store."""
        builder.store(value, builder.bitcast(place, self.lane.vector.as_pointer()), align=1)


def _emit_tile(builder, lane, matrices, i, size, terms, ending):
    """Emit a tile of a fixed size whose first row is i."""
    c, start, gate, a, b = matrices
    begin = [
        start.load(builder, place)
        for place in start.places(builder, start.below(builder, i), *size)
    ]
    totals = _emit_sums(builder, lane, begin, a, b, (a.below(builder, i), *size, terms))
    places = c.places(builder, c.below(builder, i), *size)
    kinds = {PLAIN: "plain", RECTIFIED: "rectified", GATED: "gated"}
    blocks = [builder.append_basic_block(f"tile.{name}") for name in kinds.values()]
    kept = builder.append_basic_block("tile.kept")
    choice = builder.switch(ending, blocks[0])
    for kind, block in zip(kinds, blocks, strict=True):
        choice.add_case(_word(kind), block)
        builder.position_at_end(block)
        controls = totals
        if kind == GATED:
            gates = gate.places(builder, gate.below(builder, i), *size)
            controls = [gate.load(builder, place) for place in gates]
        for total, place, control in zip(totals, places, controls, strict=True):
            c.store(
                builder, total if kind == PLAIN else _open(builder, lane, control, total), place
            )
        builder.branch(kept)
    builder.position_at_end(kept)


def _open(builder, lane, control, total):
    """Emit zero where ``control`` is zero or below, and elsewhere the total."""
    zero = constant(lane, 0.0)
    return builder.select(builder.fcmp_ordered("<=", control, zero), zero, total)


def _emit_sums(builder, lane, begin, a, b, size):
    """Emit the loop over k, for Lanes of A and for numbers; return the sums."""
    first, rows, columns, terms = size
    a_steps = [builder.mul(a.row, _word(i)) for i in range(rows)]
    b_steps = [builder.mul(b.column, _word(j)) for j in range(columns)]
    before = builder.block
    loops = [builder.append_basic_block(f"tile.{name}") for name in ("lanes", "numbers")]
    after = builder.append_basic_block("tile.sums")
    builder.cbranch(a.alike, loops[True], loops[False])
    found = []
    for alike, loop in enumerate(loops):
        builder.position_at_end(loop)
        k, at_a, at_b = builder.phi(_WORD), builder.phi(first.type), builder.phi(b.base.type)
        sums = [builder.phi(lane.vector) for _ in begin]
        right = [b.load(builder, builder.gep(at_b, [step])) for step in b_steps]
        totals = []
        for i, step in enumerate(a_steps):
            left = a.load(builder, builder.gep(at_a, [step]), bool(alike))
            totals += [
                call(builder, "llvm.fma", lane, left, right[j], sums[i * columns + j])
                for j in range(columns)
            ]
        later = builder.add(k, _word(1))
        carried = [
            (k, _word(0), later),
            (at_a, first, builder.gep(at_a, [a.column])),
            (at_b, b.base, builder.gep(at_b, [b.row])),
            *zip(sums, begin, totals, strict=True),
        ]
        for phi, initial, update in carried:
            phi.add_incoming(initial, before)
            phi.add_incoming(update, loop)
        again = builder.cbranch(builder.icmp_signed("<", later, terms), loop, after)
        again.set_metadata("llvm.loop", _Rolled(builder.module))
        found.append(totals)
    builder.position_at_end(after)
    results = [builder.phi(lane.vector) for _ in begin]
    for loop, totals in zip(loops, found, strict=True):
        for phi, total in zip(results, totals, strict=True):
            phi.add_incoming(total, loop)
    return results


class _Rolled(ir.MDValue):
    """Mark of a loop that LLVM is not to unroll: a tile fills the registers already."""

    def __init__(self, module) -> None:
        wish = module.add_metadata(["llvm.loop.unroll.disable"])
        super().__init__(module, [wish], name=str(len(module.metadata)))

    def descr(self, buffer) -> None:
        """Write the node; its first operand must be itself."""
        wish = self.operands[0].get_reference()
        buffer.append(f"distinct !{{ {self.get_reference()}, {wish} }}\n")
