"""The best cells as a table and the grid as a map, in 60 columns of a terminal.

With colour each cell of the map has its place on the scale as background; without, as a block
character. Both say it in a legend, and mark the best cell and the sparsest as good.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TextIO

import numpy as np
import pandas as pd

from results.cells.best import best
from results.cells.summary import as_cells, axis_names, deciding
from results.columns import MEASURED
from results.labels import counted, number
from results.plane import Plane, plane, said
from results.scale import Scale, viridis

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Columns of the terminal that everything fits into.
WIDTH = 60

#: Rows of the table, and at most of the map.
_ROWS, _MAP_ROWS = 5, 24

#: The scale without colour, and where block characters cannot be written.
_BLOCKS, _ASCII = "·░▒▓█", " .:*#"

#: Marks: the best cell, the sparsest within one standard error, both; and one without a value.
_BEST, _SPARSEST, _BOTH, _NOTHING = "*", "o", "@", "x"


class Look(NamedTuple):
    """What a terminal can show."""

    colour: bool
    blocks: bool


def show(
    table: pd.DataFrame,
    metric: str | None = None,
    at: Mapping[str, float | str] | None = None,
    file: TextIO | None = None,
) -> None:
    """Print the best cells and the map.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str, optional
        What the map shows; by default the loss that decides.
    at : dict of str to float or str, optional
        Values at which the map holds axes fixed; see `results.plane.plane`.
    file : text file, optional
        Standard output by default. Where it is no terminal, or NO_COLOR is set, it gets no
        control sequences.
    """
    from rich.console import Console

    file = file or sys.stdout
    console = Console(file=file, width=WIDTH, highlight=False)
    look = Look(_coloured(console), _writes_blocks(file))
    cells = as_cells(table, [metric] if metric else [])
    with console.capture() as shown:  # rich would end the process where nobody reads any more
        for line in (
            *best_cells(cells, look.blocks),
            "",
            *block_map(cells, metric or deciding(cells), look, at),
        ):
            console.print(line, markup=False, no_wrap=True, soft_wrap=True)
    file.write(shown.get())


def best_cells(cells: pd.DataFrame, blocks: bool = True) -> list[str]:
    """Return the lines of a table of the best cells."""
    metric = deciding(cells)
    ranked = cells[cells[f"rank_{metric}"].notna()].sort_values(f"rank_{metric}", kind="stable")
    if ranked.empty:
        return [f"None of {counted(len(cells), 'cell')} has a finite {metric}."]
    marks = _marks(cells)
    rows = list(ranked.index[:_ROWS])
    rows += [row for row in marks if row not in rows]
    shown = ranked.loc[rows]
    columns = {
        "": [marks.get(row, "") for row in rows],
        "#": [str(rank) for rank in shown[f"rank_{metric}"]],
    }
    for name in axis_names(cells):
        if name in ("l1", "l2") or cells[name].nunique() > 1:
            columns[name] = [number(value, 3) for value in shown[name]]
    columns[metric] = [number(v) for v in shown[f"mean_{metric}"]]
    several = shown["seeds"].max() > 1
    if several:
        half = (shown[f"high_{metric}"] - shown[f"low_{metric}"]) / 2
        columns["±95%" if blocks else "+-95%"] = [number(value, 2) for value in half]
    if shown["diverged"].any():
        columns["diverged"] = [str(count) for count in shown["diverged"]]
    columns["sparsity"] = [f"{value:.3f}" for value in shown["mean_sparsity"]]
    if metric.startswith("val_"):
        for beside in MEASURED[1:]:
            columns[beside.name] = [f"{value:.3f}" for value in shown[f"mean_val_{beside.name}"]]
    over = f"mean over {int(shown['seeds'].max())} seeds" if several else "one seed"
    return [f"Best of {counted(len(cells), 'cell')}, {over}", *_lines(columns)]


def block_map(
    cells: pd.DataFrame, metric: str, look: Look, at: Mapping[str, float | str] | None = None
) -> list[str | Text]:
    """Return the lines of a map of a metric."""
    found = plane(cells, at)
    if found.rows.size < 2:
        return []
    values = found.matrix(cells[f"mean_{metric}"])
    gutter = max(len(number(v, 2)) for v in found.y.values) + 1
    across = _bins(values.shape[1], WIDTH - gutter)
    up = _bins(values.shape[0], _MAP_ROWS)
    small = _block_means(values, up, across)
    if np.isnan(small).all():
        return [f"No cell of this map has a finite {metric}."]
    scale = Scale.of(small, metric)
    width = max(1, min(4, (WIDTH - gutter) // small.shape[1]))
    marked = {
        (_bin(up, place[0]), _bin(across, place[1])): mark
        for row, mark in _marks(cells).items()
        if (place := found.find(row))
    }
    fixed = f", {said(found.fixed, cells)}" if found.fixed else ""
    title = f"{metric} over {found.x.name} (across) and {found.y.name}{fixed}"
    lines: list[str | Text] = [*wrapped(title)]
    for row in reversed(range(len(small))):
        label = number(found.y.values[up[row]], 2)
        blocks = [(value, marked.get((row, column), "")) for column, value in enumerate(small[row])]
        lines.append(_row(f"{label:>{gutter - 1}} ", blocks, scale, width, look))
    lines.append(" " * gutter + _across(found, across, width))
    if small.size < values.size:
        lines.append("one block is the mean of neighbouring cells")
    return [*lines, _legend(scale, look), *_meaning(set(marked.values()), small)]


def _marks(cells: pd.DataFrame) -> dict[int, str]:
    """Return the rows of the summary that are marked."""
    if cells[f"rank_{deciding(cells)}"].isna().all():
        return {}
    lowest, sparsest = (best(cells, rule).index[0] for rule in ("min", "one-se"))
    if lowest == sparsest:
        return {lowest: _BOTH}
    return {lowest: _BEST, sparsest: _SPARSEST}


def _lines(columns: dict[str, list[str]]) -> list[str]:
    """Set columns side by side, as many as fit."""
    lines = [""] * (1 + len(next(iter(columns.values()))))
    for name, texts in columns.items():
        width = max(len(text) for text in (name, *texts))
        added = [
            f"{line}{text:>{width}}  " for line, text in zip(lines, (name, *texts), strict=True)
        ]
        if len(added[0].rstrip()) > WIDTH or max(len(line.rstrip()) for line in added) > WIDTH:
            break
        lines = added
    return [line.rstrip() for line in lines]


def _bins(count: int, room: int) -> np.ndarray:
    """Return where blocks begin, so that there are no more than there is room for."""
    return np.arange(0, count, -(-count // room))


def _bin(starts: np.ndarray, place: int) -> int:
    return int(np.searchsorted(starts, place, side="right") - 1)


def _block_means(values: np.ndarray, up: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Average the values of each block; NaN where one is missing, so that no hole is hidden."""
    sums = np.add.reduceat(np.add.reduceat(values, up, axis=0), across, axis=1)
    ones = np.ones_like(values)
    return sums / np.add.reduceat(np.add.reduceat(ones, up, axis=0), across, axis=1)


