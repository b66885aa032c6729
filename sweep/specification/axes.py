"""The axes of a grid: the column of the table each stands in, its option, and its kind.

A row here is an axis everywhere: in the grid, in results directories that grow, in what is merged.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from sweep.specification.values import array

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
    """

    name: str
    field: str
    kind: Literal["seed", "lane", "pack"]
    grows: bool = True


#: In the order of the grid, the last fastest.
AXES = (
    Axis("seed", "seeds", "seed"),
    Axis("outer", "outer_folds", "seed", grows=False),
    Axis("fold", "folds", "seed", grows=False),
    Axis("l1", "l1", "lane"),
    Axis("l2", "l2", "lane"),
    Axis("lr", "lr", "lane"),
    Axis("momentum", "momentum", "lane"),
    Axis("<varied>", "vary", "lane"),
    Axis("path", "path_order", "lane"),
)


#: The columns of what is repeated: all others are those of a cell.
REPEATED = tuple(axis.name for axis in AXES if axis.kind == "seed")


def axes_of(spec: "Specification") -> dict[str, np.ndarray]:
    """Return the values of each axis of a specification whose axes are numbers, by its column."""
    return {name: values for axis in AXES for name, values in _values(spec, axis) if len(values)}


def growing(spec: "Specification") -> tuple[Axis, ...]:
    """Return the axes along which runs may be added to those of a specification.

    Where runs depend on each other, along a path or in a race, no axis may grow.
    """
    if spec.halving:
        return ()
    return tuple(axis for axis in AXES if axis.grows and axis.name != spec.path)


def _values(spec: "Specification", axis: Axis) -> Iterator[tuple[str, np.ndarray]]:
    given = getattr(spec, axis.field)
    if axis.field == "vary":
        yield from ((name, np.array(values)) for name, values in given.items())
    elif axis.field == "outer_folds":
        yield axis.name, np.arange(given, dtype=np.int32)
    elif axis.field == "folds":
        yield axis.name, np.arange(max(given, 1), dtype=np.int32)
    else:
        yield axis.name, array(given)
