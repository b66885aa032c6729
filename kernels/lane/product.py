"""One tiled matrix product of Lanes; forward, backward and weight gradient are all this one.

Its machine code is made once for a precision and lane width and called by address, since Numba
would otherwise compile all sizes of the tile again in every kernel that multiplies. The plain way,
see `kernels.lane.tried`, is to let it do so.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic, lower_builtin, overload, type_callable

from kernels.lane.compiled import INNER, address_of, kernel, shared
from kernels.lane.lanes import Flat, FlatType, Lane, aligned_room, as_lanes
from kernels.lane.tile import COLUMNS, PLAIN, ROWS, Matrix, matrix_from, tiles
from kernels.lane.tried import LINKED

#: Bytes of columns of B that a tile reads: they stay in the L1 cache.
_SLICE = 12 * 1024

#: Rows of C, of which those columns make a strip that stays there too; fewer would share what is
#: read of B among too few.
BAND = 32


#: Most terms and most rows of a product that reads B where it is, and how many cache lines may lie
#: the same power of two apart before they drive each other out of the L1 cache.
_FEW_TERMS, _FEW_ROWS, _LINES = 40, 128, 512


class Multiplier(NamedTuple):
    """What `product` works with.

    Attributes
    ----------
    address : int
        Where its machine code is; 0 where every kernel has its own.
    panel : Flat of Lane
        Room for a panel: all terms of the columns of B that a tile reads.
    terms : int
        How many are added up before the next tile has its turn.
    """

    address: int
    panel: Flat
    terms: int


def multiplier(dtype, width: int, most: int) -> Multiplier:
    """Return what products of ``most`` terms work with; compile their code, or load it."""
    dtype = np.dtype(dtype)
    terms = max(1, _SLICE // (COLUMNS[0] * width * dtype.itemsize))
    panel = as_lanes(aligned_room((most * COLUMNS[0], width), dtype))
    return Multiplier(_address(dtype, width), panel, terms)


@cache
def _address(dtype: np.dtype, width: int) -> int:
    lane = Lane(types.float64 if dtype == np.float64 else types.float32, width)
    return address_of(_product, _signature(lane)) if LINKED else 0


def product(how, c, start, gate, a, b, shape, ending):
    """Compute C = ending(start + A @ B) in place, for ``shape`` (rows, columns, terms).

    ``how`` is a `Multiplier`. A may have numbers, the same for all runs, in the place of Lanes.
    See `kernels.lane.tile.tiles` for the rest.
    """
    _tiled(c, start, gate, a, b, shape, ending, how.panel, how.terms, False)


def _signature(lane: Lane) -> tuple:
    shape = types.UniTuple(types.intp, 3)
    return *[_matrix(lane)] * 5, shape, types.intp, FlatType(lane), types.intp, types.boolean


def _matrix(lane: Lane) -> types.Type:
    return types.NamedTuple([FlatType(lane), types.intp, types.intp, types.intp], Matrix)


def _type_product(context):
    return lambda how, c, start, gate, a, b, shape, ending: types.none


def _call_product(context, builder, sig, args):
    lane, left = (sig.args[i].types[0].element for i in (1, 4))
    address, panel, terms = (builder.extract_value(args[0], i) for i in range(3))
    kinds = _signature(lane)
    function = context.call_conv.get_function_type(types.none, kinds)
    wanted = (*kinds[:3], _matrix(left), *kinds[4:7])
    values = [
        context.cast(builder, *three) for three in zip(args[1:], sig.args[1:], wanted, strict=True)
    ]
    data = builder.bitcast(builder.extract_value(values[3], 0), lane.vector.as_pointer())
    fields = [data, *(builder.extract_value(values[3], i) for i in range(1, 4))]
    values[3] = cgutils.pack_struct(builder, fields)
    alike = context.get_constant(types.boolean, left != lane)
    context.call_conv.call_function(
        builder,
        builder.inttoptr(address, function.as_pointer()),
        types.none,
        kinds,
        [*values, panel, terms, alike],
    )
    return context.get_dummy_value()


def _tiled(c, start, gate, a, b, shape, ending, panel, room, alike):
    """Do what `product` does, ``room`` terms at a time."""
    m, n, terms = shape
    # Rows that meet all columns before the next rows do: what is read of them again for each few
    # columns stays in the L2 cache. All of A, where it has numbers: B is read but once then.
    height = m if alike else BAND
    scattered = b.row > b.column and (
        terms > _FEW_TERMS or height > _FEW_ROWS or terms * (b.row & -b.row) > _LINES
    )
    for upper in range(0, m, height):
        lower = upper + height if upper + height < m else m
        j = 0
        while j < n:
            columns = _columns(n - j)
            part = matrix_from(b, 0, j)
            if scattered and lower - upper > ROWS[0]:
                part = _gathered(part, panel, terms, columns)
            for top in range(upper, lower, BAND):
                rows = BAND if top + BAND < lower else lower - top
                _strip(
                    matrix_from(c, top, j),
                    matrix_from(start, top, j),
                    matrix_from(gate, top, j),
                    matrix_from(a, top, 0),
                    part,
                    (rows, columns, terms),
                    ending,
                    room,
                    alike,
                )
            j += columns


@intrinsic
def _seen_as_lanes(context, numbers, lanes):
    """Return a flat array of numbers with the type of one of Lanes."""

    def emit(context, builder, sig, args):
        return builder.bitcast(args[0], context.get_value_type(lanes))

    return lanes(numbers, lanes), emit


def _product_of_numbers(how, c, start, gate, a, b, shape, ending):
    lanes = Matrix(_seen_as_lanes(a.data, b.data), a.origin, a.row, a.column)
    _tiled(c, start, gate, lanes, b, shape, ending, how.panel, how.terms, True)


def _compile_product(how, c, start, gate, a, b, shape, ending):
    return product if isinstance(a.types[0].element, Lane) else _product_of_numbers


if LINKED:
    _product = shared(_tiled)
    type_callable(product)(_type_product)
    lower_builtin(product, *[types.NamedTuple] * 6, types.UniTuple, types.Integer)(_call_product)
else:
    kernel(_tiled)
    overload(product, jit_options=INNER, strict=False)(_compile_product)


@kernel
def _strip(c, start, gate, a, b, shape, ending, room, alike):
    """Compute a product that is one tile broad; C holds the sums meanwhile, in the L1 cache."""
    m, columns, terms = shape
    for first in range(0, terms, room):
        some = room if first + room < terms else terms - first
        begin = start if first == 0 else c
        end = ending if first + some == terms else PLAIN
        i = 0
        for rows in ROWS:
            count = (m - i) // rows
            if count > 0:
                tiles(
                    matrix_from(c, i, 0),
                    matrix_from(begin, i, 0),
                    matrix_from(gate, i, 0),
                    matrix_from(a, i, first),
                    matrix_from(b, first, 0),
                    (rows, columns, some, count),
                    end,
                    alike,
                )
            i += rows * count


def _columns(left):
    """Return how many columns the next tiles have: the most that leave none alone."""
    for columns in COLUMNS:
        if columns <= left and left - columns != 1:
            return columns
    return 1


@type_callable(_columns)
def _type_columns(context):
    return lambda left: types.intp


@lower_builtin(_columns, types.Integer)
def _emit_columns(context, builder, sig, args):
    # One choice after another, from the fewest on: quicker to compile than a loop of Numba's.
    left = context.cast(builder, args[0], sig.args[0], types.intp)
    found = context.get_constant(types.intp, 1)
    for number in reversed(COLUMNS):
        columns = context.get_constant(types.intp, number)
        enough = builder.icmp_signed("<=", columns, left)
        alone = context.get_constant(types.intp, number + 1)
        fits = builder.and_(enough, builder.icmp_signed("!=", left, alone))
        found = builder.select(fits, columns, found)
    return found


@kernel
def _gathered(b, panel, terms, columns):
    """Return some columns of B, copied side by side: its rows may all meet in one cache set."""
    for k in range(terms):
        for j in range(columns):
            panel[k * columns + j] = b.data[b.origin + k * b.row + j * b.column]
    return Matrix(panel, 0, columns, 1)
