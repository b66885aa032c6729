"""Named columns that know where their rows are, and the table that they make."""

import reprlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from sweep.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

MOST_COLUMNS = 100_000

#: What a cell holds that has no value, where nothing tells such a text from any other.
MISSING = (
    "", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "NULL", "null", "NaN", "nan", "-NaN", "-nan",
    "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN",
)  # fmt: skip


class Column(NamedTuple):
    """A column of a table: what it is called, what it holds, and where that can be found.

    From text (CSV, spreadsheets, JSON lines) come float64, int64 and texts, each in the file's own
    spelling: ``TRUE``, ``007`` and ``2020-01-01`` are texts. A cell without a value is null, and
    never an empty text. Other sources have types, which are kept: also truth values, decimals,
    times, and categories as Arrow's dictionaries.
    """

    name: str
    values: "pa.ChunkedArray"
    source: str  # the file or object, as messages name it
    where: Callable[[int], str]  # a row number from 0 -> "line 5"

    def error(self, problem: str, row: int | None = None) -> InputError:
        """Return an error about this column, or about one row of it."""
        place = "" if row is None else f", {self.where(row)}"
        return InputError(f"{self.source}, column {reprlib.repr(self.name)}{place}: {problem}")


class Table(list[Column]):
    """The columns of one source.

    Attributes
    ----------
    kind : str
        What it was read as, such as "CSV with semicolons, decimal commas, gz".
    notes : list of str
        What was done to it that its reader should know.
    spelled : ChunkedArray or None
        The column that was asked for in the file's own spelling, where the source is text and does
        not say itself what is a number.
    """

    def __init__(self, columns: Iterable[Column], kind: str, notes: Iterable[str] = ()) -> None:
        super().__init__(columns)
        self.kind = kind
        self.notes = list(notes)
        self.spelled: pa.ChunkedArray | None = None


def columns_of(
    names: Iterable[Any],
    arrays: "Iterable[pa.ChunkedArray]",
    source: str,
    where: Callable[[int], str],
) -> list[Column]:
    """Put columns together, and refuse names that cannot tell them apart."""
    columns = [
        Column(str(name).strip(), array, source, where)
        for name, array in zip(names, arrays, strict=True)
    ]
    seen: set[str] = set()
    for place, column in enumerate(columns, 1):
        if not column.name:
            raise InputError(
                f"{source}: column {place} has no name, and does not count rows: give it one, or "
                "leave it out of the file"
            )
        if column.name in seen:
            raise column.error(
                "another has the same name (if there are no names in the first line, say so by "
                "--no-header)"
            )
        seen.add(column.name)
    if columns and len(columns[0].values) == 0:
        raise InputError(f"{source} has no rows")
    return columns


def check_width(columns: int, source: str) -> None:
    """Refuse a table of too many columns."""
    if columns > MOST_COLUMNS:
        raise InputError(f"{source} has {columns} columns: at most {MOST_COLUMNS} can be read")


def row_of_file(row: int) -> str:
    """Name a row of a file that has no lines."""
    return f"row {row + 1}"


def line_one(error: BaseException) -> str:
    """Return the first line of what an error of another package says."""
    return next(iter(str(error).splitlines()), type(error).__name__)
