"""The tables beside that of runs: the history, and what runs do with each column of the data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from results.columns import are_of_features, are_of_history
from results.directory import layout, parts, reading, sweeptoml
from results.directory.valid_parts import Number, Placing
from results.directory.windows import path_beside
from results.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd

#: What a directory without features is told.
NONE_KEPT = (
    "{} keeps no features, or no run is finished yet: run the sweep with --features keep into "
    "another --out"
)


def load_history(
    path: str | os.PathLike[str], cell: Mapping[str, float | str] | None = None
) -> pd.DataFrame:
    """Read the history of a complete sweep: one row per run and recorded epoch.

    Parameters
    ----------
    path : str or path
        The results directory.
    cell : dict of str to float or str, optional
        Read only the runs at these values of axes, such as ``{"l1": 0.01, "l2": 0}``.

    Raises
    ------
    ResultsError
        If there is no history, or it is damaged.
    """
    file = Path(path) / layout.HISTORY
    try:
        schema = parts.schema(file)
    except FileNotFoundError:
        raise ResultsError(
            f"{path} holds no {layout.HISTORY}: it is written at the end of a sweep with --history"
        ) from None
    if not are_of_history(schema) or not set(cell or {}) <= set(schema.names):
        raise parts.Damaged(file, "its columns are not those of a history, or of another version")
    return _by_pieces(file, schema, cell or {}).to_pandas()


def load_features(
    path: str | os.PathLike[str],
    number: Number | None = None,
    placing: Placing | None = None,
    cell: Mapping[str, float | str] | None = None,
) -> pd.DataFrame:
    """Read what runs do with each column of the data: all runs, or those finished so far.

    Parameters
    ----------
    path : str or path
        The results directory.
    number, placing : callable, optional
        As for `results.load`.
    cell : dict of str to float or str, optional
        Read only the runs at these values of axes.

    Returns
    -------
    DataFrame
        One row per run and column, by run: its place in the grid, ``feature`` (a categorical),
        ``kept``, ``weight`` and ``importance``. A run that ended in error has none.

    Raises
    ------
    ResultsError
        If there are none, or they are damaged, or would not fit into memory.
    """
    directory = Path(path)
    sweeptoml.read(directory)
    file = directory / layout.FEATURES
    if file.is_file():
        table = _final(file, cell or {})
    else:
        table = _at(_so_far(directory, number, placing), cell or {})
    place = table.column_names.index("feature")
    coded = table["feature"].combine_chunks().dictionary_encode()
    return table.set_column(place, "feature", coded).to_pandas()


def _final(file: Path, cell: Mapping[str, float | str]) -> pa.Table:
    """Read the table of features: all of it, or by pieces where few runs are wanted."""
    found, schema = parts.footer(file), parts.schema(file)
    _check(file, schema)
    if cell:
        return _by_pieces(file, schema, cell)
    reading.fits(str(file), found.num_rows * found.num_columns)
    return parts.final_table(file)


def _by_pieces(file: Path, schema: pa.Schema, cell: Mapping[str, float | str]) -> pa.Table:
    """Read the rows at some values of axes."""
    pieces = (_at(piece, cell) for piece in parts.batches(file, schema.names, 2**18))
    return pa.concat_tables([schema.empty_table(), *pieces])


def _at(table: pa.Table, cell: Mapping[str, float | str]) -> pa.Table:
    """Return the rows at some values of axes."""
    chosen = np.ones(len(table), dtype=bool)
    for name, value in cell.items():
        chosen &= table[name].to_numpy() == value
    return table.filter(pa.array(chosen))


def _so_far(directory: Path, number: Number | None, placing: Placing | None) -> pa.Table:
    """Read the parts as one table, by run."""
    tables = []
    for part in reading.sound(directory):
        if "features" in part.beside:
            path = path_beside("features", part)
            table = parts.table(path)
            _check(path, table.schema)
            tables.append(placing(parts.specification(part.path))(table) if placing else table)
    if not tables:
        raise ResultsError(NONE_KEPT.format(directory))
    reading.fits(str(directory), sum(len(table) * table.num_columns for table in tables))
    rows = pa.concat_tables(tables)
    if number is not None:
        rows = rows.set_column(0, "run", pa.array(np.asarray(number(rows), dtype=np.int64)))
        rows = rows.filter(pc.greater_equal(rows["run"], 0))
    # Of a run that several parts hold those of the first.
    runs = rows["run"].to_numpy()
    features = rows["feature"].combine_chunks().dictionary_encode()
    of_each = runs * len(features.dictionary) + features.indices.to_numpy()
    _, first = np.unique(of_each, return_index=True)
    kept = np.sort(first)
    return rows.take(kept[np.argsort(runs[kept], kind="stable")])


def _check(path: Path, schema: pa.Schema) -> None:
    if not are_of_features(schema):
        raise parts.Damaged(path, "its columns are not those of features, or of another version")
