"""A process at work in a results directory, for test_locks and test_reading.

Usage: worker.py WHAT DIR LOG [SIZE]. `hold` opens the directory and waits for its standard input
to end, `join` the same but joined; `share` waits for a line there and works as a joined process,
with tasks of SIZE runs, until all is done; `stall` does so at once, and stops for good with a task
claimed; `slow` works alone. Runs that were appended are noted in LOG.
"""

import sys
import time
from pathlib import Path

from tests.results.rows import Fake

FAKE = Fake(seeds=tuple(range(20)))


def work(store, size, log, stall=False):
    """Do every task that no other process has, again and again until nothing is missing."""
    while missing := store.missing(0, FAKE.total):
        for start in range(missing[0][0], FAKE.total, size):
            stop = min(start + size, FAKE.total)
            with store.claim(start, stop) as ours:
                if not ours:
                    continue
                if stall and start:
                    print("stalled", flush=True)
                    time.sleep(600)
                for first, last in store.missing(start, stop):
                    time.sleep(0.01)
                    store.append(FAKE.rows(range(first, last)))
                    print(*range(first, last), file=log, flush=True)
        time.sleep(0.01)


def main(what, path, log, size="5"):
    with (
        Path(log).open("a") as log,
        FAKE.open(Path(path), join=what in ("join", "share", "stall")) as store,
    ):
        print("open", flush=True)
        if what in ("hold", "join"):
            sys.stdin.read()
        else:
            if what == "share":
                sys.stdin.readline()
            work(store, int(size), log, what == "stall")
            store.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
