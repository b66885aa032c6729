"""What fits into this machine's memory."""

import os

from sweep.errors import InputError

COPIES = 3  # of a table, at the most, that are held at a time


def check_memory(size: int, what: str) -> None:
    """Refuse what is larger than this machine's memory.

    All of it, and not what is free: the operating system counts its file cache as used.
    """
    memory = installed()
    if memory is not None and size > memory:
        raise InputError(
            f"{what} takes {size / 2**30:.3g} GiB, and this machine has {memory / 2**30:.3g} GiB "
            "of memory: give fewer rows or columns"
        )


def installed() -> int | None:
    """Return the bytes of memory of this machine, where the system tells."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):
        return None


def give_back() -> None:
    """Hand the memory of tables that are gone to the operating system, which Arrow would keep."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
