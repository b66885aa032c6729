"""The best cells and the map below them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from results.cells.epochs import stopped, unequal
from results.cells.summary import as_cells, deciding
from results.plane import plane, slice_at
from results.terminal.block_map import block_map
from results.terminal.look import WIDTH, Look
from results.terminal.marks import marks, meaning
from results.terminal.table import best_cells

if TYPE_CHECKING:
    from rich.text import Text


def show(
    table: pd.DataFrame,
    metric: str | None = None,
    at: Mapping[str, float | str] | None = None,
    file: TextIO | None = None,
    along: str | None = None,
) -> None:
    """Print the best cells and the map.

    Parameters
    ----------
    table : DataFrame
        Runs, or their `results.summary`.
    metric : str, optional
        What the map shows; by default the loss that decides.
    at : dict of str to float or str, optional
        Values at which axes are held: the table has these cells alone, and the map those of them
        that `results.plane.plane` chooses.
    file : text file, optional
        Standard output by default. Where it is no terminal, or NO_COLOR is set, it gets no
        control sequences.
    along : str, optional
        The axis of the path, if there is one; see `results.cells.epochs.of_orders`.
    """
    from rich.console import Console

    file = file or sys.stdout
    console = Console(file=file, width=WIDTH, highlight=False)
    look = Look.of(file, console)
    metrics = [metric] if metric else []
    if "status" in table and unequal(table):
        metrics.append("epochs")
    cells = as_cells(table, metrics)
    shown, held = slice_at(cells, at)
    last = shown[~stopped(cells)[shown.index]]
    marked = marks(last)
    lines: list[str | Text] = [*best_cells(cells, shown, held, marked, look, along)]
    found = plane(cells, at)
    if found.rows.size > 1 and last[f"rank_{deciding(cells)}"].notna().any():
        lines += ["", *block_map(cells, metric or deciding(cells), found, marked, look)]
    lines += look.wrapped(meaning(marked, found))
    with console.capture() as captured:  # rich would end the process where nobody reads any more
        for line in lines:
            console.print(line, markup=False, no_wrap=True, soft_wrap=True)
    file.write(captured.get())
