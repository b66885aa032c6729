"""The one exception that stands for a user's mistake, and what helps to mend one."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Input that cannot be used; the message says what is wrong, where, and the mend."""


def nearest(name: str, known: Iterable[str], least: float = 0.5) -> str | None:
    """Return the known name that an unknown one resembles most, and at ``least`` so much."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=least)), None)


def hint(name: str, known: Iterable[str], most: int = 10) -> str:
    """End an error about an unknown name with the known one that it resembles, or ``most``."""
    names = list(known)
    if meant := nearest(name, names):
        return f"; did you mean {meant!r}?"
    return f"; there are {', '.join(names[:most])}{', …' if len(names) > most else ''}"
