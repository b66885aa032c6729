"""Hold the code against what it gave once, on whatever processor and in whatever lanes.

    python -m tests.recorded --check

does so with all that the JSON files here hold; NUMBA_CPU_NAME, NUMBA_CPU_FEATURES and SWEEP_LANES
say what code is tried. Without ``--check`` what they do not hold yet is recorded: a new option's
values in `tests.recorded.covering`, say. What is there is never written again. To record it anew,
delete it by hand, and do so only where what comes out was meant to change, which needs a reason
that a user of the old results would accept: never to make a test pass.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any
from unittest import mock

from sweep.data import loading
from sweep.plan.experiment import prepare
from tests.kernels import hashing
from tests.recorded import cases, covering, recording

#: What one sweep may hold, and take by the plan's estimate.
MOST_RUNS, MOST_SECONDS = 200, 0.1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.recorded")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--cheap", action="store_true", help="compare what takes little time")
    parser.add_argument("--part", default="0/1", help="compare each N-th of these, from the K-th")
    parser.add_argument("--jobs", type=int, default=1, help="threads of a sweep")
    options = parser.parse_args()
    if options.check:
        first, each = map(int, options.part.split("/"))
        return check(options.cheap, slice(first, None, each), options.jobs)
    for kind in recording.KINDS:
        record(kind)
    return 0


def check(cheap: bool, part: slice, jobs: int) -> int:
    """Compare what is recorded; say what differs, and on what processor."""
    entries = [entry for entry in recording.entries() if not cheap or recording.cheap(entry)][part]
    different = [line for entry in entries for line in recording.differences(entry, jobs)]
    print(*different, sep="\n", file=sys.stderr)
    found = {"compared": len(entries), "different": len(different), **hashing.processor()}
    print(json.dumps(found))
    return 1 if different else 0


def record(kind: str) -> None:
    """Write what is not recorded yet."""
    entries = recording.entries(kind)
    known = [entry.given for entry in entries]
    new = [given for given in cases.of(kind) if given not in known]
    if kind == "sweeps":
        new += covering_of(known + new)
    entries += [recording.record(kind, given) for given in new]
    recording.write(kind, entries)
    print(f"{kind}: {len(entries)}, of which {len(new)} are new")


def covering_of(begun: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what covers the pairs of values that some specifications do not."""
    with mock.patch("sweep.data.loading.load", cache(loading.load)):
        added, impossible = covering.covering(begun, valid)
    every = covering.every_pair()
    counts = Counter(held(begun + added))
    none = sum(not counts[pair] for pair in every if pair not in impossible)
    print(f"{len(every)} pairs, {len(impossible)} found not valid; {none} others are in none")
    return added


def held(every: Iterable[dict[str, Any]]) -> Iterable[covering.Pair]:
    return (pair for given in every for pair in covering.pairs(covering.places(given)))


def valid(given: dict[str, Any]) -> bool:
    """Tell whether a specification can be run, in little time."""
    try:
        plan = prepare(recording.sweep_of(given)).plan
        total = plan.grid.total
    except ValueError:
        return False
    return total <= MOST_RUNS and total * plan.cost.seconds <= MOST_SECONDS


if __name__ == "__main__":
    sys.exit(main())
