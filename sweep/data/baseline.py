"""What is reached without a look at the inputs, by what the training part says of the targets.

Of classes and answers these are their shares, of numbers the constant that costs least. Shares are
of what the rows count: of the loss by class too, where classes are balanced.

A network is worth something where it is better than that.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from kernels.choice import Choice
from kernels.outputs import Numbers, Outputs, over_outputs, total, total_of
from sweep.data.constant import best_constant, costs
from sweep.data.fold import Fold
from sweep.specification.choices import LOSSES, METRICS, SCORES
from sweep.specification.spec import Specification


def baseline(fold: Fold, spec: Specification, outputs: int) -> dict[str, float]:
    """Return what that reaches on the held-out part, by the columns of the table.

    Of classes the loss is the cross-entropy of giving every row the shares, the accuracy that of
    always naming the most frequent class, of equals the first. Of answers it is so with each, and
    the accuracy is that of naming them all. The loss is infinite where a class is held out that the
    training part lacks, which a split by class never lets happen; with nothing held out there is
    neither.

    Parameters
    ----------
    fold : Fold
    spec : Specification
        Of which the loss, the metrics and the precision of the runs count.
    outputs : int
        Of a network; as many as there are classes.
    """
    always = METRICS[LOSSES[str(spec.loss)].target]
    asked = {word: SCORES[word] for word in spec.metrics}
    if not len(fold.val):
        return dict.fromkeys((f"baseline_{word}" for word in ("loss", *always, *asked)), np.nan)
    said: Sequence[Numbers | Outputs]
    modules = {word: metric.module for word, metric in asked.items()}
    if fold.unit is not None:
        constant, loss = _of_numbers(fold, str(spec.loss))
        found = {"loss": loss}
        said = [_as_numbers(fold, constant * fold.unit.scale + fold.unit.centre)]
        modules = {word: metric.module for word, metric in always.items()} | modules
    elif fold.y.ndim == 1:
        found = _of_classes(fold, outputs)
        said = [_as_outputs(fold, fold.y, outputs, spec.precision)]
    else:
        answers = fold.y.astype(np.int64).T
        found = _of_answers(fold, answers)
        said = [_as_outputs(fold, y, 2, spec.precision) for y in answers]
    found |= _scores(modules, said)
    return {f"baseline_{word}": value for word, value in found.items()}


def without_inputs(fold: Fold, spec: Specification, outputs: int) -> np.ndarray:
    """Return what is said of every row without a look at the inputs, float64 (outputs,).

    That is the share of each class, the share of yes, or the best constant in the target's own
    unit, each by the training part.

    Parameters
    ----------
    fold, spec, outputs
        As for `baseline`.
    """
    if fold.unit is not None:
        constant = best_constant(str(spec.loss), fold.targets, fold.weight, fold.train)
        return constant * fold.unit.scale + fold.unit.centre
    if fold.y.ndim > 1:
        return best_constant(str(spec.loss), fold.y, fold.weight, fold.train)
    shares, _ = _shares(fold, fold.y, fold.weight, outputs)
    return shares / total(shares)


def _scores(modules: Mapping[str, str], said: Sequence[Numbers | Outputs]) -> dict[str, float]:
    """Return the metrics of these modules, each the mean over what is said."""
    scores = {word: Choice(module).score for word, module in modules.items()}
    return {
        word: float(over_outputs(np.stack([score(one) for one in said], axis=1))[0])
        for word, score in scores.items()
    }


def loss_of_guessing(fold: Fold, spec: Specification, outputs: int) -> float:
    """Return the loss of `baseline` on the training part itself, and nothing else of it."""
    on_itself = fold._replace(val=fold.train)
    if fold.unit is not None:
        return _of_numbers(on_itself, str(spec.loss))[1]
    if fold.y.ndim == 1:
        return _of_classes(on_itself, outputs)["loss"]
    return _of_answers(on_itself, fold.y.astype(np.int64).T)["loss"]


def _of_numbers(fold: Fold, loss: str) -> tuple[np.ndarray, float]:
    """Return the constant, and its loss."""
    targets, weight, val = fold.targets, fold.weight, fold.val
    constant = best_constant(loss, targets, weight, fold.train)

    def cost_of(some: slice) -> np.ndarray:
        rows = val[some]
        return weight[rows] * over_outputs(costs(loss, constant, targets[rows]))

    mass = total_of(len(val), lambda some: weight[val[some]])
    return constant, float(total_of(len(val), cost_of) / mass)


def _of_classes(fold: Fold, classes: int) -> dict[str, float]:
    train, val = _shares(fold, fold.y, fold.loss_weight, classes)
    loss = _cross_entropy(train.tolist(), val.tolist())
    train, val = _shares(fold, fold.y, fold.weight, classes)
    return {"loss": loss, "accuracy": float(val[np.argmax(train)] / val.cumsum()[-1])}


def _of_answers(fold: Fold, answers: np.ndarray) -> dict[str, float]:
    """Do the same of several yes or no, ``answers [output, row]``."""
    right = np.ones(len(fold.val), dtype=bool)
    losses = []
    for y in answers:
        train, val = _shares(fold, y, fold.weight, 2)
        losses.append(_cross_entropy(train.tolist(), val.tolist()))
        right &= y[fold.val] == np.argmax(train)
    loss = float(over_outputs(np.array([losses]))[0])
    return {"loss": loss, "accuracy": _mean(right, fold.weight[fold.val])}


def _as_numbers(fold: Fold, constant: np.ndarray) -> Numbers:
    truth = fold.y[fold.val].T[None]
    predictions = np.broadcast_to(constant[:, None], truth.shape)
    return Numbers(predictions, truth, fold.weight[None, fold.val])


def _as_outputs(fold: Fold, y: np.ndarray, classes: int, precision: str) -> Outputs:
    train, _ = _shares(fold, y, fold.weight, classes)
    return Outputs(
        probabilities=np.broadcast_to((train / total(train))[:, None], (1, classes, len(fold.val))),
        named=np.full((1, len(fold.val)), train.argmax()),
        labels=y[None, fold.val],
        weight=fold.weight[None, fold.val],
        precision=float(np.finfo(precision).eps),
    )


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float(total(weight * values) / total(weight))


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
