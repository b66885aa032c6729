"""Progress: runs done, runs a second, time left, the best loss so far, diverged."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Protocol

from results.columns import RANKED
from results.labels import counted

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console
    from rich.progress import Progress


#: How often a line says where things stand, where no line can move, in seconds.
EVERY_S = 30.0


class Report(Protocol):
    """Told of finished runs."""

    def __call__(self, runs: pa.Table) -> None:
        """Count the runs of these rows as finished."""


def _silent(runs: pa.Table) -> None:
    """Say nothing."""


def progress(total: int, done: int, quiet: bool) -> AbstractContextManager[Report]:
    """Return a context that shows progress on standard error: a bar, or lines for a log.

    Parameters
    ----------
    total, done : int
        Runs of the sweep, and how many were finished before.
    quiet : bool
        Show nothing.
    """
    if quiet:
        return nullcontext(_silent)
    from rich.console import Console

    console = Console(stderr=True)
    return _Bar(console, total, done) if console.is_terminal else _Lines(total, done)


class _Tally:
    """Counts what finishes from now on."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self.runs = self.diverged = 0
        self.best = float("inf")

    def add(self, runs: pa.Table) -> None:
        """Count the runs of these rows."""
        import pyarrow.compute as pc

        self.runs += len(runs)
        self.diverged += pc.sum(pc.equal(runs["status"], "diverged")).as_py()
        known = (runs[name] for name in RANKED if runs[name].null_count < len(runs))
        lowest = pc.min(next(known, runs[RANKED[-1]])).as_py()
        if lowest is not None:
            self.best = min(self.best, lowest)

    @property
    def rate(self) -> float:
        """Runs a second."""
        return self.runs / (time.perf_counter() - self._begun)


class _Lines(AbstractContextManager[Report]):
    """A line now and then."""

    def __init__(self, total: int, done: int) -> None:
        self._tally = _Tally()
        self._total, self._before = total, done
        self._said = time.perf_counter()

    def __enter__(self) -> Report:
        return self._advance

    def __exit__(self, *_: object) -> None:
        """Say nothing more: the last line is the command's."""

    def _advance(self, runs: pa.Table) -> None:
        tally = self._tally
        tally.add(runs)
        done = self._before + tally.runs
        if done == self._total or time.perf_counter() - self._said < EVERY_S:
            return
        self._said = time.perf_counter()
        parts = [f"{done:,} of {counted(self._total, 'run')}", f"{tally.diverged:,} diverged"]
        parts += [f"{tally.rate:,.3g} a second"]
        with suppress(BrokenPipeError):  # unread or not, the sweep goes on
            print(*parts, sep=", ", file=sys.stderr, flush=True)


class _Bar:
    """A progress bar that fits 60 columns."""

    def __init__(self, console: Console, total: int, done: int) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress: Progress = Progress(
            TextColumn("{task.completed:,}/{task.total:,} runs"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[best]}"),
            TextColumn("{task.fields[diverged]}", style="yellow"),
            console=console,
            transient=True,
            expand=True,
        )
        shown: dict[str, Any] = {"rate": "", "best": "", "diverged": ""}
        self._task = self._progress.add_task("", total=total, completed=done, **shown)
        self._tally = _Tally()

    def __enter__(self) -> Report:
        self._progress.start()
        return self._advance

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _advance(self, runs: pa.Table) -> None:
        self._tally.add(runs)
        rate, best, diverged = self._tally.rate, self._tally.best, self._tally.diverged
        self._progress.update(
            self._task,
            advance=len(runs),
            best=f"best {best:.3g}" if best < float("inf") else "",
            rate=f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s",
            diverged=f"{diverged:,} diverged" if diverged else "",
        )
