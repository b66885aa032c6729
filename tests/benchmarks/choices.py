"""What each choice costs beside plain Nesterov and ReLU: ``python -m tests.benchmarks.choices``.

All train the same work on one core, one after the other in turn, several times over; the best time
of each counts, in seconds of CPU, and is told as a ratio. Batches are drawn before.
"""

import argparse
import math
import time
from typing import Any

from sweep.commands.fixed_work import WORKS, Trainer, specification

PLAIN = "relu"

#: Options that differ from the plain work's, by what is told of them.
CHOICES: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "leaky_relu": {"activation": "leaky_relu"},
    "tanh": {"activation": "tanh"},
    "logistic": {"activation": "logistic"},
    "elu": {"activation": "elu"},
    "identity": {"activation": "identity"},
    "proximal": {"l1_method": "proximal"},
    "momentum": {"optimizer": "momentum"},
    "adam": {"optimizer": "adam"},
    "adam, proximal": {"optimizer": "adam", "l1_method": "proximal"},
    "adamw": {"optimizer": "adamw"},
    "rmsprop": {"optimizer": "rmsprop"},
    "dropout": {"dropout": 0.5},
    "groups": {"l1_method": "proximal", "l21": 1e-3},
    "groups of units": {"l1_method": "proximal", "l21": 1e-3, "l21_on": "units"},
    "adam, groups": {"optimizer": "adam", "l1_method": "proximal", "l21": 1e-3},
}

#: Work, and epochs of it: the article, whose code is frozen, and a network of digits.
MEASURED = ((WORKS[0], 1000), (WORKS[1], 4))


def main() -> None:
    """Measure, and print one line for each work and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="[25]")
    options = parser.parse_args()
    for work, epochs in MEASURED:
        for precision in ("float64", "float32"):
            plain = specification(work, precision)
            trainers = {
                name: Trainer(plain.replace(**chosen), range(64), epochs)
                for name, chosen in CHOICES.items()
            }
            best = dict.fromkeys(CHOICES, math.inf)
            for _ in range(options.rounds + 1):  # the first compiles
                for name, trainer in trainers.items():
                    trainer.reset()
                    begun = time.thread_time()
                    trainer()
                    best[name] = min(best[name], time.thread_time() - begun)
            times = ", ".join(f"{name} {s / best[PLAIN]:.2f}" for name, s in best.items())
            print(f"{work.name}, {precision}: {times}", flush=True)


if __name__ == "__main__":
    main()
