"""Lane: a number that holds one value for each of N runs.

A Lane is an LLVM vector, ``<8 x double>`` say, made known to Numba as a number: it adds,
multiplies and compares like one, is the element of an array, and stays in a register. A kernel
written with Lanes reads like the mathematics of one network and does the work of N.

Every operation is a Python function as well, on NumPy arrays whose last axis is the lanes, so
that the kernels also run uncompiled (``NUMBA_DISABLE_JIT=1``), to step through and to measure
coverage; `fma` then rounds twice. This file and `tile` are the only ones that speak LLVM.

No operation is marked for reassociation or contraction: multiply-adds are fused where `fma` says
so and nowhere else, so the bits of a result depend neither on the processor nor on the width.
"""

import functools
import operator
import os
from collections.abc import Callable

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


# --- arrays of Lanes ------------------------------------------------------------------------


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
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.zeros(size + line, dtype=np.uint8)
    start = -room.ctypes.data % line
    return room[start : start + size].view(dtype).reshape(shape)


def as_lanes(array, zeros):
    """View ``array [n, lane]`` as an array of n Lanes."""
    return array


@type_callable(as_lanes)
def _type_as_lanes(context):
    return lambda array, zeros: Lanes(Lane(zeros.dtype, zeros.count))


@lower_builtin(as_lanes, types.Array, types.UniTuple)
def _as_lanes(context, builder, sig, args):
    data = context.make_array(sig.args[0])(context, builder, args[0]).data
    return builder.bitcast(data, sig.return_type.lane.vector.as_pointer())


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


# --- how a Python function of Lanes is lowered ------------------------------------------------


#: How to emit each operation: a function of the builder, the Lane type and LLVM vectors.
EMITTERS: dict[Callable, Callable] = {}


class Traced:
    """A Lane that kernels compute with in Python while their code is being emitted."""

    def apply(self, operation: Callable, arguments: tuple) -> "Traced":
        """Emit an operation, and return its result."""
        raise NotImplementedError


def _traceable(function: Callable) -> Callable:
    """Let a Python function of Lanes emit its code when it is given a `Traced` one."""

    @functools.wraps(function)
    def operation(*arguments):
        for argument in arguments:
            if isinstance(argument, Traced):
                return argument.apply(operation, arguments)
        return function(*arguments)

    return operation


def constant(lane: Lane, value: float) -> ir.Constant:
    """Return the LLVM constant that holds ``value`` in every lane."""
    number = float(np.float32(value)) if lane.dtype == types.float32 else float(value)
    return ir.Constant(lane.vector, [number] * lane.width)


def whole(lane: Lane, value: int) -> ir.Constant:
    """Return the LLVM integer constant that holds ``value`` in every lane."""
    return ir.Constant(lane.bits, [value] * lane.width)


