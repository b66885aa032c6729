"""Lane: a number that holds one value for each of N runs.

A Lane is an LLVM vector, ``<8 x double>`` say, made known to Numba as a number: it adds,
multiplies and compares like one, is the element of an array, and stays in a register. A kernel
written with Lanes reads like the mathematics of one network and does the work of N.

Here are the types, and arrays of them; what is done with a Lane is in `operations`.
"""

import functools
import math
import operator
import os
import platform

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import config, types
from numba.extending import (
    lower_builtin,
    models,
    register_model,
    type_callable,
)


class Lane(types.Type):
    """Numba type of N numbers, one a run."""

    def __init__(self, dtype: types.Float, width: int) -> None:
        self.dtype = dtype
        self.width = width
        super().__init__(name=f"Lane({dtype}, {width})")

    @property
    def vector(self) -> ir.VectorType:
        """The LLVM type."""
        double = self.dtype == types.float64
        return ir.VectorType(ir.DoubleType() if double else ir.FloatType(), self.width)

    @property
    def bits(self) -> ir.VectorType:
        """The LLVM type of integers as wide as the numbers."""
        return ir.VectorType(ir.IntType(self.dtype.bitwidth), self.width)

    @property
    def fraction(self) -> int:
        """Bits of the stored significand."""
        return 52 if self.dtype == types.float64 else 23


class Lanes(types.Type):
    """Numba type of an array of Lanes: the address of its first, which some NumPy array owns."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        super().__init__(name=f"Lanes({lane})")


class Mask(types.Type):
    """Numba type of N truth values, one a run."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Mask({width})")


@register_model(Lane)
class _LaneModel(models.PrimitiveModel):
    def __init__(self, manager, lane):
        super().__init__(manager, lane, lane.vector)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, lanes.lane.vector.as_pointer())


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, mask):
        super().__init__(manager, mask, ir.VectorType(ir.IntType(1), mask.width))


def template(dtype, width: int) -> tuple:
    """Return N zeros: a value whose type tells a kernel its precision and its lane width."""
    return (np.dtype(dtype).type(0),) * width


#: LLVM asks the processor anew at each call.
_host_features = functools.cache(llvm.get_host_cpu_features)


def vector_bytes() -> int:
    """Return how wide this machine's vectors are: 64 bytes with AVX-512, 32 with AVX, else 16."""
    features = config.CPU_FEATURES
    names = (
        {name.lstrip("+") for name in features.split(",") if name.startswith("+")}
        if features is not None
        else {name for name, there in _host_features().items() if there}
    )
    return 64 if "avx512f" in names else 32 if "avx" in names else 16


def vector_registers() -> int:
    """Return how many vectors this machine's registers hold."""
    x86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")
    return 16 if x86 and vector_bytes() < 64 else 32


def lane_width(dtype, vectors: int = 1) -> int:
    """Return how many runs make a pack: what fits ``vectors`` vectors, or ``SWEEP_LANES``.

    Raises
    ------
    ValueError
        If ``SWEEP_LANES`` is not 1, 2, 4, 8 or 16.
    """
    forced = os.environ.get("SWEEP_LANES")
    if forced is None:
        return vectors * vector_bytes() // np.dtype(dtype).itemsize
    if forced not in ("1", "2", "4", "8", "16"):
        raise ValueError(f"SWEEP_LANES should be 1, 2, 4, 8 or 16, not {forced!r}: unset it")
    return int(forced)


def aligned_zeros(shape: tuple[int, ...], dtype) -> np.ndarray:
    """Return zeros that begin on a cache line, so that no Lane straddles two."""
    line = 64
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(size + line, dtype=np.uint8)
    start = -room.ctypes.data % line
    return room[start : start + size].view(dtype).reshape(shape)


def as_lanes(array, zeros):
    """View ``array [..., lane]``, without gaps, as an array of Lanes, one after another."""
    return array.reshape(-1, len(zeros))


@type_callable(as_lanes)
def _type_as_lanes(context):
    return lambda array, zeros: Lanes(Lane(zeros.dtype, zeros.count))


def numbers(array):
    """View an array without gaps, of numbers or Lanes, as one of Lanes of a single number."""
    return array.reshape(-1, 1)


@type_callable(numbers)
def _type_numbers(context):
    def resolve(array):
        return Lanes(Lane(array.lane.dtype if isinstance(array, Lanes) else array.dtype, 1))

    return resolve


@lower_builtin(as_lanes, types.Array, types.UniTuple)
@lower_builtin(numbers, types.Array)
def _of_array(context, builder, sig, args):
    data = context.make_array(sig.args[0])(context, builder, args[0]).data
    return builder.bitcast(data, sig.return_type.lane.vector.as_pointer())


@lower_builtin(numbers, Lanes)
def _of_lanes(context, builder, sig, args):
    return builder.bitcast(args[0], sig.return_type.lane.vector.as_pointer())


def lanes_from(lanes, first):
    """Return an array of Lanes from its element ``first`` on."""
    return lanes[first:]


@type_callable(lanes_from)
def _type_lanes_from(context):
    return lambda lanes, first: lanes


@lower_builtin(lanes_from, Lanes, types.Integer)
def _lanes_from(context, builder, sig, args):
    return builder.gep(args[0], [context.cast(builder, args[1], sig.args[1], types.intp)])


@type_callable(operator.getitem)
def _type_getitem(context):
    def resolve(array, index):
        if isinstance(array, Lanes) and isinstance(index, types.Integer):
            return array.lane
        return None

    return resolve


@lower_builtin(operator.getitem, Lanes, types.Integer)
def _getitem(context, builder, sig, args):
    place = context.cast(builder, args[1], sig.args[1], types.intp)
    # An array is aligned to its numbers, not to the vector: nothing more may be assumed.
    return builder.load(builder.gep(args[0], [place]), align=1)


@type_callable(operator.setitem)
def _type_setitem(context):
    def resolve(array, index, value):
        if isinstance(array, Lanes) and isinstance(index, types.Integer) and value == array.lane:
            return types.none
        return None

    return resolve


@lower_builtin(operator.setitem, Lanes, types.Integer, Lane)
def _setitem(context, builder, sig, args):
    place = context.cast(builder, args[1], sig.args[1], types.intp)
    builder.store(args[2], builder.gep(args[0], [place]), align=1)
