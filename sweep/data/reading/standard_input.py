"""What comes through standard input: held in memory, since it can be read but once."""

import sys

from sweep.data.reading.column import line_one
from sweep.data.reading.unpacking import held
from sweep.errors import InputError

#: What stands for it in a command, and what messages call it.
WORD, NAME = "-", "standard input"


def called(data: str) -> str:
    """Return what messages call a file, or it."""
    return NAME if data == WORD else data


def standard_input() -> bytes:
    """Read all of it."""
    if sys.stdin is None:
        raise InputError(f"{NAME} is closed: pipe a file into it")
    try:
        return held(sys.stdin.buffer, f"{NAME}, as far as it was read,").getvalue()
    except OSError as error:
        raise InputError(f"cannot read {NAME}: {error.strerror or line_one(error)}") from None
