"""What is taken for what, ROC and precision-recall curves, and calibration, as tidy tables.

Of two classes curves and calibration are those of the last one; of more, of each against the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from results.cells.intervals import CONFIDENCE, wilson
from sweep.data.counts import effective
from sweep.models.evaluating.resampling import SEED
from sweep.models.evaluating.truth import Question, Rows
from sweep.seeded import generator

if TYPE_CHECKING:
    import pandas as pd

#: Bins of equal width between 0 and 1.
BINS = 10

#: Times that labels are drawn as a calibrated model would have them.
_DRAWS = 200


class Calibration(NamedTuple):
    """How far probabilities are from shares.

    Attributes
    ----------
    table : DataFrame
        A row for each class and bin that has rows: ``target``, ``class``, the ends ``bin_low`` and
        ``bin_high``, how many ``rows``, the mean of the probabilities ``predicted``, and the
        ``share`` of the class with its interval (Wilson's) ``low``, ``high``.
    error : float
        The expected calibration error: the mean of abs(share - predicted) over the bins, each
        counted by its rows, and over the classes and targets.
    by_luck : float
        What it is at the most, at 95 %, where the probabilities are right; NaN where rows belong
        together.
    """

    table: pd.DataFrame
    error: float
    by_luck: float


def confusion(rows: Rows) -> pd.DataFrame:
    """Count rows of each class by the one that they are taken for.

    Returns
    -------
    DataFrame
        ``target``, ``true``, ``predicted``, ``rows``, and the ``share`` of the true class; NaN
        where it has no row.
    """
    import pandas as pd
    from sklearn.metrics import confusion_matrix

    found = []
    for question in rows.questions:
        every = np.arange(len(question.classes))
        counts = confusion_matrix(question.labels, question.named, labels=every)
        of_class = np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape)
        shares = np.divide(counts, of_class, out=np.full(counts.shape, np.nan), where=of_class > 0)
        true, predicted = (
            np.array(question.classes, object)[i.ravel()] for i in np.indices(counts.shape)
        )
        found.append(
            pd.DataFrame(
                {
                    "target": question.target,
                    "true": true,
                    "predicted": predicted,
                    "rows": counts.ravel(),
                    "share": shares.ravel(),
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def curves(rows: Rows) -> pd.DataFrame:
    """Return the ROC and precision-recall curves of classes that some rows have, and not all.

    Returns
    -------
    DataFrame
        ``kind``, ``target``, ``class``, ``x``, ``y``, ``threshold``: of ``roc`` the false and true
        positive rate, of ``precision_recall`` recall and precision, where the probability of the
        class is at least the threshold. NaN is that of no row.
    """
    import pandas as pd
    from sklearn.metrics import precision_recall_curve, roc_curve

    found = [_points("roc", "", "", *np.zeros((3, 0)))]
    for question in rows.questions:
        for place in question.shown:
            of_class, name = question.labels == place, question.classes[place]
            if of_class.all() or not of_class.any():
                continue
            p = question.p[:, place]
            options = {"sample_weight": rows.weight, "drop_intermediate": True}
            across, up, threshold = roc_curve(of_class, p, **options)
            threshold = np.where(np.isinf(threshold), np.nan, threshold)
            found.append(_points("roc", question.target, name, across, up, threshold))
            precision, recall, threshold = precision_recall_curve(of_class, p, **options)
            threshold = np.append(threshold, np.nan)
            found.append(
                _points("precision_recall", question.target, name, recall, precision, threshold)
            )
    return pd.concat(found, ignore_index=True)


def calibration(rows: Rows) -> Calibration:
    """Compare probabilities with shares, in `BINS` bins of equal width."""
    import pandas as pd

    found = [
        one
        for question in rows.questions
        for place in question.shown
        for one in _bins(rows, question, place)
    ]
    names = ["target", "class", "bin_low", "bin_high", "rows", "predicted", "share", "low", "high"]
    table = pd.DataFrame(found, columns=names)
    error = calibration_error(rows, rows.questions)
    # Rows of a group, and answers of a row, go together as no draw of single ones does.
    together = rows.grouped or len(rows.questions) > 1
    luck = np.nan if together else _by_luck(rows)
    return Calibration(table, error, luck)


def _bins(rows: Rows, question: Question, place: int) -> Iterator[tuple]:
    """Yield the row of the table for each bin of a class that has some."""
    p, of_class = question.p[:, place], question.labels == place
    bins = bins_of(p)
    for one in np.unique(bins):
        here = bins == one
        weight = rows.weight[here]
        share = float(np.average(of_class[here], weights=weight))
        ends = wilson(share, effective(weight, rows.groups[here]))
        predicted = float(np.average(p[here], weights=weight))
        where = question.target, question.classes[place], one / BINS, (one + 1) / BINS
        yield (*where, int(here.sum()), predicted, share, *ends)


def calibration_error(rows: Rows, questions: list[Question]) -> float:
    """Return the expected calibration error, see `Calibration`."""
    errors = []
    for question in questions:
        of_each = []
        for place in question.shown:
            p = question.p[:, place]
            away = np.bincount(bins_of(p), rows.weight * ((question.labels == place) - p), BINS)
            of_each.append(abs(away).sum() / rows.weight.sum())
        errors.append(np.mean(of_each))
    return float(np.mean(errors))


def bins_of(p: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bin of each probability, as scikit-learn's ``calibration_curve`` has it."""
    return np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], p)


def _by_luck(rows: Rows) -> float:
    """Return the quantile of the error where classes are drawn by the probabilities."""
    random = generator(SEED, "calibration")
    ends = [question.p.cumsum(axis=1) for question in rows.questions]
    errors = []
    for _ in range(_DRAWS):
        drawn = []
        for question, end in zip(rows.questions, ends, strict=True):
            at = random.random_sample((len(end), 1)) * end[:, -1:]
            drawn.append(question._replace(labels=(at >= end[:, :-1]).sum(axis=1)))
        errors.append(calibration_error(rows, drawn))
    return float(np.quantile(errors, CONFIDENCE))


def _points(
    kind: str, target: str, of: str, x: NDArray, y: NDArray, threshold: NDArray
) -> pd.DataFrame:
    import pandas as pd

    points = {"x": x, "y": y, "threshold": threshold}
    floats = {name: np.asarray(values, np.float64) for name, values in points.items()}
    return pd.DataFrame(floats).assign(kind=kind, target=target, **{"class": of})[
        ["kind", "target", "class", "x", "y", "threshold"]
    ]
