"""Lane: a number that holds one value for each of N runs.

A Lane is an LLVM vector, ``<8 x double>`` say, made known to Numba as a number: it adds,
multiplies and compares like one, is the element of an array, and stays in a register. A kernel
written with Lanes reads like the mathematics of one network and does the work of N.

Here are the types, and arrays of them; what is done with a Lane is in `operations`.
"""

import ctypes
import functools
import math
import operator
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from typing import Self

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import from_dtype
from numba.core import cgutils, config, types
from numba.extending import (
    NativeValue,
    lower_builtin,
    models,
    register_model,
    type_callable,
    typeof_impl,
    unbox,
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
    def bitwidth(self) -> int:
        """Bits of all its numbers together."""
        return self.dtype.bitwidth * self.width

    @property
    def fraction(self) -> int:
        """Bits of the stored significand."""
        return 52 if self.dtype == types.float64 else 23


class FlatType(types.Type):
    """Numba type of a flat array of Lanes, Words or numbers: the address of its first, and no size.

    That is all that a kernel needs to know; what unpacks NumPy's own arrays takes long to compile.
    """

    def __init__(self, element: types.Type) -> None:
        self.element = element
        super().__init__(name=f"Flat({element})")


class Word(types.Type):
    """Numba type of N whole numbers of 32 bits, one a run: random bits, see `threefry`."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Word({width})")

    @property
    def vector(self) -> ir.VectorType:
        """The LLVM type."""
        return ir.VectorType(ir.IntType(32), self.width)


class Mask(types.Type):
    """Numba type of N truth values, one a run."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Mask({width})")


@register_model(Lane)
@register_model(Word)
class _LaneModel(models.PrimitiveModel):
    def __init__(self, manager, lane):
        super().__init__(manager, lane, lane.vector)


@register_model(FlatType)
class _FlatModel(models.PrimitiveModel):
    def __init__(self, manager, flat):
        element = manager.lookup(flat.element).get_data_type()
        super().__init__(manager, flat, element.as_pointer())


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, mask):
        super().__init__(manager, mask, ir.VectorType(ir.IntType(1), mask.width))


#: LLVM asks the processor anew at each call.
_host_features = functools.cache(llvm.get_host_cpu_features)
_host_name = functools.cache(llvm.get_host_cpu_name)


def vector_bytes() -> int:
    """Return how wide this machine's vectors are: 64 bytes with AVX-512, 32 with AVX, else 16."""
    features = config.CPU_FEATURES
    names = (
        {name.lstrip("+") for name in features.split(",") if name.startswith("+")}
        if features is not None
        else {name for name, there in _host_features().items() if there}
    )
    return 64 if "avx512f" in names else 32 if "avx" in names else 16


def computes_halves() -> bool:
    """Tell whether this machine carries out an instruction on 64 bytes as two, as Zen 4 does.

    There half a vector takes half the time.
    """
    return vector_bytes() == 64 and (config.CPU_NAME or _host_name()) == "znver4"


def vector_registers() -> int:
    """Return how many vectors this machine's registers hold."""
    x86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")
    return 16 if x86 and vector_bytes() < 64 else 32


def lane_width(dtype, vectors: float = 1) -> int:
    """Return how many runs make a pack: what fits ``vectors`` vectors, or ``SWEEP_LANES``.

    Raises
    ------
    ValueError
        If ``SWEEP_LANES`` is not 1, 2, 4, 8 or 16.
    """
    forced = os.environ.get("SWEEP_LANES")
    if forced is None:
        return int(vectors * vector_bytes()) // np.dtype(dtype).itemsize
    if forced not in ("1", "2", "4", "8", "16"):
        raise ValueError(f"SWEEP_LANES should be 1, 2, 4, 8 or 16, not {forced!r}: unset it")
    return int(forced)


def aligned_zeros(shape: tuple[int, ...], dtype) -> np.ndarray:
    """Return zeros that begin on a cache line, so that no Lane straddles two."""
    return _aligned(np.zeros, shape, dtype)


def aligned_room(shape: tuple[int, ...], dtype) -> np.ndarray:
    """Return the same with anything in it, which is written before it is read."""
    return _aligned(np.empty, shape, dtype)


def _aligned(make: Callable, shape: tuple[int, ...], dtype) -> np.ndarray:
    line = 64
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = make(size + line, dtype=np.uint8)
    start = -_address(room) % line
    return room[start : start + size].view(dtype).reshape(shape)


def _address(array: np.ndarray) -> int:
    """Return where an array begins; ``array.ctypes`` takes four times as long."""
    if array.size and array.flags.writeable:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    return array.ctypes.data


