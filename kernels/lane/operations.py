"""What is done with Lanes: arithmetic, comparison, and the bits of a number.

Every operation is a Python function as well, on NumPy arrays whose last axis is the lanes, so
that the kernels also run uncompiled (``NUMBA_DISABLE_JIT=1``), to step through and to measure
coverage; `fma` then rounds twice, and subnormal numbers stay. A function of nothing but Lanes is
compiled by running it once in Python with Lanes that emit their operations, see `emitted`. `lanes`,
this file, `subnormals`, `tile`, `product` and `frozen` are the only ones that speak LLVM.

No operation is marked for reassociation or contraction: multiply-adds are fused where `fma` says
so and nowhere else, so the bits of a result depend neither on the processor nor on the width.
"""

import functools
import inspect
import operator
from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import lower_builtin, type_callable

from kernels.lane.emitting import builtin
from kernels.lane.lanes import Lane, Mask

# --- how a function of Lanes is compiled -------------------------------------------------------

#: How to emit each operation: a function of the builder, the Lane type and LLVM vectors.
_EMITTERS: dict[Callable, Callable] = {}


class Traced:
    """Lanes, or Masks, that emit in turn whatever is done with them.

    Several at once make code in which none waits for its own results.
    """

    def __init__(self, builder, lane: Lane, values: list) -> None:
        self.builder = builder
        self.lane = lane
        self.values = values

    @property
    def dtype(self) -> np.dtype:
        """The precision, by which `exp` chooses its polynomial."""
        return np.dtype(self.lane.dtype.name)

    def apply(self, operation: Callable, arguments: tuple) -> "Traced":
        """Emit an operation, and return its results."""
        columns = [
            argument.values
            if isinstance(argument, Traced)
            else [constant(self.lane, argument)] * len(self.values)
            for argument in arguments
        ]
        emit = _EMITTERS[operation]
        rows = zip(*columns, strict=True)
        return Traced(
            self.builder, self.lane, [emit(self.builder, self.lane, *row) for row in rows]
        )


def _operator(operation: Callable, swapped: bool = False) -> Callable:
    if swapped:
        return lambda self, other: self.apply(operation, (other, self))
    return lambda self, *others: self.apply(operation, (self, *others))


for _name in ("add", "sub", "mul", "truediv"):
    setattr(Traced, f"__{_name}__", _operator(getattr(operator, _name)))
    setattr(Traced, f"__r{_name}__", _operator(getattr(operator, _name), swapped=True))
for _name in ("neg", "lt", "le", "gt", "eq"):
    setattr(Traced, f"__{_name}__", _operator(getattr(operator, _name)))
Traced.__abs__ = _operator(abs)  # type: ignore[attr-defined]


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


def lowered(arity: int, gives=None, numbers: bool = True):
    """Declare how a Python function of ``arity`` Lanes and numbers is compiled.

    The decorated function receives the builder, the Lane type and LLVM vectors. ``gives`` makes
    the type of the result from the Lane type; by default it is the Lane type itself. Without
    ``numbers`` there are Lanes only.
    """
    gives = gives or (lambda lane: lane)

    def declare(function):
        def bind(emit):
            _EMITTERS[function] = emit

            def resolve(*kinds):
                lanes = [kind for kind in kinds if isinstance(kind, Lane)]
                return gives(lanes[0]) if lanes and all(map(_is_number, kinds)) else None

            builtin(function, resolve)

            def implement(context, builder, sig, args):
                lane = next(kind for kind in sig.args if isinstance(kind, Lane))
                pairs = zip(sig.args, args, strict=True)
                found = emit(builder, lane, *(_as_lane(context, builder, lane, *p) for p in pairs))
                if isinstance(found, list):
                    return context.make_tuple(builder, sig.return_type, found)
                return found

            for mixed in range(2**arity - 1 if numbers else 1):
                kinds = [types.Number if mixed >> i & 1 else Lane for i in range(arity)]
                lower_builtin(function, *kinds)(implement)
            return emit

        return bind

    return declare


def emitted(results: int = 1) -> Callable:
    """Let kernels call a function of Lanes: it is run once in Python, and emits what it does.

    The function returns a Lane, or a tuple of ``results`` Lanes.
    """

    def declare(function):
        arity = len(inspect.signature(function).parameters)
        gives = None if results == 1 else lambda lane: types.UniTuple(lane, results)

        @lowered(arity, gives, numbers=False)(function)
        def _emit(builder, lane, *values):
            found = function(*(Traced(builder, lane, [value]) for value in values))
            return found.values[0] if results == 1 else [one.values[0] for one in found]

        return function

    return declare


