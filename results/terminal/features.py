"""Columns of the data as a table on the terminal: the most important first."""

from __future__ import annotations

import pandas as pd

from results.cells.features.of_cells import ranked
from results.labels import number, printable
from results.terminal.look import Look

#: Rows of the table, and letters of a name.
_ROWS, _LETTERS = 12, 28


def lines(rows: pd.DataFrame, look: Look, more: str) -> list[str]:
    """Return a table of a cell's columns, see `results.cells.features.of_cells`.

    ``more`` says where those are that are left out. What there is no room for is left out too, the
    last first.
    """
    rows = ranked(rows)
    shown = rows.head(_ROWS)
    columns = {
        "": ["*" if selected else "" for selected in shown["selected"]],
        "feature": [_short(name) for name in shown["feature"]],
    }
    if shown["importance"].notna().any():
        half = (shown["high_importance"] - shown["low_importance"]) / 2
        columns["importance"] = [number(value, 3) for value in shown["importance"]]
        if half.notna().any():
            columns[look.interval] = [number(value, 2) for value in half]
    columns["kept"] = [f"{value:.2f}" for value in shown["kept"]]
    columns["weight"] = [number(value, 3) for value in shown["weight"]]
    sizes = {name: max(map(len, (name, *texts))) for name, texts in columns.items()}
    while sum(sizes.values()) + 2 * (len(sizes) - 1) > look.width and len(sizes) > 3:
        sizes.popitem()
    table = zip(*((name, *columns[name]) for name in sizes), strict=True)
    left = {"feature": "<"}
    set_ = [
        "  ".join(f"{text:{left.get(name, '>')}{sizes[name]}}" for name, text in pairs).rstrip()
        for pairs in (zip(sizes, row, strict=True) for row in table)
    ]
    others = len(rows) - len(shown)
    return [*set_, *([f"and {others:,} more: {more}"] if others else [])]


def _short(name: str) -> str:
    text = printable(name)
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 3]}..."
