"""Lines that several commands print: pairs, tables, what was read."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from results.labels import printable


def print_read(read: dict[str, Any], outer_folds: int, file: TextIO) -> None:
    """Print what was understood of a table; in a log it is one line, as all that stands there."""
    from results.terminal.look import width_of, wrapped
    from sweep.plan import account

    words = account.in_words(read, outer_folds)
    log = file is sys.stderr and not file.isatty()
    for line in [words] if log else wrapped(words, width_of(file)):
        print(line, file=file)


def print_table(rows: list[list[str]]) -> None:
    """Print texts in columns, of which the last may be of any length."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    for row in rows:
        print("  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)))


def print_pairs(pairs: dict[str, Any]) -> None:
    """Print a line for each name, with its value beside it."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        if isinstance(value, dict):
            value = ", ".join(f"{inner} {kind}" for kind, inner in value.items())
        shown = f"{value:,}" if isinstance(value, int | float) else printable(value)
        print(f"{name.replace('_', ' '):{width}}  {shown}")
