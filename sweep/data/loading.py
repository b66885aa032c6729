"""Data sets: a name, a file, a DataFrame or arrays -> X and y."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sweep.data import builtin, encoding, files
from sweep.data.article import Article
from sweep.data.dataset import Dataset
from sweep.data.roles import features_of, with_roles
from sweep.data.variables import Variable, encode, variables_of
from sweep.errors import InputError, hint
from sweep.specification.article import is_article
from sweep.specification.validators import is_frame


def load(
    data: Any,
    target: str | None = None,
    test: str | None = None,
    roles: Mapping[str, str] = MappingProxyType({}),
) -> Dataset | Article:
    """Load a data set.

    Parameters
    ----------
    data : str, path, DataFrame or (X, y)
        ``article``; ``iris``, ``wine``, ``breast_cancer``, ``digits``; a CSV or Parquet file; a
        DataFrame; or features and classes. A file that has a built-in set's name is meant by
        ``./iris``.
    target : str, optional
        The class column of a file or DataFrame; the last one unless given.
    test : str, optional
        A file with the same columns, whose rows come last.
    roles : dict of str to str
        Columns by what they say of the rows, see `sweep.data.roles`.

    Returns
    -------
    Dataset or Article

    Raises
    ------
    InputError
        For data that cannot be used: one line that says where, and the mend.
    """
    if is_article(data):
        return Article()
    if isinstance(data, str) and data in builtin.SETS:
        return Dataset(data, *builtin.read(data))
    if is_frame(data):
        return _from_columns("data", files.from_frame(data), target, test, roles)
    if isinstance(data, tuple):
        return _from_arrays(*data)
    path = os.fspath(data)
    return _from_columns(Path(path).stem, files.read(path), target, test, roles)


def _from_columns(
    name: str,
    every: list[files.Column],
    target: str | None,
    test: str | None,
    roles: Mapping[str, str],
) -> Dataset:
    columns = features_of(every, roles)
    if len(columns) < 2:
        held = f"one column only, {columns[0].name!r}" if columns else "no columns"
        source = f"{columns[0].source} has" if columns else "the data have"
        raise InputError(
            f"{source} {held}: a class column and a feature are the least (a comma goes between "
            "the cells of a CSV file)"
        )
    names = [column.name for column in columns]
    if target is not None and target not in names:
        raise InputError(
            f"{columns[0].source} has no column {target!r} to be the `target`{hint(target, names)}"
        )
    place = len(columns) - 1 if target is None else names.index(target)
    labels, rest = columns[place], columns[:place] + columns[place + 1 :]
    y, classes = encoding.classes(labels)
    X, features = encoding.features(rest)
    dataset = Dataset(name, X, y, classes, features)
    tested = files.read(test) if test else []
    if tested:
        dataset = _with_tested(dataset, labels.name, variables_of(rest), tested)
    return with_roles(dataset, roles, every, tested)


def _with_tested(
    dataset: Dataset,
    target: str,
    variables: Sequence[Variable],
    columns: Sequence[files.Column],
) -> Dataset:
    """Return a data set with the rows of a test file below its own, encoded alike."""
    labels = next((column for column in columns if column.name == target), None)
    if labels is None:
        raise InputError(
            f"{columns[0].source} has no column {target!r}, which holds the classes of "
            f"{dataset.name}{hint(target, [column.name for column in columns])}"
        )
    X = encode(variables, columns, range(len(dataset.features)))
    y = encoding.known_classes(labels, dataset.classes)
    return replace(
        dataset,
        X=np.concatenate([dataset.X, X]),
        y=np.concatenate([dataset.y, y]),
        tested=len(y),
    )


def _from_arrays(X: Any, y: Any) -> Dataset:
    try:
        array = X if is_frame(X) else np.asarray(X)
        shape = np.shape(array)
        y_shape = y.shape if hasattr(y, "shape") else np.asarray(y, dtype=object).shape
    except ValueError:
        raise InputError(
            "(X, y): X should have rows of one length, and y one class a row"
        ) from None
    if len(shape) != 2 or len(y_shape) != 1 or shape[0] != y_shape[0] or 0 in shape:
        raise InputError(
            "(X, y): X should be an array of shape (rows, features), and y of (rows,), not "
            f"{shape} and {y_shape}"
        )
    names = tuple(f"x{place}" for place in range(shape[1]))
    if is_frame(X):
        features, names = encoding.features(files.from_frame(X))
    elif array.dtype.kind in "biuf":
        features = np.array(array, np.float64, order="C")
        _check_finite(features)
    else:
        features, names = encoding.features(files.from_arrays(names, array.T, "X"))
    (column,) = files.from_arrays(["y"], [y], "(X, y)")
    return Dataset("data", features, *encoding.classes(column), names)


def _check_finite(X: np.ndarray) -> None:
    finite = np.isfinite(X)
    if not finite.all():
        row, place = np.unravel_index(np.argmin(finite), X.shape)
        raise InputError(
            f"X[{row}, {place}] is {X[row, place]}, and should be a finite number: fill it in, or "
            "leave the row out"
        )
