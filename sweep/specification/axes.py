"""The axes of a sweep: the column of the table each stands in, its option, and its kind.

A row here is an axis everywhere: in the grid, in results directories that grow, in what is merged.

A *lane axis* may differ from lane to lane of a pack. A *pack axis* shapes code or arrays: the plan
lays the runs out in parts that agree in these, each with the specification that
`Specification.of` gives: what trains, measures or saves takes that, and never sees two activations.

Where an option does nothing its axis is *at rest*: a run with `nesterov` has no `beta2`, and one
without hidden layers no activation. It stands at one value then, 0 or the word that is true, so
that no run is made twice.
"""

import math
from collections.abc import Mapping
from itertools import product
from typing import Any, Literal, NamedTuple

import numpy as np

from sweep.errors import InputError
from sweep.specification.choices import ACTIVATIONS, OPTIMIZERS
from sweep.specification.several.alternatives import label, meant, several
from sweep.specification.values import Range, array


class Axis(NamedTuple):
    """An axis of the grid.

    Attributes
    ----------
    name : str
        Its column of the table; of the options `vary`, each name there is one.
    field : str
        The option of a `sweep.specification.spec.Specification`.
    kind : {"seed", "lane", "pack"}
        Whether it tells what is repeated to see luck; what may differ from run to run of a pack;
        or what shapes code and arrays, and is one for a pack.
    grows : bool
        Whether a results directory may be enlarged along it.
    idle : float, optional
        Of a penalty, the value that is none: alone, it is no column.
    always : bool
        Whether it is a column also with one value.
    """

    name: str
    field: str
    kind: Literal["seed", "lane", "pack"]
    grows: bool = True
    idle: float | None = None
    always: bool = True


def _pack(name: str) -> Axis:
    return Axis(name, name, "pack", always=False)


#: In the order of the grid, the last fastest.
AXES = (
    Axis("seed", "seeds", "seed"),
    Axis("outer", "outer_folds", "seed", grows=False),
    Axis("fold", "folds", "seed", grows=False),
    _pack("hidden"),
    _pack("activation"),
    _pack("init"),
    _pack("optimizer"),
    _pack("l1_method"),
    _pack("l21_on"),
    _pack("batch_size"),
    _pack("schedule"),
    _pack("warmup"),
    _pack("patience"),
    _pack("tol"),
    Axis("leak", "leak", "lane", always=False),
    Axis("l1", "l1", "lane"),
    Axis("l2", "l2", "lane"),
    Axis("l21", "l21", "lane", idle=0.0, always=False),
    Axis("lr", "lr", "lane"),
    Axis("momentum", "momentum", "lane"),
    Axis("beta2", "beta2", "lane", always=False),
    Axis("epsilon", "epsilon", "lane", always=False),
    Axis("dropout", "dropout", "lane", always=False),
    Axis("<varied>", "vary", "lane"),
    Axis("path", "path_order", "lane"),
)

#: Those that are one for a pack.
PACKS = tuple(axis for axis in AXES if axis.kind == "pack")

#: The columns of what is repeated: all others are those of a cell.
REPEATED = tuple(axis.name for axis in AXES if axis.kind == "seed")

#: Parts that a sweep may have: each compiles and packs for itself.
MOST_PARTS = 10_000

#: Numbers that a chosen step or activation takes, and others of its table may not.
_HYPER = {"optimizer": ("momentum", "beta2", "epsilon"), "activation": ("leak",)}


#: What says which axes are at rest.
_DECIDING = ("hidden", "activation", "optimizer", "l1_method")


#: Columns of the place of any cell.
_OF_EVERY_CELL = {"l1", "l2", "lr", "momentum"}


class Part(NamedTuple):
    """Runs that agree in all that shapes code and arrays.

    Attributes
    ----------
    place : dict of str to str or int
        Their values of the pack axes of the sweep, by column.
    rest : dict of str to object
        Axes that do nothing for them, and where these stand.
    """

    place: dict[str, Any]
    rest: dict[str, Any]


