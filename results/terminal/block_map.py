"""The grid as a map of blocks.

With colour each block has its place on the scale as background; without, as a block character.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.cells.epochs import stops
from results.labels import counted, digits, number, place
from results.plane import Axis, Plane, said
from results.scale import Scale, ink, viridis
from results.terminal.blocks import ABSENT, LOST, STOPPED, Blocks, holding
from results.terminal.look import Look

if TYPE_CHECKING:
    from rich.text import Text

#: Rows of the map at most, and columns of a block where there is room for them.
_ROWS, _BLOCK = 24, 10

#: Signs of values that lie beyond the scale.
_BEYOND, _BELOW = ">", "<"

#: What stands out more from a colour, as terminals call it.
_INK = {"black": "black", "white": "bright_white"}


def block_map(
    cells: pd.DataFrame, metric: str, found: Plane, marked: Mapping[int, str], look: Look
) -> list[str | Text]:
    """Return the lines of a map of a metric.

    Parameters
    ----------
    cells : DataFrame
        A `results.summary`.
    metric : str
    found : Plane
        Which of its cells are shown, and where.
    marked : dict of int to str
        Rows of the summary, and their marks.
    look : Look
    """
    apart = digits(found.y.values)
    gutter = max(len(number(value, apart)) for value in found.y.values) + 1
    room = max(look.width - gutter, 1)
    blocks = Blocks.of(cells, metric, found, _ROWS, room)
    fixed = said(found.fixed, cells, ", ")
    title = f"{metric} over {found.x.name} (across) and {found.y.name}{fixed}"
    if np.isnan(blocks.values).all():
        return [*look.wrapped(f"No map of {title}: no cell there has a value to compare.")]
    scale = Scale.of(blocks.values, metric)
    signs = np.where(np.isnan(blocks.values), blocks.signs, "")
    signs[blocks.values > scale.high] = _BEYOND
    signs[blocks.values < scale.low] = _BELOW
    marks = {blocks.find(at): mark for row, mark in marked.items() if (at := found.find(row))}
    width = max(1, min(_BLOCK, room // len(blocks.across)))
    lines: list[str | Text] = [*look.wrapped(title)]
    for up in reversed(range(len(blocks.up))):
        label = number(found.y.values[blocks.up[up]], apart)
        shown = [
            (value, marks.get((up, across), sign))
            for across, (value, sign) in enumerate(zip(blocks.values[up], signs[up], strict=True))
        ]
        lines.append(_row(f"{label:>{gutter - 1}} ", shown, scale, width, look))
    lines.append(" " * gutter + _across(found.x, blocks, width))
    told = (
        _together(found, blocks),
        _fewer(cells, metric, found),
        _meaning(cells, {*signs.flat}, scale),
    )
    legend = _legend(np.unique(blocks.values[~np.isnan(blocks.values)]), scale, look)
    return [*lines, legend, *(line for one in told for line in look.wrapped(one))]


def _row(
    label: str, blocks: list[tuple[float, str]], scale: Scale, width: int, look: Look
) -> str | Text:
    if not look.colour:
        return label + "".join(_plain(value, sign, scale, width, look) for value, sign in blocks)
    from rich.text import Text

    line = Text(label)
    for value, sign in blocks:
        if np.isnan(value):
            line.append(sign.center(width))
            continue
        red, green, blue = viridis(scale.place(value))
        stands_out = _INK[str(ink(np.array([red, green, blue]) / 255))]
        line.append(sign.center(width), style=f"{stands_out} on rgb({red},{green},{blue})")
    return line


def _plain(value: float, sign: str, scale: Scale, width: int, look: Look) -> str:
    if np.isnan(value):
        return sign.center(width)
    shades = look.shades
    shade = shades[min(int(scale.place(value) * len(shades)), len(shades) - 1)]
    return f"{sign:{shade}^{width}}" if sign else shade * width


def _across(axis: Axis, blocks: Blocks, width: int) -> str:
    """Write labels below the map, as many as do not touch, the most telling first."""
    line = [" "] * (width * len(blocks.across))
    apart, at = digits(axis.values), axis.at.tolist()
    telling = [at.index(place) for place, _ in axis.labels() if place in at]
    for value in dict.fromkeys([*telling, *range(len(at))]):
        text = number(axis.values[value], apart)
        start = holding(blocks.across, value) * width
        start = min(start, max(len(line), len(text)) - len(text))
        room = line[max(start - 1, 0) : start + len(text) + 1]
        if set(room) <= {" "} and start + len(text) <= len(line):
            line[start : start + len(text)] = text
    return "".join(line).rstrip()


def _together(found: Plane, blocks: Blocks) -> str:
    """Say how many cells a block holds, where that is more than one."""
    up, across = (
        int(np.diff(starts, append=count).max())
        for starts, count in zip((blocks.up, blocks.across), found.rows.shape, strict=True)
    )
    if up * across == 1:
        return ""
    return f"one block is the mean of up to {across} x {up} cells, named by the first of them"


def _fewer(cells: pd.DataFrame, metric: str, found: Plane) -> str:
    """Say where means are not over the same seeds, since some diverged or are not done yet."""
    seeds, most = found.matrix(cells["seeds"]), int(cells["seeds"].max())
    known = ~np.isnan(found.matrix(cells[f"mean_{metric}"]))
    count = int((known & (seeds < most)).sum())
    return f"over fewer than {most} seeds: {counted(count, 'cell')} of this map" if count else ""


def _legend(values: NDArray[np.float64], scale: Scale, look: Look) -> str | Text:
    """Explain the scale of some values, each of which is there once."""
    if len(values) == 1:
        return f"{number(values[0], 3)} everywhere"
    low, high = (place(end, (scale.low, scale.high)) for end in (scale.low, scale.high))
    how = " (log scale)" if scale.logarithmic else ""
    if not scale.logarithmic and np.isfinite(scale.step):
        how = f" (half-way {number(scale.value(0.5), 3)})"
    if not look.colour:
        return f"{low} [{''.join(shade * 2 for shade in look.shades)}] {high}{how}"
    from rich.text import Text

    line = Text(f"{low} ")
    for step in np.linspace(0, 1, 20):
        red, green, blue = viridis(step)
        line.append(" ", style=f"on rgb({red},{green},{blue})")
    return line.append(f" {high}{how}")


def _meaning(cells: pd.DataFrame, signs: set[str], scale: Scale) -> str:
    """Explain what stands on a map for a value."""
    epochs = [f"{after:,}" for _, after in stops(cells)]
    after = f" after {' or '.join(epochs)} epochs" if epochs else ""
    words = {
        _BEYOND: f"more, up to {number(scale.top, 3)}",
        _BELOW: f"less, down to {number(scale.bottom, 3)}",
        STOPPED: f"stopped{after}: not comparable",
        **{sign: cause for cause, sign in LOST.items()},
        ABSENT: "no finished run",
    }
    return "   ".join(f"{sign} {words[sign]}" for sign in words if sign in signs)
