"""Code in which numbers below the normal range are zero, for processors that have no such mode.

A GPU has that mode for float32 and none for float64; ours has one for both, and kernels run in it,
see `kernels.lane.subnormals`. Here it is put into the code: after an operation that may have left
a subnormal number, two instructions make it zero. Like the processor's they keep its sign.

Most operations can leave none, and that is known when the code is made. A number that is zero or at
least 2**-200 in size is a multiple of 2**-252; a product of two is a multiple of 2**-504, and so
are sums of such products, however they are rounded and whatever cancels: a multiple of 2**-1022
that is not zero is no subnormal number. So each value is known by a power of two, its grain, of
which it is a multiple. `checked` says of a value that it is zero or large enough, and remembers
where that was not so: what follows from it is then wrong, and the code has another way, which takes
every value as it comes.
"""

import math
from fractions import Fraction
from typing import Any

from llvmlite import ir
from numba.core import types

#: The grain of zero.
_ZERO = 2**20

#: A checked value is zero or at least 2**-_SMALL in size.
_SMALL = 200

_HALF = ir.IntType(32)


class _Format:
    """What there is to know of a precision: its smallest normal number, and where the bits are."""

    def __init__(self, dtype: types.Float) -> None:
        double = dtype == types.float64
        self.whole = ir.IntType(64 if double else 32)
        self.fraction = 52 if double else 23
        self.least = -1022 if double else -126
        #: Of the upper half, where the exponent is.
        self.exponent = 0x7FF00000 if double else 0x7F800000
        self.bias = 1023 if double else 127
        self.double = double

    @property
    def finest(self) -> int:
        """The grain of any normal number."""
        return self.least - self.fraction


class Builder(ir.IRBuilder):
    """Emits operations for a processor in whose mode subnormal numbers are zero."""

    def given(self, value):
        """Return a value of the arguments."""
        return value

    def checked(self, value):
        """Return a value."""
        return value

    def flushed(self, value):
        """Return a value."""
        return value


