"""Hidden layers: ``32,16/8/none`` -> the widths of each network."""

import re
import reprlib
from typing import Any

import numpy as np

from sweep.errors import InputError

#: Layers, of which each has columns of the table and of the summary.
MOST_LAYERS = 100


def widths(raw: Any) -> tuple[int, ...]:
    """Return the widths of the hidden layers of one network."""
    parts = raw.tolist() if isinstance(raw, np.ndarray) else raw
    if isinstance(parts, str):
        parts = [] if parts.strip() == "none" else parts.split(",")
    elif not isinstance(parts, list | tuple):
        parts = [parts]
    found = [str(part).strip() for part in parts]  # as text: 2.5 is refused, not rounded
    if not all(re.fullmatch(r"0*[1-9]\d{0,8}", width, re.ASCII) for width in found):
        raise InputError(
            f"`hidden` should be widths such as 32,16, or none, not {reprlib.repr(raw)}"
        )
    if len(found) > MOST_LAYERS:
        raise InputError(f"`hidden` has {len(found):,} layers, and {MOST_LAYERS} are the most")
    return tuple(map(int, found))


def split(raw: Any) -> list[Any]:
    """Cut what is given into networks; a list of widths is one."""
    if isinstance(raw, str):
        return raw.split("/")
    parts = raw.tolist() if isinstance(raw, np.ndarray) else raw
    if isinstance(parts, list | tuple) and any(map(_is_network, parts)):
        return list(parts)
    return [raw]


def _is_network(part: Any) -> bool:
    """Tell a network from a width: a list, or a text that is no number."""
    words = isinstance(part, str) and ("," in part or part.strip() == "none")
    return words or isinstance(part, list | tuple | np.ndarray)