def splat(builder, vector: ir.VectorType, scalar):
    """Emit a vector that holds ``scalar`` in every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(first, undefined, zeros)


def call(builder, name: str, lane: Lane, *arguments):
    """Emit a call of an LLVM function that works lane by lane, such as ``llvm.fma``."""
    letter = "f64" if lane.dtype == types.float64 else "f32"
    kind = ir.FunctionType(lane.vector, [lane.vector] * len(arguments))
    function = builder.module.declare_intrinsic(f"{name}.v{lane.width}{letter}", fnty=kind)
    return builder.call(function, arguments)


def _as_lane(context, builder, lane: Lane, kind, value):
    """Emit ``value`` as a Lane: itself, or the same number in every lane."""
    if isinstance(kind, Lane):
        return value
    return splat(builder, lane.vector, context.cast(builder, value, kind, lane.dtype))


def _lowered(arity: int, gives=None):
    """Declare how a Python function of ``arity`` Lanes and numbers is compiled.

    The decorated function receives the builder, the Lane type and LLVM vectors. ``gives`` makes
    the type of the result from the Lane type; by default it is the Lane type itself.
    """
    gives = gives or (lambda lane: lane)

    def declare(function):
        def bind(emit):
            EMITTERS[function] = emit

            def resolve(*kinds):
                lanes = [kind for kind in kinds if isinstance(kind, Lane)]
                return gives(lanes[0]) if lanes and all(map(_is_number, kinds)) else None

            # Numba reads the number of arguments off the function that types a call.
            typers = {
                1: lambda a: resolve(a),
                2: lambda a, b: resolve(a, b),
                3: lambda a, b, c: resolve(a, b, c),
            }
            type_callable(function)(lambda context: typers[arity])

            def implement(context, builder, sig, args):
                lane = next(kind for kind in sig.args if isinstance(kind, Lane))
                pairs = zip(sig.args, args, strict=True)
                return emit(builder, lane, *(_as_lane(context, builder, lane, *p) for p in pairs))

            for mixed in range(2**arity - 1):
                kinds = [types.Number if mixed >> i & 1 else Lane for i in range(arity)]
                lower_builtin(function, *kinds)(implement)
            return emit

        return bind

    return declare


def _is_number(kind) -> bool:
    return isinstance(kind, Lane | types.Number)


# --- arithmetic and comparison ----------------------------------------------------------------


@_lowered(2)(operator.add)
def _add(builder, lane, a, b):
    return builder.fadd(a, b)


@_lowered(2)(operator.sub)
def _subtract(builder, lane, a, b):
    return builder.fsub(a, b)


@_lowered(2)(operator.mul)
def _multiply(builder, lane, a, b):
    return builder.fmul(a, b)


@_lowered(2)(operator.truediv)
def _divide(builder, lane, a, b):
    return builder.fdiv(a, b)


@_lowered(1)(operator.neg)
def _negate(builder, lane, a):
    return builder.fneg(a)


@_lowered(1)(abs)
def _absolute(builder, lane, a):
    return call(builder, "llvm.fabs", lane, a)


def _mask_of(lane: Lane) -> Mask:
    return Mask(lane.width)


@_lowered(2, gives=_mask_of)(operator.lt)
def _less(builder, lane, a, b):
    return builder.fcmp_ordered("<", a, b)


@_lowered(2, gives=_mask_of)(operator.gt)
def _greater(builder, lane, a, b):
    return builder.fcmp_ordered(">", a, b)


@_lowered(2, gives=_mask_of)(operator.le)
def _less_or_equal(builder, lane, a, b):
    return builder.fcmp_ordered("<=", a, b)


@_lowered(2, gives=_mask_of)(operator.eq)
def _equal(builder, lane, a, b):
    return builder.fcmp_ordered("==", a, b)


@_traceable
def fma(a, b, c):
    """Return a * b + c, rounded once."""
    return a * b + c


@_lowered(3)(fma)
def _fma(builder, lane, a, b, c):
    return call(builder, "llvm.fma", lane, a, b, c)


@_traceable
def copysign(magnitude, x):
    """Return ``magnitude`` with the sign of x."""
    return np.copysign(magnitude, x)


@_lowered(2)(copysign)
def _copysign(builder, lane, magnitude, x):
    return call(builder, "llvm.copysign", lane, magnitude, x)


@_traceable
def broadcast(like, number):
    """Return a Lane, of the type of ``like``, with ``number`` for every run."""
    return np.full_like(like, number)


@_lowered(2)(broadcast)
def _broadcast(builder, lane, like, number):
    return number


@_traceable
def select(mask, a, b):
    """Return a where ``mask`` holds and b elsewhere."""
    return np.where(mask, a, b).astype(np.result_type(a, b))


@type_callable(select)
def _type_select(context):
    def resolve(mask, a, b):
        lanes = [kind for kind in (a, b) if isinstance(kind, Lane)]
        if isinstance(mask, Mask) and lanes and _is_number(a) and _is_number(b):
            return lanes[0]
        return None

    return resolve


def _emit_select(builder, lane, mask, a, b):
    return builder.select(mask, a, b)


EMITTERS[select] = _emit_select


@lower_builtin(select, Mask, Lane, Lane)
@lower_builtin(select, Mask, Lane, types.Number)
@lower_builtin(select, Mask, types.Number, Lane)
def _select(context, builder, sig, args):
    lane = sig.return_type
    a, b = (_as_lane(context, builder, lane, sig.args[i], args[i]) for i in (1, 2))
    return _emit_select(builder, lane, args[0], a, b)


# --- the bits of a number ----------------------------------------------------------------------


@_traceable
def rounded(x):
    """Return x rounded to an integer, halves to even, for abs(x) < 2**21."""
    return np.rint(x)


@_lowered(1)(rounded)
def _rounded(builder, lane, x):
    # Adding 1.5 * 2**fraction leaves no room for a fraction: needs no instruction of its own.
    shift = constant(lane, 1.5 * 2.0**lane.fraction)
    return builder.fsub(builder.fadd(x, shift), shift)


@_traceable
def power_of_two(n):
    """Return 2**n for an integral n in the range of the normal exponents."""
    return np.ldexp(np.ones_like(n), n.astype(np.int32))


@_lowered(1)(power_of_two)
def _power_of_two(builder, lane, n):
    bias = 2 ** (lane.dtype.bitwidth - lane.fraction - 2) - 1
    shifted = builder.fadd(n, constant(lane, 1.5 * 2.0**lane.fraction + bias))
    bits = builder.bitcast(shifted, lane.bits)
    return builder.bitcast(builder.shl(bits, whole(lane, lane.fraction)), lane.vector)


@_traceable
def exponent(x):
    """Return the integral e of x = m * 2**e with m in [sqrt(1/2), sqrt(2)), for a normal x > 0."""
    m, e = np.frexp(x)
    return (e - (m < np.sqrt(x.dtype.type(0.5)))).astype(x.dtype)


def _integral_exponent(builder, lane, x):
    """Emit e as integers: the exponent field counted from that of sqrt(1/2)."""
    root = np.sqrt(np.float64(0.5) if lane.fraction == 52 else np.float32(0.5))
    start = int(root.view(np.int64 if lane.fraction == 52 else np.int32))
    distance = builder.sub(builder.bitcast(x, lane.bits), whole(lane, start))
    return builder.ashr(distance, whole(lane, lane.fraction))


@_lowered(1)(exponent)
def _exponent(builder, lane, x):
    shift = 1.5 * 2.0**lane.fraction
    start = int(np.float64(shift).view(np.int64))
    if lane.fraction == 23:
        start = int(np.float32(shift).view(np.int32))
    bits = builder.add(_integral_exponent(builder, lane, x), whole(lane, start))
    return builder.fsub(builder.bitcast(bits, lane.vector), constant(lane, shift))


@_traceable
def significand(x):
    """Return the m of x = m * 2**e with m in [sqrt(1/2), sqrt(2)), for a normal x > 0."""
    return np.ldexp(x, -exponent(x).astype(np.int32))


@_lowered(1)(significand)
def _significand(builder, lane, x):
    e = builder.shl(_integral_exponent(builder, lane, x), whole(lane, lane.fraction))
    return builder.bitcast(builder.sub(builder.bitcast(x, lane.bits), e), lane.vector)
