"""What a terminal can show: its columns, its colours, its characters."""

from __future__ import annotations

import os
import shutil
import textwrap
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from rich.console import Console

#: Columns where no terminal says how many it has, such as in a file.
WIDTH = 60

#: The scale without colour, and where block characters cannot be written.
_BLOCKS, _ASCII = "·░▒▓█", " .:*#"


class Look(NamedTuple):
    """What a terminal can show."""

    colour: bool
    blocks: bool
    width: int = WIDTH

    @classmethod
    def of(cls, file: TextIO, console: Console) -> Look:
        """See what a text file can show, through rich's console on it."""
        colour = console.color_system in ("256", "truecolor") and not console.no_color
        return cls(colour, writes_blocks(file), width_of(file))

    @property
    def shades(self) -> str:
        """Characters from light to dark."""
        return _BLOCKS if self.blocks else _ASCII

    @property
    def interval(self) -> str:
        """What heads half the width of an interval."""
        return f"{self.around}95%"

    @property
    def around(self) -> str:
        """The sign before half a width."""
        return "±" if self.blocks else "+-"

    def wrapped(self, text: str) -> list[str]:
        """Break a text into lines that fit."""
        return wrapped(text, self.width)


def wrapped(text: str, width: int = WIDTH) -> list[str]:
    """Break a text into lines that fit."""
    return textwrap.wrap(text, width)


def width_of(file: TextIO) -> int:
    """As many columns as the terminal has; elsewhere what COLUMNS says, as other programs do."""
    if file.isatty():
        return shutil.get_terminal_size((WIDTH, 24)).columns
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) else WIDTH


def writes_blocks(file: TextIO) -> bool:
    """Tell whether more than ASCII can be written to a text file."""
    try:
        _BLOCKS.encode(getattr(file, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
