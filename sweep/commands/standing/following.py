"""Following a sweep that another process runs: where it stands, live, until it ends.

The directory is looked at again and again; nothing in it is locked or changed.
"""

from __future__ import annotations

import math
import os
import sys
import time
from pathlib import Path

from results.labels import counted, printable
from sweep.commands.standing.status import counted_runs
from sweep.plan.recorded import recorded
from sweep.running.progress import Tally, display
from sweep.running.sink import Standing

#: Seconds between two looks.
EVERY_S = 1.0


def follow(directory: str | os.PathLike[str]) -> int:
    """Show where a sweep stands until no process works at it any more; return the exit status.

    That is 0 where all runs are finished, and 1 where some are left or in error.
    """
    from results.directory.locks import in_use

    seen: dict[Path, float] = {}
    working = in_use(Path(directory))  # asked first: who ends in between has finished
    now = _standing(directory, seen)
    if not working:
        return _end(directory, now)
    print(_line(directory, now), flush=True)
    tally = Tally(now)
    with (shown := display(tally, sys.stdout)):
        while in_use(Path(directory)):
            time.sleep(EVERY_S)
            tally.stand(_standing(directory, seen))
            shown.show()
    return _end(directory, _standing(directory, seen))


def _standing(directory: str | os.PathLike[str], seen: dict[Path, float]) -> Standing:
    """Look where a sweep stands; ``seen`` keeps the lowest loss of each part."""
    from results.columns import RANKED
    from results.directory import layout, parts

    spec, plan = recorded(directory)
    counts = counted_runs(directory, spec, plan)
    for path in (Path(directory) / layout.PARTS).glob("*.parquet"):
        if path not in seen and parts.is_name(path.name):
            try:
                seen[path] = parts.lowest(parts.table(path, ["status", *RANKED]))
            except (parts.Damaged, FileNotFoundError):  # counting says so, or it was put aside
                seen[path] = math.inf
    done = counts["total"] - counts["left"]
    return Standing(counts["total"], done, counts["diverged"], min(seen.values(), default=math.inf))


def _line(directory: str | os.PathLike[str], now: Standing) -> str:
    """Say where a sweep stands."""
    parts = [f"{now.done:,} of {counted(now.total, 'run')}", f"{now.diverged:,} diverged"]
    parts += [f"best run {now.lowest:.4g}"] if now.lowest < math.inf else []
    return f"{', '.join(parts)}: {printable(os.fspath(directory))}"


def _end(directory: str | os.PathLike[str], last: Standing) -> int:
    """Say how a sweep ended, and what can be done with it."""
    print(_line(directory, last))
    left = last.total - last.done
    if left:
        many = f"{counted(left, 'run')} {'is' if left == 1 else 'are'} left"
        print(f"nobody works at it, and {many}: the command that began it goes on with them")
    spec, plan = recorded(directory)
    if failed := counted_runs(directory, spec, plan)["error"]:
        print(f"{counted(failed, 'run')} ended in error: run it again with --retry-failed")
    return 1 if left or failed else 0
