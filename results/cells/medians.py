"""Medians over seeds, which a run that exploded does not carry along.

A median needs all values at once. So cells are gathered a block at a time, in as many passes over
the runs as it takes: the memory is that of a block, however many seeds there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from results.cells.by_seed import BySeed, Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Values that are kept at a time: 64 MiB, and a million runs with four metrics in one pass.
_KEPT = 2**23


def medians(
    windows: Windows, cells: int, metrics: Sequence[str], seeds: int, splits: tuple[int, int]
) -> dict[str, NDArray[np.float64]]:
    """Return the median over the seeds of each metric of each cell, folds being averaged first."""
    found = {metric: np.full(cells, np.nan) for metric in metrics}
    step = max(_KEPT // max(seeds * len(metrics), 1), 1)
    for first in range(0, cells, step):
        block = slice(first, min(first + step, cells))
        gathered = {metric: np.full((block.stop - first, seeds), np.nan) for metric in metrics}
        done = 0
        for runs, cell in windows(metrics):
            by_seed = BySeed(runs, cell, cells)
            for metric, values in gathered.items():
                values[:, done : done + by_seed.seeds] = by_seed.values(metric, splits)[block]
            done += by_seed.seeds
        for metric, values in gathered.items():
            found[metric][block] = _median(values)
    return found


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each row, of which NaN are no part; NaN where there is nothing else."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = np.isfinite(values).sum(axis=1)
    row, last = np.arange(len(values)), np.maximum(count - 1, 0)
    middle = ordered[row, last // 2], ordered[row, (last + 1) // 2]
    return np.where(count > 0, middle[0] / 2 + middle[1] / 2, np.nan)  # no overflow
