"""The history of a sweep: metrics recorded while its runs trained."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from results.columns import are_of_history
from results.directory import layout, parts
from results.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd


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
