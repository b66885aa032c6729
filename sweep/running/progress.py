"""Progress: runs done, runs a second, time left, the lowest loss of a run so far, diverged."""

from __future__ import annotations

import math
import sys
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from results.labels import counted

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console
    from rich.progress import Progress

    from sweep.running.sink import Sink, Standing

#: How often a line says where things stand, where no line can move, in seconds.
EVERY_S = 30.0

#: How often a bar in a notebook is redrawn, in seconds.
_MOMENT_S = 0.2

#: Columns of a short bar and of the time that is left, with their spaces.
_LEAST = 14


class Report(Protocol):
    """Told of finished runs."""

    def __call__(self, runs: pa.Table) -> None:
        """Count the runs of these rows as finished."""


def _silent(runs: pa.Table) -> None:
    """Say nothing."""


def progress(sink: Sink, quiet: bool) -> AbstractContextManager[Report]:
    """Return a context that shows progress on standard error: a bar, or lines for a log.

    Parameters
    ----------
    sink : Sink
        Where rows go: it tells where the sweep stands before it goes on.
    quiet : bool
        Show nothing.
    """
    return nullcontext(_silent) if quiet else display(Tally(sink.standing()), sys.stderr)


def display(tally: Tally, file: TextIO) -> Display:
    """Return what shows a tally: in a notebook, or as a text file can, a bar or lines for a log."""
    from rich.console import Console

    console = Console(file=file)
    if console.is_jupyter:
        return _Cell(tally)
    return _Bar(console, tally) if console.is_terminal else _Lines(tally, file)


class Display(Protocol):
    """Shows a tally while it is entered, and gives then what counts more runs and shows them."""

    def __enter__(self) -> Report:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End."""

    def show(self) -> None:
        """Show the tally as it is now."""


class Tally:
    """Counts what is finished, before and from now on."""

    def __init__(self, before: Standing) -> None:
        self.total, self.done, self.diverged, self.lowest = before
        self._before = before.done
        self._begun = time.perf_counter()

    def stand(self, now: Standing) -> None:
        """Take over where the sweep stands by now."""
        self.total, self.done, self.diverged, self.lowest = now

    def add(self, runs: pa.Table) -> None:
        """Count the runs of these rows."""
        import pyarrow.compute as pc

        from results.directory.parts import lowest

        self.done += len(runs)
        self.diverged += pc.sum(pc.equal(runs["status"], "diverged")).as_py()
        self.lowest = min(self.lowest, lowest(runs))

    @property
    def rate(self) -> float:
        """Runs a second, from now on."""
        return (self.done - self._before) / (time.perf_counter() - self._begun)


class _Lines:
    """A line now and then."""

    def __init__(self, tally: Tally, file: TextIO) -> None:
        self._tally, self._file = tally, file
        self._said = time.perf_counter()

    def __enter__(self) -> Report:
        return self._advance

    def __exit__(self, *_: object) -> None:
        """Say nothing more: the last line is the command's."""

    def _advance(self, runs: pa.Table) -> None:
        self._tally.add(runs)
        self.show()

    def show(self) -> None:
        """Say where things stand, if that was not said a moment ago."""
        tally = self._tally
        if tally.done == tally.total or time.perf_counter() - self._said < EVERY_S:
            return
        self._said = time.perf_counter()
        parts = [f"{tally.done:,} of {counted(tally.total, 'run')}", f"{tally.diverged:,} diverged"]
        parts += [f"{tally.rate:,.3g} a second"]
        with suppress(BrokenPipeError):  # unread or not, the sweep goes on
            print(*parts, sep=", ", file=self._file, flush=True)


class _Bar:
    """A progress bar in one line, which says less where there is less room."""

    def __init__(self, console: Console, tally: Tally) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress: Progress = Progress(
            TextColumn("{task.completed:,}/{task.total:,} runs"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[lowest]}"),
            TextColumn("{task.fields[diverged]}", style="yellow"),
            console=console,
            transient=True,
            expand=True,
        )
        self._tally = tally
        self._task = self._progress.add_task("", total=tally.total, **self._told())

    def __enter__(self) -> Report:
        self._progress.start()
        return self._advance

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _advance(self, runs: pa.Table) -> None:
        self._tally.add(runs)
        self.show()

    def show(self) -> None:
        """Redraw the bar."""
        self._progress.update(self._task, total=self._tally.total, **self._told())

    def _told(self) -> dict[str, Any]:
        tally = self._tally
        texts = {  # the most telling first
            "diverged": f"{tally.diverged:,} diverged" if tally.diverged else "",
            "lowest": f"best run {tally.lowest:.3g}" if tally.lowest < float("inf") else "",
            "rate": f"{tally.rate:,.0f}/s" if tally.rate >= 10 else f"{tally.rate:.2g}/s",
        }
        room = self._progress.console.width - len(f"{tally.total:,}/{tally.total:,} runs") - _LEAST
        for name, text in texts.items():
            if len(text) + 1 > room:
                texts[name] = ""
            else:
                room -= len(text) + 1
        return {"completed": tally.done, **texts}


class _Cell:
    """A bar in a notebook, below the cell that runs."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._shown = -math.inf

    def __enter__(self) -> Report:
        from IPython.display import display as show_in_cell

        self._handle: Any = show_in_cell(self, display_id=True)
        return self._advance

    def __exit__(self, *_: object) -> None:
        self._handle.update(self)

    def _advance(self, runs: pa.Table) -> None:
        self._tally.add(runs)
        self.show()

    def show(self) -> None:
        """Redraw the bar, if that was not done a moment ago."""
        if time.perf_counter() - self._shown >= _MOMENT_S:
            self._shown = time.perf_counter()
            self._handle.update(self)

    def __repr__(self) -> str:
        """Say where things stand, for what shows no HTML."""
        tally = self._tally
        parts = [f"{tally.done:,}/{tally.total:,} runs", f"{tally.rate:,.3g}/s"]
        left = (tally.total - tally.done) / tally.rate if tally.rate else math.inf
        parts += [f"{left:,.0f} s left"] if 0 < left < math.inf else []
        parts += [f"best run {tally.lowest:.3g}"] if tally.lowest < math.inf else []
        parts += [f"{tally.diverged:,} diverged"] if tally.diverged else []
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        tally = self._tally
        return f'<progress value="{tally.done}" max="{tally.total}"></progress> {self!r}'