def parts(spec: Any) -> list[Part]:
    """Return the parts of a specification, in the order of the grid; one of most."""
    axes = {axis.name: _values(spec, axis) for axis in PACKS}
    columns = {name: values.tolist() for name, values in axes.items() if len(values) > 1}
    one = {name: values[0].item() for name, values in axes.items()}
    found: dict[tuple[Any, ...], Part] = {}
    for values in product(*columns.values()):
        here = dict(zip(columns, values, strict=True))
        rest = at_rest(one | here)
        place = {name: rest.get(name, value) for name, value in here.items()}
        found.setdefault(tuple(place.values()), Part(place, rest))
    return [found[key] for key in sorted(found)]


def refuse_too_many(spec: Any) -> None:
    """Refuse a specification of more parts than there may be."""
    lengths = {axis.name: len(_values(spec, axis)) for axis in PACKS}
    count = math.prod(lengths.values())
    if count > MOST_PARTS:
        names = ", ".join(f"`{name}`" for name, length in lengths.items() if length > 1)
        raise InputError(
            f"{names} make {count:,} combinations, and {MOST_PARTS:,} are the most: shorten one"
        )


def at_rest(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the axes that do nothing for a run, each with the value at which it stands then.

    Parameters
    ----------
    run : dict
        What is known of its ``hidden``, ``activation``, ``optimizer`` and ``l1_method``, as the
        table has them.
    """
    found: dict[str, Any] = {}
    for option, table in (("optimizer", OPTIMIZERS), ("activation", ACTIVATIONS)):
        if option in run:
            taken = table[run[option]].hyper
            found |= {name: 0.0 for name in _HYPER[option] if name not in taken}
    if run.get("hidden") == "none":
        found |= {"activation": "identity", "leak": 0.0, "dropout": 0.0, "l21_on": "inputs"}
    if run.get("l1_method") == "subgradient":
        found |= {"l21": 0.0, "l21_on": "inputs"}
    return found


def narrowed(spec: Any, place: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that leave a specification one value of each axis at a place.

    Of an option at rest it is the default, or what is true of these runs.
    """
    changes: dict[str, Any] = {}
    for axis in AXES:
        if axis.field == "vary" and spec.vary:
            changes["vary"] = {name: place.get(name, of) for name, of in spec.vary.items()}
        elif axis.name in place and axis.grows:
            changes[axis.field] = meant(axis.field, place[axis.name])
    if spec.path in place:  # one point is no path
        changes |= {"path": None, "path_order": None}
    told = {axis.name: _values(spec, axis).tolist() for axis in PACKS}
    run = {name: values[0] for name, values in told.items() if len(values) == 1} | dict(place)
    for name, value in at_rest(run).items():
        if value == 0 and name not in ("dropout", "l21"):
            changes[name] = None
        elif len(told.get(name, "")) != 1:
            changes[name] = value
    if spec.sample and place.keys() >= _OF_EVERY_CELL:  # one cell is no sample
        changes |= {"sample": None, "sampler": None}
    return changes


def packs_of(place: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a place says of the axes that shape code or arrays."""
    return {axis.name: place[axis.name] for axis in PACKS if axis.name in place}


def axes_of(spec: Any) -> dict[str, np.ndarray]:
    """Return the values of each axis of a specification whose axes are numbers, by its column.

    They are in rising order, words in that of the alphabet. Of an axis that is at rest for some
    runs there is the value at which it stands then, too.
    """
    found = given_axes(spec)
    for part in parts(spec):
        for name, value in (part.rest | part.place).items():
            if name in found and value not in found[name]:
                found[name] = np.union1d(found[name], [value])
    return found


def axes_of_part(spec: Any, part: Part) -> dict[str, np.ndarray]:
    """Return the axes of a part of a specification that differ within it, by column."""
    return {
        name: np.array([part.rest[name]]) if name in part.rest else values
        for name, values in given_axes(spec).items()
        if name not in part.place
    }


def drawn_from(spec: Any) -> dict[str, np.ndarray | Range]:
    """Return what a sample draws from for each column of a cell: some values, or a range."""
    given = {axis.name: getattr(spec, axis.field) for axis in AXES if axis.field != "vary"}
    given |= spec.vary
    ranges = {name: of for name, of in given.items() if isinstance(of, Range)}
    return {
        name: ranges.get(name, values)
        for name, values in given_axes(spec).items()
        if name not in REPEATED
    }


def resting(spec: Any, place: Mapping[str, Any]) -> dict[str, Any]:
    """Return the axes that do nothing for a run at a place of a specification, as `at_rest`."""
    one = {axis.name: _values(spec, axis)[0].item() for axis in PACKS}
    return at_rest(one | {**place})


def at_work(spec: Any) -> dict[str, np.ndarray]:
    """Return the values of each axis that may grow, but for those at rest for all runs."""
    resting = set.intersection(*(set(part.rest) for part in parts(spec)))
    there = [axis for axis in AXES if axis.grows and axis.field != "vary"]
    found = {axis.name: _values(spec, axis) for axis in there if axis.name not in resting}
    return found | {name: np.array(values) for name, values in spec.vary.items()}


def rested(spec: Any, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return columns of some runs with axes that are at rest for a run at its value then.

    Parameters
    ----------
    spec : Specification
        It has what there is no column of.
    columns : dict of str to ndarray, shape (runs,)
        Their values of axes.
    """
    count = len(next(iter(columns.values())))
    one = {axis.name: _values(spec, axis)[0] for axis in PACKS if axis.name in _DECIDING}
    runs = [columns.get(name, np.full(count, one[name])) for name in _DECIDING]
    found = {name: values.copy() for name, values in columns.items()}
    for kind in set(zip(*(values.tolist() for values in runs), strict=True)):
        here = np.all([values == value for values, value in zip(runs, kind, strict=True)], axis=0)
        for name, value in at_rest(dict(zip(_DECIDING, kind, strict=True))).items():
            if name in found:
                found[name][here] = value
    return found


def sometimes(spec: Any) -> dict[str, bool]:
    """Tell of each axis that is not always a column whether it is one."""
    found = given_axes(spec)
    return {axis.name: axis.name in found for axis in AXES if not axis.always}


def along(spec: Any, columns: Mapping[str, np.ndarray], name: str, count: int) -> np.ndarray:
    """Return what some runs have of an option: their column, or the one value of all."""
    if name in columns:
        return columns[name]
    (one,) = np.atleast_1d(getattr(spec, name))
    return np.full(count, one, dtype=np.float64)


def one_value(spec: Any, name: str) -> Any:
    """Return the value of an axis that has one, as the table has it."""
    (axis,) = (axis for axis in AXES if axis.name == name)
    (value,) = _values(spec, axis).tolist()
    return value


def growing(spec: Any) -> tuple[Axis, ...]:
    """Return the axes along which runs may be added to those of a specification.

    Where runs depend on each other, along a path, in a race or as a sampler learns, no axis may
    grow; nor may one that a sample is drawn from, which would be another sample.
    """
    if spec.halving or spec.sampler == "tpe":
        return ()
    free = [axis for axis in AXES if axis.grows and axis.name != spec.path]
    return tuple(axis for axis in free if axis.kind == "seed" or not spec.sample)


def given_axes(spec: Any) -> dict[str, np.ndarray]:
    """Return the values that were given of each axis that is a column."""
    found: dict[str, np.ndarray] = {}
    for axis in AXES:
        if axis.field == "vary":
            found |= {name: np.array(values) for name, values in spec.vary.items()}
            continue
        values = _values(spec, axis)
        several = len(values) > 1 or (len(values) and axis.idle not in (None, values[0]))
        if several or (axis.always and len(values)):
            found[axis.name] = values
    return found


def _values(spec: Any, axis: Axis) -> np.ndarray:
    given = getattr(spec, axis.field)
    if axis.field == "outer_folds":
        return np.arange(given, dtype=np.int32)
    if axis.field == "folds":
        return np.arange(max(given, 1), dtype=np.int32)
    if axis.kind == "pack" or axis.field == "leak":
        return np.array([label(axis.field, value) for value in several(axis.field, given)])
    return array(given)
