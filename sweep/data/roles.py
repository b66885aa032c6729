"""Columns that are no features: what rows count, which of them belong together, and their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from sweep.data.columns.cells import as_levels, as_numbers, numbers_of
from sweep.data.columns.missing import is_missing, of_rows
from sweep.data.dataset import Dataset
from sweep.data.files import Column
from sweep.errors import InputError, hint
from sweep.specification.values import NUMBER

#: Between these a sum of weights is exact enough, in float32 too.
_LEAST, _MOST = 1e-30, 1e30


def counting(columns: Sequence[Column], weight: str | None) -> tuple[list[Column], int]:
    """Leave out the rows of weight 0, as if they had never been there; return how many they are.

    Parameters
    ----------
    columns : sequence of Column
    weight : str or None
        The column of the weights, if there is one.
    """
    if weight is None:
        return list(columns), 0
    column = _column("weight", weight, columns)
    values = weights_of(column)
    if not values.any():
        raise column.error("every row has the weight 0, so none counts")
    if values.all():
        return list(columns), 0
    kept = np.flatnonzero(values)
    return [of_rows(column, kept) for column in columns], len(values) - len(kept)


def with_roles(
    dataset: Dataset,
    roles: Mapping[str, str],
    columns: Sequence[Column],
    tested: Sequence[Column] = (),
) -> Dataset:
    """Return a data set with what these columns say of its rows.

    Parameters
    ----------
    dataset : Dataset
    roles : dict of str to str
        Columns by option: ``weight``, ``groups``, ``order``.
    columns, tested : sequence of Column
        Those of the data, and of a test file.

    Raises
    ------
    InputError
        For a column that cannot be what it should, or a test file that is not apart by it.
    """
    readers = {"weight": _weight, "groups": _groups, "order": _order}
    found = {
        option: readers[option](
            _column(option, name, columns), _column(option, name, tested) if tested else None
        )
        for option, name in roles.items()
    }
    weight, groups, order = map(found.get, readers)
    return replace(dataset, weight=weight, groups=groups, order=order)


def _column(option: str, name: str, columns: Sequence[Column]) -> Column:
    for column in columns:
        if column.name == name:
            missing = is_missing(column)
            if missing.any():
                raise column.error(
                    f"no value, and that of `{option}` is never imputed: fill it in, or leave the "
                    "row out",
                    int(np.argmax(missing)),
                )
            return column
    known = [column.name for column in columns]
    raise InputError(
        f"{columns[0].source} has no column {name!r} to be the `{option}`{hint(name, known)}"
    )


def _weight(column: Column, tested: Column | None) -> np.ndarray:
    return np.concatenate([weights_of(one) for one in (column, tested) if one])


def weights_of(column: Column) -> np.ndarray:
    """Return what rows count, float64 (rows,).

    Raises
    ------
    InputError
        For what is no weight.
    """
    values = _numbers(column)
    if values is None:
        raise column.error("it holds text or dates, and a weight is a number")
    values = values.astype(np.float64)
    right = (values == 0) | ((values >= _LEAST) & (values <= _MOST))
    if not right.all():
        row = int(np.argmin(right))
        raise column.error(
            f"{values[row]} is no weight: one is 0, or from {_LEAST:g} to {_MOST:g}", row
        )
    return values


def _groups(column: Column, tested: Column | None) -> np.ndarray:
    codes, levels = as_levels(column)
    if tested is None:
        return codes
    others, there = as_levels(tested)
    if both := set(levels) & set(there):
        twice = np.isin(others, [there.index(level) for level in both])
        row = int(np.argmax(twice))
        raise tested.error(
            f"group {there[others[row]]!r} is in {column.source} too: no group may stand on both "
            "sides, so take it out of one of them",
            row,
        )
    return np.concatenate([codes, others + len(levels)])


def _order(column: Column, tested: Column | None) -> np.ndarray:
    own = _times(column)
    if tested is None:
        return own
    later = _times(tested)
    if own.dtype.kind != later.dtype.kind:
        raise tested.error(f"it and {column.source} do not both hold numbers, or both dates")
    if not (later > own.max()).all():
        row = int(np.argmin(later))
        raise tested.error(
            f"{later[row]} is not later than {own.max()}, the last of {column.source}: rows to "
            "test on should be",
            row,
        )
    return np.concatenate([own, later])


def _times(column: Column) -> np.ndarray:
    """Return numbers, or dates as datetime64 that are no finer than need be."""
    import pyarrow as pa

    kind = column.values.type
    numbers = _numbers(column)
    if numbers is not None:
        return numbers
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        times = column.values.to_numpy()
    else:
        codes, levels = as_levels(column)
        times = _from_texts(column, codes, levels)
    times = times.astype("datetime64[us]")
    for unit in ("D", "s"):
        if (times == times.astype(f"datetime64[{unit}]")).all():
            return times.astype(f"datetime64[{unit}]")
    return times


def _from_texts(column: Column, codes: np.ndarray, levels: list[str]) -> np.ndarray:
    """Return the dates that texts in ISO 8601 stand for; with a zone, in UTC."""
    found, zoned = [], []
    for place, level in enumerate(levels):
        try:
            time = datetime.fromisoformat(level)
        except ValueError:
            row = int(np.argmax(codes == place))
            raise column.error(
                f"{level!r} is no number and no date such as 2021-05-31: rows cannot be ordered "
                "by it",
                row,
            ) from None
        zoned.append(time.tzinfo is not None)
        found.append(time.astimezone(UTC).replace(tzinfo=None) if zoned[-1] else time)
    if len(set(zoned)) > 1:
        row = int(np.argmax(codes == zoned.index(False)))
        raise column.error("no time zone, and other rows have one: give it to all or to none", row)
    return np.array(found, dtype="datetime64[us]")[codes]


def _numbers(column: Column) -> np.ndarray | None:
    """Return numbers, also those that are written as text; None for other texts and for dates."""
    import pyarrow as pa

    numbers = as_numbers(column)
    if numbers is not None or pa.types.is_temporal(column.values.type):
        return numbers
    codes, levels = as_levels(column)
    if not all(NUMBER.fullmatch(level) for level in levels):
        return None
    return numbers_of(levels, codes)
