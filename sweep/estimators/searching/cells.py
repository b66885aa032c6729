"""Cells: the points of a search, each by the parameters that its estimator is given."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from results.labels import counted
from sweep.data.fold import deepest
from sweep.errors import InputError
from sweep.estimators.parameters import NAMES, momentum_of, names_of, solvers_of
from sweep.plan.plan import Plan
from sweep.plan.sampling.drawing import layout
from sweep.specification.axes import AXES
from sweep.specification.choices import TABLES, TAKEN
from sweep.specification.several import networks
from sweep.specification.several.alternatives import meant
from sweep.specification.spec import Specification
from sweep.specification.values import interval, parse

#: Parameters of an estimator that are one value for a whole search.
_ONE = (
    "standardize",
    "early_stopping",
    "validation_fraction",
    "max_iter",
    "finish",
    "precision",
)

#: Parameters that some solvers and activations take, and the others do not.
FOR_SOME = ("beta_1", "nesterovs_momentum", *(NAMES.get(name, name) for name in TAKEN))


def are_several(value: Any) -> bool:
    """Tell whether a parameter is given more than one value."""
    if isinstance(value, str):
        return interval(value) is not None or len(parse(value)) > 1
    return bool(np.size(value) > 1)


def refuse_other_axes(given: Mapping[str, Any]) -> None:
    """Refuse several values of a parameter that is no axis of a search."""
    for name in _ONE:
        value = given[name]
        if isinstance(value, list | tuple | np.ndarray):
            raise InputError(
                f"`{name}` is one value for all cells of a search, not {value!r}: search once for "
                "each of them"
            )


def whole_if_fewer(spec: Specification) -> Specification:
    """Return a specification that takes all cells where a sample would be more, and warn of it."""
    if not spec.sample or (there := layout(spec).cells) >= spec.sample:
        return spec
    warnings.warn(
        f"`n_iter` is {spec.sample:,}, and there are {counted(there, 'cell')}: all are searched",
        UserWarning,
        stacklevel=3,
    )
    return spec.replace(sample=None, sampler=None)


def cells_of(
    spec: Specification, given: Mapping[str, Any], l2: str
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Return the points of a search.

    Parameters
    ----------
    spec : Specification
        With penalties that are numbers.
    given : dict
        The parameters of the search.
    l2 : {"l2", "alpha"}
        What L2 is.

    Returns
    -------
    numbers : ndarray of int64, shape (cells,)
        Their numbers in the order of the grid.
    parameters : list of dict
        Of each what an estimator is given: of what its solver or activation does not take, nothing.
        Cells of a grid are in the order of scikit-learn's ParameterGrid, drawn ones as drawn, those
        of one network and step after those of another.
    """
    plan = Plan(spec, (1, *deepest(spec), 1), 1, "data")
    every = np.arange(plan.grid.cells)
    columns = {name: of.tolist() for name, of in plan.grid.coordinates(every).items()}
    momenta = _momenta_of(given, columns.get("optimizer", [spec.optimizer]))
    found: dict[int, dict[str, Any]] = {}
    for number, values in enumerate(zip(*columns.values(), strict=True)):
        place = dict(zip(columns, values, strict=True))
        optimizer = place.get("optimizer", spec.optimizer)
        momentum = momentum_of(optimizer)
        if momentum not in momenta or place["momentum"] in momenta[momentum]:
            cell = _named(place, optimizer, place.get("activation", spec.activation), l2)
            if spec.vary:
                cell["vary"] = {name: place[name] for name in spec.vary}
            found[number] = _told(cell, given)
    if spec.sample:
        return np.array(list(found)), list(found.values())
    names = sorted({name for cell in found.values() for name in cell})
    order = sorted(found, key=lambda number: [_rank(found[number], name) for name in names])
    return np.array(order), [found[number] for number in order]


def _named(place: Mapping[str, Any], optimizer: str, activation: str, l2: str) -> dict[str, Any]:
    """Return what a cell gives an estimator, by its names in the order of the alphabet."""
    chosen = {"optimizer": optimizer, "activation": activation}
    taken = {name for option, word in chosen.items() for name in TABLES[option][word].hyper}
    called = names_of(optimizer) | {"l2": l2}
    found: dict[str, Any] = {}
    for axis in AXES:
        name, field = axis.name, axis.field
        if axis.kind == "seed" or name not in place or field == "path_order":
            continue
        if field == "optimizer":
            sgd = optimizer in ("nesterov", "momentum")
            found["solver"] = "sgd" if sgd else optimizer
            if sgd:
                found["nesterovs_momentum"] = optimizer == "nesterov"
        elif field not in TAKEN or field in taken:
            found[called.get(field, field)] = _value(field, place[name])
    return {name: found[name] for name in sorted(found)}


def _told(cell: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out which solver, or which momentum of "sgd", where one of it was given."""
    for name, several in (
        ("solver", len(set(solvers_of(given["solver"]))) > 1),
        ("nesterovs_momentum", np.size(given["nesterovs_momentum"]) > 1),
    ):
        if not several:
            cell.pop(name, None)
    return cell


def _value(field: str, value: Any) -> Any:
    """Return what a parameter is given for what the column of an axis says."""
    if field == "hidden":
        return networks.widths(value)
    if field == "batch_size":
        return value or "full"
    if field == "tol":
        return None if value == "off" else float(value)
    return meant(field, value)


def _momenta_of(given: Mapping[str, Any], optimizers: list[str]) -> dict[str, set[float]]:
    """Return the numbers that each kind of momentum may have, where there are both kinds."""
    names = {name for name in map(momentum_of, set(optimizers)) if name}
    if len(names) < 2 or any(interval(given[name]) for name in names):
        return {}
    return {name: set(parse(given[name]).tolist()) for name in names}


def _rank(cell: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    """Return what cells are sorted by: those that have a parameter come first, None last."""
    value = cell.get(name)
    if name == "batch_size":  # all samples are more than any number of them
        value = np.inf if value == "full" else value
    if isinstance(value, dict):  # what varies
        value = tuple(value.values())
    return value is None, value if value is not None else 0
