"""Taking parts in: which files of ``parts/`` count, and what becomes of the others.

Whatever is no valid part goes to ``set-aside/``, with one line of warning; its runs are then done
again. A valid part of another sweep is an error, because only the user knows what it does there.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from results import ranges
from results.directory import durable, layout, parts, sweeptoml
from results.directory.valid_parts import Catalogue
from results.errors import ResultsError

_log = logging.getLogger(__name__)


class Grid(NamedTuple):
    """The present sweep, as far as its parts are concerned; see `Store.open`."""

    specification: dict[str, Any]
    schema: pa.Schema
    kinship: layout.Kinship
    total: int


class Intake:
    """Fills a catalogue from a directory that this process may change.

    Parameters
    ----------
    directory : Path
        The results directory.
    catalogue : Catalogue
        What to fill.
    grid : Grid
        What parts are held against.
    """

    def __init__(self, directory: Path, catalogue: Catalogue, grid: Grid) -> None:
        self._directory = directory
        self._catalogue = catalogue
        self._grid = grid
        self._ours = {catalogue.grid}

    def refresh(self, whole: bool = False) -> None:
        """Take in what is new; with `whole`, hold every byte of it against its digest."""
        for path in self._catalogue.news():
            try:
                self._take(path, whole)
            except parts.Damaged as damage:
                self.put_aside(path, damage)
            except FileNotFoundError:  # a joined process has put it aside
                continue

    def put_aside(self, path: Path, damage: parts.Damaged) -> None:
        """Move a file out of ``parts/``, and say so."""
        target = layout.own(self._directory / layout.SET_ASIDE) / path.name
        durable.move(path, target)
        _log.warning("%s; moved to %s, its runs are done again", damage, target)

    def _take(self, path: Path, whole: bool) -> None:
        if not parts.is_name(path.name):
            raise parts.Damaged(path, "it is no part of a sweep")
        if whole:
            parts.check(path)
        part = parts.look(path)
        for kind, name in part.beside.items():
            other = self._directory / layout.BESIDE_PARTS[kind] / name
            try:
                (parts.check if whole else parts.footer)(other)
            except (parts.Damaged, FileNotFoundError) as error:
                raise parts.Damaged(path, f"its {kind}, {other}, is missing or damaged") from error
        self._belongs(part)
        entry = self._catalogue.enter(part)
        if ranges.size(entry.ranges) != part.rows or entry.ranges[-1, 1] > self._grid.total:
            raise ResultsError(
                f"{path} holds runs that are not in the grid: move it out of {self._directory}"
            )
        self._catalogue.add(entry)

    def _belongs(self, part: parts.Part) -> None:
        """Refuse a part of another sweep."""
        if part.grid not in self._ours:
            theirs = parts.specification(part.path)
            if self._grid.kinship(theirs) is None:
                differences = sweeptoml.differences(theirs, self._grid.specification)
                raise ResultsError(
                    f"{part.path} is of another sweep ({differences}): move it out of "
                    f"{self._directory}, or give another --out"
                )
            self._ours.add(part.grid)
        found = self._catalogue.placed(part, parts.schema(part.path).empty_table())
        if not parts.are_columns(found, self._grid.schema):
            raise ResultsError(
                f"{part.path} has other columns, those of another version: go on with that "
                "version, or give another --out"
            )
