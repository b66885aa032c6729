"""CSV in any dialect -> columns, by Arrow.

Unlike pandas it gives every decimal its nearest float64 in all releases, refuses a row of the wrong
length, and takes half as long to import. What it would turn into something else than numbers and
texts is read a second time, as the texts that the file has.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from sweep.data.reading import header
from sweep.data.reading.column import MISSING, Table, check_width, columns_of, line_one
from sweep.data.reading.dialect import (
    BLOCK,
    SEPARATORS,
    Dialect,
    has_row_names,
    head_of,
    separator_of,
)
from sweep.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_CHUNK = 1 << 20

#: Numbers as files with decimal commas have them, and those of them that may as well be thousands.
_COMMA = r"^\s*[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?\s*$"
_THOUSANDS = r"^\s*[+-]?[1-9]\d{0,2}(,\d{3})?\s*$"
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_PADDED = r"^\s*[+-]?0\d"


def read(
    file: BinaryIO,
    dialect: Dialect,
    source: str,
    reopened: Callable[[], BinaryIO],
    spelled: str | None = None,
) -> Table:
    """Read a file in UTF-8.

    Parameters
    ----------
    file : binary file
    dialect : Dialect
        What is told of it; the rest is found out.
    source : str
        What messages call it.
    reopened : function
        Opens it again, to find the line of a row.
    spelled : str, optional
        A column, see `Table.spelled`.
    """
    head = head_of(file)
    separator = dialect.separator or separator_of(head.lines)
    if head.lines:
        check_width(head.lines[0].count(separator) + 1, source)  # before Arrow makes them all
    if head.is_all and len(head.lines) < 2 - (dialect.header is False):
        raise InputError(f"{source} cannot be read as CSV: it has no rows below a line of names")
    if separator == " ":
        file = _single_spaced(file)
        head = head_of(file)
    names = _first_row(head.text, separator, source)
    if dialect.header is False:
        names = list(map(str, range(len(names))))
    elif has_row_names(head.lines, separator):
        names = ["", *names]
    text = _Text(
        file, head.start, separator, len(names), dialect.header is not False, source, reopened
    )
    table, decimal = _table(text, dialect.decimal)
    if dialect.header is None:
        header.refuse_rows(names, table, source)
    names, table, notes = header.without_index(names, table)
    columns = columns_of(names, table.columns, source, text.where)
    found = Table(columns, _kind(separator, decimal, dialect), notes)
    for column, place in zip(columns, table.column_names, strict=True):
        if column.name == spelled:
            found.spelled = _spelled(text, place, column.values, decimal)
    return found


class _Text:
    """A file as Arrow is to read it, any number of times."""

    def __init__(
        self,
        file: BinaryIO,
        start: int,
        separator: str,
        width: int,
        named: bool,
        source: str,
        reopened: Callable[[], BinaryIO],
    ) -> None:
        self.file, self.start, self.separator, self.named = file, start, separator, named
        self.names = list(map(str, range(width)))
        self.source, self.reopened = source, reopened

    def read(
        self,
        decimal: str,
        columns: Sequence[str] = (),
        types: "pa.DataType | None" = None,
        quoted_missing: bool = False,
        missing: Sequence[str] = MISSING,
    ) -> "pa.Table":
        """Read all columns, or some, of a type or of one that is found."""
        import pyarrow as pa
        from pyarrow import csv as arrow

        self.file.seek(self.start)
        try:
            return arrow.read_csv(
                self.file,
                arrow.ReadOptions(
                    use_threads=False,  # only one thread counts rows
                    block_size=BLOCK,
                    column_names=self.names,
                    skip_rows_after_names=int(self.named),
                ),
                arrow.ParseOptions(delimiter=self.separator, newlines_in_values=True),
                arrow.ConvertOptions(
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=quoted_missing,
                    null_values=list(missing),
                    decimal_point=decimal,
                    include_columns=list(columns),
                    column_types=dict.fromkeys(columns, types) if types else {},
                ),
            )
        except pa.ArrowException as error:
            problem = line_one(error)
            if ragged := _RAGGED.search(problem):
                row, expected, cells = map(int, ragged.groups())
                first = "line 1 names" if self.named else "the first has"
                place = self.where(row - 1 - self.named)
                problem = f"{place} has {cells} cells, and {first} {expected}"
            elif "straddling" in problem:
                problem = "a line of it is too long, or a quote is never closed"
            raise InputError(f"{self.source} cannot be read as CSV: {problem}") from None

    def where(self, row: int) -> str:
        """Return where a row begins: blank lines hold none, quotes may hold several."""
        first, quotes, left = 1, 0, row + self.named
        with io.TextIOWrapper(self.reopened(), "utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if quotes % 2 == 0:
                    first = number
                quotes += line.count('"')
                if quotes % 2 == 0 and line != "\n":
                    if left == 0:
                        break
                    left -= 1
        return f"line {first}"

    def may_hold_padded(self) -> bool:
        """Tell whether any cell may begin with a zero and another digit, as 007 does."""
        before = np.zeros(256, bool)
        before[list(f'{self.separator}\n\r" +-'.encode())] = True
        self.file.seek(self.start)
        last = b"\n"
        while chunk := self.file.read(_CHUNK):
            letters = np.frombuffer(last + chunk, np.uint8)
            zeros = np.flatnonzero(letters[1:-1] == ord("0"))
            after = letters[zeros + 2] - np.uint8(ord("0"))
            if (before[letters[zeros]] & (after < 10)).any():
                return True
            last = letters[-2:].tobytes()
        return False


def _table(text: _Text, told: str | None) -> "tuple[pa.Table, str]":
    """Read a file, and again what is no number and no text of its own; return the decimal too."""
    import pyarrow as pa
    from pyarrow import compute, types

    decimal = told or "."
    table = text.read(decimal)
    if told is None and text.separator != "," and _has_decimal_commas(table):
        decimal = ","
        table = text.read(decimal)
    kinds = dict(zip(table.column_names, table.schema.types, strict=True))
    integers = [name for name, kind in kinds.items() if types.is_integer(kind)]
    if integers and text.may_hold_padded():
        spelled = text.read(decimal, integers, pa.string())
        for name in integers:
            if compute.any(compute.match_substring_regex(spelled[name], _PADDED)).as_py():
                table = _with(table, name, spelled[name])
    # Truth values, dates and times are text here, in the file's own spelling.
    other = [n for n, k in kinds.items() if types.is_boolean(k) or types.is_temporal(k)]
    if other:
        spelled = text.read(decimal, other, pa.string())
        for name in other:
            table = _with(table, name, spelled[name])
    # Where all that is quoted is a number or nothing at all, "" and "NA" are no texts.
    quoted = [n for n, k in kinds.items() if types.is_string(k) and _are_numbers(table[n], decimal)]
    if quoted:
        numbers = text.read(decimal, quoted, quoted_missing=True)
        for name in quoted:
            if not types.is_string(numbers[name].type):
                table = _with(table, name, numbers[name])
    for name in table.column_names:
        if types.is_string(table[name].type):
            empty = compute.equal(compute.utf8_trim_whitespace(table[name]), "")
            if compute.any(empty).as_py():
                nothing = pa.scalar(None, pa.string())
                table = _with(table, name, compute.if_else(empty, nothing, table[name]))
    return table, decimal


def _spelled(text: _Text, place: str, values: "pa.ChunkedArray", decimal: str) -> "pa.ChunkedArray":
    """Return a column as the file spells it: 1.10 and 1.1 are one number, and no one text.

    So are NA and -nan two texts, and only what is empty is none. Integers are spelled so already.
    """
    import pyarrow as pa

    spelled = text.read(decimal, [place], pa.string(), quoted_missing=True, missing=[""])[place]
    integers = pa.types.is_integer(values.type) and values.null_count == spelled.null_count
    return values if integers else spelled


def _with(table: "pa.Table", name: str, values: "pa.ChunkedArray") -> "pa.Table":
    return table.set_column(table.column_names.index(name), name, values)


def _has_decimal_commas(table: "pa.Table") -> bool:
    """Tell whether a comma is the decimal point: nothing else is, and it is not for thousands.

    ``1,234`` may be either, and stays a text unless ``1,5`` or ``0,25`` elsewhere says which.
    """
    from pyarrow import compute, types

    if any(types.is_floating(kind) for kind in table.schema.types):
        return False
    for column in table.columns:
        if types.is_string(column.type):
            cells, _ = _distinct(column)
            commas = compute.match_substring_regex(cells, _COMMA)
            plain = compute.match_substring_regex(cells, _THOUSANDS)
            if len(cells) and compute.all(commas).as_py() and not compute.all(plain).as_py():
                return True
    return False


def _are_numbers(texts: "pa.ChunkedArray", decimal: str) -> bool:
    """Tell whether texts are numbers, but for some that stand for no value."""
    from pyarrow import compute

    cells, blank = _distinct(texts)
    numbers = compute.match_substring_regex(cells, _COMMA if decimal == "," else _NUMBER)
    return bool(blank and len(cells) and compute.all(numbers).as_py())


def _distinct(texts: "pa.ChunkedArray") -> "tuple[pa.Array, bool]":
    """Return the distinct texts of a column, and whether any others stand for no value."""
    import pyarrow as pa
    from pyarrow import compute

    cells = texts.unique().drop_null()
    missing = compute.is_in(cells, pa.array(MISSING))
    return cells.filter(compute.invert(missing)), bool(compute.any(missing).as_py())


def _first_row(head: str, separator: str, source: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(head, newline=""), delimiter=separator))
    except csv.Error as error:
        raise InputError(f"{source} cannot be read as CSV: its first line: {error}") from None


def _single_spaced(file: BinaryIO) -> BinaryIO:
    """Put one space where there are several, as Arrow needs it, and none around a line."""
    file.seek(0)
    parts = file.read().split(b'"')
    for place in range(0, len(parts), 2):  # what is not quoted
        squeezed = re.sub(rb"[ \t]+", b" ", parts[place])
        parts[place] = re.sub(rb" ?(\r?\n|\r) ?", rb"\1", squeezed)
    return io.BytesIO(b'"'.join(parts).strip(b" "))


def _kind(separator: str, decimal: str, dialect: Dialect) -> str:
    parts = [SEPARATORS.get(separator, f"{separator!r}")]
    parts[0] = f"CSV with {parts[0]}" if parts[0] else "CSV"
    if decimal == ",":
        parts.append("decimal commas")
    if dialect.header is False:
        parts.append("no names")
    return ", ".join(parts)
