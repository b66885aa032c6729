"""``python -m sweep`` as a process of its own, and tables that can be compared."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]

#: Only what hangs takes so long, in seconds, however busy the machine.
LONG = 240


def environment(**changes):
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", **changes}


def start(*words, cwd, **changes):
    """Start a command, in a process group of its own, and not as under ``nohup``."""
    command = [sys.executable, "-m", "sweep", *map(str, words)]
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )


def call(*words, cwd, **changes):
    """Run a command to its end: its exit status, standard output and standard error."""
    process = start(*words, cwd=cwd, **changes)
    out, err = process.communicate(timeout=LONG)
    return process.returncode, out, err


def wait(condition):
    """Wait until something is so."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < LONG
        time.sleep(0.02)


class Watch:
    """Counts seconds, but for those in which a busy machine had others to serve.

    A clock counts these too, and says of a program that it is slow because others are at work. This
    is a process that does nothing but work, and the seconds are those that it was given: so many
    would any other have been given that had something to do. It is in a session of its own, as what
    `start` starts: Linux shares a processor out among sessions first.
    """

    def __enter__(self):
        code = "import os; parent = os.getppid()\nwhile os.getppid() == parent: sum(range(10**5))"
        command = [sys.executable, "-I", "-S", "-c", code]
        self._beside = subprocess.Popen(command, start_new_session=True)
        self._times = psutil.Process(self._beside.pid).cpu_times
        self._begun = 0
        wait(lambda: self.seconds() > 0)  # it works
        self.begin()
        return self

    def __exit__(self, *_):
        self._beside.kill()
        self._beside.wait()

    def begin(self):
        """Count from now on."""
        self._begun = sum(self._times()[:2])

    def seconds(self):
        return sum(self._times()[:2]) - self._begun

    def wait(self, condition, seconds):
        """Wait until something is so, which is to be before it has counted so many seconds."""
        while not condition():
            assert self.seconds() < seconds
            time.sleep(0.002)


def parts(directory):
    """Count the parts of a results directory that may not be there yet."""
    folder = Path(directory) / "parts"
    return len(list(folder.glob("*.parquet"))) if folder.is_dir() else 0


def status(directory):
    return json.loads(call("status", directory, "--json", cwd=ROOT)[1])


def rows(table):
    """Write a table of runs as text, a row a line; the same text means the same bits."""
    return table.drop(columns="seconds").to_csv(index=False).splitlines()


def csv(directory):
    """Read the lines of ``runs.csv``, but for the seconds: they are the last column."""
    lines = (Path(directory) / "runs.csv").read_text().splitlines()
    return [line.rpartition(",")[0] for line in lines]