def _row(
    label: str, blocks: list[tuple[float, str]], scale: Scale, width: int, look: Look
) -> str | Text:
    if not look.colour:
        return label + "".join(_plain(value, mark, scale, width, look) for value, mark in blocks)
    from rich.text import Text

    line = Text(label)
    for value, mark in blocks:
        if np.isnan(value):
            line.append((mark or _NOTHING).center(width))
            continue
        red, green, blue = viridis(scale.place(value))
        ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 110 else "bright_white"
        line.append(mark.center(width), style=f"{ink} on rgb({red},{green},{blue})")
    return line


def _plain(value: float, mark: str, scale: Scale, width: int, look: Look) -> str:
    shades = _BLOCKS if look.blocks else _ASCII
    if np.isnan(value):
        return (mark or _NOTHING).center(width)
    shade = shades[min(int(scale.place(value) * len(shades)), len(shades) - 1)]
    return f"{mark:{shade}^{width}}" if mark else shade * width


def _across(found: Plane, starts: np.ndarray, width: int) -> str:
    """Write labels below the map, as many as do not touch, the most telling first."""
    line = [" "] * (width * len(starts))
    wanted = dict(found.x.labels())
    order = [at for at in wanted if at in set(found.x.at)] + list(found.x.at)
    for at in order:
        text = number(found.x.values[found.x.at == at][0], 2)
        start = _bin(starts, int(np.flatnonzero(found.x.at == at)[0])) * width
        start = min(start, max(len(line), len(text)) - len(text))
        room = line[max(start - 1, 0) : start + len(text) + 1]
        if set(room) <= {" "} and start + len(text) <= len(line):
            line[start : start + len(text)] = text
    return "".join(line).rstrip()


def _legend(scale: Scale, look: Look) -> str | Text:
    low, high = number(scale.low, 3), number(scale.high, 3)
    how = " (log scale)" if scale.logarithmic else ""
    if not look.colour:
        shades = "".join(shade * 2 for shade in (_BLOCKS if look.blocks else _ASCII))
        return f"{low} [{shades}] {high}{how}"
    from rich.text import Text

    line = Text(f"{low} ")
    for place in np.linspace(0, 1, 20):
        red, green, blue = viridis(place)
        line.append(" ", style=f"on rgb({red},{green},{blue})")
    return line.append(f" {high}{how}")


def _meaning(marks: set[str], values: np.ndarray) -> list[str]:
    """Explain the marks that are on a map."""
    words = {
        _BEST: "best",
        _SPARSEST: "sparsest within 1 SE",
        _BOTH: "best, and sparsest within 1 SE",
    }
    said = [f"{mark} {words[mark]}" for mark in words if mark in marks]
    if np.isnan(values).any():
        said.append(f"{_NOTHING} diverged or missing")
    return wrapped("   ".join(said)) if said else []


def wrapped(text: str) -> list[str]:
    """Break a text into lines that fit."""
    import textwrap

    return textwrap.wrap(text, WIDTH)


def _coloured(console: Console) -> bool:
    """Whether a console shows enough colours for a scale, and wants any."""
    return console.color_system in ("256", "truecolor") and not console.no_color


def _writes_blocks(file: TextIO) -> bool:
    try:
        _BLOCKS.encode(getattr(file, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