class Flat:
    """An array that kernels know as a `FlatType`: of numbers, or of Lanes ``[Lane, lane]``.

    Where the numbers of several lanes are whole, it is one of Words.

    Parameters
    ----------
    array : ndarray
    shape : tuple of int
        How to see it.

    Raises
    ------
    ValueError
        If the array has gaps.
    """

    __slots__ = ("address", "array", "kind")

    def __init__(self, array: np.ndarray, shape: tuple[int, ...]) -> None:
        if not array.flags.c_contiguous:
            raise ValueError("a kernel needs an array in C order, without gaps")
        self.array = array = array.reshape(shape)
        self.address = _address(array)
        self.kind = array.dtype.char, *array.shape[1:]

    def parts(self, counts: Iterable[int]) -> Iterator[Self]:
        """Yield parts of so many elements, one after another: where each begins is known."""
        first, size = 0, self.array.strides[0]
        for count in counts:
            part = type(self).__new__(type(self))
            part.array, part.kind = self.array[first : first + count], self.kind
            part.address = self.address + first * size
            yield part
            first += count

    # What follows is for kernels that run uncompiled.

    def __getitem__(self, index):
        return self.array[index]

    def __setitem__(self, index, value) -> None:
        self.array[index] = value


def as_lanes(array: np.ndarray) -> Flat:
    """View ``array [..., lane]`` as a flat array of Lanes."""
    return Flat(array, (-1, array.shape[-1]))


def numbers(array) -> Flat:
    """View an array, be it a flat one of Lanes, as a flat one of numbers."""
    return Flat(array.array if isinstance(array, Flat) else array, (-1,))


@typeof_impl.register(Flat)
def _typeof(value, context):
    number = from_dtype(value.array.dtype)
    if value.array.ndim == 1:
        return FlatType(number)
    width = value.array.shape[1]
    return FlatType(Lane(number, width) if isinstance(number, types.Float) else Word(width))


@unbox(FlatType)
def _unbox(kind, value, context):
    builder, python = context.builder, context.pyapi
    number = python.object_getattr_string(value, "address")
    address = python.long_as_voidptr(number)
    python.decref(number)
    pointer = builder.bitcast(address, context.context.get_value_type(kind))
    return NativeValue(pointer, is_error=python.c_api_error())


@type_callable(numbers)
def _type_numbers(context):
    def resolve(array):
        lanes = isinstance(array, FlatType) and isinstance(array.element, Lane)
        return FlatType(array.element.dtype) if lanes else None

    return resolve


@lower_builtin(numbers, FlatType)
def _numbers(context, builder, sig, args):
    return builder.bitcast(args[0], context.get_value_type(sig.return_type))


def lanes_from(array, first):
    """Return a flat array from its element ``first`` on."""
    rest = array.array[first:]
    return Flat(rest, rest.shape)


@type_callable(lanes_from)
def _type_lanes_from(context):
    return lambda array, first: array


@lower_builtin(lanes_from, FlatType, types.Integer)
def _lanes_from(context, builder, sig, args):
    return _place(context, builder, sig.args, args)


def copy(target, first, source, start, count):
    """Copy ``count`` elements of a flat array into another of its kind, to its ``first``."""
    target.array[first : first + count] = source.array[start : start + count]


@type_callable(copy)
def _type_copy(context):
    return lambda target, first, source, start, count: types.none if target == source else None


@lower_builtin(copy, FlatType, types.Integer, FlatType, types.Integer, types.Integer)
def _copy(context, builder, sig, args):
    target, source = (_place(context, builder, sig.args[i:], args[i:]) for i in (0, 2))
    size = sig.args[0].element.bitwidth // 8
    cgutils.raw_memcpy(builder, target, source, args[4], size)
    return context.get_dummy_value()


@type_callable(operator.getitem)
def _type_getitem(context):
    def resolve(array, index):
        if isinstance(array, FlatType) and isinstance(index, types.Integer):
            return array.element
        return None

    return resolve


@lower_builtin(operator.getitem, FlatType, types.Integer)
def _getitem(context, builder, sig, args):
    # An array is aligned to its numbers, not to the vector: nothing more may be assumed.
    return builder.load(_place(context, builder, sig.args, args), align=1)


@type_callable(operator.setitem)
def _type_setitem(context):
    def resolve(array, index, value):
        if (
            isinstance(array, FlatType)
            and isinstance(index, types.Integer)
            and value == array.element
        ):
            return types.none
        return None

    return resolve


@lower_builtin(operator.setitem, FlatType, types.Integer, Lane)
@lower_builtin(operator.setitem, FlatType, types.Integer, Word)
@lower_builtin(operator.setitem, FlatType, types.Integer, types.Number)
def _setitem(context, builder, sig, args):
    builder.store(args[2], _place(context, builder, sig.args, args), align=1)


def _place(context, builder, kinds, args):
    """Emit the address of an element."""
    index = context.cast(builder, args[1], kinds[1], types.intp)
    return builder.gep(args[0], [index])
