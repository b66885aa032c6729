"""Several results directories of one experiment as one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sweep.errors import InputError
from sweep.experiment import prepare
from sweep.plan import Plan
from sweep.sink import AXES, Directory
from sweep.spec import Sweep
from sweep.task import Rows

if TYPE_CHECKING:
    import pyarrow as pa


def merge(directories: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> dict:
    """Gather the runs of several directories, whose grids may differ, in a new one.

    Its grid has the values of all of them on each axis. Where that leaves holes the directory is
    an unfinished one, and `run` goes on with it.

    Parameters
    ----------
    directories : sequence of path
    out : path
        The new directory.

    Returns
    -------
    dict of str to int
        Runs ``done``, ``diverged``, in ``error``, and ``total``.

    Raises
    ------
    InputError
        If the directories hold different experiments, or different rows for one run.
    results.errors.ResultsError
        If one of them cannot be used, or ``out`` holds something.
    """
    from results.reading import tables
    from results.sweeptoml import read

    if Path(out).exists():
        raise InputError(f"--out {os.fspath(out)} is there already: give a new directory")
    specs = [Sweep.from_toml(read(Path(directory))) for directory in directories]
    experiment = prepare(union(specs, directories))
    plan = experiment.plan
    rows = (
        (Path(directory), _renumbered(runs, plan), past and _renumbered(past, plan))
        for directory in directories
        for runs, past in tables(directory)
    )
    kept: list[tuple[Path, pa.Table, pa.Table | None]] = []
    for directory, runs, past in rows:
        fresh = _without(runs, kept, directory)
        kept.append((directory, fresh, None if past is None else _only(past, fresh["run"])))
    with closing(Directory(experiment, out)) as sink:
        for i, (_, runs, past) in enumerate(kept):
            sink.append(i, Rows(runs, past))
        counts = sink.counts()
        if counts["done"] + counts["diverged"] + counts["error"] == counts["total"]:
            sink.finish()
        return counts


def union(specs: Sequence[Sweep], directories: Sequence[str | os.PathLike[str]]) -> Sweep:
    """Return the specification whose grid holds the grids of all.

    Raises
    ------
    InputError
        If they differ in more than their axes; or in these, where runs depend on each other.
    """
    first = specs[0]
    fixed = {first.path} if first.path else set()
    axes = () if first.halving else tuple(axis for axis in AXES if axis not in fixed)
    for spec, directory in zip(specs, directories, strict=True):
        if list(spec.vary) != list(first.vary):
            raise InputError(_differ("vary", directories[0], directory))
        same = {axis: getattr(first, axis) for axis in axes} | {"vary": first.vary}
        here, there = spec.model_copy(update=same).specification(), first.specification()
        for name in here:
            if here[name] != there[name]:
                raise InputError(_differ(name, directories[0], directory))
    joined = {
        axis: sorted({v for spec in specs for v in getattr(spec, axis)}) or None for axis in axes
    }
    varied = {name: sorted({v for spec in specs for v in spec.vary[name]}) for name in first.vary}
    return first.replace(**joined, **({"vary": varied} if varied else {}))


def _differ(name: str, one: str | os.PathLike[str], other: str | os.PathLike[str]) -> str:
    return (
        f"{os.fspath(one)} and {os.fspath(other)} hold different experiments: `{name}` differs, "
        "see their sweep.toml"
    )


def _renumbered(table: pa.Table, plan: Plan) -> pa.Table:
    import pyarrow as pa

    columns = {name: table[name].to_numpy() for name in plan.axes}
    numbers = pa.array(plan.numbers(columns))
    place = table.column_names.index("run")
    return table.set_column(place, "run", numbers).sort_by("run")


def _only(table: pa.Table, runs: pa.ChunkedArray) -> pa.Table:
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["run"], value_set=runs.combine_chunks()))


def _without(
    table: pa.Table, kept: list[tuple[Path, pa.Table, pa.Table | None]], directory: Path
) -> pa.Table:
    """Return the rows of runs that are not kept yet; those that are must be the same."""
    numbers = table["run"].to_numpy()
    fresh = np.ones(len(numbers), dtype=bool)
    for other, before, _ in kept:
        both = np.isin(numbers, before["run"].to_numpy())
        if not both.any():
            continue
        fresh &= ~both
        ours = table.filter(both).drop_columns("seconds")
        theirs = _only(before, ours["run"]).drop_columns("seconds")
        if not ours.to_pandas().equals(theirs.to_pandas()):
            run = int(ours["run"][0].as_py())
            raise InputError(
                f"{other} and {directory} disagree about run {run} or one after it: they were not "
                "made by the same version"
            )
    return table.filter(fresh)
