"""How often an interval holds the truth: ``python -m tests.benchmarks.coverage``.

Each repetition draws a new data set from a known distribution, and a sweep of three penalties is
run on it with seeds that no other has. An interval that covers new data has to hold the mean loss
that networks of that penalty have, over all data sets of that size and all seeds. What that is,
networks tell that train on a few rows of large sets, and are measured on the rest. Printed is, for
Student's t over the seeds and for the intervals of `results.summary`, the share that holds it, in
percent; both for the mean of a cell and for its paired difference from no penalty.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

import results
from sweep import Sweep

#: The grid: no penalty, a moderate one, and one that leaves little of a network.
L1 = (0.0, 0.003, 0.03)

#: Seeds without folds, and with five.
SEEDS, SEEDS_OF_FOLDS = (5, 10, 20, 50, 100), (1, 5, 20)

#: Share of the rows that are held out: that of five folds.
_HELD_OUT = 0.2

#: Large sets that tell the truth: how many, their rows, and the seeds of each.
_LARGE, _LARGE_ROWS, _LARGE_SEEDS = 8, 12_000, 300


class Problem(NamedTuple):
    """A distribution of data sets with two classes, and what is trained on them.

    Attributes
    ----------
    name : str
    rows : int
        Of a data set.
    hidden : str
        Units of the hidden layers.
    """

    name: str
    rows: int
    hidden: str

    def draw(self, random: np.random.Generator, rows: int) -> tuple[np.ndarray, ...]:
        """Draw so many rows."""
        X = random.normal(size=(rows, 8))
        log_odds = {
            "ring": 4 * (1.4 - X[:, 0] ** 2 - X[:, 1] ** 2),
            "line": 1.5 * X[:, 0] - 1.5 * X[:, 1] + X[:, 2],
            "weak": 0.8 * X[:, 0] + 0.8 * X[:, 1] * X[:, 2],
        }[self.name]
        return X, (random.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)

    def run(
        self, data: tuple[np.ndarray, np.ndarray], seeds: range, **split: float
    ) -> pd.DataFrame:
        """Sweep over the penalties."""
        training = {"hidden": self.hidden, "epochs": 60, "l1_method": "proximal"}
        return Sweep(data=data, l1=list(L1), l2=0, seeds=seeds, **training, **split).run(jobs=1)

    def truth(self) -> np.ndarray:
        """Return the mean loss at each penalty."""
        train = round(self.rows * (1 - _HELD_OUT))
        found = []
        for large in range(_LARGE):
            data = self.draw(np.random.default_rng([1, large]), _LARGE_ROWS)
            seeds = range(_LARGE_SEEDS * large, _LARGE_SEEDS * (large + 1))
            runs = self.run(data, seeds, val_fraction=1 - (train + 0.5) / _LARGE_ROWS)
            assert (runs["train_rows"] == train).all()
            found.append(runs.groupby("l1")["val_loss"].mean().to_numpy())
        return np.mean(found, axis=0)

    def repetition(self, number: int) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the runs on one data set, with so many seeds and folds."""
        data = self.draw(np.random.default_rng([0, number]), self.rows)
        seeds = range(max(SEEDS) * number, max(SEEDS) * (number + 1))
        for folds, counts in (0, SEEDS), (5, SEEDS_OF_FOLDS):
            runs = self.run(data, seeds[: max(counts)], folds=folds, val_fraction=_HELD_OUT)
            for count in counts:
                name = f"5 folds x {count} seed{'s' * (count > 1)}" if folds else f"{count} seeds"
                yield name, runs[runs["seed"] < seeds.start + count]


PROBLEMS = (
    Problem("ring", 200, "8"),
    Problem("line", 100, "none"),
    Problem("weak", 300, "8"),
)


def held(runs: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    """Return which intervals hold the truth: of each penalty, and of its difference from none."""
    cells = results.summary(runs, ["val_loss"])
    wanted = {"val_loss": truth, "val_loss_from_none": truth - truth[0]}
    return np.array(
        [
            (cells[f"low_{name}"] <= value) & (value <= cells[f"high_{name}"])
            for name, value in wanted.items()
        ]
    )


def coverage(problem: Problem, sets: int) -> dict[str, np.ndarray]:
    """Return the shares ``[plain or not, mean or difference, penalty]``, by seeds and folds."""
    truth, found = problem.truth(), {}
    for number in range(sets):
        for name, runs in problem.repetition(number):
            plain = runs.drop(columns=["train_rows", "val_rows"])
            both = np.array([held(plain, truth), held(runs, truth)])
            found[name] = found.get(name, 0) + both / sets
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=400, help="data sets [400]")
    sets = parser.parse_args().sets
    found = {problem.name: coverage(problem, sets) for problem in PROBLEMS}
    shown = [
        *((problem, kind, 1) for problem in found for kind in (0, 1)),
        *((problem, 0, 2) for problem in found),
    ]
    kinds = "mean", "difference"
    heads = [f"{name}, {kinds[kind]}" for name, kind, _ in shown[:-3]]
    heads += [f"{name}, mean at {L1[2]}" for name in found]
    print(f"| | {' | '.join(heads)} |")
    print(f"| --- |{' ---: |' * len(heads)}")
    for row in found["ring"]:
        pairs = [100 * found[name][row][:, kind, penalty] for name, kind, penalty in shown]
        texts = [f"{ours:.0f} ({f'{plain:.0f}' if plain else '-'})" for plain, ours in pairs]
        print(f"| {row} | {' | '.join(texts)} |")
    error = 100 * np.sqrt(0.95 * 0.05 / sets)
    print(f"\nof {sets} data sets; a share of 95 % is off by {error:.1f} (one standard deviation)")


if __name__ == "__main__":
    main()
