"""How the specification of a results directory and the present one are related."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from results.directory.layout import Kin
from sweep.errors import InputError
from sweep.specification import specfile
from sweep.specification.axes import growing, is_column
from sweep.specification.options import LATER
from sweep.specification.spec import Specification
from sweep.specification.validators import IN_MEMORY
from sweep.specification.values import parse


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


def _subset(old: dict[str, Any], new: dict[str, Any], spec: Specification) -> Kin | None:
    """Tell whether the axes of one are parts of those of the other, and all else is the same."""
    pairs: list[tuple[Any, Any]] = []
    if spec.sample:
        fewer, seeds = old.pop("sample", None), _numbers("seeds", old["seeds"])
        # A sample begins with the smaller ones that are drawn by the same seed.
        if fewer is None or fewer > new.pop("sample") or seeds[0] != spec.seeds[0]:
            return None
    for axis in growing(spec):
        # An option that nothing takes, or that came later, is not written.
        before, now = (plain.pop(axis.field, LATER.get(axis.field, [])) for plain in (old, new))
        if is_column(axis, before) != is_column(axis, now):
            return None
        if axis.field != "vary":
            pairs.append((_numbers(axis.field, before), _numbers(axis.field, now)))
        elif [name for name, _ in before] == [name for name, _ in now]:
            pairs += [(a, b) for (_, a), (_, b) in zip(before, now, strict=True)]
        else:
            return None
    contained = all(np.isin(before, now).all() for before, now in pairs)
    return "subset" if old == new and contained else None


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


def _numbers(field: str, values: Any) -> Any:
    return parse(values, integers=True) if field == "seeds" and values else values
