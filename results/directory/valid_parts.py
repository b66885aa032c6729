"""The valid parts of a directory, each with the numbers of its runs in the present grid.

What is finished is the union of these, and nothing else. A part of the present specification
says by its footer which runs it holds; the runs of one from before the grid was enlarged are
numbered anew from its coordinate columns. Memory grows with the number of ranges, not of runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from results import ranges
from results.columns import STATUSES, coordinates
from results.directory import parts

#: Gives each row its run number in the present grid, -1 if it has none.
Number = Callable[[pa.Table], np.ndarray]

#: Given the specification of parts from before the grid was enlarged, returns what gives their
#: rows, and those of their history, the columns that the present grid has more.
Placing = Callable[[dict[str, Any]], Callable[[pa.Table], pa.Table]]


class Entry(NamedTuple):
    """A part, and the ranges of its runs in the present grid."""

    part: parts.Part
    ranges: np.ndarray


class Catalogue:
    """The valid parts seen so far, by name.

    Parameters
    ----------
    folder : Path
        Where the parts are.
    specification : dict
        The present specification; parts written under an equal one share its run numbers.
    number : callable
        See `Number`.
    placing : callable, optional
        See `Placing`.
    """

    def __init__(
        self,
        folder: Path,
        specification: dict[str, Any],
        number: Number,
        placing: Placing | None = None,
    ) -> None:
        self.folder = folder
        self.grid = parts.digest(specification)
        self._number = number
        self._placing = placing
        self._older: dict[str, Callable[[pa.Table], pa.Table]] = {}
        self._entries: dict[str, Entry] = {}
        self._finished = ranges.EMPTY
        self._well: tuple[frozenset[str], np.ndarray] | None = None

    def __iter__(self) -> Iterator[Entry]:
        """Entries in the order of their parts' names."""
        return (self._entries[name] for name in sorted(self._entries))

    def news(self) -> list[Path]:
        """List what lies in the folder and is not yet here, in order of name."""
        try:
            found = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        return [self.folder / name for name in sorted(set(found) - self._entries.keys())]

    def enter(self, part: parts.Part) -> Entry:
        """Find a part's runs in the present grid, leaving out those that are not in it."""
        if part.grid == self.grid:
            return Entry(part, part.ranges)
        return Entry(part, self._with_status(part, STATUSES))

    def add(self, entry: Entry) -> None:
        """Take an entry in."""
        self._entries[entry.part.path.name] = entry
        self._finished = ranges.insert(self._finished, entry.ranges)
        if self._well:
            old, well = self._well
            self._well = old, ranges.insert(well, self._but_errors(entry, old))

    def remove(self, part: parts.Part) -> None:
        """Forget a part."""
        del self._entries[part.path.name]
        self._finished = ranges.union(entry.ranges for entry in self)
        self._well = None

    def placed(self, part: parts.Part, table: pa.Table) -> pa.Table:
        """Rows of a part or of its history, with the columns that came with a larger grid."""
        if part.grid == self.grid or self._placing is None:
            return table
        if part.grid not in self._older:
            self._older[part.grid] = self._placing(parts.specification(part.path))
        return self._older[part.grid](table)

    def numbers(self, part: parts.Part, table: pa.Table) -> np.ndarray:
        """Run numbers, in the present grid, of rows of a part or of its history."""
        if part.grid == self.grid:
            return table["run"].to_numpy()
        return np.asarray(self._number(table), dtype=np.int64)

    def finished(self) -> np.ndarray:
        """Ranges of the runs that have a row, whatever its status."""
        return self._finished

    def finished_well(self, old: frozenset[str]) -> np.ndarray:
        """Ranges of the finished runs, without those that parts named in `old` have in error."""
        if self._well is None or self._well[0] is not old:
            self._well = old, ranges.union(self._but_errors(entry, old) for entry in self)
        return self._well[1]

    def counts(self) -> dict[str, int]:
        """How many runs have each status; a run that has several rows counts once, by the best."""
        total = ranges.size(self.finished())
        plain = np.sum([entry.part.counts for entry in self], axis=0, initial=0, dtype=np.int64)
        if np.sum(plain) == total:
            values = np.broadcast_to(plain, len(STATUSES)).tolist()
        else:
            sizes = [0]
            for last in range(1, len(STATUSES)):
                best = [self._with_status(entry.part, STATUSES[:last]) for entry in self]
                sizes.append(ranges.size(ranges.union(best)))
            values = np.diff([*sizes, total]).tolist()
        return dict(zip(STATUSES, values, strict=True))

    def _but_errors(self, entry: Entry, old: frozenset[str]) -> np.ndarray:
        """Ranges of an entry's runs, without those in error if its part is named in `old`."""
        if entry.part.path.name in old and entry.part.counts[STATUSES.index("error")]:
            return self._with_status(entry.part, ("done", "diverged"))
        return entry.ranges

    def _with_status(self, part: parts.Part, statuses: tuple[str, ...]) -> np.ndarray:
        """Ranges of a part's runs whose status is one of the first few, `statuses`."""
        columns = coordinates(parts.schema(part.path).names)
        table = self.placed(part, parts.table_of(part, [*columns, "status"]))
        numbers = self.numbers(part, table)
        chosen = (parts.status_rank(table) < len(statuses)) & (numbers >= 0)
        return ranges.of(np.unique(numbers[chosen]))
