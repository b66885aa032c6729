"""Where a penalty acts: ``w2,b2`` or ``weights`` -> names of parameters, in the network's order."""

import re
import reprlib
from collections.abc import Sequence

from sweep.errors import InputError, nearest

GROUPS = ("weights", "biases", "all", "none")
#: Stands for what is meant unless told, where that hangs on the depth of a network.
AUTO = ("auto",)


def names(layers: int) -> tuple[str, ...]:
    """Return the parameters of a network of `layers` weight matrices: w1, b1, w2, b2 and so on."""
    return tuple(f"{kind}{layer}" for layer in range(1, layers + 1) for kind in "wb")


def resolve(placement: str | Sequence[str], layers: int) -> tuple[str, ...]:
    """Turn a placement into names of parameters.

    Parameters
    ----------
    placement : str, list or tuple of str
        Names, or ``weights``, ``biases``, ``all``, ``none``; separated by commas in a text.
    layers : int
        How many weight matrices the network has.

    Returns
    -------
    tuple of str
        Each name once, in the order of the network.
    """
    if not isinstance(placement, str | list | tuple):
        raise InputError(f"expected names of parameters, not {placement!r}")
    words = placement.split(",") if isinstance(placement, str) else map(str, placement)
    known = names(layers)
    members = {
        "weights": known[0::2],
        "biases": known[1::2],
        "all": known,
        "none": (),
        **{name: (name,) for name in known},
    }
    chosen: set[str] = set()
    for word in words:
        if word.strip() not in members:
            raise InputError(_unknown(word.strip(), layers, GROUPS))
        chosen.update(members[word.strip()])
    return tuple(name for name in known if name in chosen)


def resolve_in_all(raw: str | Sequence[str], depths: Sequence[int]) -> tuple[str, ...]:
    """Turn a placement into names of parameters; leave its words where networks differ in depth.

    `AUTO` is left too.
    """
    *others, deepest = depths
    if not others:
        return resolve(raw, deepest)
    if raw == AUTO:
        return AUTO
    for layers in depths:
        resolve(raw, layers)
    words = raw.split(",") if isinstance(raw, str) else map(str, raw)
    return tuple(dict.fromkeys(word.strip() for word in words))


def check_varied(name: str, layers: int) -> None:
    """Refuse `name` unless it is a penalty and a parameter of the network, such as ``l1_w2``."""
    penalty, _, parameter = name.partition("_")
    if penalty not in ("l1", "l2"):
        raise InputError(f"expected a name such as l1_w1 or l2_b2, not {name!r}")
    if parameter not in names(layers):
        raise InputError(_unknown(parameter, layers))


def _unknown(word: str, layers: int, groups: tuple[str, ...] = ()) -> str:
    """Say that `word` is no parameter, which ones there are, and which is the nearest."""
    known = names(layers)
    listed = ", ".join(known if layers <= 4 else ("w1", "b1", "…", f"w{layers}", f"b{layers}"))
    message = f"{reprlib.repr(word)} is not a parameter of this network, which has {listed}"
    if groups:
        message += f" (or {', '.join(groups)})"
    if numbered := re.fullmatch(r"([wb])(\d{1,9})", word, re.ASCII):
        meant: str | None = f"{numbered[1]}{min(max(int(numbered[2]), 1), layers)}"
    else:
        meant = nearest(word.lower(), [*known, *groups], 0.6)  # short names resemble easily
    return message + (f"; did you mean {meant}?" if meant else "")
