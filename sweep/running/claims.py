"""Claims: which tasks are left, beside joined processes that do others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from sweep.plan.plan import Plan
from sweep.running.interrupt import Interrupt
from sweep.running.sink import Sink
from sweep.training.rows import Ranges

#: How often a joined process asks again for the tasks of the others, in seconds.
_ASK_AGAIN = 0.2


def claims(plan: Plan, sink: Sink, interrupt: Interrupt) -> Iterator[tuple[int, Ranges] | None]:
    """Yield what is left to do, task by task, until nobody else is at work either.

    None stands for a pause: what is left is being done by others.
    """
    asked: Iterable[tuple[int, int]] = plan.tasks.ranges()
    while True:
        others = []
        for start, stop in asked:
            if interrupt.requested():
                return
            ranges = sink.claim(start, stop)
            if ranges is None:
                others.append((start, stop))
            elif ranges:
                yield start, ranges
        if not others:
            return
        yield None
        asked = others  # and not all: a plan may have millions of tasks
        time.sleep(_ASK_AGAIN)


def rounds(
    tasks: Iterable[tuple[int, Ranges] | None], size: int
) -> Iterator[list[tuple[int, Ranges]]]:
    """Yield so many claims at a time, and fewer where the rest are the others'."""
    some: list[tuple[int, Ranges]] = []
    for task in tasks:
        if task is not None:
            some.append(task)
        if some and (task is None or len(some) == size):
            yield some
            some = []
    if some:
        yield some
