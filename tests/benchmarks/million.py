"""A million runs in one command, beside its kernels alone: ``python -m tests.benchmarks.million``.

The kernels train tasks of the same sweep on all cores before the command and after it, since the
machine may be faster at one time than at another. Memory is the peak of the command's process.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np

from sweep import Sweep
from sweep.commands.fixed_work import Trainer
from sweep.plan.experiment import prepare

#: How long the kernels train, before and after, in seconds.
_SECONDS = 5.0


def kernels_alone(spec: Sweep) -> float:
    """Return the seconds that the kernels would take for all runs, on all cores."""
    plan = prepare(spec).plan
    threads = joblib.cpu_count()
    numbers = np.linspace(0, plan.grid.total - plan.tasks.runs, threads).astype(int)
    tasks = [Trainer(spec, n + np.arange(plan.tasks.runs), spec.epochs) for n in numbers]

    def train(task: Trainer) -> tuple[int, float]:
        begun, done = time.perf_counter(), 0
        while time.perf_counter() - begun < _SECONDS:
            task.reset()
            task()
            done += plan.tasks.runs
        return done, time.perf_counter() - begun

    for task in tasks:
        task()  # compiles
    with ThreadPoolExecutor(threads) as pool:
        return plan.grid.total / sum(done / seconds for done, seconds in pool.map(train, tasks))


def main() -> None:
    """Measure, and print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:100", help="10,000 runs for each [0:100]")
    options = parser.parse_args()
    axis = "1e-4:1e-1:log100"
    spec = Sweep(l1=axis, l2=axis, seeds=options.seeds)
    before = kernels_alone(spec)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "runs"
        command = [sys.executable, "-m", "sweep", "run", "--json", "--out", str(out)]
        command += ["--l1", axis, "--l2", axis, "--seeds", options.seeds]
        begun = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        whole = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 2**20
    alone = (before + kernels_alone(spec)) / 2
    found = json.loads(done.stdout)
    print(f"runs            {found['total']:,}")
    print(f"whole command   {whole:.1f} s, {found['total'] / whole:,.0f} runs a second")
    for name, seconds in found["seconds"].items():
        print(f"  {name:14}{seconds:.1f} s")
    print(f"kernels alone   {alone:.1f} s ({before:.1f} s before)")
    print(f"ratio           {whole / alone:.2f}")
    print(f"peak memory     {peak:.0f} MiB")
    print(f"directory       {size:.0f} MiB")


if __name__ == "__main__":
    main()
