"""JSON lines -> columns, by Arrow: an object for each row, a member for each column."""

from typing import TYPE_CHECKING, BinaryIO

from sweep.data.reading.column import Table, check_width, columns_of, line_one, row_of_file
from sweep.data.reading.columnar import texts_of
from sweep.data.reading.dialect import BLOCK
from sweep.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def read(file: BinaryIO, source: str) -> Table:
    """Read a file in UTF-8."""
    import pyarrow as pa

    table = _read(file, source, None)
    check_width(table.num_columns, source)
    texts_of(table.schema, source)
    times = [field.name for field in table.schema if pa.types.is_temporal(field.type)]
    if times:  # texts here, in the file's own spelling
        spelled = _read(file, source, pa.schema([(name, pa.string()) for name in times]))
        table = spelled.select(table.column_names)  # in the file's own order
    return Table(columns_of(table.column_names, table.columns, source, row_of_file), "JSON lines")


def _read(file: BinaryIO, source: str, schema: "pa.Schema | None") -> "pa.Table":
    import pyarrow as pa
    from pyarrow import json

    file.seek(0)
    try:
        return json.read_json(
            file,
            json.ReadOptions(use_threads=False, block_size=BLOCK),
            json.ParseOptions(explicit_schema=schema),
        )
    except pa.ArrowException as error:
        raise InputError(f"{source} cannot be read as JSON lines: {line_one(error)}") from None
