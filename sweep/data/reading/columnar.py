"""Parquet and Feather (Arrow IPC) -> columns, with the types that they declare."""

import json
import reprlib
from typing import TYPE_CHECKING, BinaryIO

from sweep.data.reading.column import Table, check_width, columns_of, line_one, row_of_file
from sweep.data.reading.memory import COPIES, check_memory
from sweep.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(file: BinaryIO, source: str) -> Table:
    """Read a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            shape = parquet.metadata
            check_width(shape.num_columns, source)
            schema = parquet.schema_arrow
            texts = texts_of(schema, source)
            groups = (shape.row_group(i).total_byte_size for i in range(shape.num_row_groups))
            widths = map(_width, schema.types)
            check_memory(COPIES * max(sum(groups), shape.num_rows * sum(widths)), source)
        with pq.ParquetFile(
            file, page_checksum_verification=True, read_dictionary=list(texts)
        ) as parquet:
            table = _spelled_out(parquet.read(), schema, texts, source)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{source} is not a whole Parquet file: {line_one(error)}") from None
    return _as_pandas_meant(table, source, "Parquet")


def read_feather(file: BinaryIO, kind: str, source: str) -> Table:
    """Read a Feather file, or a stream of Arrow batches."""
    import pyarrow as pa

    try:
        if kind == "Feather":
            reader = pa.ipc.open_file(file)
            batches = map(reader.get_batch, range(reader.num_record_batches))
        else:
            reader = pa.ipc.open_stream(file)
            batches = iter(reader)
        check_width(len(reader.schema), source)
        texts_of(reader.schema, source)
        held, size = [], 0
        for batch in batches:
            size += batch.nbytes
            check_memory(COPIES * size, f"{source}, as far as it was read,")
            held.append(batch)
        table = pa.Table.from_batches(held, reader.schema)
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{source} is not a whole {kind} file: {line_one(error)}") from None
    return _as_pandas_meant(table, source, kind)


def texts_of(schema: "pa.Schema", source: str) -> set[str]:
    """Return the names of the columns of texts; refuse those whose cells are no single values."""
    import pyarrow as pa

    found = set()
    for name, kind in zip(schema.names, schema.types, strict=True):
        where = f"{source}, column {reprlib.repr(name)}: "
        if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
            raise InputError(
                f"{where}its cells are of type {kind!s:.30}: only numbers, true or false, and text "
                "can be used"
            )
        if schema.get_field_index(name) < 0:
            raise InputError(f"{where}another has the same name")
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if str(kind).removeprefix("large_").removesuffix("_view") in ("string", "binary"):
            found.add(name)
    return found


def _width(kind: "pa.DataType") -> int:
    """Return how many bytes a cell takes; of a text, those that lead to it."""
    import pyarrow as pa

    return int(kind.byte_width) if pa.types.is_fixed_size_binary(kind) else 8


def _spelled_out(
    table: "pa.Table", schema: "pa.Schema", texts: set[str], source: str
) -> "pa.Table":
    """Write out texts of which a file holds each one once: a small file may grow a lot by that."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for name in texts:
        for chunk in table[name].chunks:
            lengths = pc.binary_length(chunk.dictionary.cast(pa.large_binary()))
            size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    check_memory(COPIES * size, source)
    columns = [
        column.cast(column.type.value_type)
        if name in texts and not pa.types.is_dictionary(kind)  # categories stay what they are
        else column
        for name, kind, column in zip(schema.names, schema.types, table.columns, strict=True)
    ]
    return pa.table(columns, names=schema.names, metadata=table.schema.metadata)


def _as_pandas_meant(table: "pa.Table", source: str, kind: str) -> Table:
    """Follow pandas' notes: which columns were categories, and which the index, so no feature."""
    left_out = []
    try:
        notes = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
        for column in notes.get("columns", []):
            if column["pandas_type"] == "categorical" and column["name"] in table.column_names:
                place = table.column_names.index(column["name"])
                table = table.set_column(place, column["name"], table[place].dictionary_encode())
        index = [name for name in notes.get("index_columns", []) if name in table.column_names]
        table = table.drop_columns(index)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise InputError(f"{source}: what pandas noted in it is damaged: write it again") from None
    if index:
        left_out.append("the index of the DataFrame that it was written from is left out")
    columns = columns_of(table.column_names, table.columns, source, row_of_file)
    return Table(columns, kind, left_out)
