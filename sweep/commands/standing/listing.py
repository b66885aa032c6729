"""The command that lists the sweeps in a folder: what each is, how far it is, how good."""

from __future__ import annotations

import json as json_format
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results.directory import layout, parts, sweeptoml
from results.errors import ResultsError
from results.labels import counted, number, printable
from sweep.errors import InputError
from sweep.specification.validators import IN_MEMORY

if TYPE_CHECKING:
    from sweep.plan.plan import Plan

#: Where sweeps are that nobody told to be elsewhere.
FOLDER = "runs"

#: What is rewritten as a sweep goes on.
_GOES_ON = (sweeptoml.NAME, layout.PARTS, layout.RUNS)

#: Characters of a name in the table.
_NAME = 24

#: Columns that are left out where there is no room, the first of them first.
_LESS = ("data", "size", "when", "grid")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A sweep in a folder.

    Attributes
    ----------
    directory : str
    when : datetime
        When a part of it was last written, by the times of its files.
    bytes : int
        What it takes on the disk.
    problem : str
        Why it cannot be read; then the rest is not known.
    data : str
    cells, seeds : int
    runs : dict of str to int
        How many are ``done``, ``diverged``, in ``error``, ``total`` and ``left``.
    in_use : bool
        Whether a process is at work in it.
    metric : str
        By which loss its cells are ranked.
    best : float
        The mean of its best cell; NaN where there is none yet.
    """

    directory: str
    when: datetime
    bytes: int
    problem: str = ""
    data: str = ""
    cells: int = 0
    seeds: int = 0
    runs: dict[str, int] | None = None
    in_use: bool = False
    metric: str = ""
    best: float = math.nan

    @property
    def state(self) -> str:
        """Say how far it is, in a word or two."""
        if self.runs is None:
            return "unreadable"
        failed = f", {counted(self.runs['error'], 'error')}" if self.runs["error"] else ""
        if not self.runs["left"]:
            return f"finished{failed}"
        done = self.runs["total"] - self.runs["left"]
        how = "running" if self.in_use else "stopped"
        return f"{how} {done:,}/{self.runs['total']:,}{failed}"


def show(folder: str, as_json: bool) -> int:
    """List the sweeps in a folder."""
    entries = sweeps_in(folder)
    if as_json:
        print(json_format.dumps({"folder": folder, "sweeps": [_plain(one) for one in entries]}))
    elif entries:
        print(*_lines(entries), sep="\n")
    else:
        print(f"no sweep is in {printable(folder)}")
    return 0


def sweeps_in(folder: str | os.PathLike[str]) -> list[Entry]:
    """Return the sweeps that lie in a folder, the newest first.

    Raises
    ------
    InputError
        If there is no such folder, unless it is `FOLDER`, or it is a results directory itself.
    """
    path = Path(folder)
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        if isinstance(error, FileNotFoundError) and folder == FOLDER:  # nothing was run yet
            return []
        raise InputError(
            f"{folder} is no folder to list ({error.strerror}): name another"
        ) from None
    if _is_sweep(path):
        raise InputError(f"{folder} is a sweep itself: list the folder that it is in")
    return sorted(map(_entry, filter(_is_sweep, inside)), key=lambda one: one.when, reverse=True)


def _is_sweep(path: Path) -> bool:
    """Tell whether a folder is a results directory, as far as its names say."""
    return os.path.lexists(path / sweeptoml.NAME) or any(
        parts.is_name(part.name) for part in path.glob(f"{layout.PARTS}/*")
    )


def _entry(directory: Path) -> Entry:
    times = [(directory / name).lstat().st_mtime for name in _GOES_ON if _there(directory / name)]
    files: dict[str, Any] = {
        "directory": str(directory),
        "when": datetime.fromtimestamp(max(times)).astimezone(),
        "bytes": _size(directory),
    }
    try:
        return Entry(**files, **_about(directory))
    except (ResultsError, InputError) as error:
        return Entry(**files, problem=str(error).splitlines()[0])


def _about(directory: Path) -> dict[str, Any]:
    """Read what a directory holds, from footers, and the losses of its runs."""
    from results.directory.locks import in_use
    from sweep.commands.standing.status import counted_runs
    from sweep.plan.recorded import recorded

    spec, plan = recorded(directory)
    runs = counted_runs(directory, spec, plan)
    metric, best = _best(directory, plan, bool(spec.halving and runs["left"]))
    in_memory = not isinstance(spec.data, str) or spec.data.startswith(IN_MEMORY)
    return {
        "data": "memory" if in_memory else Path(str(spec.data)).stem,
        "cells": plan.grid.cells,
        "seeds": len(spec.seeds),
        "runs": runs,
        "in_use": in_use(directory),
        "metric": metric,
        "best": best,
    }


def _best(directory: Path, plan: Plan, racing: bool) -> tuple[str, float]:
    """Return which loss ranks the cells of a directory, and the mean of the best, if there is."""
    import results
    from results.cells.streamed import summary
    from results.cells.summary import deciding
    from results.columns import RANKED
    from sweep.commands.look import loaded

    cells = summary(directory, RANKED)
    if cells is None and not racing:  # of other rungs no cells are compared
        runs = loaded(directory, plan)
        if (runs["status"] != "error").any():
            cells = results.summary(runs, [name for name in RANKED if name in runs])
    if cells is None or cells.empty:
        return "", math.nan
    metric = deciding(cells)
    try:
        return metric, float(results.best(cells)[f"mean_{metric}"].iloc[0])
    except ResultsError:  # no cell has a finite loss
        return metric, math.nan


def _there(path: Path) -> bool:
    return os.path.lexists(path)


def _size(directory: Path) -> int:
    """Add up the files of a directory; what a running sweep removes meanwhile is none."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _plain(entry: Entry) -> dict[str, Any]:
    about = {
        "directory": entry.directory,
        "when": entry.when.isoformat(timespec="seconds"),
        "bytes": entry.bytes,
    }
    if entry.problem:
        return about | {"problem": entry.problem}
    return about | {
        "data": entry.data,
        "cells": entry.cells,
        "seeds": entry.seeds,
        **(entry.runs or {}),
        "state": entry.state,
        "metric": entry.metric or None,
        "best": entry.best if math.isfinite(entry.best) else None,
    }


