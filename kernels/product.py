"""One tiled matrix product of Lanes; forward, backward and weight gradient are all this one.

Its machine code is made once for a precision and lane width and called by address, since Numba
would otherwise compile all sizes of the tile again in every kernel that multiplies.
"""

from numba.core import types
from numba.extending import lower_builtin, type_callable

from kernels.compiled import address_of, kernel, shared
from kernels.lanes import Lane, Lanes
from kernels.tile import COLUMNS, ROWS, Matrix, tile


def product(address, c, start, gate, a, b, shape, rectify):
    """Compute C = gated(start + A @ B) in place, for ``shape`` (rows, columns, terms).

    ``address`` is that of `product_address`. See `kernels.tile.tile` for the rest.
    """
    tiled(c, start, gate, a, b, shape, rectify)


def product_address(dtype, width: int) -> int:
    """Return the address of the product's machine code, 0 when kernels run uncompiled."""
    return address_of(
        _product, _signature(Lane(types.float64 if dtype == "float64" else types.float32, width))
    )


def _signature(lane: Lane) -> tuple:
    matrix = types.NamedTuple([Lanes(lane), types.intp, types.intp, types.intp], Matrix)
    return (*[matrix] * 5, types.UniTuple(types.intp, 3), types.intp)


@type_callable(product)
def _type_product(context):
    return lambda address, c, start, gate, a, b, shape, rectify: types.none


@lower_builtin(product, types.Integer, *[types.NamedTuple] * 5, types.UniTuple, types.Integer)
def _call_product(context, builder, sig, args):
    kinds = _signature(sig.args[1].types[0].lane)
    function = context.call_conv.get_function_type(types.none, kinds)
    address = builder.inttoptr(args[0], function.as_pointer())
    values = [
        context.cast(builder, *three) for three in zip(args[1:], sig.args[1:], kinds, strict=True)
    ]
    context.call_conv.call_function(builder, address, types.none, kinds, values)
    return context.get_dummy_value()


@shared
def _product(c, start, gate, a, b, shape, rectify):
    tiled(c, start, gate, a, b, shape, rectify)


@kernel
def tiled(c, start, gate, a, b, shape, rectify):
    """Do what `product` does, here."""
    m, n, terms = shape
    # Tiles of nearly equal size: the first few are one longer than the rest.
    down, across = (m + ROWS - 1) // ROWS, (n + COLUMNS - 1) // COLUMNS
    height = m // down if down > 1 else m
    breadth = n // across if across > 1 else n
    taller, broader = m - height * down, n - breadth * across
    j = 0
    for y in range(across):
        columns = breadth + (1 if y < broader else 0)
        i = 0
        for x in range(down):
            rows = height + (1 if x < taller else 0)
            tile(
                _from(c, i, j),
                _from(start, i, j),
                _from(gate, i, j),
                _from(a, i, 0),
                _from(b, 0, j),
                (rows, columns, terms),
                rectify != 0,
            )
            i += rows
        j += columns


@kernel
def _from(matrix, i, j):
    """Return the matrix from its element (i, j) on."""
    origin = matrix.origin + i * matrix.row + j * matrix.column
    return Matrix(matrix.data, origin, matrix.row, matrix.column)
