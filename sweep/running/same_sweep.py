"""How the specification of a results directory and the present one are related."""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from results.columns import coordinates
from results.directory import sweeptoml
from results.directory.layout import Kin
from results.errors import ResultsError
from sweep.errors import InputError
from sweep.plan.plan import Plan
from sweep.plan.recorded import gridded
from sweep.specification import specfile
from sweep.specification.axes import at_work, growing, one_value, rested
from sweep.specification.options import LATER
from sweep.specification.spec import Specification
from sweep.specification.validators import IN_MEMORY
from sweep.training.rows import schema

if TYPE_CHECKING:
    import pyarrow as pa


def kinship(older: Mapping[str, Any], spec: Specification) -> Kin | None:
    """Tell whether an older specification says the same, or of a smaller grid; None for neither.

    Options that the older one does not know have their defaults.

    Parameters
    ----------
    older : dict
        The keys of a ``sweep.toml``, or what `Specification.specification` returned.
    spec : Specification
    """
    new = spec.specification()
    try:
        old = dict(older) if "data_sha256" in older else _completed(older, spec, new)
        return "same" if old == new else _subset(old, new, spec)
    except (InputError, TypeError, ValueError):  # of another version, other data in memory, or wild
        return None


def placing(older: Mapping[str, Any], plan: Plan) -> "Callable[[pa.Table], pa.Table]":
    """Return what gives rows of a smaller grid the columns of a larger one.

    Of an axis along which they all were alike it is the value that they had, and what was not
    measured of them is null.

    Parameters
    ----------
    older : dict
        What `Specification.specification` returned of the smaller one; see `kinship`.
    plan : Plan
        That of the larger one.
    """
    try:
        before = narrowed(plan.spec, older)
        then, now = gridded(before).plan, schema(plan)
    except (InputError, TypeError, ValueError):  # of another version, or wild: it has none of ours
        return _as_they_are
    if list(before.vary) != list(plan.spec.vary):
        return _as_they_are
    known = schema(then).names
    new = [field for field in now if field.name not in known]
    in_front = coordinates(now.names)

    def place(table: "pa.Table") -> "pa.Table":
        """Add the columns to rows of the smaller grid, of runs or of what lies beside them."""
        import pyarrow as pa

        there, count = table.column_names, len(table)
        columns = {name: np.asarray(table[name]) for name in then.grid.axes if name in there}
        columns |= {
            field.name: np.full(count, one_value(before, field.name))
            for field in new
            if field.name in in_front
        }
        columns = rested(before, columns)
        for field in new:
            if field.name in columns:
                values = pa.array(columns[field.name].tolist(), field.type)
            elif "status" not in there:
                continue
            else:
                values = pa.nulls(count, field.type)
            table = table.append_column(field, values)
        first = [name for name in in_front if name in table.column_names]
        rest = [name for name in table.column_names if name not in first]
        if "status" in there:
            rest.sort(key=lambda name: now.names.index(name) if name in now.names else len(now))
        return table.select([*first, *rest])

    return place if new else _as_they_are


def _as_they_are(table: "pa.Table") -> "pa.Table":
    return table


def narrowed(spec: Specification, older: Mapping[str, Any]) -> Specification:
    """Return a specification with the values of another one on the axes that may grow.

    Parameters
    ----------
    spec : Specification
    older : dict
        What `Specification.specification` returned of the other one.
    """
    grown = [axis.field for axis in growing(spec)]
    if grown and spec.sample:
        grown.append("sample")
    return spec.replace(**{field: older.get(field) for field in grown})


def as_asked(spec: Specification) -> Specification:
    """Return a specification that was read from a file as if defaults had not been told.

    So they may be others where it grows.
    """
    for name in ("finish", "l1_on", "l2_on", "zero_tol"):
        untold = spec.replace(**{name: None}).of_content(spec.specification())
        if untold == spec:
            spec = untold
    return spec


def keeping_as(spec: Specification, out: str | os.PathLike[str] | None) -> Specification:
    """Return a specification that keeps of features what it can, and what a directory does.

    A sweep in memory has no place for it. One that goes on, maybe from a version that kept nothing,
    keeps what it did, unless told: no run hangs on it.
    """
    if out is None:
        return spec.replace(features="no", permutations=None)
    if spec.tells("features") or spec.tells("permutations"):
        return spec
    try:
        toml = tomllib.loads(sweeptoml.read(Path(out)))
    except ResultsError:  # whoever opens it says why, or begins one
        return spec
    kept = {name: toml.get(name, LATER[name]) for name in ("features", "permutations")}
    if kept == {name: getattr(spec, name) for name in kept}:
        return spec
    return spec.replace(**kept)


def _subset(old: dict[str, Any], new: dict[str, Any], spec: Specification) -> Kin | None:
    """Tell whether the axes of one are parts of those of the other, and all else is the same."""
    before = narrowed(spec, old)
    if before.of_content(new).specification() != old:
        return None
    if spec.sample:  # which begins with the smaller ones that are drawn by the same seed
        fewer = before.sample is not None and before.sample <= spec.sample
        if not fewer or before.seeds[0] != spec.seeds[0]:
            return None
    there, here = at_work(before), at_work(spec)
    if list(before.vary) != list(spec.vary):
        return None
    contained = all(np.isin(values, here[name]).all() for name, values in there.items())
    return "subset" if contained else None


def _completed(
    toml: Mapping[str, Any], spec: Specification, new: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the specification that a ``sweep.toml`` stands for."""
    # Of the data it has the path alone, or their hash; their content is in each part.
    here = isinstance(spec.data, str) and Path(str(toml.get("data"))).name == new["data"]
    same = here or toml.get("data") == f"{IN_MEMORY}{new['data_sha256']}>"
    given = {**toml, "data": spec.data} if same else dict(toml)
    if "test_sha256" in new and Path(str(toml.get("test"))).name == new["test"]:
        given["test"] = spec.test
    meant = specfile.as_meant(given, Specification.model_fields)
    return Specification(**meant).of_content(new).specification()
