"""``sweep bench``: what this machine does of fixed work, beside the most that it can do.

Each thread trains runs of its own. Drawing the order of the batches, metrics and rows are left
out. Everything is measured in turn, several times over, and its best time kept: what else the
machine does makes it slower, never faster.
"""

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import joblib

from kernels.timing import multiply_adds
from kernels.timing.phases import PHASES, Phases
from sweep.commands import bench_gpu
from sweep.commands.fixed_work import (
    DIGITS,
    IMAGES,
    PRECISIONS,
    WORKS,
    Trainer,
    Work,
    flops,
    specification,
)
from sweep.machine import description, lanes

#: Floating-point operations that a thread does between two looks at the clock; of work, an epoch
#: where that is more.
_PEAK_FLOPS, _WORK_FLOPS = 3e8, 6e8

#: Times that everything is measured; fewer where that takes longer than these seconds.
_ROUNDS, _SECONDS = 25, 30.0

_NOTES = f"""\
A second: runs of the article's 1000 epochs; of other work, epochs of one run.
GFLOP/s: two operations for each multiply-add of forward, of backward (not into the inputs) and of
the weights' gradients. Biases, exp, penalties and step take time, and count nothing.
Data: the default sweep of the article, its code frozen, which leaves no phases to time apart;
else random numbers: {DIGITS:,} samples of 64 inputs, as many as digits trains on; {IMAGES} of 784.
Phases are timed one by one, so that their sum is near the whole, and not equal to it."""


def show(as_json: bool) -> int:
    """Measure, and print tables or one JSON object."""
    found = measure()
    print(json.dumps(found) if as_json else "\n".join(tables(found)))
    return 0


