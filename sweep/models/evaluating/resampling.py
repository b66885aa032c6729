"""How sure metrics are: the bootstrap over rows (Efron, 1979), by percentiles.

As many rows as there are, are drawn with replacement, again and again; rows of one group are drawn
together. Classes are not held at their shares, since those of new rows vary too. The draws are
those of one seed: the same each time, and the same for every metric and for the baseline, so that
differences are paired. An accuracy, which is a share, has Wilson's interval, as it has elsewhere:
the bootstrap gives no width to 100 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from results.cells.intervals import CONFIDENCE, wilson
from sweep.data.counts import effective
from sweep.errors import InputError
from sweep.models.evaluating.scores import scores
from sweep.models.evaluating.truth import Rows
from sweep.seeded import generator

#: Resamples unless told, and the fewest that have percentiles to speak of.
DEFAULT, _FEWEST, _MOST = 1000, 100, 1_000_000

#: Of all draws.
SEED = 0

#: Numbers that are looked at together.
_ROOM = 2**20


class Resampled(NamedTuple):
    """What resamples of rows say of some metrics.

    Attributes
    ----------
    low, high : ndarray of float64, shape (metrics,)
        The interval, at 95 %; NaN where there is none.
    defined : ndarray of int64, shape (metrics,)
        In how many resamples each is defined.
    values : ndarray of float64, shape (metrics, resamples)
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    defined: NDArray[np.int64]
    values: NDArray[np.float64]


def check(times: int) -> None:
    """Refuse fewer resamples than percentiles need."""
    if times and not _FEWEST <= times <= _MOST:
        raise InputError(
            f"--bootstrap should be 0, for no intervals, or from {_FEWEST:,} to {_MOST:,}; it is "
            f"{times:,}"
        )


def resampled(rows: Rows, names: Sequence[str], values: NDArray, times: int) -> Resampled:
    """Return the intervals of metrics.

    Parameters
    ----------
    rows : Rows
    names : sequence of str
        The metrics.
    values : ndarray of float64, shape (metrics,)
        What they are on the rows as they are.
    times : int
        How many resamples; with 0 there are no intervals.
    """
    drawn = [scores(rows, names, weight) for weight in weightings(rows, times)]
    found = np.concatenate([np.zeros((len(names), 0)), *drawn], axis=1)
    low, high = intervals(found)
    if "accuracy" in names and times:
        place = list(names).index("accuracy")
        low[place], high[place] = wilson(float(values[place]), effective(rows.weight, rows.groups))
    return Resampled(low, high, (~np.isnan(found)).sum(axis=1), found)


def intervals(found: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the percentiles of ``found [metric, resample]`` where it is defined.

    NaN where there are fewer than two different values: then they say nothing of how sure it is.
    """
    ends = np.full((2, len(found)), np.nan)
    for place, values in enumerate(found):
        there = values[np.isfinite(values)]
        if len(there) and there.min() < there.max():
            ends[:, place] = np.quantile(there, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return ends[0], ends[1]


def weightings(rows: Rows, times: int) -> Iterator[NDArray[np.float64]]:
    """Yield what each row counts in so many resamples, float64 (some, rows) at a time."""
    _, group = np.unique(rows.groups, return_inverse=True)
    count = int(group.max()) + 1
    random = generator(SEED, "bootstrap")
    most = max(_ROOM // (len(group) * rows.said.shape[1]), 1)
    for first in range(0, times, most):
        some = min(most, times - first)
        drawn = [
            np.bincount(random.randint(count, size=count), minlength=count) for _ in range(some)
        ]
        yield rows.weight * np.array(drawn)[:, group]
