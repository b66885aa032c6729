"""Claims: which tasks are left, beside joined processes that do others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sweep.plan.plan import Plan, Ranges
from sweep.running.interrupt import Interrupt
from sweep.running.sink import Sink

#: How often a joined process asks again for the tasks of the others, in seconds.
_ASK_AGAIN = 0.2


class Claim(NamedTuple):
    """What is left to do of a task.

    Attributes
    ----------
    start : int
        Where the task begins.
    plan : Plan
        That of its part.
    ranges : list of (int, int)
        The runs.
    """

    start: int
    plan: Plan
    ranges: Ranges


def claims(
    asked: Iterable[tuple[Plan, Ranges]], sink: Sink, interrupt: Interrupt
) -> Iterator[Claim | None]:
    """Yield what is left to do of tasks, until nobody else is at work at them either.

    None stands for a pause: what is left is being done by others.
    """
    while True:
        others = []
        for plan, task in asked:
            if interrupt.requested():
                return
            ranges = sink.claim(task)
            if ranges is None:
                others.append((plan, task))
            elif ranges:
                yield Claim(task[0][0], plan, ranges)
        if not others:
            return
        yield None
        asked = others  # and not all: a plan may have millions of tasks
        time.sleep(_ASK_AGAIN)


def rounds(tasks: Iterable[Claim | None], size: int) -> Iterator[list[Claim]]:
    """Yield so many claims at a time, and fewer where the rest are the others'."""
    some: list[Claim] = []
    for task in tasks:
        if task is not None:
            some.append(task)
        if some and (task is None or len(some) == size):
            yield some
            some = []
    if some:
        yield some
