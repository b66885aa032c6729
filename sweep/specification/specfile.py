"""A specification as TOML: what ``sweep run SPEC.toml`` reads, and results directories hold."""

import os
import reprlib
from collections.abc import Collection, Mapping
from typing import Any

from results.directory.sweeptoml import LARGEST, parsed
from results.regular import opened
from sweep.errors import InputError, hint
from sweep.specification.axes import PACKS
from sweep.specification.choices import TAKEN
from sweep.specification.data_hash import content_sha256
from sweep.specification.options import CHANGED, LATER, RUN_OPTIONS
from sweep.specification.several.alternatives import label, several
from sweep.specification.validators import IN_MEMORY, NAMES, WORDS
from sweep.specification.values import text

#: Options that shape code or arrays: several of them are one text.
_SEVERAL = {axis.field for axis in PACKS}

#: Options that `write` leaves out where they are empty, or where nothing chosen takes them.
_LEFT_OUT = {"target", "vary", "path_order", *TAKEN}


def read(path: str | os.PathLike[str], known: Collection[str]) -> dict[str, Any]:
    """Read a file as the options of the experiment, of which there are the ``known``."""
    try:
        with opened(path) as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot read {os.fspath(path)}: {error.strerror}") from None
    return parse(data, os.fspath(path), known)


def parse(toml: bytes, source: str, known: Collection[str]) -> dict[str, Any]:
    """Do what `read` does with the content of a file that messages call ``source``.

    How a sweep is run stands in no file: a stranger's would say what to connect to, and where to
    write.
    """
    try:
        keys = parsed(toml)
    except UnicodeDecodeError:
        raise InputError(f"cannot read {source}: it is not UTF-8 text") from None
    except ValueError as error:
        raise InputError(f"{source} is not TOML: {error}") from None
    for key in keys:
        if key in RUN_OPTIONS:
            raise InputError(
                f"{source}: {key!r} says how to run, and no file may: take it out, and give "
                f"--{key.replace('_', '-')} on the command line or {key} to run()"
            )
        if key not in known:
            raise InputError(
                f"{source}: unknown key {reprlib.repr(key)}{hint(key, known, len(known))}"
            )
    return as_meant(keys, known)


def as_meant(keys: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return the keys of a file with what it means by options that came after it.

    A file that names every option there was is one that `write` wrote: it stands for what it
    stood for then. Where some are left out, so are these, and have their defaults.
    """
    written = set(known) - set(LATER) - _LEFT_OUT <= set(keys)
    if not written:
        return dict(keys)
    meant = {**{name: LATER[name] for name in CHANGED}, **keys}
    if isinstance(keys.get("target"), str):
        meant["target"] = [keys["target"]]  # of one name, whatever commas are in it
    return meant


def write(options: Mapping[str, Any]) -> str:
    """Write options of an experiment, by name, as TOML; see `Specification.to_toml`."""
    import tomli_w

    keys = {name: _plain(name, value) for name, value in options.items()}
    return tomli_w.dumps({name: value for name, value in keys.items() if value not in (None, {})})


def _plain(name: str, value: Any) -> Any:
    """Return a value as TOML has it; None for one that is left out."""
    if name == "data" and not isinstance(value, str):
        return f"{IN_MEMORY}{content_sha256(value)}>"
    if name in WORDS and value == WORDS[name][1]:
        return WORDS[name][0]
    if name == "hidden":
        return "/".join(str(label(name, one)) for one in several(name, value))
    if name in _SEVERAL and isinstance(value, tuple):
        return ",".join(str(_plain(name, one)) for one in value)
    if name in ("l1_on", "l2_on"):
        return ",".join(value) or "none"
    if name in ("path_order", "metrics"):
        return ",".join(value) or None
    if name in NAMES or (name == "target" and isinstance(value, tuple)):
        return list(value) or None
    if name == "vary":
        return {varied: text(numbers) for varied, numbers in value.items()}
    return text(value) if isinstance(value, tuple | range) else value
