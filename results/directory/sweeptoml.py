"""``sweep.toml``: what a results directory is about, and how that differs from something else."""

from __future__ import annotations

import reprlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from results.errors import ResultsError

NAME = "sweep.toml"

_LARGEST = 2**26


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
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ValueError(f"larger than {_LARGEST} bytes")
        text = data.decode()
        tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        raise ResultsError(f"{directory} is no results directory: it has no {NAME}") from None
    except OSError as error:
        raise ResultsError(f"{path} cannot be read ({error.strerror})") from error
    except ResultsError:
        raise
    except (ValueError, RecursionError) as error:
        raise ResultsError(
            f"{path} is damaged ({str(error).splitlines()[0]}): delete it, then give the command "
            "that began the sweep, which writes it again and keeps what is finished"
        ) from error
    return text


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
