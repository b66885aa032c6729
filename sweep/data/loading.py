"""Data sets: a name, a file, a DataFrame or arrays -> X and y."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sweep.data import builtin, files
from sweep.data.article import Article
from sweep.data.columns.cells import typed
from sweep.data.columns.features import features
from sweep.data.columns.known import encode, known_targets
from sweep.data.columns.missing import settle
from sweep.data.columns.origin import of_numbers, origin_of, targets_found
from sweep.data.columns.targets import predicted
from sweep.data.dataset import Dataset, Variable
from sweep.data.reading.memory import give_back
from sweep.data.roles import counting, with_roles
from sweep.errors import InputError, hint
from sweep.specification.article import is_article
from sweep.specification.spec import Specification
from sweep.specification.validators import is_frame


def load(spec: Specification) -> Dataset | Article:
    """Load the data set of a specification, and below it the rows of its test file.

    Raises
    ------
    InputError
        For data that cannot be used: one line that says where, and the mend.
    """
    data = spec.data
    if is_article(data):
        return Article()
    if isinstance(data, str) and data in builtin.SETS:
        X, y, labels, names = builtin.read(data)
        origin = of_numbers("built-in", X, names)
        variables = tuple(map(Variable, names))
        return Dataset(data, X, y, labels, names, variables=variables, origin=origin)
    if is_frame(data):
        return _from_columns("data", files.from_frame(data), spec)
    if isinstance(data, tuple):
        return _from_arrays(data, spec)
    found = _from_columns(Path(data).stem, files.read(data, files.Dialect.of(spec)), spec)
    give_back()
    return found


def _from_columns(
    name: str, columns: files.Table, spec: Specification, of_arrays: Sequence[str] = ()
) -> Dataset:
    if len(columns) < 2:
        held = f"one column only, {columns[0].name!r}" if columns else "no columns"
        source = f"{columns[0].source} has" if columns else "the data have"
        raise InputError(
            f"{source} {held}: a target and a feature are the least (a comma goes between "
            "the cells of a CSV file)"
        )
    names = [column.name for column in columns]
    _check_names(spec, names, columns[0].source)
    last = [name for name in names if name not in spec.roles.values()][-1]
    targets = of_arrays or spec.targets or (last,)
    settled = settle(_chosen(columns, targets, spec), targets, spec)
    counted, weightless = counting(settled.columns, spec.weight)
    by_name = {column.name: column for column in counted}
    aside = {*targets, *spec.roles.values()}
    rest = [column for column in counted if column.name not in aside]
    found = predicted([by_name[target] for target in targets], spec)
    X, variables = features(rest, spec)
    names_of_features = tuple(name for variable in variables for name in variable.features)
    dataset = Dataset(
        name,
        X,
        found.y,
        found.classes,
        names_of_features,
        variables=variables,
        weightless=weightless,
        origin=origin_of(
            *(columns, settled, spec, targets_found(targets, found), X, variables, found.guessed)
        ),
        targets=found.targets,
    )
    if isinstance(spec.test, str):
        return _with_tested(dataset, targets, counted, spec)
    return with_roles(dataset, spec.roles, counted)


def _check_names(spec: Specification, names: list[str], source: str) -> None:
    known = set(names)
    for option in ("columns", "drop", "categories"):
        unknown = next((name for name in getattr(spec, option) if name not in known), None)
        if unknown is not None:
            raise InputError(
                f"{source} has no column {unknown!r}, which `{option}` names{hint(unknown, names)}"
            )
    wanted = [*(("target", name) for name in spec.targets), *spec.roles.items()]
    for option, name in wanted:
        if name not in known:
            raise InputError(
                f"{source} has no column {name!r} to be the `{option}`"
                f"{_quotes(names, spec) or hint(name, names)}"
            )
    if len(spec.roles) == len(names):
        raise InputError(f"{source} has no column beside those of `{'`, `'.join(spec.roles)}`")


def _quotes(names: Sequence[str], spec: Specification) -> str:
    """Say how a target is written whose name holds the commas that made several of it."""
    for name in names:
        if "," in name and tuple(part.strip() for part in name.split(",")) == spec.targets:
            return f"; column {name!r} is written in double quotes, {typed(name)}"
    return ""


def _chosen(
    columns: Sequence[files.Column], targets: Sequence[str], spec: Specification
) -> list[files.Column]:
    """Return the columns that are used: chosen and not dropped, or named for what they say."""
    dropped = next((target for target in targets if target in spec.drop), None)
    if dropped is not None:
        raise InputError(f"`drop` names {dropped!r}, which is a target: name another `target`")
    wanted = set(spec.columns or (column.name for column in columns)) - set(spec.drop)
    wanted |= {*targets, *spec.roles.values()}
    chosen = [column for column in columns if column.name in wanted]
    if len(chosen) <= len(targets) + len(spec.roles):
        named = ", ".join(map(repr, targets))
        raise InputError(
            f"{columns[0].source}: no feature is left beside the target{'s'[: len(targets) > 1]} "
            f"{named}"
        )
    return chosen


def _with_tested(
    dataset: Dataset, targets: Sequence[str], own: Sequence[files.Column], spec: Specification
) -> Dataset:
    """Return a data set with the rows of a file below its own, encoded alike."""
    columns = files.read(str(spec.test), files.Dialect.of(spec))
    names = [column.name for column in columns]
    for target in targets:
        if target not in names:
            held = "holds the classes" if dataset.classes else "is a target"
            raise InputError(
                f"{columns[0].source} has no column {target!r}, which {held} of "
                f"{dataset.name}{hint(target, names)}"
            )
    used = {*targets, *spec.roles.values(), *(variable.name for variable in dataset.variables)}
    settled = settle([column for column in columns if column.name in used], targets, spec)
    tested, weightless = counting(settled.columns, spec.weight)
    X = encode(
        dataset.variables,
        tested,
        range(len(dataset.features)),
        impute=spec.missing == "impute",
    )
    y = known_targets(tested, dataset, targets, spec)
    origin = dataset.origin
    if origin is not None:
        origin = origin._replace(tested_left_out=settled.without_target + settled.left_out)
    both = replace(
        dataset,
        X=np.concatenate([dataset.X, X]),
        y=np.concatenate([dataset.y, y]),
        tested=len(y),
        weightless=dataset.weightless + weightless,
        origin=origin,
    )
    return with_roles(both, spec.roles, own, tested)


def _from_arrays(data: tuple[Any, Any], spec: Specification) -> Dataset:
    X, y = data
    try:
        array = X if is_frame(X) else np.asanyarray(X)  # a mask says which cells are missing
        shape = np.shape(array)
        y_shape = y.shape if hasattr(y, "shape") else np.asarray(y, dtype=object).shape
    except ValueError:
        raise InputError(
            "(X, y): X should have rows of one length, and y one target a row, or as many as any"
        ) from None
    if (
        len(shape) != 2
        or len(y_shape) not in (1, 2)
        or shape[0] != y_shape[0]
        or 0 in shape + y_shape
    ):
        raise InputError(
            "(X, y): X should be an array of shape (rows, features), and y of (rows,) or (rows, "
            f"targets), not {shape} and {y_shape}"
        )
    if is_frame(X):
        columns = files.from_frame(X)
    else:
        names = [f"x{place}" for place in range(shape[1])]
        columns = files.from_arrays(names, np.require(array.T, requirements="C"), "X")
    names = [column.name for column in columns]
    beside = _targets_of(y, len(y_shape), names)
    targets = [column.name for column in beside]
    return _from_columns("data", files.Table([*columns, *beside], columns.kind), spec, targets)


def _targets_of(y: Any, dimensions: int, taken: Sequence[str]) -> list[files.Column]:
    """Return the columns of y, under names that no feature has."""
    if is_frame(y):
        columns = files.from_frame(y)
        return [column._replace(name=_unused(column.name, taken)) for column in columns]
    if dimensions == 1:
        return files.from_arrays([_unused("y", taken)], [y], "(X, y)")
    arrays = np.asanyarray(y).T
    names = [_unused(f"y{place}", taken) for place in range(len(arrays))]
    return files.from_arrays(names, arrays, "(X, y)")


def _unused(name: str, names: Sequence[str]) -> str:
    """Return a name that no column has."""
    while name in names:
        name += "_"
    return name
