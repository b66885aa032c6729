"""What each choice costs beside plain Nesterov and ReLU: ``python -m tests.benchmarks.choices``.

All train the same work on one core, one after the other in turn, several times over; the best time
of each counts, in seconds of CPU. Batches are drawn before. Compiling is timed apart: all kernels
of a sweep, in a process of its own each time, which begins with nothing compiled.
"""

import argparse
import math
import multiprocessing
import os
import sys
import tempfile
import time
from typing import Any
from unittest.mock import patch

import numpy as np

from sweep.commands.fixed_work import WORKS, Trainer, Work, specification
from sweep.plan.experiment import prepare
from sweep.specification.choices import ACTIVATIONS, LOSSES, OPTIMIZERS
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import compile_kernels

GROUPS = {"l1_method": "proximal", "l21": 1e-3}

#: Options that differ from the plain work's, which has the first of each table, and L1 by its
#: subgradient.
CHOICES: list[dict[str, Any]] = [
    {},
    *({"activation": word} for word in [*ACTIVATIONS][1:]),
    *({"loss": word} for word in [*LOSSES][1:]),
    *({"optimizer": word} for word in [*OPTIMIZERS][1:]),
    *({"optimizer": word, "l1_method": "proximal"} for word in OPTIMIZERS),
    GROUPS,
    {**GROUPS, "l21_on": "units"},
    {**GROUPS, "optimizer": "adam"},
    {"dropout": 0.2},
    {"schedule": "cosine"},
]

DIGITS, ARTICLE = WORKS[1], WORKS[0]

#: Work, of the article with code that is frozen, and how many epochs of it are a round.
MEASURED = ((DIGITS, 4), (ARTICLE, 1000))


def label(chosen: dict[str, Any]) -> str:
    """Return what a choice is called: its options, as they are typed."""
    typed = [f"--{name.replace('_', '-')} {value}" for name, value in chosen.items()]
    return f"`{' '.join(typed)}`" if typed else "plain"


def chosen_work(work: Work, precision: str, chosen: dict[str, Any]) -> Specification | None:
    """Return some work with other options, on targets that fit; None where there are none."""
    spec = specification(work, precision)
    if "loss" not in chosen:
        return spec.replace(**chosen)
    if not work.widths:
        return None
    draw, outputs = np.random.RandomState(0), work.widths[-1]
    x, classes = spec.data
    y = {
        "numbers": draw.standard_normal((len(x), outputs)),
        "answers": np.eye(outputs, dtype=int)[classes],
    }[LOSSES[chosen["loss"]].target]
    if chosen["loss"] == "poisson":
        y = draw.poisson(2, y.shape)
    return spec.replace(data=(x, y), **chosen)


def training(work: Work, epochs: int, precision: str, rounds: int) -> dict[str, float]:
    """Return the seconds that each choice takes, by its label."""
    specs = {label(chosen): chosen_work(work, precision, chosen) for chosen in CHOICES}
    trainers = {
        name: Trainer(spec, range(64), epochs) for name, spec in specs.items() if spec is not None
    }
    best = dict.fromkeys(trainers, math.inf)
    for _ in range(rounds + 1):  # the first compiles
        for name, trainer in trainers.items():
            trainer.reset()
            begun = time.thread_time()
            trainer()
            best[name] = min(best[name], time.thread_time() - begun)
    return best


def compiling(precision: str, rounds: int) -> dict[str, float]:
    """Return the seconds in which the kernels of each choice are compiled, for digits."""
    best = dict.fromkeys(map(label, CHOICES), math.inf)
    for _ in range(rounds):
        for chosen in CHOICES:
            with (
                tempfile.TemporaryDirectory() as folder,
                patch.dict(os.environ, NUMBA_CACHE_DIR=folder),
                multiprocessing.get_context("spawn").Pool(1) as process,
            ):
                seconds = process.apply(_compile, (precision, chosen))
            best[label(chosen)] = min(best[label(chosen)], seconds)
    return best


def _compile(precision: str, chosen: dict[str, Any]) -> float:
    spec = chosen_work(DIGITS, precision, chosen)
    assert spec is not None
    plan = prepare(spec).plan
    begun = time.process_time()
    compile_kernels(plan)
    return time.process_time() - begun


def table(found: dict[str, dict[str, float]]) -> str:
    """Return seconds, by what they are of and by choice, as a Markdown table of ratios."""
    lines = [f"| | {' | '.join(found)} |", f"| --- |{' ---: |' * len(found)}"]
    for name in map(label, CHOICES):
        cells = [
            f"{best[name] / best['plain']:.2f}" if name in best else "-" for best in found.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print a table of all choices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="[25]")
    parser.add_argument("--compiles", type=int, default=3, help="how often all is compiled [3]")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for work, epochs in MEASURED:
        for precision in ("float64", "float32"):
            found[f"{work.name}, {precision}"] = training(work, epochs, precision, options.rounds)
            print(f"{work.name}, {precision}: measured", file=sys.stderr, flush=True)
    if options.compiles:
        seconds = found["compiling, float64"] = compiling("float64", options.compiles)
    print(table(found))
    if options.compiles:
        print(f"\nCompiling what is plain takes {seconds['plain']:.2f} s of CPU.")


if __name__ == "__main__":
    main()
