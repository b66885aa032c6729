"""What is reached without a look at the inputs, by the class shares of the training part alone.

Shares are of what the rows count: of the loss by class too, where classes are balanced.

A network is worth something where it is better than that.
"""

from decimal import Decimal

import numpy as np

from sweep.data.fold import Fold


def baseline(fold: Fold, classes: int) -> dict[str, float]:
    """Return what those shares reach on the held-out part, by the columns of the table.

    The loss is the cross-entropy of giving every row the shares, the accuracy that of always
    naming the most frequent class, of equals the first. The loss is infinite where a class is held
    out that the training part lacks, which a split by class never lets happen; with nothing
    held out there is neither.

    Parameters
    ----------
    fold : Fold
    classes : int
    """
    if fold.y.ndim > 1:
        return {}  # of numbers and answers: not yet
    if not len(fold.val):
        return {"baseline_loss": np.nan, "baseline_accuracy": np.nan}
    train, val = _shares(fold, fold.loss_weight, classes)
    loss = _cross_entropy(train.tolist(), val.tolist())
    train, val = _shares(fold, fold.weight, classes)
    accuracy = float(val[np.argmax(train)] / val.cumsum()[-1])
    return {"baseline_loss": loss, "baseline_accuracy": accuracy}


def _shares(fold: Fold, weight: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what the samples of each class count together, of the two parts."""
    train, val = (
        np.bincount(fold.y[rows], weights=weight[rows], minlength=classes)
        for rows in (fold.train, fold.val)
    )
    return train, val


def _cross_entropy(train: list[float], val: list[float]) -> float:
    """Return the mean of -log(share in train) over val; both are counts by class.

    In decimals, whose logarithm is rounded rightly: that of a C library may differ in the last bit.
    """
    counts = [(Decimal(t), Decimal(v)) for t, v in zip(train, val, strict=True)]
    trained, held = (sum(some, start=Decimal(0)) for some in zip(*counts, strict=True))
    # Decimal(0).ln() is minus infinity.
    loss = sum(v * (trained.ln() - t.ln()) for t, v in counts if v)
    return float(loss / held)
