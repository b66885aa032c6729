"""What a table was taken for, column by column."""

from collections.abc import Sequence

import numpy as np

from sweep.data.columns.cells import TRUTH
from sweep.data.columns.missing import Settled, blank_spelled, is_missing
from sweep.data.columns.targets import Predicted
from sweep.data.dataset import Found, Origin, Variable
from sweep.data.files import Column, Table
from sweep.specification.spec import Specification


def origin_of(
    table: Table,
    settled: Settled,
    spec: Specification,
    targets: Sequence[Found],
    X: np.ndarray,
    variables: Sequence[Variable],
    guessed: bool,
) -> Origin:
    """Describe a table, every column of it.

    Parameters
    ----------
    table : Table
        As it was read.
    settled : Settled
        What was done with its missing cells.
    spec : Specification
    targets : sequence of Found
        Those that are predicted, see `target_found`.
    X : ndarray of float64, shape (rows, features)
    variables : sequence of Variable
        The columns that became X.
    guessed : bool
        Whether it is their looks alone that say what the targets are.
    """
    roles = {name: option for option, name in spec.roles.items()}
    by_name = {target.name: target for target in targets}
    features = {}
    # Of all at once: a column of a row-major array at a time takes ten times as long.
    low, high = np.fmin.reduce(X).tolist(), np.fmax.reduce(X).tolist()
    first = 0
    for variable in variables:
        features[variable.name] = variable, low[first], high[first]
        first += len(variable.features)
    found = []
    for column in table:
        name = column.name
        if name in features:
            one = _feature(column, *features[name])
        elif name in by_name:
            one = by_name[name]
        else:
            one = Found(name, roles.get(name, "left out"))
        missing = settled.missing.get(name)
        if missing is None:
            missing = int(is_missing(blank_spelled(column, spec.missing_values)).sum())
        found.append(one._replace(missing=missing))
    return Origin(
        table.kind,
        tuple(table.notes),
        tuple(found),
        settled.without_target,
        settled.left_out,
        guessed=guessed,
    )


def targets_found(names: Sequence[str], predicted: Predicted) -> list[Found]:
    """Describe the columns that are predicted."""
    if predicted.classes:
        return [Found(names[0], "target", "classes", len(predicted.classes))]
    low, high = predicted.y.min(axis=0).tolist(), predicted.y.max(axis=0).tolist()
    return [
        Found(name, "target", "numbers", None, *ends)
        if levels is None
        else Found(name, "target", "yes/no", len(levels))
        for (name, levels, _), *ends in zip(predicted.targets, low, high, strict=True)
    ]


def of_numbers(kind: str, X: np.ndarray, names: Sequence[str]) -> Origin:
    """Describe features that are all numbers, none of them missing."""
    low, high = X.min(axis=0).tolist(), X.max(axis=0).tolist()
    found = [
        Found(name, "feature", "numbers", None, *ends)
        for name, *ends in zip(names, low, high, strict=True)
    ]
    return Origin(kind, (), tuple(found))


def _feature(column: Column, variable: Variable, low: float, high: float) -> Found:
    if variable.levels is not None:
        return Found(column.name, "feature", "categories", len(variable.levels))
    if _is_truth(column):
        return Found(column.name, "feature", "true/false")
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
