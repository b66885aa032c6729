"""A large table, from its file to the metrics: ``python -m tests.benchmarks.large_table``.

One network, three epochs, beside what one would write with pandas and scikit-learn: the same rows
held out, scaled alike, the same layers, batches and steps. Each is a process of its own; seconds
and the peak of its memory are all of it, imports too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

_SKLEARN = """
import sys
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
import warnings
warnings.simplefilter("ignore", ConvergenceWarning)
path = sys.argv[1]
table = pd.read_csv(path) if path.endswith(".csv") else pd.read_parquet(path)
X, y = table.iloc[:, :-1], table.iloc[:, -1]
X, held, y, labels = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
scaler = StandardScaler().fit(X)
network = MLPClassifier(
    (32, 16), solver="sgd", learning_rate_init=0.01, momentum=0.9, batch_size=32, alpha=0,
    max_iter=3, tol=0, random_state=0,
).fit(scaler.transform(X), y)
print(log_loss(labels, network.predict_proba(scaler.transform(held))))
"""


def write(path: Path, rows: int, features: int) -> None:
    """Write a table of numbers, and of classes that a network can tell."""
    random = np.random.RandomState(0)
    X = random.standard_normal((rows, features))
    table = pd.DataFrame(X.round(6), columns=[f"x{i}" for i in range(features)])
    score = X[:, 0] + X[:, 1] * X[:, 2] + random.standard_normal(rows)
    table["class"] = np.where(score > 0, "yes", "no")
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)


def measured(command: list[str]) -> tuple[float, float, str]:
    """Run a command: seconds, peak memory in MiB, and what it prints."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        if status:
            raise SystemExit(f"{command[:4]} ended with {status}")
        out.seek(0)
        return seconds, usage.ru_maxrss / 1024, out.read()


def main() -> None:
    """Measure, and print one line for each file and program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="[1,000,000]")
    parser.add_argument("--features", type=int, default=20, help="[20]")
    parser.add_argument("--more", nargs="*", default=[], help="further options of sweep run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for ending in (".csv", ".parquet"):
            path = Path(folder, f"table{ending}")
            write(path, options.rows, options.features)
            out = Path(folder, f"runs{ending}")
            ours = [sys.executable, "-m", "sweep", "run", "--data", str(path), "--json"]
            ours += ["--l1", "0", "--l2", "0", "--seeds", "0", "--epochs", "3", "--finish", "0"]
            ours += ["--out", str(out), *options.more]
            for name, command in (
                ("sweep run", ours),
                ("scikit-learn", [sys.executable, "-c", _SKLEARN, str(path)]),
            ):
                seconds, peak, said = measured(command)
                loss = json.loads(said)["best"]["mean_val_loss"] if command is ours else said
                print(
                    f"{ending:9}{name:14}{seconds:6.1f} s  {peak:6.0f} MiB  "
                    f"val_loss {float(loss):.4f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