def measure(works: tuple[Work, ...] = WORKS, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Measure some work in both precisions, on one thread and on all.

    Returns
    -------
    dict
        ``machine``; ``peak`` and ``work``, lists of what was measured, each ``on`` numbers of
        threads; ``gpu``, where there is one, see `sweep.commands.bench_gpu`.
    """
    threads = sorted({1, joblib.cpu_count()})
    jobs = [_Job(work, precision, threads) for work in works for precision in PRECISIONS]
    with ThreadPoolExecutor(threads[-1]) as pool:
        for job in _in_turn(jobs, rounds):
            job.measure(pool)
    rates = {
        (precision, count): count
        * _PEAK_FLOPS
        / min(job.best["peak", count] for job in jobs if job.precision == precision)
        for precision in PRECISIONS
        for count in threads
    }
    return {
        "machine": description(),
        "peak": [
            {
                "precision": precision,
                "on": [
                    {"threads": count, "gflops": rates[precision, count] / 1e9} for count in threads
                ],
            }
            for precision in PRECISIONS
        ],
        "work": [job.found(rates) for job in jobs],
        **({"gpu": gpu} if (gpu := bench_gpu.measure(works)) else {}),
    }


def _in_turn(jobs: "list[_Job]", rounds: int) -> "Iterator[_Job]":
    """Yield all jobs, round after round, with a progress bar where there is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console, begun = Console(stderr=True), time.perf_counter()
    hidden = not console.is_terminal
    turns = range(rounds * len(jobs))
    for i in track(turns, "measuring", console=console, transient=True, disable=hidden):
        if i >= len(jobs) and time.perf_counter() - begun > _SECONDS:
            return
        yield jobs[i % len(jobs)]


class _Job:
    """Work in one precision, compiled, and the best times of it and of the peak beside it."""

    def __init__(self, work: Work, precision: str, threads: list[int]) -> None:
        self.work, self.precision, self._threads = work, precision, threads
        self.best: dict[tuple, float] = defaultdict(lambda: math.inf)
        spec = specification(work, precision)
        if work.widths:
            runs = lanes(precision)
            epochs = round(_WORK_FLOPS / (runs * work.samples * flops(work.widths))) or 1
        else:
            runs, epochs = len(spec.seeds) * len(spec.l1) * len(spec.l2), spec.epochs
        self._peaks = [_Peak(precision) for _ in range(threads[-1])]
        self._trainers = [Trainer(spec, range(runs), epochs) for _ in range(threads[-1])]
        first = self._trainers[0]
        first()
        packs = first.packs
        self._phases = (
            None
            if packs.frozen
            else Phases(packs.net, packs.runs, first.samples, packs.step, first.batch)
        )

    def measure(self, pool: ThreadPoolExecutor) -> None:
        """Measure everything once."""
        for count in self._threads:
            for trainer in self._trainers[:count]:
                trainer.reset()
            self._time(pool, ("peak", count), self._peaks[:count])
            self._time(pool, ("whole", count), self._trainers[:count])
        if self._phases:
            for phase in PHASES:
                repeat = partial(self._phases.repeat, phase, self._trainers[0].epochs)
                self._time(pool, ("phase", phase), [repeat])

    def _time(self, pool: ThreadPoolExecutor, what: tuple, calls: Sequence[Callable]) -> None:
        """Time some calls, each in a thread of its own."""
        begun = time.perf_counter()
        for future in [pool.submit(call) for call in calls]:
            future.result()
        self.best[what] = min(self.best[what], time.perf_counter() - begun)

    def found(self, peaks: dict[tuple[str, int], float]) -> dict[str, Any]:
        """Return what was measured, beside the peak of each precision and number of threads."""
        first = self._trainers[0]
        done = first.packs.size * (first.epochs if self.work.widths else 1)
        on = []
        for count in self._threads:
            calls = count / self.best["whole", count]
            rate = first.flops * calls
            of_peak = rate / peaks[self.precision, count]
            on.append(
                {
                    "threads": count,
                    "a_second": done * calls,
                    "gflops": rate / 1e9,
                    "of_peak": of_peak,
                }
            )
        whole = self.best["whole", 1]
        phases = {name: self.best["phase", name] / whole for name in PHASES}
        return {
            "work": self.work.name,
            "precision": self.precision,
            "unit": "epochs" if self.work.widths else "runs",
            "on": on,
            "phases": phases if self._phases else None,
        }


class _Peak:
    """Nothing but multiply-adds."""

    def __init__(self, precision: str) -> None:
        self._sums = multiply_adds.begin(precision)
        self._rounds = round(_PEAK_FLOPS / (2 * self._sums.size))
        multiply_adds.multiply_add(self._sums, 1.0, 1.0, 1)

    def __call__(self) -> None:
        multiply_adds.multiply_add(self._sums, 1.0, 1.0, self._rounds)


def tables(found: dict[str, Any]) -> list[str]:
    """Return the lines of what `measure` found, at most 100 columns wide."""
    machine, threads = found["machine"], [on["threads"] for on in found["peak"][0]["on"]]
    lines = [f"{machine['cpu']}, vectors of {machine['vector_bits']} bits", ""]
    lines.append(_line("", "", [f"{count} thread{'s'[: count > 1]:8}" for count in threads], 31))
    for row in found["peak"]:
        rates = [f"{on['gflops']:,.1f}{'':9}" for on in row["on"]]
        lines.append(_line("multiply-adds alone", row["precision"], rates, 31))
    heads = ["a second", "GFLOP/s", "of peak"] * len(threads)
    lines += ["", _line("training", "", heads, 10)]
    for row in found["work"]:
        cells = [
            cell
            for on in row["on"]
            for cell in (f"{on['a_second']:,.0f}", f"{on['gflops']:,.1f}", f"{on['of_peak']:.0%}")
        ]
        lines.append(_line(row["work"], row["precision"], cells, 10))
    lines += ["", _line("share of time, 1 thread", "", [*PHASES, "sum"], 10)]
    for row in found["work"]:
        if row["phases"]:
            shares = [row["phases"][name] for name in PHASES]
            cells = [f"{share:.0%}" for share in (*shares, sum(shares))]
            lines.append(_line(row["work"], row["precision"], cells, 10))
    if "gpu" in found:
        lines += ["", *bench_gpu.tables(found["gpu"])]
    return [*lines, "", _NOTES]


def _line(name: str, precision: str, cells: list[str], width: int) -> str:
    return f"{name:26}{precision:8}" + "".join(f"{cell:>{width}}" for cell in cells)
