"""Kill sweeps at random moments, and go on with them; run by test_interrupt in a process.

Usage: killed.py FOLDER KILLS. The sweep is done once in FOLDER/whole, and again in FOLDER/0,
FOLDER/1, ... until so many kills have hit. Forking one process that has all imported takes a
tenth of starting each. Prints a line for each kill: the directory, and the parts that it had.
"""

import gc
import os
import random
import signal
import sys
import time
from itertools import count
from pathlib import Path

# A sweep imports these when it needs them: here they are imported once, for all sweeps.
import joblib  # noqa: F401
import pandas  # noqa: F401
import psutil
import pyarrow.parquet  # noqa: F401

from sweep import Sweep
from sweep.commands import command_line
from sweep.commands.sweeps import run  # noqa: F401
from sweep.plan import tasks
from sweep.plan.experiment import prepare
from sweep.training.chosen_kernels import compile_kernels
from tests.sweep.console import LONG, parts

#: Dozens of tasks of some milliseconds each.
OPTIONS = {"data": "wine", "hidden": "8", "l1": "0,1e-3,1e-2", "l2": "0,1e-2", "history": "5"}
OPTIONS |= {"epochs": "15", "seeds": "0:40", "permutations": "0"}
WORDS = ["run", "--quiet", "--jobs", "1"]
WORDS += [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]

#: The longest that a sweep may work before it is killed, as a share of what the whole one took, in
#: seconds of the processor: a clock would count what a busy machine does for others too.
LONGEST = 0.4

#: How often one sweep is killed: more would fall upon its end, which takes about as long.
MOST = 8

#: Seconds in which the system counts such time.
TICK = 0.01


def begin(path: Path) -> int:
    """Start, or go on with, the sweep in a directory, in a process of its own; return that."""
    child = os.fork()
    if not child:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        os._exit(command_line.command_line([*WORDS, "--out", str(path)]))
    return child


def ends(child: int) -> tuple[bool, float]:
    """Wait for a process; tell whether it ended by itself, and how long it worked."""
    _, status, took = os.wait4(child, 0)
    if (status := os.waitstatus_to_exitcode(status)) not in (0, -signal.SIGKILL):
        sys.exit(f"a sweep ended with {status}")
    return status == 0, took.ru_utime + took.ru_stime


def wait_until_worked(child: int, seconds: float) -> None:
    """Wait until a process has worked for so long, or has ended."""
    process, begun = psutil.Process(child), time.monotonic()
    while sum(process.cpu_times()[:2]) < seconds and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() - begun < LONG
        time.sleep(0.002)


def main(folder: Path, kills: int) -> None:
    os.fsync = os.fstat  # a kill loses nothing that the system was given, and disks are slow
    tasks.TASK_SECONDS = 1e-9
    spec = Sweep(**{name: int(v) if v.isdigit() else v for name, v in OPTIONS.items()})
    compile_kernels(prepare(spec).plan)
    gc.freeze()  # or each would look at all that is here once more, and copy it
    _, took = ends(begin(folder / "whole"))
    moments = random.Random(0)
    hits = 0
    for sweep in count():
        path = folder / str(sweep)
        for _ in range(min(MOST, kills - hits)):
            child = begin(path)
            wait_until_worked(child, moments.uniform(0, LONGEST * took))
            time.sleep(moments.uniform(0, TICK))
            os.kill(child, signal.SIGKILL)
            ended, _ = ends(child)
            if ended:
                break
            hits += 1
            print(sweep, parts(path))
        else:
            ends(begin(path))
        if hits == kills:
            return


main(Path(sys.argv[1]), int(sys.argv[2]))
