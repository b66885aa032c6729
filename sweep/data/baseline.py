"""What is reached without a look at the inputs, by what the training part says of the targets.

Of classes and answers these are their shares, of numbers the best constant. Shares are of what the
rows count: of the loss by class too, where classes are balanced.

A network is worth something where it is better than that.
"""

from decimal import Decimal

import numpy as np

from sweep.data.constant import best_constant, costs
from sweep.data.fold import Fold


def baseline(fold: Fold, loss: str, outputs: int) -> dict[str, float]:
    """Return what that reaches on the held-out part, by the columns of the table.

    Of numbers that is the loss of the constant that costs least in training.

    Of classes the loss is the cross-entropy of giving every row the shares, the accuracy that of
    always naming the most frequent class, of equals the first. Of answers it is so with each, and
    the accuracy is that of naming them all. The loss is infinite where a class is held out that the
    training part lacks, which a split by class never lets happen; with nothing held out there is
    neither.

    Parameters
    ----------
    fold : Fold
    loss : str
    outputs : int
        Of a network; as many as there are classes.
    """
    if fold.unit is not None:
        return {"baseline_loss": _of_constant(fold, loss, outputs) if len(fold.val) else np.nan}
    if not len(fold.val):
        return {"baseline_loss": np.nan, "baseline_accuracy": np.nan}
    if fold.y.ndim > 1:
        return _of_answers(fold, outputs)
    train, val = _shares(fold, fold.y, fold.loss_weight, outputs)
    least = _cross_entropy(train.tolist(), val.tolist())
    train, val = _shares(fold, fold.y, fold.weight, outputs)
    accuracy = float(val[np.argmax(train)] / val.cumsum()[-1])
    return {"baseline_loss": least, "baseline_accuracy": accuracy}


def _of_constant(fold: Fold, loss: str, outputs: int) -> float:
    targets, weight = fold.targets, fold.weight
    constant = best_constant(loss, targets[fold.train], weight[fold.train])
    cost = costs(loss, constant, targets[fold.val]).cumsum(axis=1)[:, -1] / outputs
    return _mean(cost, weight[fold.val])


def _of_answers(fold: Fold, outputs: int) -> dict[str, float]:
    right = np.ones(len(fold.val), dtype=bool)
    loss = 0.0
    for answers in fold.y.T:
        train, val = _shares(fold, answers.astype(np.int64), fold.weight, 2)
        loss += _cross_entropy(train.tolist(), val.tolist())
        right &= answers[fold.val] == np.argmax(train)
    return {
        "baseline_loss": loss / outputs,
        "baseline_accuracy": _mean(right, fold.weight[fold.val]),
    }


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float((weight * values).cumsum()[-1] / weight.cumsum()[-1])


def _shares(
    fold: Fold, y: np.ndarray, weight: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the samples of each class count together, of the two parts."""
    train, val = (
        np.bincount(y[rows], weights=weight[rows], minlength=classes)
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
