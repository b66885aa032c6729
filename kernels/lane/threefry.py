"""Random words from a counter: Threefry-2x32 with 20 rounds (Salmon et al., 2011).

Two words of 32 bits follow from a key and a counter of two words each, and from nothing that was
drawn before: whoever knows the counter has the words, in any order and in any company. Additions,
rotations and exclusive ors are all there is to it, so the bits are the same on every machine.
"""

import operator

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import lower_builtin

from kernels.lane.emitting import builtin
from kernels.lane.lanes import Mask, Word
from kernels.lane.operations import splat

#: How far a word is turned in each of four rounds, and in each of the next four.
_ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)

#: What keeps a key of zeros from giving a third word of zero.
_PARITY = 0x1BD11BDA


def draw(key, other_key, counter, other_counter):
    """Return the two random words of a counter under a key, each of two words.

    A word of the counter may be a whole number, the same for all runs.
    """
    keys = key, other_key, key ^ other_key ^ _PARITY
    x, y = key + _word(counter), other_key + _word(other_counter)
    for turn in range(5):
        for distance in _ROTATIONS[turn % 2]:
            x = x + y
            y = _rotated(y, distance) ^ x
        x = x + keys[(turn + 1) % 3]
        y = y + (keys[(turn + 2) % 3] + (turn + 1))
    return x, y


def _word(counter):
    return np.uint32(counter) if isinstance(counter, int | np.integer) else counter


def _rotated(x, distance: int):
    if isinstance(x, Emitted):
        return x.rotated(distance)
    return (x << np.uint32(distance)) | (x >> np.uint32(32 - distance))


class Emitted:
    """A Word that emits in turn whatever is done with it."""

    def __init__(self, builder, value) -> None:
        self.builder = builder
        self.value = value

    def __add__(self, other: "Emitted | int") -> "Emitted":
        return Emitted(self.builder, self.builder.add(self.value, self._beside(other)))

    def __xor__(self, other: "Emitted | int") -> "Emitted":
        return Emitted(self.builder, self.builder.xor(self.value, self._beside(other)))

    def rotated(self, distance: int) -> "Emitted":
        """Turn it to the left."""
        kind = self.value.type
        turn = self.builder.module.declare_intrinsic(
            f"llvm.fshl.v{kind.count}i32", fnty=ir.FunctionType(kind, [kind] * 3)
        )
        arguments = self.value, self.value, self._beside(distance)
        return Emitted(self.builder, self.builder.call(turn, arguments))

    def _beside(self, other: "Emitted | int"):
        if isinstance(other, Emitted):
            return other.value
        return ir.Constant(self.value.type, [other] * self.value.type.count)


def _as_word(context, builder, word: Word, kind, value):
    """Emit ``value`` as a Word: itself, or the same whole number for every run."""
    if isinstance(kind, Word):
        return value
    return splat(builder, word.vector, context.cast(builder, value, kind, types.uint32))


def _is_word(*kinds) -> bool:
    """Tell whether the first is a Word, and all are Words or whole numbers."""
    return isinstance(kinds[0], Word) and all(isinstance(k, Word | types.Integer) for k in kinds)


builtin(draw, lambda *kinds: types.UniTuple(kinds[0], 2) if _is_word(*kinds) else None)
builtin(operator.add, lambda a, b=None: a if _is_word(a, b) else None)
builtin(operator.ge, lambda a, b: Mask(a.width) if isinstance(a, Word) and a == b else None)


@lower_builtin(draw, Word, Word, Word, types.Integer)
@lower_builtin(draw, Word, Word, types.Integer, types.Integer)
def _emit_draw(context, builder, sig, args):
    word = sig.args[0]
    values = (_as_word(context, builder, word, *p) for p in zip(sig.args, args, strict=True))
    found = draw(*(Emitted(builder, value) for value in values))
    return context.make_tuple(builder, sig.return_type, [one.value for one in found])


@lower_builtin(operator.add, Word, types.Integer)
def _emit_add(context, builder, sig, args):
    return builder.add(args[0], _as_word(context, builder, sig.args[0], sig.args[1], args[1]))


@lower_builtin(operator.ge, Word, Word)
def _emit_at_least(context, builder, sig, args):
    return builder.icmp_unsigned(">=", *args)
