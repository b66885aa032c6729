"""``sweep.toml``: what a results directory is about, and how that differs from something else."""

from __future__ import annotations

import re
import reprlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from results.errors import ResultsError
from results.regular import opened

NAME = "sweep.toml"

#: Bytes of a file.
LARGEST = 2**24

#: Characters that are not those of a text in quotes: a parser takes long over them.
_MOST_OUTSIDE = 2**16

#: The largest integer of TOML.
_LARGEST_INTEGER = 2**63 - 1

#: A text in quotes, or a comment; where it does not end, up to the end of its line.
_QUOTED = re.compile(r""""(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*""")

#: Names within names, for which a parser's time grows with their square.
_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"")[ \t]*+\.[ \t]*+){4}""")


def parsed(data: bytes) -> dict[str, Any]:
    """Read TOML that may be a stranger's, in bounded time.

    Raises
    ------
    ValueError
        If it is none, or larger or deeper than what describes an experiment; one line.
    """
    if len(data) > LARGEST:
        raise ValueError(f"larger than {LARGEST} bytes")
    text = data.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n")
    frame = _QUOTED.sub('""', text)
    if len(frame) > _MOST_OUTSIDE:
        raise ValueError(f"more than {_MOST_OUTSIDE} characters outside of texts in quotes")
    if _DEEP.search(frame):
        raise ValueError("names within names within names")
    try:
        keys = tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _check_plain(list(keys.values()))
    return keys


def read(directory: Path) -> str:
    """Text of a directory's ``sweep.toml``, which is sure to be TOML.

    Raises
    ------
    ResultsError
        If there is none, or it is damaged.
    """
    path = directory / NAME
    try:
        if path.is_symlink():
            raise ResultsError(f"{path} is a link, and a results directory holds its own files")
        with opened(path) as file:
            data = file.read(LARGEST + 1)
        parsed(data)
    except (FileNotFoundError, NotADirectoryError):
        raise ResultsError(f"{directory} is no results directory: it has no {NAME}") from None
    except OSError as error:
        raise ResultsError(f"{path} cannot be read ({error.strerror})") from error
    except ResultsError:
        raise
    except ValueError as error:
        raise ResultsError(
            f"{path} is damaged ({str(error).splitlines()[0]}): delete it, then give the command "
            "that began the sweep, which writes it again and keeps what is finished"
        ) from error
    return data.removeprefix(b"\xef\xbb\xbf").decode()


def differences(old: dict[str, Any], new: dict[str, Any]) -> str:
    """One line of what differs: ``epochs: 100 -> 200, ...``."""
    return ", ".join(
        f"{key}: {before} -> {after}"
        for key, before, after in _pairs(old, new, "")
        if before != after
    )


def _pairs(old: dict[str, Any], new: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _pairs(before, after, f"{prefix}{key}.")
        elif before != after:
            yield f"{prefix}{key}", _short(before), _short(after)


def _short(value: Any) -> str:
    return "none" if value is None else reprlib.repr(value)


def _check_plain(values: list[Any]) -> None:
    """Refuse integers that TOML does not have: Python's are without bounds, but not as text."""
    for value in values:
        if isinstance(value, dict):
            _check_plain(list(value.values()))
        elif isinstance(value, list):
            _check_plain(value)
        elif isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
            raise ValueError("an integer of more than 64 bits")
