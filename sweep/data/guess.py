"""What further metrics say of a guess: the class shares of the training part for every row."""

from collections.abc import Sequence

import numpy as np

from kernels.choice import Choice
from kernels.outputs import Outputs, total
from sweep.data.fold import Fold
from sweep.specification.choices import SCORES


def guessed(fold: Fold, classes: int, metrics: Sequence[str], precision: str) -> dict[str, float]:
    """Return what that reaches on the held-out part, by the columns of the table.

    As `sweep.data.baseline` does of what is always measured; with nothing held out it is NaN.

    Parameters
    ----------
    fold : Fold
    classes : int
    metrics : sequence of str
    precision : str
        That of the runs.
    """
    if fold.y.ndim > 1:
        return {}  # of numbers and answers: not yet
    train = np.bincount(fold.y[fold.train], weights=fold.weight[fold.train], minlength=classes)
    outputs = Outputs(
        probabilities=np.broadcast_to((train / total(train))[:, None], (1, classes, len(fold.val))),
        named=np.full((1, len(fold.val)), train.argmax()),
        labels=fold.y[None, fold.val],
        weight=fold.weight[None, fold.val],
        precision=float(np.finfo(precision).eps),
    )
    scores = {name: Choice(SCORES[name].module).score for name in metrics}
    return {
        f"baseline_{name}": score(outputs)[0] if len(fold.val) else np.nan
        for name, score in scores.items()
    }
