"""The first sheet of an xlsx, xls, xlsb or ods file -> columns, by calamine.

It makes a rectangle of all cells at once, and ends its process where that is too large, as two
cells at far corners can make it: so it has a process of its own, with no more memory than there is.
"""

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from sweep.data.reading import header
from sweep.data.reading.column import MISSING, Table, check_width, columns_of
from sweep.data.reading.memory import COPIES, check_memory, installed
from sweep.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_SHEET = """
import io, json, resource, sys
if sys.argv[1] != "None":
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from python_calamine import CalamineWorkbook
book = CalamineWorkbook.from_object(io.BytesIO(sys.stdin.buffer.read()))
rows = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
json.dump({"sheets": book.sheet_names, "rows": rows}, sys.stdout, default=str)
"""


def read(file: BinaryIO, named: bool | None, source: str) -> Table:
    """Read the first sheet; ``named`` is what is told of its first row, see `Dialect.header`."""
    found = _sheet(file, source)
    rows = [row for row in found["rows"] if any(cell != "" for cell in row)]
    notes = []
    if len(found["sheets"]) > 1:
        left = len(found["sheets"]) - 1
        notes.append(f"only the first of {left + 1} sheets is read, {found['sheets'][0]!r}")
    if not rows or (named is not False and len(rows) < 2):
        raise InputError(f"{source}: its first sheet has no rows below a line of names")
    check_width(len(rows[0]), source)
    names = [_name(cell) for cell in rows[0]]
    if named is False:
        names = list(map(str, range(len(names))))
    body = rows if named is False else rows[1:]
    table = _table(body, len(names))
    if named is None:
        header.refuse_rows(names, table, source)
    names, table, left_out = header.without_index(names, table)
    places = [
        place for place, row in enumerate(found["rows"], 1) if any(cell != "" for cell in row)
    ][len(rows) - len(body) :]
    columns = columns_of(names, table.columns, source, lambda row: f"row {places[row]}")
    return Table(columns, "spreadsheet", notes + left_out)


def _sheet(file: BinaryIO, source: str) -> Any:
    import importlib.util

    if importlib.util.find_spec("python_calamine") is None:
        raise InputError(
            f"{source} is a spreadsheet, which the extra [excel] reads: install "
            "python-calamine, or write it as CSV"
        )
    memory = installed()
    content = file.read()
    check_memory(COPIES * len(content), source)
    done = subprocess.run(
        [sys.executable, "-c", _SHEET, str(memory and memory // COPIES)],
        input=content,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [""]
        if any("memory" in line.lower() for line in lines):
            raise InputError(f"{source} is a spreadsheet too large for this machine's memory")
        raise InputError(f"{source} cannot be read as a spreadsheet: {lines[-1]}")
    return json.loads(done.stdout)


def _table(rows: list[list[Any]], width: int) -> "pa.Table":
    import pyarrow as pa

    columns = [_column([row[place] for row in rows]) for place in range(width)]
    return pa.table(columns, names=list(map(str, range(width))))


def _column(cells: list[Any]) -> "pa.ChunkedArray":
    """Return numbers where all cells are, whole ones where all are whole, and else texts."""
    import pyarrow as pa

    held = [None if isinstance(cell, str) and cell.strip() in MISSING else cell for cell in cells]
    kinds = {type(cell) for cell in held if cell is not None}
    if kinds <= {int, float} and kinds:
        whole = all(cell is None or float(cell).is_integer() for cell in held)
        numbers = [None if cell is None else (int(cell) if whole else float(cell)) for cell in held]
        return pa.chunked_array([pa.array(numbers)])
    return pa.chunked_array([pa.array(map(_text, held), pa.string())])


def _name(cell: Any) -> str:
    return _text(cell) or ""


def _text(cell: Any) -> str | None:
    """Return a cell as a spreadsheet shows it: TRUE, 7, 1.5."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
