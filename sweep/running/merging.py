"""Several results directories of one experiment as one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from results.errors import ResultsError
from sweep.errors import InputError
from sweep.plan.recorded import Recorded, gridded, recorded
from sweep.running.same_sweep import as_asked, kinship, narrowed, placing
from sweep.running.sink import Directory
from sweep.specification.axes import Axis, at_work, growing
from sweep.specification.several.alternatives import several
from sweep.specification.spec import Specification
from sweep.specification.values import array
from sweep.training.rows import Rows, schema

if TYPE_CHECKING:
    import pyarrow as pa

    from results.directory.valid_parts import Catalogue, Entry

#: Rows of a part of the merged directory.
_ROWS = 2**13


def merge(
    directories: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]
) -> dict[str, int]:
    """Gather the runs of several directories, whose grids may differ, in one.

    Its grid has the values of all of them on each axis. Where that leaves holes the directory is
    an unfinished one, and `run` goes on with it. Of a run that several hold the row with the
    better status counts. A merge that was interrupted goes on where it is given again.

    Parameters
    ----------
    directories : sequence of path
    out : path
        A new directory, or what an interrupted merge of these left.

    Returns
    -------
    dict of str to int
        Runs ``done``, ``diverged``, in ``error``, and ``total``.

    Raises
    ------
    InputError
        If the directories hold different experiments, or different rows for one run.
    results.errors.ResultsError
        If one of them cannot be used, or ``out`` holds something else.
    """
    from results.directory.layout import BESIDE, PARTS
    from results.directory.parts import status_rank
    from results.directory.valid_parts import Catalogue
    from results.directory.windows import (
        Lost,
        Reader,
        first_of_each,
        gathered,
        path_beside,
        rows_beside,
        window_runs,
    )

    specs = _of_one_content([recorded(directory).spec for directory in directories], directories)
    experiment = gridded(union(specs, directories))
    spec, plan = experiment
    _may_hold(out, spec, directories)
    folder = Path(out) / PARTS
    place = partial(placing, plan=plan)
    catalogue = Catalogue(folder, spec.specification(), plan.grid.numbers, place)
    entries = list(_entries(out, experiment, catalogue))
    there = len(entries)
    entries += [entry for path in directories for entry in _entries(path, experiment, catalogue)]
    columns = schema(plan)
    _compare(entries, catalogue, plan.grid.total, columns)
    with closing(Directory(experiment, out)) as sink:
        read = {kind: Reader(catalogue, partial(path_beside, kind)) for kind in BESIDE}
        step = window_runs(entries, _ROWS, [*BESIDE])
        try:
            for found in gathered(entries, catalogue, plan.grid.total, step, columns):
                found = found.take(first_of_each(found.numbers, status_rank(found.table)))
                found = found.take(np.flatnonzero(found.owners >= there))
                others = ((kind, rows_beside(kind, read[kind], entries, found)) for kind in BESIDE)
                beside = {kind: rows for kind, rows in others if rows is not None}
                sink.append(found.start, Rows(found.table, beside))
        except Lost as lost:
            raise ResultsError(f"{lost.damage}: move it away and try again") from lost
        counts = sink.counts()
        if counts["done"] + counts["diverged"] + counts["error"] == counts["total"]:
            sink.finish()
        return counts


def union(
    specs: Sequence[Specification], directories: Sequence[str | os.PathLike[str]]
) -> Specification:
    """Return the specification whose grid holds the grids of all.

    Raises
    ------
    InputError
        If they differ in more than their axes; or in these, where runs depend on each other.
    """
    first, *_ = asked = [as_asked(spec) for spec in specs]
    there = first.specification()
    for spec, directory in zip(asked, directories, strict=True):
        if list(spec.vary) != list(first.vary):
            raise InputError(_differ("vary", directories[0], directory))
        if first.sample and spec.sample and spec.seeds[0] != first.seeds[0]:
            raise InputError(
                f"{os.fspath(directories[0])} and {os.fspath(directory)} hold different samples, "
                f"for the smallest seed draws the cells, and it is {first.seeds[0]} and "
                f"{spec.seeds[0]}"
            )
        here = narrowed(spec, there).of_content(spec.specification()).specification()
        for name in {**here, **there}:
            if here.get(name) != there.get(name):
                raise InputError(_differ(name, directories[0], directory))
    joined: dict[str, Any] = {}
    for axis in growing(first):
        if axis.field == "vary":
            every = {name: _joined(axis, [one.vary[name] for one in asked]) for name in first.vary}
            joined["vary"] = every or None
            continue
        # Where nothing takes an option its value says nothing.
        values = [getattr(spec, axis.field) for spec in asked if axis.name in at_work(spec)]
        if any(one != getattr(first, axis.field) for one in values):
            joined[axis.field] = _joined(axis, values)
    if first.sample:
        joined["sample"] = max(spec.sample for spec in asked if spec.sample)
    return first.replace(**joined).of_content(there)


def _of_one_content(
    specs: Sequence[Specification], directories: Sequence[str | os.PathLike[str]]
) -> list[Specification]:
    """Let directories that hold no part yet be of the data of the others."""
    from results.directory.reading import specification

    contents = [specification(directory) for directory in directories]
    known = next(filter(None, contents), {})
    return [spec.of_content(own or known) for spec, own in zip(specs, contents, strict=True)]


def _joined(axis: Axis, values: Sequence[Any]) -> Any:
    """Return all values that some specifications have of an axis."""
    if axis.kind == "pack":
        return [one for some in values for one in several(axis.field, some)]
    return (
        np.unique(np.concatenate([np.atleast_1d(array(some)) for some in values])).tolist() or None
    )


def _differ(name: str, one: str | os.PathLike[str], other: str | os.PathLike[str]) -> str:
    return (
        f"{os.fspath(one)} and {os.fspath(other)} hold different experiments: `{name}` differs, "
        "see their sweep.toml"
    )


def _may_hold(
    out: str | os.PathLike[str], spec: Specification, directories: Sequence[str | os.PathLike[str]]
) -> None:
    """Refuse a directory that is there, unless an interrupted merge of the same left it."""
    from results.directory import layout

    if Path(out).exists() and any(os.path.samefile(out, path) for path in directories):
        raise InputError(f"--out {os.fspath(out)} is one of what is merged: give a new directory")
    layout.check(Path(out))
    layout.compare(Path(out), spec.to_toml(), kinship=lambda _: None, extend=False)


def _entries(
    directory: str | os.PathLike[str], experiment: Recorded, catalogue: Catalogue
) -> Iterator[Entry]:
    """Yield the valid parts of a directory, with the numbers of their runs in the merged grid."""
    from results.directory import parts
    from results.directory.reading import sound

    known: set[str] = set()
    columns = schema(experiment.plan)
    for part in sound(directory):
        if part.grid not in known:
            if kinship(parts.specification(part.path), experiment.spec) is None:
                raise InputError(f"{part.path} is of another sweep: move it out of {directory}")
            known.add(part.grid)
        found = catalogue.placed(part, parts.schema(part.path).empty_table())
        if not parts.are_columns(found, columns):
            raise InputError(f"{part.path} has other columns, those of another version")
        entry = catalogue.enter(part)
        if len(entry.ranges) and entry.ranges[-1, 1] > experiment.plan.grid.total:
            raise InputError(f"{part.path} holds runs that are not in the grid")
        if len(entry.ranges):
            yield entry


def _compare(
    entries: Sequence[Entry], catalogue: Catalogue, total: int, columns: pa.Schema
) -> None:
    """Refuse runs that two parts say different things of; one in error says nothing.

    Of columns that came later, a part of an earlier version says nothing either.
    """
    import pyarrow as pa

    from results.columns import LATER
    from results.directory.parts import status_rank
    from results.directory.windows import gathered
    from results.ranges import overlap

    twice = overlap(entry.ranges for entry in entries)
    for found in gathered(entries, catalogue, total, _ROWS, columns, within=twice):
        found = found.take(np.flatnonzero(status_rank(found.table) < 2))
        found = found.take(np.argsort(found.numbers, kind="stable"))
        again = np.flatnonzero(np.diff(found.numbers) == 0)
        rows = found.table.drop_columns("seconds")
        one, other = (rows.take(pa.array(at)).to_pandas() for at in (again, again + 1))
        same = (one == other) | (one.isna() & other.isna())
        later = [name for name in LATER if name in same]
        same[later] |= one[later].isna() | other[later].isna()
        same = same.all(axis=1).to_numpy()
        if not same.all():
            at = again[np.argmin(same)]
            paths = [entries[found.owners[i]].part.path.parents[1] for i in (at, at + 1)]
            raise InputError(
                f"{paths[0]} and {paths[1]} disagree about run {found.numbers[at]}: they were not "
                "made by the same version"
            )
