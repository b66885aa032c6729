"""Sets of run numbers as half-open ranges: int64 arrays of shape [n, 2], sorted and disjoint.

A sweep of a hundred million runs is a few thousand ranges, so nothing here holds a list of runs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

EMPTY = np.empty((0, 2), dtype=np.int64)


def of(numbers: np.ndarray) -> np.ndarray:
    """Ranges of sorted, distinct run numbers."""
    if not len(numbers):
        return EMPTY
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    starts = numbers[np.concatenate(([0], breaks + 1))]
    stops = numbers[np.concatenate((breaks, [len(numbers) - 1]))] + 1
    return np.stack((starts, stops), axis=1).astype(np.int64)


def union(sets: Iterable[np.ndarray]) -> np.ndarray:
    """Ranges of what is in any of the sets; neighbours are joined."""
    pieces = [ranges for ranges in sets if len(ranges)]
    if not pieces:
        return EMPTY
    merged = np.concatenate(pieces)
    merged = merged[np.argsort(merged[:, 0], kind="stable")]
    reach = np.maximum.accumulate(merged[:, 1])
    first = np.concatenate(([True], merged[1:, 0] > reach[:-1]))
    last = np.concatenate((first[1:], [True]))
    return np.stack((merged[first, 0], reach[last]), axis=1)


def overlap(sets: Iterable[np.ndarray]) -> np.ndarray:
    """Ranges that hold all that is in more than one of the sets."""
    pieces = [ranges for ranges in sets if len(ranges)]
    if not pieces:
        return EMPTY
    starts, stops = np.concatenate(pieces).T
    order = np.argsort(starts, kind="stable")
    starts, stops = starts[order], stops[order]
    reach = np.maximum.accumulate(stops)[:-1]
    twice = starts[1:] < reach
    ends = np.minimum(stops[1:], reach)
    return union([np.stack((starts[1:], ends), axis=1)[twice]])


def insert(ranges: np.ndarray, more: np.ndarray) -> np.ndarray:
    """Ranges of what is in either set, fast where `more` lies close together."""
    if not len(more):
        return ranges
    first = int(np.searchsorted(ranges[:, 1], more[0, 0]))
    last = int(np.searchsorted(ranges[:, 0], more[-1, 1], side="right"))
    return np.concatenate((ranges[:first], union((ranges[first:last], more)), ranges[last:]))


def gaps(ranges: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Ranges of what is in [start, stop) and not in the set."""
    first = int(np.searchsorted(ranges[:, 1], start, side="right"))
    ranges = ranges[first : max(int(np.searchsorted(ranges[:, 0], stop)), first)]
    starts = np.concatenate(([start], np.clip(ranges[:, 1], start, stop)))
    stops = np.concatenate((np.clip(ranges[:, 0], start, stop), [stop]))
    between = np.stack((starts, stops), axis=1)
    return between[starts < stops]


def meets(ranges: np.ndarray, start: int, stop: int) -> bool:
    """Whether any number of the set is in [start, stop)."""
    place = int(np.searchsorted(ranges[:, 1], start, side="right"))
    return place < len(ranges) and int(ranges[place, 0]) < stop


def size(ranges: np.ndarray) -> int:
    """How many numbers the set holds."""
    return int((ranges[:, 1] - ranges[:, 0]).sum())


def pairs(ranges: np.ndarray) -> list[tuple[int, int]]:
    """Turn ranges into a list of tuples of Python's integers."""
    return [(start, stop) for start, stop in ranges.tolist()]
