"""What lies where in a results directory, and whether a directory is one, and of which sweep."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from results.directory import durable, parts, sweeptoml
from results.errors import ResultsError

PARTS, SCRATCH, SET_ASIDE = "parts", "tmp", "set-aside"
CHECKPOINTS = "checkpoints"
RUNS, RUNS_CSV = "runs.parquet", "runs.csv"
HISTORY, FEATURES = "history.parquet", "features.parquet"

#: Where the parts of the tables are that lie beside that of runs, by kind; and the final ones.
BESIDE_PARTS = {"history": "history-parts", "features": "feature-parts"}
BESIDE = {"history": HISTORY, "features": FEATURES}

#: The final tables, in the order in which they are written.
FINAL = (*BESIDE.values(), RUNS_CSV, RUNS)

#: What is there before ``sweep.toml`` is.
_BEGUN = {".lock", PARTS, SCRATCH, SET_ASIDE}

#: Endings of what summaries, reports and pictures are written as.
_MADE = {".csv", ".parquet", ".html", ".png", ".svg", ".pdf"}

#: Keys of ``sweep.toml`` that may name files, which may come to lie elsewhere.
_FILES = ("data", "test")

#: How an older specification and the present one may be related: all is equal, or its grid is a
#: subset of the present one and all the rest equal.
Kin = Literal["same", "subset"]

#: Says that of an older specification, the keys of a ``sweep.toml`` or the dict that a part
#: carries; None where it is of another sweep.
Kinship = Callable[[dict[str, Any]], Kin | None]


def check(directory: Path) -> None:
    """Refuse what is neither a results directory nor empty nor yet to be made."""
    try:
        names = {path.name for path in directory.iterdir()}
        begun = ".lock" in names and names <= _BEGUN
        # Somebody may have deleted a damaged sweep.toml, as the message about it says.
        ours = sweeptoml.NAME in names or (
            PARTS in names
            and any(parts.is_name(path.name) for path in (directory / PARTS).iterdir())
        )
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise ResultsError(f"{directory} is a file, not a folder: give another --out") from None
    except OSError as error:
        raise ResultsError(f"{directory} cannot be read ({error.strerror})") from error
    if names and not begun and not ours:
        raise ResultsError(
            f"{directory} is no results directory, and not empty: give another --out"
        )


def compare(directory: Path, toml: str, kinship: Kinship, extend: bool) -> str | None:
    """Say how ``sweep.toml`` has to change to hold `toml`, None if it has not.

    It may be ``"new"``, ``"extended"``, or ``"moved"``, where a data file has another path.

    Raises
    ------
    ResultsError
        If the directory holds another sweep, or a subset and `extend` is not set.
    """
    if not (directory / sweeptoml.NAME).exists():
        return "new"
    old, new = tomllib.loads(sweeptoml.read(directory)), tomllib.loads(toml)
    if old == new:
        return None
    kin = kinship(old)
    if kin == "same":
        return None if all(old.get(key) == new.get(key) for key in _FILES) else "moved"
    if kin == "subset" and extend:
        return "extended"
    mend = "add --extend to add what is new" if kin else "give another --out"
    raise ResultsError(
        f"{directory} holds another sweep ({sweeptoml.differences(old, new)}): {mend}"
    )


def made(directory: Path) -> list[str]:
    """Names of the summaries, reports and pictures that lie in a directory."""
    names = (path.name for path in directory.iterdir() if path.suffix in _MADE)
    return sorted(name for name in names if name not in FINAL)


def own(path: Path) -> Path:
    """Make a folder of the directory where it is missing; a link would lead out of it."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise ResultsError(f"{path} is not a folder of its own: move it away and try again")
    durable.folder(path)
    return path
