"""Metrics of some rows, under many weightings of them at once.

They are those of a sweep, by the same code: its table's ``auc`` is this one too. A resample is a
weighting: each row counts as often as it was drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from kernels.choice import Choice
from kernels.outputs import Numbers, Outputs, over_outputs, ratio, total
from sweep.errors import InputError
from sweep.models.evaluating.truth import Question, Rows
from sweep.specification.choices import LOSSES, METRICS, SCORES, losses_beside

#: Probabilities are kept off 0 and 1 by so much in a logarithm, as scikit-learn does.
_EPS = float(np.finfo(np.float64).eps)


def fitting(loss: str) -> list[str]:
    """Return the metrics that fit a loss, what is always measured first."""
    return [
        *METRICS[LOSSES[loss].target],
        *(word for word, score in SCORES.items() if loss in score.losses),
    ]


def chosen(asked: str | None, loss: str) -> list[str]:
    """Return the metrics of a list with commas, all that fit unless there is one.

    Raises
    ------
    InputError
        For one that there is not, or that does not fit.
    """
    if asked is None:
        return fitting(loss)
    words = list(dict.fromkeys(word.strip() for word in asked.split(",")))
    for word in words:
        if word not in fitting(loss):
            known = sorted({*SCORES, *(name for some in METRICS.values() for name in some)})
            meant = f"it is for a loss of {', '.join(losses_beside(word))}" * (word in known)
            raise InputError(
                f"--metrics {word!r}: {meant or 'there is none'}; this model, of the loss "
                f"{loss}, has {', '.join(fitting(loss))}"
            )
    return words


def scores(rows: Rows, names: Sequence[str], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each weighting gives, float64 (metrics, some); NaN where that is not defined.

    Of several targets it is the mean over them; but accuracy is the share of rows that are right in
    all.

    Parameters
    ----------
    rows : Rows
    names : sequence of str
        The metrics.
    weight : ndarray of float64, shape (some, rows)
        What each row counts in each.
    """
    modules = METRICS[rows.kind] | SCORES
    if rows.kind == "numbers":
        every = (len(weight), *rows.truth.T.shape)
        predicted, true = (np.broadcast_to(of.T, every) for of in (rows.said, rows.truth))
        numbers = Numbers(predicted, true, weight)
        with np.errstate(all="ignore"):  # of predictions that are out of all bounds
            return np.array([Choice(modules[name].module).score(numbers) for name in names])
    said = [_outputs(question, weight) for question in rows.questions]
    found = []
    for name in names:
        if name == "accuracy":
            found.append(ratio(total(weight * right(rows)), total(weight), np.nan))
        else:
            score = Choice(modules[name].module).score
            found.append(over_outputs(np.stack([score(one) for one in said], axis=1)))
    return np.array(found)


def right(rows: Rows) -> NDArray[np.bool_]:
    """Tell of each row whether its class, or every answer, is right."""
    return np.all([one.named == one.labels for one in rows.questions], axis=0)


def undefined(rows: Rows, names: Iterable[str]) -> list[str]:
    """Say why metrics are not defined on these rows."""
    if "r2" in names and len(rows.truth) == 1:
        return ["r2 is not defined: it needs two rows"]
    for question in rows.questions if "auc" in names else ():
        counts = np.bincount(question.labels, minlength=len(question.classes))
        for place in question.shown:
            if counts[place] in (0, len(question.labels)):
                which = "every row" if counts[place] else "no row"
                name = question.classes[place]
                return [f"auc is not defined: {which} has {name!r} as {question.target!r}"]
    return []


def _outputs(question: Question, weight: NDArray[np.float64]) -> Outputs:
    some, rows = weight.shape
    return Outputs(
        np.broadcast_to(question.p.T, (some, len(question.classes), rows)),
        np.broadcast_to(question.named, (some, rows)),
        np.broadcast_to(question.labels, (some, rows)),
        weight,
        _EPS,
    )
