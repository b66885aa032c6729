"""Whether zeros are those of the problem: ``python -m tests.benchmarks.zeros``.

First softmax regression along the whole of ``auto``, beside skglm (coordinate descent; it has to
be installed): the share of weights that are zero in small batches alone, and with as many epochs
in full batches after half as many small ones, so at the same number of epochs; and how many
inputs are kept by one and not by the other. Then a network with hidden layers, whose problem is
not convex: what a finish of the default length gives, beside one ten times as long.
"""

import numpy as np
import pandas as pd

from sweep import Sweep
from sweep.data.fold import fold_of
from sweep.models.retraining import train_again
from sweep.plan.experiment import prepare

#: Softmax regression that has come to its end: small steps would leave the least penalties behind.
CONVEX = {
    **{"data": "breast_cancer", "hidden": "none", "l1": "auto:log10", "l2": 0, "seeds": 1},
    **{"lr": 0.1, "momentum": 0.98},
}
EPOCHS = 3000


def kept(spec: Sweep) -> np.ndarray:
    """Return which weights are not zero, shape (runs, classes, inputs)."""
    experiment = prepare(spec)
    _, _, weights = train_again(experiment, np.arange(experiment.plan.grid.total))
    inputs, classes = experiment.plan.widths
    return np.moveaxis(weights[: inputs * classes].reshape(classes, inputs, -1), -1, 0) != 0


def beside_skglm() -> pd.DataFrame:
    """Return the zeros of ours and of skglm, penalty by penalty."""
    from skglm import SparseLogisticRegression

    spec = Sweep(**CONVEX, epochs=EPOCHS)
    small, whole = kept(spec.replace(epochs=2 * EPOCHS, finish=0)), kept(spec)
    experiment = prepare(spec)
    fold = fold_of(experiment.spec, experiment.dataset, 1, 0)
    x, y = np.asfortranarray(fold.x[fold.train]), fold.y[fold.train]
    rows = []
    for l1, few, ours in zip(experiment.spec.l1, small, whole, strict=True):
        solver = SparseLogisticRegression(alpha=l1, tol=1e-12, max_iter=1000, max_epochs=10**6)
        theirs = solver.fit(x, y).coef_[0] != 0
        rows.append(
            {
                "l1": f"{l1:.3g}",
                "small batches": 1 - few.mean(),
                "with the finish": 1 - ours.mean(),
                "skglm": 1 - theirs.mean(),
                "inputs kept": int(theirs.sum()),
                "otherwise kept": int((ours.any(axis=0) != theirs).sum()),
            }
        )
    return pd.DataFrame(rows)


def of_a_network() -> pd.DataFrame:
    """Return the zeros of networks with hidden layers by the length of the finish."""
    spec = Sweep(data="breast_cancer", l1="1e-3,3e-3,0.01,0.03", l2=0, seeds="0:10")
    columns = {}
    for finish in (0, spec.finish, 10 * spec.finish):
        by_l1 = spec.replace(finish=finish).run().groupby("l1")
        columns[f"zeros, finish {finish}"] = by_l1.sparsity.mean()
        columns[f"inputs left out, finish {finish}"] = by_l1.unused_inputs.mean()
    return pd.DataFrame(columns).reset_index()


def main() -> None:
    """Print both tables."""

    for table in (beside_skglm(), of_a_network()):
        print(" | ".join(["", *table.columns, ""]).strip())
        print("|" + " ---: |" * len(table.columns))
        for row in table.itertuples(index=False):
            cells = (f"{x:.3f}" if isinstance(x, float) else str(x) for x in row)
            print(f"| {' | '.join(cells)} |")
        print(flush=True)


if __name__ == "__main__":
    main()
