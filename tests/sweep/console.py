"""``python -m sweep`` as a process of its own, and tables that can be compared."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(**changes):
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", **changes}


def start(*words, cwd, **changes):
    """Start a command, in a process group of its own."""
    command = [sys.executable, "-m", "sweep", *map(str, words)]
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def call(*words, cwd, **changes):
    """Run a command to its end: its exit status, standard output and standard error."""
    process = start(*words, cwd=cwd, **changes)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def wait(condition, seconds=60):
    """Wait until something is so."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
        time.sleep(0.02)


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
