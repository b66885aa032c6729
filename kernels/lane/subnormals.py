"""Numbers below the normal range count as zero while a kernel runs that Python calls.

What nothing but a penalty or the momentum moves dies out step by step, and x86 takes some 150
cycles for each product with the subnormal number that is left in the end: training under a strong
L2 would become sixty times as slow. A result that rounds up to the smallest normal number is kept
on x86 and zero on ARM; that is the one case in which their bits may differ.

It is a mode of the thread, so nothing may be raised between the two calls.
"""

import platform

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import lower_builtin, type_callable

_HALF, _WORD = ir.IntType(32), ir.IntType(64)
_BYTES, _NOTHING = ir.IntType(8).as_pointer(), ir.VoidType()

#: Of x86's MXCSR: what would become subnormal is zero, and what is so is read as zero.
_MXCSR = 1 << 15 | 1 << 6

#: Of ARM's FPCR: both.
_FPCR = 1 << 24


def flush_subnormals():
    """Count subnormal numbers as zero, in this thread; return what `restore_subnormals` takes.

    Uncompiled, neither does anything.
    """
    return 0


def restore_subnormals(before):
    """Count subnormal numbers as before."""


def _read_mxcsr(builder):
    place = cgutils.alloca_once(builder, _HALF)
    _call(builder, "x86.sse.stmxcsr", _NOTHING, builder.bitcast(place, _BYTES))
    return builder.zext(builder.load(place), _WORD)


def _write_mxcsr(builder, value) -> None:
    place = cgutils.alloca_once(builder, _HALF)
    builder.store(builder.trunc(value, _HALF), place)
    _call(builder, "x86.sse.ldmxcsr", _NOTHING, builder.bitcast(place, _BYTES))


def _read_fpcr(builder):
    return _call(builder, "aarch64.get.fpcr", _WORD)


def _write_fpcr(builder, value) -> None:
    _call(builder, "aarch64.set.fpcr", _NOTHING, value)


def _call(builder, name: str, result, *arguments):
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}")
    return builder.call(function, arguments)


#: How to read and to write the register that says so, and its bits, for each processor. Others are
#: left as they are.
_REGISTERS = {
    **dict.fromkeys(("x86_64", "amd64"), (_read_mxcsr, _write_mxcsr, _MXCSR)),
    **dict.fromkeys(("aarch64", "arm64"), (_read_fpcr, _write_fpcr, _FPCR)),
}
_register = _REGISTERS.get(platform.machine().lower())


@type_callable(flush_subnormals)
def _type_flush(context):
    return lambda: types.int64


@type_callable(restore_subnormals)
def _type_restore(context):
    return lambda before: types.none


@lower_builtin(flush_subnormals)
def _flush(context, builder, sig, args):
    if _register is None:
        return ir.Constant(_WORD, 0)
    read, write, bits = _register
    before = read(builder)
    write(builder, builder.or_(before, ir.Constant(_WORD, bits)))
    return before


@lower_builtin(restore_subnormals, types.Integer)
def _restore(context, builder, sig, args):
    if _register is not None:
        _register[1](builder, args[0])
    return context.get_dummy_value()
