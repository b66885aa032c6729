"""Kill a small sweep at each operation on the disk in turn; run by test_faults in a process.

Usage: killed.py HOW SCENARIO FOLDER. Attempt N works in FOLDER/N, a copy of FOLDER/begun if there
is one, and is killed at its Nth operation; each part that `append` returned from is noted in
FOLDER/N.kept. Ends with the first attempt that passes untouched. Forking one process that has
all imported takes a tenth of starting each.
"""

import os
import shutil
import sys
from pathlib import Path

import pandas  # noqa: F401 -- pyarrow does so at the first table; here it is done once for all
from pytest import MonkeyPatch

from results.directory.store import Store
from tests.results import faults
from tests.results.scenarios import SCENARIOS


def note(kept):
    """Let `append` note the runs it has kept."""
    append = Store.append

    def noted(self, table, history=None):
        append(self, table, history)
        with kept.open("a") as file:
            print(*table["run"].to_pylist(), file=file)

    Store.append = noted


def main(how, name, folder):
    attempt, status = 0, -1
    while status:
        attempt += 1
        path = folder / str(attempt)
        if (folder / "begun").exists():
            shutil.copytree(folder / "begun", path)
        child = os.fork()
        if not child:
            note(path.with_suffix(".kept"))
            faults.install(MonkeyPatch(), attempt, how)
            SCENARIOS[name].work(path)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status not in (0, 9):
            sys.exit(f"attempt {attempt} ended with {status}")


main(*sys.argv[1:3], Path(sys.argv[3]))
