"""How what is wrong with an option is said, in one line."""

import re
import reprlib
from collections.abc import Container

from pydantic import ValidationError

from sweep.errors import InputError
from sweep.specification.validators import WORDS


def one_line(error: ValidationError) -> str:
    """Say what is wrong with the first option that was refused."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return str(cause)
    option = str(first["loc"][0])
    either = f", or {WORDS[option][0]!r}" if option in WORDS else ""
    message = first["msg"].replace("Input", f"`{option}`", 1)
    return f"{message}{either}; it is {reprlib.repr(first['input'])}"


def as_flags(message: str, typed: Container[str]) -> str:
    """Name the options of an error the way the command line does, for those `typed` there."""
    return re.sub(
        r"`(\w+)`", lambda m: f"--{m[1].replace('_', '-')}" if m[1] in typed else m[0], message
    )
