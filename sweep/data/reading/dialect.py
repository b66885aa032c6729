"""How a text file writes a table: what stands between cells, and in a decimal number."""

import codecs
import re
from typing import Any, BinaryIO, NamedTuple, Self

BLOCK = 1 << 26  # bytes that hold any one line of a file
_HEAD = 1 << 16  # bytes that tell the dialect
_LINES = 100  # and lines

#: What may stand between cells, and what each is called. Where several would do, the first counts:
#: in a file with semicolons commas may stand in the numbers.
SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "", " ": "spaces"}

_QUOTED = re.compile('"[^"]*"')


class Dialect(NamedTuple):
    """What is told of a text file; what is None is found out.

    Attributes
    ----------
    separator : str, optional
        The character between cells; one space stands for any number of them.
    decimal : str, optional
        The decimal point, or comma.
    encoding : str, optional
        As Python calls it.
    header : bool, optional
        Whether the first line holds the names of the columns.
    """

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    header: bool | None = None

    @classmethod
    def of(cls, options: Any) -> Self:
        """Take what a specification says of its files."""
        return cls(*(getattr(options, name) for name in cls._fields))


class Head(NamedTuple):
    """The first lines of a file in UTF-8, each of them whole.

    Attributes
    ----------
    text : str
        From the first line on that is not blank.
    start : int
        Where that begins, in bytes.
    lines : list of str
        Some of them, without what is quoted and those that are blank.
    is_all : bool
        Whether the file has no more.
    """

    text: str
    start: int
    lines: list[str]
    is_all: bool


def head_of(file: BinaryIO) -> Head:
    """Read the first lines of a file."""
    file.seek(0)
    raw = file.read(_HEAD) + file.readline(BLOCK)
    unmarked = raw.removeprefix(codecs.BOM_UTF8)
    begun = unmarked.lstrip(b"\r\n")
    text = begun.decode("utf-8", errors="replace")
    return Head(text, len(raw) - len(begun), _lines(text), not file.read(1))


def separator_of(lines: list[str]) -> str:
    """Find what separates cells: the character of which each line has as many as the first.

    Quoted cells do not count, for they may hold any. Where no character is in the first line, there
    is one column, and a comma does as well as any other.
    """
    best, most = ",", 0.0
    for separator in SEPARATORS:
        agree = _agreement(lines, separator)
        if agree > most and (separator != " " or (agree == 1 and most == 0)):
            best, most = separator, agree
    return best


def has_row_names(lines: list[str], separator: str) -> bool:
    """Tell whether each line has a cell more than the first: R writes the names of rows so.

    A line that ends with a separator has one more, too, and no name in it.
    """
    counts = {line.count(separator) for line in lines[1:]}
    ends = all(line.endswith(separator) for line in lines[1:])
    return counts == {lines[0].count(separator) + 1} and not ends


def _lines(head: str) -> list[str]:
    """Return the first lines without what is quoted in them, and those that are blank."""
    plain = _QUOTED.sub('""', head)
    lines = re.split(r"\r\n|\r|\n", plain, maxsplit=2 * _LINES)
    squeezed = (re.sub("  +", " ", line).strip(" ") for line in lines)
    return list(filter(None, squeezed))[:_LINES]


def _agreement(lines: list[str], separator: str) -> float:
    """Return the share of lines with as many separators as the first, or in each one more."""
    if not lines or separator not in lines[0]:
        return 0.0
    first, rest = lines[0].count(separator), [line.count(separator) for line in lines[1:]]
    if not rest:
        return 1.0
    return max(rest.count(first), (rest.count(first + 1) == len(rest)) * len(rest)) / len(rest)
