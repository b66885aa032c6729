"""The most multiply-adds that a GPU does: threads with nothing else to do."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from kernels.cuda.program import KERNEL, assembly
from kernels.lane.lanes import Lane
from kernels.lane.operations import call

#: Sums of a thread, of which none waits for another; how often each is added to; threads of a
#: block, and blocks for each multiprocessor.
_SUMS, _TURNS, _THREADS, _BLOCKS = 16, 1 << 14, 256, 8


def peak(device: Any, dtype: str) -> float:
    """Return floating-point operations a second, two for each multiply-add.

    Parameters
    ----------
    device : kernels.cuda.driver.Gpu
    dtype : {"float64", "float32"}
    """
    blocks = _BLOCKS * device.processors
    done = 2.0 * _SUMS * _TURNS * _THREADS * blocks
    seconds = min(device.time(_code, dtype, (blocks, _THREADS)) for _ in range(3))
    return done / seconds


def _code(dtype: str, capability: int) -> str:
    number = types.float64 if dtype == "float64" else types.float32
    lane = Lane(number, 1)
    module = ir.Module()
    kind = ir.FunctionType(ir.VoidType(), [lane.vector.element.as_pointer()])
    function = ir.Function(module, kind, KERNEL)
    builder = ir.IRBuilder(function.append_basic_block())
    place = builder.bitcast(function.args[0], lane.vector.as_pointer())
    start = builder.load(place, align=4)
    sums = [cgutils.alloca_once(builder, lane.vector) for _ in range(_SUMS)]
    for one in sums:
        builder.store(start, one)
    with cgutils.for_range(builder, ir.Constant(ir.IntType(64), _TURNS), intp=ir.IntType(64)):
        for one in sums:
            total = builder.load(one)
            builder.store(call(builder, "llvm.fma", lane, total, start, start), one)
    whole = builder.load(sums[0])
    for one in sums[1:]:
        whole = builder.fadd(whole, builder.load(one))
    # Never so, but nobody knows: else nothing of it would be computed.
    bits = builder.bitcast(whole, ir.IntType(number.bitwidth))
    with builder.if_then(builder.icmp_unsigned("==", bits, ir.Constant(bits.type, 12345))):
        builder.store(whole, place, align=4)
    builder.ret_void()
    return assembly(str(module), capability)