def _lines(entries: Sequence[Entry]) -> list[str]:
    """Lay the sweeps out as a table, and say below why some cannot be read."""
    from results.terminal.look import width_of, wrapped

    width = width_of(sys.stdout)
    columns = {
        "sweep": [_short(printable(Path(one.directory).name)) for one in entries],
        "state": [one.state for one in entries],
        **{
            metric: [number(one.best) if one.metric == metric else "" for one in entries]
            for metric in dict.fromkeys(one.metric for one in entries if one.metric)
        },
        "grid": [f"{one.cells:,} x {one.seeds:,}" if one.runs else "" for one in entries],
        "when": [f"{one.when:%Y-%m-%d}" for one in entries],
        "size": [_bytes(one.bytes) for one in entries],
        "data": [printable(one.data) for one in entries],
    }
    sizes = {name: max(map(len, (name, *texts))) for name, texts in columns.items()}
    left_out: list[str] = []
    for name in _LESS:
        if sum(sizes.values()) + 2 * (len(sizes) - 1) > width:
            del sizes[name], columns[name]
            left_out.insert(0, name)
    words = ("sweep", "state", "data")
    lines = [
        "  ".join(
            f"{text:{sizes[name]}}" if name in words else f"{text:>{sizes[name]}}"
            for name, text in zip(columns, row, strict=True)
        ).rstrip()
        for row in zip(*([name, *texts] for name, texts in columns.items()), strict=True)
    ]
    told = [f"No room here for {', '.join(left_out)}."] if left_out else []
    told += [printable(one.problem) for one in entries if one.problem]
    return [*lines, *(line for text in told for line in wrapped(text, width))]


def _short(name: str) -> str:
    """Cut a long name; --json has all of it."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 3]}..."


def _bytes(count: float) -> str:
    """Write a number of bytes as one says it: ``84 kB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"
