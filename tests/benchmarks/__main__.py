"""regsweep beside what one would use instead: ``python -m tests.benchmarks``.

All train the same runs, all cores theirs, one after the other in turn, several times over; the
best time of each counts. Compiling and starting workers is done before, and told apart. Peers that
are not installed are left out.
"""

import argparse
import datetime
import importlib
import json
import math
import platform
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from sweep.commands.fixed_work import flops
from sweep.machine import description
from tests.benchmarks.problem import Problem, problems

PEERS = (
    "regsweep",
    "whole_sweep",
    "jax_vmap",
    "torch_vmap",
    "torch_loop",
    "sklearn_mlp",
    "scalar_loop",
    "numpy_loop",
    "document",
)

#: Final losses differ by no more, relatively: rounding, where a sum has another order.
TOLERANCE = {"float64": 1e-6, "float32": 1e-2}


class Entry:
    """A peer at some work, the fastest way it has of doing it."""

    def __init__(self, problem: Problem, peer: ModuleType) -> None:
        self.problem, self.peer = problem, peer
        self.first = 0.0
        self.seconds = math.inf
        self.runs, self.how = 0, ""
        self.result: np.ndarray | None = None
        self._run: Callable | None = None
        for how, runs, run in peer.candidates(problem):
            (first, _), (second, result) = _timed(run), _timed(run)
            if second / runs < self.seconds:
                self.first, self.seconds = max(0.0, first - second), second / runs
                self.runs, self.how, self.result, self._run = runs, how, result, run

    def measure(self) -> None:
        """Time the work once more."""
        if self._run:
            self.seconds = min(self.seconds, _timed(self._run)[0] / self.runs)

    def row(self, ours: "Entry") -> dict[str, Any]:
        """Return what was found, beside regsweep itself."""
        if not self._run:
            return {"work": self.problem.name, "peer": self.peer.NAME, "seconds_a_run": None}
        samples = self.problem.order.size
        return {
            "work": self.problem.name,
            "peer": self.peer.NAME,
            "seconds_a_run": self.seconds,
            "seconds_an_epoch": self.seconds / self.problem.epochs,
            "times_ours": self.seconds / ours.seconds,
            "gflops": samples * flops(self.problem.widths) / self.seconds / 1e9,
            "first_call": self.first,
            "runs": self.runs,
            "how": self.how,
            "loss_differs_by": self._difference(ours),
        }

    def _difference(self, ours: "Entry") -> float | None:
        """Return how much the losses differ from ours, of a few runs, relatively."""
        if not self.peer.SAME:
            return None
        assert self.result is not None and ours.result is not None
        some = self.problem.take(self.runs)
        index = np.linspace(0, self.runs - 1, min(self.runs, 16)).astype(int)
        losses = some.pick(index).losses(self.result[index])
        expected = some.pick(index).losses(ours.result[some.runs[index]])
        assert np.isfinite(losses).all()
        return float(np.max(np.abs(losses - expected) / np.abs(expected)))


def _timed(run: Callable) -> tuple[float, Any]:
    time.sleep(0.05)  # threads that spin after their work go to sleep first
    begun = time.perf_counter()
    result = run()
    return time.perf_counter() - begun, result


def measure(rounds: int, only: str, peers: list[str]) -> dict[str, Any]:
    """Measure all peers at all work that is asked for, see `_asked_for`."""
    modules = [peer for peer in map(_installed, peers) if peer]
    rows = []
    for problem in problems():
        if not _asked_for(only, problem.name):
            continue
        entries = []
        for peer in modules:
            entries.append(Entry(problem, peer))
            _say(f"{problem.name}: {peer.NAME} {entries[-1].how}")
        for _ in range(rounds):
            for entry in entries:
                entry.measure()
        for entry in entries:
            row = entry.row(entries[0])
            rows.append(row)
            if (row.get("loss_differs_by") or 0) > TOLERANCE[problem.precision]:
                _say(f"{row['peer']} trains something else at {problem.name}: {row}")
    return {"machine": _machine(), "rounds": rounds, "rows": rows}


def _asked_for(only: str, name: str) -> bool:
    """Return whether a name contains one of the texts, of which there may be several: a,b."""
    return any(text in name for text in only.split(","))


def _installed(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"tests.benchmarks.{name}")
    except ImportError as error:
        _say(f"left out: {name} ({error})")
        return None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _machine() -> dict[str, Any]:
    found = description()
    info = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    versions = {"Python": platform.python_version()}
    for package in ("numpy", "numba", "scikit-learn", "torch", "jax"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "cpu": f"{names[0] if names else platform.processor()} ({found['cpu']})",
        "threads": found["threads"],
        "date": datetime.date.today().isoformat(),
        "versions": versions,
    }


def table(found: dict[str, Any]) -> str:
    """Return what was measured as a Markdown table."""
    rows = found["rows"]
    works = list(dict.fromkeys(row["work"] for row in rows))
    peers = list(dict.fromkeys(row["peer"] for row in rows))
    by = {(row["work"], row["peer"]): row for row in rows}
    heads = [f"{work}, {'us a run' if _tiny(work) else 'ms an epoch'}" for work in works]
    lines = ["| | " + " | ".join([*heads, "first call"]) + " |"]
    lines.append("| --- |" + " ---: |" * (len(works) + 1))
    for peer in peers:
        own = [by[work, peer] for work in works]
        slowest = max((row["first_call"] for row in own if row["seconds_a_run"]), default=0.0)
        cells = [_cell(row) for row in own]
        lines.append(f"| {peer} | " + " | ".join([*cells, f"{slowest:.1f} s"]) + " |")
    machine = found["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines += [
        "",
        f"{machine['cpu']}, {machine['threads']} cores, {machine['date']}; {versions}. "
        f"All cores, best of {found['rounds']}; in brackets, times as long as regsweep. First "
        "call: how much longer than the next the slowest took, to compile or to start workers. "
        "`Sweep.run()` also draws, measures before and after, and makes the table of runs.",
    ]
    return "\n".join(lines)


def _tiny(work: str) -> bool:
    return work.startswith("article")


def _cell(row: dict[str, Any]) -> str:
    if not row["seconds_a_run"]:
        return "-"
    scaled = row["seconds_a_run"] * 1e6 if _tiny(row["work"]) else row["seconds_an_epoch"] * 1e3
    shown = f"{scaled:,.0f}" if scaled >= 100 else f"{scaled:.3g}"
    ratio = row["times_ours"]
    return f"{shown} ({ratio:,.0f})" if ratio >= 100 else f"{shown} ({ratio:.3g})"


def main() -> None:
    """Measure, and print the table or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=5, help="how often all is measured [5]")
    parser.add_argument("--only", default="", help="work whose name contains this, or one of a,b")
    parser.add_argument("--peers", default=",".join(PEERS), help="which, by the names of the files")
    options = parser.parse_args()
    peers = list(dict.fromkeys(["regsweep", *options.peers.split(",")]))
    names = [problem.name for problem in problems()]
    if not any(_asked_for(options.only, name) for name in names):
        parser.error(f"--only {options.only}: no work is called so; there is {'; '.join(names)}")
    found = measure(options.rounds, options.only, peers)
    print(json.dumps(found) if options.json else table(found))


if __name__ == "__main__":
    main()
