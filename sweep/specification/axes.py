"""The axes of a grid: the column of the table each stands in, its option, and its kind.

A row here is an axis everywhere: in the grid, in results directories that grow, in what is merged.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from sweep.specification.values import Range, array

if TYPE_CHECKING:
    from sweep.specification.spec import Specification


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


#: In the order of the grid, the last fastest.
AXES = (
    Axis("seed", "seeds", "seed"),
    Axis("outer", "outer_folds", "seed", grows=False),
    Axis("fold", "folds", "seed", grows=False),
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


#: The columns of what is repeated: all others are those of a cell.
REPEATED = tuple(axis.name for axis in AXES if axis.kind == "seed")


def axes_of(spec: "Specification") -> dict[str, np.ndarray]:
    """Return the values of each axis of a specification whose axes are numbers, by its column."""
    return {name: np.asarray(values) for _, name, values in _columns(spec)}


def drawn_from(spec: "Specification") -> dict[str, "int | Range"]:
    """Return what a sample draws from for each column of a cell: a range, or so many values."""
    return {
        name: values if isinstance(values, Range) else len(values)
        for axis, name, values in _columns(spec)
        if axis.kind != "seed"
    }


def sometimes(spec: "Specification") -> dict[str, bool]:
    """Tell of each axis that is not always a column whether it is one."""
    found = axes_of(spec)
    return {axis.name: axis.name in found for axis in AXES if not axis.always}


def along(
    spec: "Specification", columns: Mapping[str, np.ndarray], name: str, count: int
) -> np.ndarray:
    """Return what some runs have of an option: their column, or the one value of all."""
    if name in columns:
        return columns[name]
    (one,) = np.atleast_1d(getattr(spec, name))
    return np.full(count, one, dtype=np.float64)


def growing(spec: "Specification") -> tuple[Axis, ...]:
    """Return the axes along which runs may be added to those of a specification.

    Where runs depend on each other, along a path, in a race or as a sampler learns, no axis may
    grow; nor may one that a sample is drawn from, which would be another sample.
    """
    if spec.halving or spec.sampler == "tpe":
        return ()
    free = [axis for axis in AXES if axis.grows and axis.name != spec.path]
    return tuple(axis for axis in free if axis.kind == "seed" or not spec.sample)


def is_column(axis: Axis, values: Sequence[float] | np.ndarray) -> bool:
    """Tell whether an axis with these values is a column of the table."""
    return axis.always or len(values) > 1 or axis.idle not in (None, values[0])


def _columns(spec: "Specification") -> Iterator[tuple[Axis, str, "np.ndarray | Range"]]:
    """Yield each column of the axes: its axis, its name, its values."""
    for axis in AXES:
        for name, values in _values(spec, axis):
            if len(values) and is_column(axis, values):
                yield axis, name, values


def _values(spec: "Specification", axis: Axis) -> Iterator[tuple[str, "np.ndarray | Range"]]:
    given = getattr(spec, axis.field)
    if axis.field == "vary":
        yield from ((name, _kept(values)) for name, values in given.items())
    elif axis.field == "outer_folds":
        yield axis.name, np.arange(given, dtype=np.int32)
    elif axis.field == "folds":
        yield axis.name, np.arange(max(given, 1), dtype=np.int32)
    else:
        yield axis.name, _kept(given)


def _kept(given: Sequence[float]) -> "np.ndarray | Range":
    return given if isinstance(given, Range) else array(given)
