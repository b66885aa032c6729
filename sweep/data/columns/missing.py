"""Cells without a value: refused, or their rows are left out, or they are to be imputed."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results.labels import counted
from sweep.data.columns.cells import typed
from sweep.data.files import Column
from sweep.errors import InputError
from sweep.specification.spec import Specification
from sweep.specification.values import NUMBER

if TYPE_CHECKING:
    import pyarrow as pa


class Settled(NamedTuple):
    """The columns of the rows that stay.

    Attributes
    ----------
    columns : list of Column
        Their missing cells are null, and there are some only where they are to be imputed.
    without_target : int
        Rows that were left out because a target has no value there.
    left_out : int
        Rows that were left out because another cell has none.
    missing : dict of str to int
        How many cells of each column have none, also in those rows.
    """

    columns: list[Column]
    without_target: int
    left_out: int
    missing: dict[str, int]


def settle(columns: Sequence[Column], targets: Collection[str], spec: Specification) -> Settled:
    """Find the missing cells of a table, and do with them what the specification says.

    What is predicted is never imputed: a row without it is left out.

    Raises
    ------
    InputError
        Where there are some and nothing is said of them, or no row is left.
    """
    told = [blank_spelled(column, spec.missing_values) for column in columns]
    absent = {column.name: is_missing(column) for column in told}
    cells = {name: int(missing.sum()) for name, missing in absent.items()}
    absent = {name: missing for name, missing in absent.items() if cells[name]}
    if not absent:
        return Settled(told, 0, 0, cells)
    for column in told:
        if column.name in absent and absent[column.name].all():
            raise column.error(
                "no cell of it has a value: leave it out with --drop "
                f"{typed(column.name)}{' and name another --target' * (column.name in targets)}"
            )
    incomplete = np.logical_or.reduce(list(absent.values()))
    if spec.missing == "error":
        first = next(column for column in told if column.name in absent)
        untold = absent.keys() & set(targets)
        but = ", and leaves out rows without a target" * bool(untold)
        fills = f"--missing impute fills them in{but}, " * (len(untold) < len(absent))
        raise first.error(
            f"no value: fill it in; in all {counted(sum(cells.values()), 'cell')} in "
            f"{counted(len(absent), 'column')} and {counted(int(incomplete.sum()), 'row')} of "
            f"{incomplete.size:,} have none: {fills}--missing drop leaves those rows out",
            int(np.argmax(absent[first.name])),
        )
    none = np.zeros(incomplete.size, bool)
    untold = np.logical_or.reduce([absent.get(name, none) for name in targets])
    gone = incomplete if spec.missing == "drop" else untold
    if untold.all():
        raise InputError(f"{told[0].source}: no row has all of the targets: predict them apart")
    if gone.all():
        raise InputError(
            f"{told[0].source}: every row has a missing cell: --missing impute fills them in, or "
            "leave out the columns where they are"
        )
    kept = np.flatnonzero(~gone)
    for column in told:
        if column.name in absent and absent[column.name][kept].all():
            raise column.error(
                "no cell of it has a value where the target has one: leave it out with --drop "
                f"{typed(column.name)}"
            )
    if len(kept) < gone.size:
        told = [of_rows(column, kept) for column in told]
    return Settled(told, int(untold.sum()), int((gone & ~untold).sum()), cells)


def blank_spelled(column: Column, spellings: Sequence[str]) -> Column:
    """Return a column that is null where it says so in words, such as ``?`` or ``-999``."""
    import pyarrow as pa
    from pyarrow import compute, types

    if not spellings:
        return column
    values, kind = column.values, column.values.type
    if types.is_integer(kind) or types.is_floating(kind):
        numbers = [float(word) for word in spellings if NUMBER.fullmatch(word)]
        spelled = compute.is_in(
            values.cast(pa.float64(), safe=False), pa.array(numbers, pa.float64())
        )
    elif _holds_text(kind):
        texts = compute.utf8_trim_whitespace(_plain(values))
        spelled = compute.is_in(texts, pa.array(spellings, texts.type))
    else:
        return column
    return column._replace(values=compute.if_else(spelled, pa.scalar(None, kind), values))


def is_missing(column: Column) -> np.ndarray:
    """Tell of each cell whether it is null, no number among numbers, or blank among texts."""
    from pyarrow import compute, types

    values, kind = column.values, column.values.type
    missing = values.is_null(nan_is_null=types.is_floating(kind)).to_numpy()
    if _holds_text(kind):
        blank = compute.equal(compute.utf8_trim_whitespace(_plain(values)), "")
        missing |= blank.fill_null(False).to_numpy()
    return missing


def of_rows(column: Column, rows: np.ndarray) -> Column:
    """Return some rows of a column, which still know where they are."""
    where = column.where
    return column._replace(values=column.values.take(rows), where=lambda row: where(int(rows[row])))


def _holds_text(kind: "pa.DataType") -> bool:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    return types.is_string(inner) or types.is_large_string(inner)


def _plain(values: "pa.ChunkedArray") -> "pa.ChunkedArray":
    from pyarrow import types

    return values.cast(values.type.value_type) if types.is_dictionary(values.type) else values
