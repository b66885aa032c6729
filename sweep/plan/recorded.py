"""The grid of a results directory as it was recorded: the data themselves may be gone.

A directory may be a stranger's: nothing is opened but what lies in it, and what its ``sweep.toml``
says is held against bounds before anything is made of it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from results.directory import sweeptoml
from results.errors import ResultsError
from sweep.data.fold import deepest
from sweep.errors import InputError
from sweep.plan.plan import Plan
from sweep.specification import specfile
from sweep.specification.axes import AXES
from sweep.specification.spec import Specification
from sweep.specification.validators import MOST_VALUES


class Recorded(NamedTuple):
    """A specification, and a plan that knows its grid and its columns, and nothing of its data."""

    spec: Specification
    plan: Plan


def recorded(directory: str | os.PathLike[str]) -> Recorded:
    """Read what a results directory is about.

    Raises
    ------
    results.errors.ResultsError
        If it is none, or damaged.
    """
    from results.directory.reading import specification

    return gridded(specified(directory).of_content(specification(directory)))


def specified(directory: str | os.PathLike[str]) -> Specification:
    """Read what the ``sweep.toml`` of a results directory says.

    Raises
    ------
    results.errors.ResultsError
        If there is none, or it cannot be that of a results directory.
    """
    path = Path(directory) / sweeptoml.NAME
    toml = sweeptoml.read(Path(directory)).encode()
    try:
        spec = Specification(**specfile.parse(toml, str(path), Specification.model_fields))
    except InputError as error:
        problem = str(error).split("\n")[0]
        raise ResultsError(problem if str(path) in problem else f"{path}: {problem}") from error
    for option in ("l1", "l21"):
        if isinstance(asked := getattr(spec, option), str):
            raise ResultsError(
                f"{path}: `{option}` is {asked}, and a results directory holds numbers"
            )
    if spec.task == "auto" or spec.loss is None:
        raise ResultsError(
            f"{path}: `task` or `loss` is auto, and a results directory holds what was decided"
        )
    values = sum(_lengths(spec))
    if values > MOST_VALUES:
        raise ResultsError(f"{path}: its axes have {values:,} values, and {MOST_VALUES:,} at most")
    return spec


def gridded(spec: Specification) -> Recorded:
    """Return a specification with its grid."""
    return Recorded(spec, Plan(spec, (0, *deepest(spec), 0), 0, ""))


def _lengths(spec: Specification) -> list[int]:
    """Count the values of the axes that are no seeds or folds."""
    given = [getattr(spec, axis.field) for axis in AXES if axis.kind != "seed"]
    return [
        len(values) if isinstance(values, tuple) else 1
        for one in given
        for values in (one.values() if isinstance(one, dict) else (one,))
    ]
