"""The one exception that stands for a user's mistake, what helps to mend one; want of memory."""

import difflib
import errno
from collections.abc import Iterable


class InputError(ValueError):
    """Input that cannot be used; the message says what is wrong, where, and the mend."""


#: How the loader of shared libraries, threads and LLVM say that memory is wanting.
_STARVED = ("failed to map segment", "annot allocate memory", "can't start new thread")


def nearest(name: str, known: Iterable[str], least: float = 0.5) -> str | None:
    """Return the known name that an unknown one resembles most, and at ``least`` so much."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=least)), None)


def hint(name: str, known: Iterable[str], most: int = 10) -> str:
    """End an error about an unknown name with the known one that it resembles, or ``most``."""
    names = list(known)
    if meant := nearest(name, names):
        return f"; did you mean {meant!r}?"
    return f"; there are {', '.join(names[:most])}{', …' if len(names) > most else ''}"


def want_of_memory(error: BaseException | None) -> str | None:
    """Return what an error, or one that it arose from, says of memory; None if it is no such."""
    while error is not None:
        first = str(error).partition("\n")[0]
        starved = isinstance(error, OSError) and error.errno == errno.ENOMEM
        if isinstance(error, MemoryError) or starved or any(word in first for word in _STARVED):
            return first
        error = error.__cause__ or error.__context__
    return None
