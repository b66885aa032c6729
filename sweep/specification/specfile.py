"""A specification as TOML: what ``sweep run SPEC.toml`` reads, and results directories hold."""

import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sweep.errors import InputError, hint
from sweep.specification.data_hash import content_sha256
from sweep.specification.options import CHANGED, LATER, RUN_OPTIONS
from sweep.specification.validators import IN_MEMORY, NAMES, WORDS
from sweep.specification.values import text

#: Options that `write` leaves out where they are empty.
_LEFT_OUT = {"target", "vary", "path_order"}

#: What each kind of value is called.
_KINDS = {int: "a whole number", str: "text", bool: "true or false"}


def read(path: str | os.PathLike[str], known: Collection[str]) -> tuple[dict, dict]:
    """Read a file as the options of the experiment and the options of running it.

    ``known`` are those of the experiment.
    """
    try:
        toml = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {os.fspath(path)}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {os.fspath(path)}: it is not UTF-8 text") from None
    return parse(toml, os.fspath(path), known)


def parse(toml: str, source: str, known: Collection[str]) -> tuple[dict, dict]:
    """Do what `read` does with the text of a file that messages call ``source``."""
    try:
        keys = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source} is not TOML: {error}") from None
    experiment, running = {}, {}
    for key, value in keys.items():
        if key in known:
            experiment[key] = value
        elif key not in RUN_OPTIONS:
            every = [*known, *RUN_OPTIONS]
            raise InputError(f"{source}: unknown key {key!r}{hint(key, every, len(every))}")
        elif type(value) is not (kind := RUN_OPTIONS[key].kind):
            raise InputError(f"{source}: {key!r} should be {_KINDS[kind]}, not {value!r}")
        else:
            running[key] = value
    return as_meant(experiment, known), running


def as_meant(keys: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return the keys of a file with what it means by options that came after it.

    A file that names every option there was is one that `write` wrote: it stands for what it
    stood for then. Where some are left out, so are these, and have their defaults.
    """
    written = set(known) - set(LATER) - _LEFT_OUT <= set(keys)
    then = {name: LATER[name] for name in CHANGED} if written else {}
    return {**then, **keys}


def write(options: Mapping[str, Any]) -> str:
    """Write options of an experiment, by name, as TOML; see `Specification.to_toml`."""
    import tomli_w

    keys = {name: _plain(name, value) for name, value in options.items()}
    return tomli_w.dumps({name: value for name, value in keys.items() if value not in (None, {})})


def _plain(name: str, value: Any) -> Any:
    """Return a value as TOML has it; None for one that is left out."""
    if name == "data" and not isinstance(value, str):
        return f"{IN_MEMORY}{content_sha256(value)}>"
    if name in WORDS and not value:
        return WORDS[name][0]
    if name in ("hidden", "l1_on", "l2_on"):
        return ",".join(map(str, value)) or "none"
    if name in ("path_order", "metrics"):
        return ",".join(value) or None
    if name in NAMES:
        return list(value) or None
    if name == "vary":
        return {varied: text(numbers) for varied, numbers in value.items()}
    return text(value) if isinstance(value, tuple | range) else value
