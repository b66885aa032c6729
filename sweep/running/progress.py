"""The progress line: runs done, runs a second, time left, the best loss so far, diverged."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from results.columns import RANKED

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console
    from rich.progress import Progress


class Report(Protocol):
    """Told of finished runs."""

    def __call__(self, runs: pa.Table) -> None:
        """Count the runs of these rows as finished."""


def _silent(runs: pa.Table) -> None:
    """Say nothing."""


def progress(total: int, done: int, quiet: bool) -> AbstractContextManager[Report]:
    """Return a context that shows progress on standard error, where that is a terminal.

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
    return _Bar(console, total, done) if console.is_terminal else nullcontext(_silent)


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
        self._begun = time.perf_counter()
        self._runs = self._diverged = 0
        self._best = float("inf")

    def __enter__(self) -> Report:
        self._progress.start()
        return self._advance

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _advance(self, runs: pa.Table) -> None:
        import pyarrow.compute as pc

        self._runs += len(runs)
        self._diverged += pc.sum(pc.equal(runs["status"], "diverged")).as_py()
        known = (runs[name] for name in RANKED if runs[name].null_count < len(runs))
        lowest = pc.min(next(known, runs[RANKED[-1]])).as_py()
        if lowest is not None:
            self._best = min(self._best, lowest)
        rate = self._runs / (time.perf_counter() - self._begun)
        self._progress.update(
            self._task,
            advance=len(runs),
            best=f"best {self._best:.3g}" if self._best < float("inf") else "",
            rate=f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s",
            diverged=f"{self._diverged:,} diverged" if self._diverged else "",
        )
