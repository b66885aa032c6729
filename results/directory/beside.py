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
    found = [schema.empty_table()]
    for batch in parts.batches(file, schema.names, 2**18):
        chosen = np.ones(len(batch), dtype=bool)
        for name, value in (cell or {}).items():
            chosen &= batch[name].to_numpy() == value
        found.append(batch.filter(pa.array(chosen)))
    return pa.concat_tables(found).to_pandas()


def load_features(
    path: str | os.PathLike[str], number: Number | None = None, placing: Placing | None = None
) -> pd.DataFrame:
    """Read what runs do with each column of the data: all runs, or those finished so far.

    Parameters
    ----------
    path : str or path
        The results directory.
    number, placing : callable, optional
        As for `results.load`.

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
        found = parts.footer(file)
        reading.fits(str(file), found.num_rows * found.num_columns)
        table = _checked(file, parts.final_table(file))
    else:
        table = _so_far(directory, number, placing)
    place = table.column_names.index("feature")
    coded = table["feature"].combine_chunks().dictionary_encode()
    return table.set_column(place, "feature", coded).to_pandas()


def _so_far(directory: Path, number: Number | None, placing: Placing | None) -> pa.Table:
    """Read the parts as one table, by run."""
    tables = []
    for part in reading.sound(directory):
        if "features" in part.beside:
            path = path_beside("features", part)
            table = _checked(path, parts.table(path))
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


def _checked(path: Path, table: pa.Table) -> pa.Table:
    if not are_of_features(table.schema):
        raise parts.Damaged(path, "its columns are not those of features, or of another version")
    return table
