"""What an ensemble gives on new rows beside one run: ``python -m tests.benchmarks.ensemble``.

Each of four sets is split at random, several times over; three quarters make a sweep, which holds
out its own rows to choose by, and the last quarter is for no choice. There stand the ensemble and
the run that ``sweep best --save`` would save, of the same sweep: split by split, with the interval
of the difference at 95 %, which makes up for splits sharing their rows (Nadeau and Bengio, 2003).
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import t
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.model_selection import train_test_split

from sweep import Sweep
from sweep.models.ensemble.telling import best_ensemble

SETS = {
    "digits": load_digits,
    "breast_cancer": load_breast_cancer,
    "wine": load_wine,
    "diabetes": load_diabetes,
}

#: Runs that differ in more than their luck.
SWEEP = {
    **{"hidden": "64/32,16/16", "l1": "0,1e-3,1e-2", "l2": 0, "lr": "0.003,0.01,0.03"},
    **{"dropout": "0,0.2", "patience": 10, "epochs": 200, "seeds": "0:4"},
}

#: Share of the rows that no sweep sees.
TEST = 0.25


def both(data: str, split: int, picks: int) -> dict[str, dict[str, float]]:
    """Return what an ensemble and a single run give on the rows that a split sets apart."""
    table = SETS[data](as_frame=True).frame
    classes = data != "diabetes"
    train, test = train_test_split(
        table, test_size=TEST, random_state=split, stratify=table["target"] if classes else None
    )
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.parquet" for name in ("train", "test")}
        train.to_parquet(files["train"], index=False)
        test.to_parquet(files["test"], index=False)
        task = "classes" if classes else "numbers"
        spec = Sweep(data=files["train"], test=files["test"], target="target", task=task, **SWEEP)
        spec.run(out=Path(folder) / "runs")
        return best_ensemble(Path(folder) / "runs", picks).data["test"]


def told(data: str, found: list[dict[str, dict[str, float]]]) -> list[str]:
    """Return the lines of a table that tell how the two differ, metric by metric."""
    lines = []
    for metric in found[0]["single"]:
        single, ensemble = (
            np.array([one[who][metric] for one in found]) for who in ("single", "ensemble")
        )
        apart = ensemble - single
        ratio = 1 / len(apart) + TEST / (1 - TEST)
        half = t.ppf(0.975, len(apart) - 1) * np.sqrt(ratio * apart.var(ddof=1))
        higher = metric in ("test_accuracy", "test_r2")
        better = int((apart > 0).sum() if higher else (apart < 0).sum())
        interval = f"{apart.mean():.4g} ({apart.mean() - half:.3g} to {apart.mean() + half:.3g})"
        cells = (data, metric, f"{single.mean():.4g}", f"{ensemble.mean():.4g}", interval)
        lines.append(f"| {' | '.join(cells)} | {better} of {len(apart)} |")
    return lines


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=20, help="[20]")
    parser.add_argument("--picks", type=int, default=32, help="[32]")
    parser.add_argument("--only", default=",".join(SETS), help="names of sets, comma-separated")
    options = parser.parse_args()
    print("| | on rows of no choice | one run | ensemble | difference, 95 % interval | better |")
    print("| --- | --- | ---: | ---: | ---: | ---: |", flush=True)
    for data in options.only.split(","):
        found = [both(data, split, options.picks) for split in range(options.splits)]
        print(*told(data, found), sep="\n", flush=True)


if __name__ == "__main__":
    main()
