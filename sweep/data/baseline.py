"""What is reached without a look at the inputs, by the class shares of the training part alone.

A network is worth something where it is better than that.
"""

from decimal import Decimal

import numpy as np

from sweep.data.fold import Fold


def baseline(fold: Fold, classes: int) -> dict[str, float]:
    """Return what those shares reach on the held-out part, by the columns of the table.

    The loss is the cross-entropy of giving every row the shares, the accuracy that of always
    naming the most frequent class, of equals the first. The loss is infinite where a class is held
    out that the training part lacks, which the splits of a sweep never let happen; with nothing
    held out there is neither.

    Parameters
    ----------
    fold : Fold
    classes : int
    """
    train, val = (
        np.bincount(fold.y[rows], weights=fold.weight[rows], minlength=classes)
        for rows in (fold.train, fold.val)
    )
    if not len(fold.val):
        return {"baseline_loss": np.nan, "baseline_accuracy": np.nan}
    return {
        "baseline_loss": _cross_entropy(train.tolist(), val.tolist()),
        "baseline_accuracy": float(val[np.argmax(train)] / val.sum()),
    }


def _cross_entropy(train: list[float], val: list[float]) -> float:
    """Return the mean of -log(share in train) over val; both are counts by class.

    In decimals, whose logarithm is rounded rightly: that of a C library may differ in the last bit.
    """
    held = [(Decimal(t), Decimal(v)) for t, v in zip(train, val, strict=True) if v]
    total = Decimal(sum(train))
    # Decimal(0).ln() is minus infinity.
    loss = sum(v * (total.ln() - t.ln()) for t, v in held)
    return float(loss / Decimal(sum(val)))
