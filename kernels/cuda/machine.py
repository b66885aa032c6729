"""What does a phase of a block's work: its threads, each some of it, or the processor, all of it.

A phase reads what phases before it wrote and writes what phases after it read, and nothing that
it reads; so it is the same whoever does it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from kernels.cuda.arguments import WORD, word

#: The memory of a block on the chip, by its number in LLVM's code for NVIDIA's processors.
_SHARED = 3

_HALF = ir.IntType(32)


class Threads:
    """The threads of a block.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        At the beginning of the kernel.
    threads : int
    """

    def __init__(self, builder: Any, threads: int) -> None:
        self.threads = threads
        self._thread = builder.zext(_register(builder, "tid.x"), WORD)
        self._block = builder.zext(_register(builder, "ctaid.x"), WORD)
        self._blocks = builder.zext(_register(builder, "nctaid.x"), WORD)
        self._chip: ir.GlobalVariable | None = None

    @property
    def block(self) -> Any:
        """The number of the block."""
        return self._block

    def runs(self, builder: Any, count) -> Any:
        """Give the runs of this block, one after another."""
        return _stepping(builder, self._block, count, self._blocks)

    def each(self, builder: Any, count) -> Any:
        """Give the numbers of a phase up to a count that are this thread's."""
        return _stepping(builder, self._thread, count, word(self.threads))

    @contextmanager
    def several(self, builder: Any, count, most: int) -> Iterator[list[Any]]:
        """Give numbers of this thread's as `each` does, so many at a time; some may be beyond."""
        start = self._thread
        with _stepping(builder, start, count, word(most * self.threads)) as first:
            yield [builder.add(first, word(i * self.threads)) for i in range(most)]

    def wait(self, builder: Any, flag: Any = None) -> Any:
        """Emit the end of a phase; return whether a flag is set in some thread."""
        module = builder.module
        if flag is None:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(module.declare_intrinsic("llvm.nvvm.barrier0", fnty=kind), [])
            return None
        kind = ir.FunctionType(_HALF, [_HALF])
        function = module.declare_intrinsic("llvm.nvvm.barrier0.or", fnty=kind)
        found = builder.call(function, [builder.zext(flag, _HALF)])
        return builder.icmp_unsigned("!=", found, ir.Constant(_HALF, 0))

    def chip(self, builder: Any, kind: ir.Type) -> Any:
        """Return where the block's memory on the chip begins."""
        if self._chip is None:
            everything = ir.ArrayType(kind, 0)
            self._chip = ir.GlobalVariable(builder.module, everything, "chip", addrspace=_SHARED)
            self._chip.linkage = "external"
            self._chip.align = 16
        return builder.bitcast(self._chip, kind.as_pointer(_SHARED))


class Alone:
    """The processor, in the place of all threads.

    Parameters
    ----------
    threads : int
        In whose place it is.
    """

    block = word(0)

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def runs(self, builder: Any, count) -> Any:
        """Give all runs."""
        return _stepping(builder, word(0), count, word(1))

    def each(self, builder: Any, count) -> Any:
        """Give all numbers of a phase up to a count."""
        return _stepping(builder, word(0), count, word(1))

    @contextmanager
    def several(self, builder: Any, count, most: int) -> Iterator[list[Any]]:
        """Give all numbers, so many at a time; some may be beyond."""
        with _stepping(builder, word(0), count, word(most)) as first:
            yield [builder.add(first, word(i)) for i in range(most)]

    def wait(self, builder: Any, flag: Any = None) -> Any:
        """Return whether a flag is set."""
        return flag

    def chip(self, builder: Any, kind: ir.Type) -> None:
        """Return that there is no memory but one."""
        return


Machine = Threads | Alone


@contextmanager
def _stepping(builder: Any, first, count, step) -> Iterator[Any]:
    """Emit a loop over ``range(first, count, step)``."""
    count = word(count) if isinstance(count, int) else count
    before = builder.block
    test, body, after = (builder.append_basic_block(f"each.{n}") for n in ("test", "body", "after"))
    builder.branch(test)
    builder.position_at_end(test)
    index = builder.phi(WORD)
    index.add_incoming(first, before)
    builder.cbranch(builder.icmp_unsigned("<", index, count), body, after)
    builder.position_at_end(body)
    yield index
    index.add_incoming(builder.add(index, step), builder.block)
    builder.branch(test)
    builder.position_at_end(after)


def thread_number(builder: Any) -> Any:
    """Return the number of a thread among those of all blocks."""
    thread, block, threads = (_register(builder, f"{n}.x") for n in ("tid", "ctaid", "ntid"))
    return builder.zext(builder.add(builder.mul(block, threads), thread), WORD)


def _register(builder: Any, name: str) -> Any:
    kind = ir.FunctionType(_HALF, [])
    function = builder.module.declare_intrinsic(f"llvm.nvvm.read.ptx.sreg.{name}", fnty=kind)
    return builder.call(function, [])
