"""Several values of one option: ``relu,tanh`` or ``16,32,full`` -> the value of each.

What is given is cut into alternatives, each of which its option then takes or refuses as it does
one that stands alone. How a value stands in the table is its label, by which they are sorted.
"""

from collections.abc import Callable, Set
from typing import Any

import numpy as np

from sweep.errors import InputError
from sweep.specification.several import networks
from sweep.specification.values import parse

#: Options whose numbers may be told by ranges, and whether these are whole.
_RANGES = {"batch_size": True, "warmup": True, "patience": True, "tol": False, "leak": False}

#: Values of an option that shapes code or arrays.
_MOST = 1000


def split(option: str, raw: Any) -> list[Any]:
    """Cut what is given for an option into alternatives; one that stands alone is itself."""
    if option == "hidden":
        return networks.split(raw)
    if isinstance(raw, str):
        parts = [part.strip() for part in raw.split(",")] if "," in raw else [raw]
        return [value for part in parts for value in _of_range(option, part)]
    if isinstance(raw, list | tuple | Set | range | np.ndarray) and len(raw):
        return raw.tolist() if isinstance(raw, np.ndarray) else list(raw)
    return [raw]


def validated(option: str, raw: Any, one: Callable[[Any], Any]) -> Any:
    """Return the value of an option, or the several ones in the order of their labels.

    Parameters
    ----------
    option : str
    raw : object
        What is given.
    one : callable
        Validates an alternative.
    """
    parts = split(option, raw)
    if len(parts) > _MOST and option != "leak":
        raise InputError(f"`{option}` has {len(parts):,} values, and {_MOST:,} are the most")
    values = {label(option, value): value for value in map(one, parts)}
    ordered = tuple(values[name] for name in sorted(values))
    return ordered if len(ordered) > 1 else ordered[0]


def several(option: str, value: Any) -> tuple[Any, ...]:
    """Return the alternatives of an option that is validated: one where it has one value."""
    if option == "hidden":
        return value if value and isinstance(value[0], tuple) else (value,)
    return value if isinstance(value, tuple) else (value,)


def label(option: str, value: Any) -> str | int | float:
    """Return how a value stands in the table."""
    if option == "hidden":
        return ",".join(map(str, value)) or "none"
    if option == "tol":
        return "off" if value is None else repr(float(value))
    return 0 if value is None else value  # of patience: off; of the batch size 0 is all rows


def meant(option: str, label: Any) -> Any:
    """Return what is given for an option whose value stands so in the table."""
    plain = label.item() if isinstance(label, np.generic) else label
    return None if option == "patience" and not plain else plain


def _of_range(option: str, part: str) -> list[Any]:
    ranged = option in _RANGES and ":" in part
    return parse(part, integers=_RANGES[option]).tolist() if ranged else [part]