def _is_number(kind) -> bool:
    return isinstance(kind, Lane | types.Number)


# --- arithmetic and comparison ----------------------------------------------------------------


@lowered(2)(operator.add)
def _add(builder, lane, a, b):
    return builder.fadd(a, b)


@lowered(2)(operator.sub)
def _subtract(builder, lane, a, b):
    return builder.fsub(a, b)


@lowered(2)(operator.mul)
def _multiply(builder, lane, a, b):
    return builder.fmul(a, b)


@lowered(2)(operator.truediv)
def _divide(builder, lane, a, b):
    return builder.fdiv(a, b)


@lowered(1)(operator.neg)
def _negate(builder, lane, a):
    return builder.fneg(a)


@lowered(1)(abs)
def _absolute(builder, lane, a):
    return call(builder, "llvm.fabs", lane, a)


def _mask_of(lane: Lane) -> Mask:
    return Mask(lane.width)


@lowered(2, gives=_mask_of)(operator.lt)
def _less(builder, lane, a, b):
    return builder.fcmp_ordered("<", a, b)


@lowered(2, gives=_mask_of)(operator.gt)
def _greater(builder, lane, a, b):
    return builder.fcmp_ordered(">", a, b)


@lowered(2, gives=_mask_of)(operator.le)
def _less_or_equal(builder, lane, a, b):
    return builder.fcmp_ordered("<=", a, b)


@lowered(2, gives=_mask_of)(operator.eq)
def _equal(builder, lane, a, b):
    return builder.fcmp_ordered("==", a, b)


@_traceable
def fma(a, b, c):
    """Return a * b + c, rounded once."""
    return a * b + c


@lowered(3)(fma)
def _fma(builder, lane, a, b, c):
    return call(builder, "llvm.fma", lane, a, b, c)


@_traceable
def sqrt(x):
    """Return the square root, rounded once, as IEEE 754 has it."""
    return np.sqrt(x)


@lowered(1)(sqrt)
def _sqrt(builder, lane, x):
    return call(builder, "llvm.sqrt", lane, x)


@_traceable
def copysign(magnitude, x):
    """Return ``magnitude`` with the sign of x."""
    return np.copysign(magnitude, x)


@lowered(2)(copysign)
def _copysign(builder, lane, magnitude, x):
    return call(builder, "llvm.copysign", lane, magnitude, x)


@_traceable
def broadcast(like, number):
    """Return a Lane, of the type of ``like``, with ``number`` for every run."""
    return np.full_like(like, number)


@lowered(2)(broadcast)
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


_EMITTERS[select] = _emit_select


@lower_builtin(select, Mask, Lane, Lane)
@lower_builtin(select, Mask, Lane, types.Number)
@lower_builtin(select, Mask, types.Number, Lane)
def _select(context, builder, sig, args):
    lane = sig.return_type
    a, b = (_as_lane(context, builder, lane, sig.args[i], args[i]) for i in (1, 2))
    return _emit_select(builder, lane, args[0], a, b)


def anywhere(mask):
    """Tell whether ``mask`` holds for any run; what a run gives must not hang on it."""
    return bool(np.any(mask))


@type_callable(anywhere)
def _type_anywhere(context):
    return lambda mask: types.boolean if isinstance(mask, Mask) else None


@lower_builtin(anywhere, Mask)
def _anywhere(context, builder, sig, args):
    bits = ir.IntType(sig.args[0].width)
    return builder.icmp_unsigned("!=", builder.bitcast(args[0], bits), ir.Constant(bits, 0))


# --- the bits of a number ----------------------------------------------------------------------


@_traceable
def rounded(x):
    """Return x rounded to an integer, halves to even, for abs(x) < 2**21."""
    return np.rint(x)


@lowered(1)(rounded)
def _rounded(builder, lane, x):
    # Adding 1.5 * 2**fraction leaves no room for a fraction: needs no instruction of its own.
    shift = constant(lane, 1.5 * 2.0**lane.fraction)
    return builder.fsub(builder.fadd(x, shift), shift)


@_traceable
def power_of_two(n):
    """Return 2**n for an integral n in the range of the normal exponents."""
    return np.ldexp(np.ones_like(n), n.astype(np.int32))


@lowered(1)(power_of_two)
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


@lowered(1)(exponent)
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


@lowered(1)(significand)
def _significand(builder, lane, x):
    e = builder.shl(_integral_exponent(builder, lane, x), whole(lane, lane.fraction))
    return builder.bitcast(builder.sub(builder.bitcast(x, lane.bits), e), lane.vector)