class FlushingBuilder(Builder):
    """Emits operations of a Lane of one run, and makes subnormal results zero.

    Parameters
    ----------
    block : llvmlite.ir.Block
    trouble : llvmlite.ir.AllocaInstr
        Where `checked` keeps the least of what it looks at, see `in_trouble`.
    trusting : bool
        Whether it is relied on that nothing which was checked, or given, is small.

    Attributes
    ----------
    grains : dict of int to int
        The logarithm of the grain of each value, by its id, of which more is known than that it is
        a normal number.
    """

    def __init__(self, block: ir.Block, trouble: Any, trusting: bool) -> None:
        super().__init__(block)
        self.trouble = trouble
        self.trusting = trusting
        self.grains: dict[int, int] = {}
        self._kept: list[Any] = []

    # --- what is known of values -----------------------------------------------------------------

    def grain(self, value) -> int:
        """Return the logarithm of a power of two of which a value is a multiple."""
        if isinstance(value, ir.Constant):
            return _grain_of_constant(value)
        return self.grains.get(id(value), _format(value.type).finest)

    def know(self, value, grain: int):
        """Remember the grain of a value; return the value."""
        self.grains[id(value)] = grain
        self._kept.append(value)  # an id is that of one value for as long as it is kept
        return value

    def given(self, value):
        """Return a value of the arguments: if small ones are among them nothing is trusted."""
        return self._trusted(value) if self.trusting else self.flushed(value)

    def checked(self, value):
        """Return a value that is zero or not small, and remember it where that is not so."""
        kind = _format(value.type)
        if self.grain(value) >= -_SMALL - kind.fraction:
            return value
        upper = self._upper(value)
        # Without its sign, and zero last of all.
        size = self.sub(self.shl(upper, _half(1)), _half(1))
        before = self.load(self.trouble)
        least = super().select(self.icmp_unsigned("<", size, before), size, before)
        self.store(least, self.trouble)
        return self._trusted(value) if self.trusting else value

    def _trusted(self, value):
        return self.know(value, -_SMALL - _format(value.type).fraction)

    def grain_of_products(self) -> int:
        """Return the logarithm of the grain of products of float64 that are trusted."""
        return 2 * (-_SMALL - 52)

    def forget(self) -> None:
        """Emit that nothing small has been looked at."""
        self.store(_half(-1), self.trouble)

    def in_trouble(self, dtype: types.Float):
        """Emit whether something that was checked was small."""
        kind = _Format(dtype)
        field = (kind.bias - _SMALL) << (32 - 11 if kind.double else 32 - 8)
        return self.icmp_unsigned("<", self.load(self.trouble), _half(field - 1))

    # --- operations ------------------------------------------------------------------------------

    def fadd(self, lhs, rhs, name="", flags=()):
        """Emit a sum."""
        grain = min(self.grain(lhs), self.grain(rhs))
        return self._flushed(super().fadd(lhs, rhs, name, flags), grain)

    def fsub(self, lhs, rhs, name="", flags=()):
        """Emit a difference."""
        grain = min(self.grain(lhs), self.grain(rhs))
        return self._flushed(super().fsub(lhs, rhs, name, flags), grain)

    def fmul(self, lhs, rhs, name="", flags=()):
        """Emit a product."""
        grain = self.grain(lhs) + self.grain(rhs)
        return self._flushed(super().fmul(lhs, rhs, name, flags), grain)

    def fdiv(self, lhs, rhs, name="", flags=()):
        """Emit a quotient."""
        return self._flushed(super().fdiv(lhs, rhs, name, flags), None)

    def fneg(self, arg, name="", flags=()):
        """Emit a number with the other sign."""
        return self.know(super().fneg(arg, name, flags), self.grain(arg))

    def select(self, cond, lhs, rhs, name="", flags=()):
        """Emit a choice between two values."""
        found = super().select(cond, lhs, rhs, name, flags)
        if _is_lane(lhs.type):
            self.know(found, min(self.grain(lhs), self.grain(rhs)))
        return found

    def call(self, fn, args, *options, **more):
        """Emit a call; of LLVM's functions of numbers, those that Lanes need are known."""
        found = super().call(fn, args, *options, **more)
        name = fn.name.removeprefix("llvm.").partition(".")[0]
        if name == "fma":
            a, b, c = map(self.grain, args)
            return self._flushed(found, min(a + b, c))
        if name in ("fabs", "copysign"):
            return self.know(found, self.grain(args[0]))
        if name == "sqrt":
            kind = _format(found.type)
            return self.know(found, kind.least // 2 - kind.fraction)
        if _is_lane(found.type):
            raise NotImplementedError(f"{fn.name}: can it leave a subnormal number?")
        return found

    # --- making zeros ----------------------------------------------------------------------------

    def flushed(self, value):
        """Emit zero where a value is subnormal, with its sign, and elsewhere the value."""
        return self._flushed(value, None)

    def _flushed(self, value, grain: int | None):
        kind = _format(value.type)
        if grain is not None and grain >= kind.least:
            return self.know(value, grain)
        upper = self._upper(value)
        tiny = self.icmp_unsigned("==", self.and_(upper, _half(kind.exponent)), _half(0))
        if not kind.double:
            kept = super().select(tiny, self.and_(upper, _half(1 << 31)), upper)
            return self.bitcast(kept, value.type)
        bits = self.bitcast(value, kind.whole)
        sign = self.and_(bits, ir.Constant(kind.whole, 1 << 63))
        return self.bitcast(super().select(tiny, sign, bits), value.type)

    def _upper(self, value):
        """Emit the 32 bits in which sign and exponent are."""
        kind = _format(value.type)
        bits = self.bitcast(value, kind.whole)
        return self.trunc(self.lshr(bits, _bits(kind, 32)), _HALF) if kind.double else bits


def _half(value: int) -> ir.Constant:
    return ir.Constant(_HALF, value)


def _bits(kind: _Format, value: int) -> ir.Constant:
    return ir.Constant(kind.whole, value)


def _is_lane(kind: ir.Type) -> bool:
    return isinstance(kind, ir.VectorType) and isinstance(
        kind.element, ir.DoubleType | ir.FloatType
    )


def _format(kind: ir.Type) -> _Format:
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    return _Format(types.float64 if isinstance(element, ir.DoubleType) else types.float32)


def _grain_of_constant(constant: ir.Constant) -> int:
    numbers = constant.constant
    numbers = (
        [getattr(one, "constant", one) for one in numbers]
        if isinstance(numbers, list | tuple)
        else [numbers]
    )
    return min(map(_grain_of, numbers))


def _grain_of(number: float) -> int:
    if number == 0 or not math.isfinite(number):
        return _ZERO
    exact = Fraction(number)
    twos = (exact.numerator & -exact.numerator).bit_length() - 1
    return twos - (exact.denominator.bit_length() - 1)
