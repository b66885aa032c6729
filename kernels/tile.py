"""The register tile: the innermost loop of every product, written as LLVM.

A tile of C stays in registers while a row of A and a column of B pass by:

    C[i, j] = gated(start[i, j] + sum_k A[i, k] * B[k, j])      0 <= i < rows, 0 <= j < columns

Each element is one sum in the order of k, whatever the size of the tile, so no choice of size or
blocking changes a bit. Written in Numba it would be one function for each size, or accumulators
that live in memory; here one generator makes all sizes.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import lower_builtin, type_callable

from kernels.lanes import call, constant, fma, select

#: Registers of a tile: at most ROWS x COLUMNS sums, one column of A and one number of B.
ROWS, COLUMNS = 4, 6

_WORD = ir.IntType(64)


class Matrix(NamedTuple):
    """A matrix of Lanes inside a flat array: element (i, j) at ``origin + i*row + j*column``."""

    data: np.ndarray
    origin: int
    row: int
    column: int


def tile(c, start, gate, a, b, size, rectify):
    """Compute one tile of C in place, for ``size`` (rows, columns, terms).

    ``start`` is what the sum begins with: a bias, a zero with strides 0. A sum is set to zero
    where ``gate`` is not above zero, or, with ``rectify``, where it is not above zero itself.
    """
    rows, columns, terms = size
    for i in range(rows):
        for j in range(columns):
            total = _at(start, i, j)
            for k in range(terms):
                total = fma(_at(a, i, k), _at(b, k, j), total)
            control = total if rectify else _at(gate, i, j)
            c.data[c.origin + i * c.row + j * c.column] = select(control <= 0.0, 0.0, total)


def _at(matrix, i, j):
    return matrix.data[matrix.origin + i * matrix.row + j * matrix.column]


@type_callable(tile)
def _type_tile(context):
    return lambda c, start, gate, a, b, size, rectify: types.none


@lower_builtin(tile, *[types.NamedTuple] * 5, types.UniTuple, types.Boolean)
def _lower_tile(context, builder, sig, args):
    lane = sig.args[0].types[0].lane
    matrices = [_Strided(context, builder, *pair) for pair in zip(sig.args[:5], args, strict=False)]
    rows, columns, terms = cgutils.unpack_tuple(builder, args[5], 3)
    none, done = (builder.append_basic_block(f"tile.{name}") for name in ("none", "done"))
    code = builder.add(builder.mul(rows, _word(COLUMNS + 1)), columns)
    choice = builder.switch(code, none)
    for i in range(1, ROWS + 1):
        for j in range(1, COLUMNS + 1):
            block = builder.append_basic_block(f"tile.{i}x{j}")
            choice.add_case(_word(i * (COLUMNS + 1) + j), block)
            builder.position_at_end(block)
            _emit_tile(builder, lane, matrices, i, j, terms, args[6])
            builder.branch(done)
    builder.position_at_end(none)
    builder.unreachable()
    builder.position_at_end(done)
    return context.get_dummy_value()


def _word(value: int) -> ir.Constant:
    return ir.Constant(_WORD, value)


class _Strided:
    """A Matrix as LLVM values: the address of its first element and its strides in bytes."""

    def __init__(self, context, builder, kind, value) -> None:
        lane = kind.types[0].lane
        size = lane.width * lane.dtype.bitwidth // 8
        data, origin, row, column = cgutils.unpack_tuple(builder, value, 4)
        self.base = builder.bitcast(builder.gep(data, [origin]), ir.IntType(8).as_pointer())
        self.row = builder.mul(row, _word(size))
        self.column = builder.mul(column, _word(size))

    def element(self, builder, i: int, j: int):
        """Emit the address of element (i, j)."""
        along = builder.mul(self.row, _word(i))
        return builder.gep(self.base, [builder.add(along, builder.mul(self.column, _word(j)))])


def _load(builder, lane, address):
    return builder.load(builder.bitcast(address, lane.vector.as_pointer()), align=1)


def _emit_tile(builder, lane, matrices, rows, columns, terms, rectify):
    """Emit a tile of a fixed size: the loop over k, then the gate and the stores."""
    c, start, gate, a, b = matrices
    grid = [(i, j) for i in range(rows) for j in range(columns)]
    begin = [_load(builder, lane, start.element(builder, i, j)) for i, j in grid]
    a_steps = [builder.mul(a.row, _word(i)) for i in range(rows)]
    b_steps = [builder.mul(b.column, _word(j)) for j in range(columns)]
    before = builder.block
    loop, after = (builder.append_basic_block(f"tile.{name}") for name in ("k", "end"))
    builder.branch(loop)

    builder.position_at_end(loop)
    k, at_a, at_b = builder.phi(_WORD), builder.phi(a.base.type), builder.phi(b.base.type)
    sums = [builder.phi(lane.vector) for _ in grid]
    left = [_load(builder, lane, builder.gep(at_a, [step])) for step in a_steps]
    right = [_load(builder, lane, builder.gep(at_b, [step])) for step in b_steps]
    totals = [
        call(builder, "llvm.fma", lane, left[i], right[j], total)
        for (i, j), total in zip(grid, sums, strict=True)
    ]
    later = builder.add(k, _word(1))
    carried = [
        (k, _word(0), later),
        (at_a, a.base, builder.gep(at_a, [a.column])),
        (at_b, b.base, builder.gep(at_b, [b.row])),
        *zip(sums, begin, totals, strict=True),
    ]
    for phi, initial, update in carried:
        phi.add_incoming(initial, before)
        phi.add_incoming(update, loop)
    again = builder.cbranch(builder.icmp_signed("<", later, terms), loop, after)
    again.set_metadata("llvm.loop", _Rolled(builder.module))

    builder.position_at_end(after)
    zero = constant(lane, 0.0)
    for (i, j), total in zip(grid, totals, strict=True):
        control = builder.select(rectify, total, _load(builder, lane, gate.element(builder, i, j)))
        closed = builder.fcmp_ordered("<=", control, zero)
        address = builder.bitcast(c.element(builder, i, j), lane.vector.as_pointer())
        builder.store(builder.select(closed, zero, total), address, align=1)


class _Rolled(ir.MDValue):
    """Mark of a loop that LLVM is not to unroll: a tile fills the registers already."""

    def __init__(self, module) -> None:
        wish = module.add_metadata(["llvm.loop.unroll.disable"])
        super().__init__(module, [wish], name=str(len(module.metadata)))

    def descr(self, buffer) -> None:
        """Write the node; its first operand must be itself."""
        wish = self.operands[0].get_reference()
        buffer.append(f"distinct !{{ {self.get_reference()}, {wish} }}\n")
