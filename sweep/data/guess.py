"""What metrics of all samples at once say of a guess: what the training part alone says, each time.

Of classes and answers these are their shares, of numbers the best constant.
"""

from collections.abc import Mapping

import numpy as np

from kernels.choice import Choice
from kernels.outputs import Numbers, Outputs, over_outputs, total
from sweep.data.constant import best_constant
from sweep.data.fold import Fold
from sweep.specification.choices import METRICS, SCORES
from sweep.specification.spec import Specification


def guessed(fold: Fold, spec: Specification, outputs: int) -> dict[str, float]:
    """Return what that reaches on the held-out part, by the columns of the table.

    As `sweep.data.baseline` does of the loss; with nothing held out it is NaN.

    Parameters
    ----------
    fold : Fold
    spec : Specification
    outputs : int
        Of a network; as many as there are classes.
    """
    always = METRICS["numbers"] if fold.unit is not None else {}
    modules: Mapping[str, str] = {word: metric.module for word, metric in always.items()} | {
        word: SCORES[word].module for word in spec.metrics
    }
    scores = {f"baseline_{word}": Choice(module).score for word, module in modules.items()}
    if not len(fold.val):
        return dict.fromkeys(scores, np.nan)
    if fold.unit is not None:
        numbers = _constant(fold, str(spec.loss))
        return {name: score(numbers)[0] for name, score in scores.items()}
    answers = fold.y.reshape(len(fold.y), -1).astype(np.int64).T
    classes = outputs if fold.y.ndim == 1 else 2
    found = [_shares(fold, y, classes, spec.precision) for y in answers]
    return {
        name: over_outputs(np.stack([score(one) for one in found], axis=1))[0]
        for name, score in scores.items()
    }


def _constant(fold: Fold, loss: str) -> Numbers:
    assert fold.unit is not None  # numbers have one
    said = best_constant(loss, fold.targets[fold.train], fold.weight[fold.train])
    constant = said * fold.unit.scale + fold.unit.centre
    truth = fold.y[fold.val].T[None]
    predictions = np.broadcast_to(constant[:, None], truth.shape)
    return Numbers(predictions, truth, fold.weight[None, fold.val])


def _shares(fold: Fold, y: np.ndarray, classes: int, precision: str) -> Outputs:
    train = np.bincount(y[fold.train], weights=fold.weight[fold.train], minlength=classes)
    return Outputs(
        probabilities=np.broadcast_to((train / total(train))[:, None], (1, classes, len(fold.val))),
        named=np.full((1, len(fold.val)), train.argmax()),
        labels=y[None, fold.val],
        weight=fold.weight[None, fold.val],
        precision=float(np.finfo(precision).eps),
    )
