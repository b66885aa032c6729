"""What an estimator is to predict: classes, answers of yes and no, or numbers."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, column_or_1d, validate_data

from sweep.data.dataset import Variable
from sweep.errors import InputError
from sweep.estimators.class_weights import counts_of
from sweep.specification.choices import LOSSES

#: Names of scikit-learn's for a loss.
_LOSSES = {"squared_error": "squared"}

#: What X is kept in; of anything else it becomes the first.
PRECISIONS = (np.float64, np.float32)

_OF_NUMBERS = tuple(name for name, loss in LOSSES.items() if loss.target == "numbers")


class Aim(NamedTuple):
    """What fits are to predict.

    Attributes
    ----------
    loss : str
        By its name among the choices.
    y : ndarray
        Numbers of classes, int64 (samples,); else float64 (samples, targets), of answers 0 and 1.
    classes : ndarray
        All classes, sorted; empty where none is predicted.
    by_class : ndarray of float64, shape (classes,), optional
        What each class counts.
    targets : tuple of Variable
        What is predicted where it is no class.
    """

    loss: str
    y: np.ndarray
    classes: np.ndarray
    by_class: np.ndarray | None = None
    targets: tuple[Variable, ...] = ()

    @property
    def labels(self) -> np.ndarray:
        """What a classifier calls its classes: themselves, or the numbers of its targets."""
        return np.arange(len(self.targets)) if self.targets else self.classes


def checked(
    estimator: BaseEstimator, X: Any, y: Any, sample_weight: Any, *, reset: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return X, y and the weights as dense arrays; note the features, or check them.

    X is of float32 where it was, and of float64 otherwise.
    """
    told = {"multi_output": True, "y_numeric": is_regressor(estimator), "reset": reset}
    X, y = validate_data(estimator, X, y, accept_sparse="csr", dtype=PRECISIONS, order="C", **told)
    if issparse(X):
        X = X.toarray()  # batches are read from rows that lie there
    if issparse(y):
        y = y.toarray()
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    return X, y, weight


def of_classes(y: np.ndarray, class_weight: Any) -> Aim:
    """Return what a classifier is to predict: one class, or where y is a matrix yes and no.

    Raises
    ------
    InputError
        Where y is another matrix, or `class_weight` does not fit.
    """
    check_classification_targets(y)
    if y.ndim == 1:
        classes, numbers = np.unique(y, return_inverse=True)
        return Aim("cross_entropy", numbers, classes, counts_of(class_weight, classes))
    if type_of_target(y) != "multilabel-indicator" or not np.isin(y, (0, 1)).all():
        raise InputError("y should be one class a sample, or a matrix of 0 and 1 alone")
    if class_weight is not None:
        raise InputError("`class_weight` is for one class a sample, and y holds several answers")
    answers = y.astype(np.float64)
    return Aim("logistic", answers, np.zeros(0), targets=_named(answers, ("0", "1")))


def among(aim: Aim, classes: np.ndarray, class_weight: Any) -> Aim:
    """Return an aim whose classes are some of these, with the numbers that they have there."""
    place = np.searchsorted(classes, aim.classes)
    return aim._replace(y=place[aim.y], classes=classes, by_class=counts_of(class_weight, classes))


def of_numbers(y: np.ndarray, loss: Any) -> Aim:
    """Return what a regressor is to predict.

    Raises
    ------
    InputError
        Where the loss is none of numbers, or not of these.
    """
    name = _LOSSES.get(loss, loss) if isinstance(loss, str) else None
    if name not in _OF_NUMBERS:
        words = ", ".join(map(repr, _OF_NUMBERS[:-1]))
        raise InputError(f"`loss` should be {words} or {_OF_NUMBERS[-1]!r}, not {loss!r}")
    if name == "poisson" and y.min() < 0:
        raise InputError(f"`loss` 'poisson' is for numbers from 0 up, and y holds {y.min():g}")
    numbers = y.astype(np.float64, copy=False).reshape(len(y), -1)
    return Aim(name, numbers, np.zeros(0), targets=_named(numbers, None))


def _named(y: np.ndarray, levels: tuple[str, str] | None) -> tuple[Variable, ...]:
    """Return a variable for each column."""
    several = y.shape[1] > 1
    return tuple(Variable(f"y{i}" if several else "y", levels) for i in range(y.shape[1]))
