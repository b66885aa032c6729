"""What a table was taken for, column by column."""

from collections.abc import Sequence

import numpy as np

from sweep.data.columns.cells import TRUTH
from sweep.data.columns.missing import Settled, blank_spelled, is_missing
from sweep.data.dataset import Found, Origin, Variable
from sweep.data.files import Column, Table
from sweep.specification.spec import Specification


def origin_of(
    table: Table,
    settled: Settled,
    spec: Specification,
    target: str,
    X: np.ndarray,
    variables: Sequence[Variable],
    classes: int,
) -> Origin:
    """Describe a table, every column of it.

    Parameters
    ----------
    table : Table
        As it was read.
    settled : Settled
        What was done with its missing cells.
    spec : Specification
    target : str
    X : ndarray of float64, shape (rows, features)
    variables : sequence of Variable
        The columns that became X.
    classes : int
    """
    roles = {name: option for option, name in spec.roles.items()}
    features = {}
    first = 0
    for variable in variables:
        features[variable.name] = variable, X[:, first]
        first += len(variable.features)
    found = []
    for column in table:
        name = column.name
        if name in features:
            one = _feature(column, *features[name])
        elif name == target:
            one = Found(name, "target", "classes", classes)
        else:
            one = Found(name, roles.get(name, "left out"))
        missing = settled.missing.get(name)
        if missing is None:
            missing = int(is_missing(blank_spelled(column, spec.missing_values)).sum())
        found.append(one._replace(missing=missing))
    return Origin(
        table.kind, tuple(table.notes), tuple(found), settled.without_class, settled.left_out
    )


def of_numbers(kind: str, X: np.ndarray, names: Sequence[str]) -> Origin:
    """Describe features that are all numbers, none of them missing."""
    low, high = X.min(axis=0).tolist(), X.max(axis=0).tolist()
    found = [
        Found(name, "feature", "numbers", None, *ends)
        for name, *ends in zip(names, low, high, strict=True)
    ]
    return Origin(kind, (), tuple(found))


def _feature(column: Column, variable: Variable, values: np.ndarray) -> Found:
    if variable.levels is not None:
        return Found(column.name, "feature", "categories", len(variable.levels))
    if _is_truth(column):
        return Found(column.name, "feature", "true/false")
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return Found(column.name, "feature", "numbers", None, low, high)


def _is_truth(column: Column) -> bool:
    """Tell whether what became numbers says true and false."""
    from pyarrow import types

    if types.is_boolean(column.values.type):
        return True
    if not (types.is_string(column.values.type) or types.is_large_string(column.values.type)):
        return False
    words = (text.strip().casefold() for text in column.values.unique().drop_null().to_pylist())
    return next(filter(None, words), "") in TRUTH  # where one is, all are
