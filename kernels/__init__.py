"""The arithmetic: many small networks trained side by side, one in each SIMD lane."""

from contextlib import suppress

#: What LLVM, what it compiles and threads take of the address space, in bytes; measured, and rounded
#: up. With less it is left to chance whether LLVM raises, ends the process or never comes back.
ADDRESS_SPACE = 2**30

with suppress(ImportError):  # Windows sets no such limit
    import resource

    _limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if _limit != resource.RLIM_INFINITY and _limit < ADDRESS_SPACE:
        raise MemoryError(
            f"the address space is limited to {_limit >> 20:,} MiB, and LLVM needs "
            f"{ADDRESS_SPACE >> 20:,}: raise the limit, with ulimit -v"
        )
