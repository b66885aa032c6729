"""Cells that are drawn from axes, no two alike; the first are the same however many are drawn.

A point of the cube has a coordinate for each axis of several values. Those of the axes that shape
code say of which part the cell is, and an axis that is at rest there says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from results.labels import counted
from sweep.errors import InputError
from sweep.plan.sampling import points
from sweep.seeded import generator
from sweep.specification.axes import PACKS, Part, drawn_from, parts, resting
from sweep.specification.spec import Specification
from sweep.specification.values import Range

#: Values of the axes of some cells, by column.
Columns = dict[str, np.ndarray]

#: What is drawn from: a range, or so many values.
Spread = Range | int

#: Points that are drawn at a time.
_ROWS = 2**16

#: How often as many points are drawn as a grid has cells, before the last ones are looked for.
_OFTEN = 8


class Layout(NamedTuple):
    """How points become cells.

    Attributes
    ----------
    packs : tuple of int
        How many values each axis has in which parts differ.
    part : tuple of int
        Of which part each combination of these is.
    lanes : tuple of Range or int
        What the other axes have that are more than one number.
    at_rest : tuple of tuple of bool
        For each part, which of those do nothing.
    """

    packs: tuple[int, ...]
    part: tuple[int, ...]
    lanes: tuple[Spread, ...]
    at_rest: tuple[tuple[bool, ...], ...]

    @property
    def cells(self) -> int:
        """How many different cells can be drawn, of ranges by their coordinates."""
        return sum(math.prod(_sizes(self.lanes, rest)) for rest in self.at_rest)

    @property
    def combinations(self) -> int:
        """The same with the values of axes that are at rest."""
        return math.prod(self.packs) * math.prod(_sizes(self.lanes))

    @property
    def ranged(self) -> bool:
        """Whether there is a range in which every cell has a number."""
        kept = [not any(rest) for rest in zip(*self.at_rest, strict=True)]
        return any(isinstance(one, Range) and k for one, k in zip(self.lanes, kept, strict=True))


def check_enough(spec: Specification) -> None:
    """Refuse to draw more cells than there are."""
    assert spec.sample
    there = layout(spec).cells
    if there < spec.sample:
        raise InputError(
            f"`sample` is {spec.sample:,}, and these axes have {counted(there, 'cell')}: leave it "
            "out, give fewer, or an axis a range without a count, such as 1e-5:1e-1:log"
        )


def drawn(spec: Specification, cells: int) -> Iterator[tuple[Part, np.ndarray]]:
    """Draw so many cells; yield those of each part, as they are drawn: see `columns`.

    Parameters
    ----------
    spec : Specification
        One of a sample.
    cells : int
        Not more than there are.
    """
    sampler = "random" if spec.sampler == "random" else "sobol"
    rows = _rows(layout(spec), cells, sampler, spec.seeds[0])
    each = parts(spec)
    for number, part in enumerate(each):
        own = rows[rows[:, 0] == number] if len(each) > 1 else rows
        if len(own):
            yield part, own


def columns(spec: Specification, part: Part, rows: np.ndarray) -> Columns:
    """Return the values of some cells of a part, as they were drawn, on the axes within it."""
    places = iter(rows.T[1:])
    found: dict[str, Any] = {}
    for name, of in drawn_from(spec).items():
        if name in part.place:
            continue
        at = next(places) if len(of) > 1 else None
        if name in part.rest:
            found[name] = np.broadcast_to(part.rest[name], len(rows))
        elif at is None:
            found[name] = np.broadcast_to(of[0], len(rows))  # type: ignore[index]
        else:
            found[name] = points.values(of, at) if isinstance(of, Range) else of[at]
    return found


def layout(spec: Specification) -> Layout:
    """Return how points become cells of a specification."""
    given = drawn_from(spec)
    names = [axis.name for axis in PACKS if axis.name in given]
    lanes = {name: of for name, of in given.items() if name not in names and len(of) > 1}
    each = parts(spec)
    number = {tuple(part.place.values()): place for place, part in enumerate(each)}
    found = []
    for values in product(*(given[name].tolist() for name in names)):  # type: ignore[union-attr]
        rest = resting(spec, dict(zip(names, values, strict=True)))
        found.append(number[tuple(rest.get(n, v) for n, v in zip(names, values, strict=True))])
    return Layout(
        tuple(len(given[name]) for name in names),
        tuple(found),
        tuple(of if isinstance(of, Range) else len(of) for of in lanes.values()),
        tuple(tuple(name in part.rest for name in lanes) for part in each),
    )


@lru_cache(maxsize=1)  # for each task has a plan, and asks
def _rows(layout: Layout, cells: int, sampler: str, seed: int) -> np.ndarray:
    """Return cells as uint32 [cell, 1 + axis]: the part, and of the lanes coordinates or places.

    They are the points of a sequence, without what came before. Where all axes are lists, and the
    last of their cells would be long in coming, these follow in a random order.
    """
    dimensions = len(layout.packs) + len(layout.lanes)
    draw = (points.random if sampler == "random" else points.sobol)(max(dimensions, 1), seed)
    # In a range no two points of a Sobol' sequence have one coordinate.
    repeats = not layout.ranged or sampler == "random"
    most = min(_OFTEN * layout.combinations, points.MOST)
    found = np.empty((0, 1 + len(layout.lanes)), np.uint32)
    seen = 0
    while len(found) < cells and seen < most:
        rows = min(max(cells - len(found), len(found) // 2), most - seen)
        sizes = [min(_ROWS, rows - at) for at in range(0, rows, _ROWS)]
        found = np.concatenate([found, *(_laid_out(draw(size), layout) for size in sizes)])
        seen += rows
        if repeats:
            found = _distinct(found)
    if len(found) < cells:
        found = _completed(found, layout, seed)
    found = found[:cells]
    found.flags.writeable = False
    return found


def _laid_out(drawn: np.ndarray, layout: Layout) -> np.ndarray:
    """Return the rows of some points [point, dimension]."""
    rows = np.zeros((len(drawn), 1 + len(layout.lanes)), np.uint32)
    if layout.packs:
        at = [points.places(one, x) for one, x in zip(layout.packs, drawn.T, strict=False)]
        rows[:, 0] = np.array(layout.part)[np.ravel_multi_index(tuple(at), layout.packs)]
    for axis, one in enumerate(layout.lanes):
        x = drawn[:, len(layout.packs) + axis]
        rows[:, 1 + axis] = x if isinstance(one, Range) else points.places(one, x)
    if np.any(layout.at_rest):
        rows[:, 1:][np.array(layout.at_rest)[rows[:, 0]]] = 0
    return rows


def _distinct(rows: np.ndarray) -> np.ndarray:
    """Return the rows without those that came before."""
    import pandas as pd

    return rows[~pd.DataFrame(rows).duplicated().to_numpy()]


def _completed(found: np.ndarray, layout: Layout, seed: int) -> np.ndarray:
    """Return some cells of a grid, and behind them all others."""
    every = [
        np.insert(np.array(list(np.ndindex(*_sizes(layout.lanes, rest))), np.uint32), 0, part, 1)
        for part, rest in enumerate(layout.at_rest)
    ]
    last = _distinct(np.concatenate([found, *every]))[len(found) :]
    order = generator(seed, "sample", "last").permutation(len(last))
    return np.concatenate([found, last[order]])


def _sizes(lanes: Sequence[Spread], rest: Sequence[bool] | None = None) -> list[int]:
    """Count the coordinates or values of axes, of one at rest 1."""
    at_rest = rest or [False] * len(lanes)
    sizes = [points.MOST if isinstance(one, Range) else one for one in lanes]
    return [1 if rests else size for size, rests in zip(sizes, at_rest, strict=True)]
