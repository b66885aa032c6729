"""The summary of a complete sweep, from its final table as a stream.

The table is in grid order: seed by seed, in each all folds (outer ones, and in these inner ones),
in each of these all cells. So the number of a row says its cell, and memory grows with the cells,
not with the runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from results.cells.summary import check_metrics, ranked_by, seeds_at_a_time, summed_up
from results.columns import REPEATED, STATUSES, coordinates, summarised
from results.directory import layout, parts, reading
from results.directory.final import GROUP, regrouped
from results.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Numbers that the summary of a cell holds for each metric, with those it is made from.
_NUMBERS = 32


def summary(
    path: str | os.PathLike[str], metrics: Sequence[str] | None = None, by: str | None = None
) -> pd.DataFrame | None:
    """Sum up the runs of each cell as `results.summary` does; None for an unfinished sweep.

    Parameters
    ----------
    path : str or path
        The results directory.
    metrics : sequence of str, optional
        Columns to sum up; unless told, as for `results.summary`.
    by : str, optional
        The metric that decides, as for `results.summary`.

    Raises
    ------
    ResultsError
        If there is no such metric, or not even the cells would fit into memory.
    """
    file = Path(path) / layout.RUNS
    try:
        found = reading.complete(file)
        if found is None or not found.num_rows:
            return None
        names = found.schema.names
        by = ranked_by(by)
        metrics = summarised(names) if metrics is None else metrics
        metrics = list(dict.fromkeys([*metrics, *([by] if by else [])]))
        check_metrics(metrics, names[names.index("status") + 1 :])
        return _summary(file, metrics, names, by)
    except parts.Damaged:  # whoever reads the parts instead will say so
        return None


def _summary(file: Path, metrics: Sequence[str], names: list[str], by: str | None) -> pd.DataFrame:
    repeated = [name for name in REPEATED if name in names]
    seed, cells = _unchanged(file, ["seed"]), _unchanged(file, repeated)
    reading.fits(f"the summary of {file}", cells * len(metrics) * _NUMBERS)
    size = seeds_at_a_time(seed) * seed

    def windows(columns: Sequence[str]) -> Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]:
        wanted = list(dict.fromkeys([*repeated, "status", *columns]))
        for table in regrouped(parts.batches(file, wanted, GROUP), size):
            seeds = table["seed"].to_numpy()
            if len(seeds) % seed or (seeds.reshape(-1, seed) != seeds[::seed, None]).any():
                raise ResultsError(f"{file} is not in grid order: delete it to have it made anew")
            kept = parts.status_rank(table) < STATUSES.index("error")
            yield table.filter(pa.array(kept)).to_pandas(), (np.arange(len(table)) % cells)[kept]

    places = [name for name in coordinates(names) if name not in ("run", *REPEATED)]
    first = next(regrouped(parts.batches(file, places, GROUP), cells)).to_pandas()
    return summed_up(first, windows, metrics, names, by)


def _unchanged(file: Path, columns: list[str]) -> int:
    """How many rows have the values of the first."""
    before, first = 0, None
    for table in parts.batches(file, columns, GROUP):
        values = np.stack([table[name].to_numpy() for name in columns])
        first = values[:, :1] if first is None else first
        changed = (values != first).any(axis=0)
        if changed.any():
            return before + int(np.argmax(changed))
        before += len(table)
    return before
