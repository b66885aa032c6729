"""The grid of a results directory as it was recorded: the data themselves may be gone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from sweep.plan.plan import Plan
from sweep.specification.spec import Specification


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
    from results.directory.sweeptoml import read

    spec = Specification.from_toml(read(Path(directory)))
    return gridded(spec.of_content(specification(directory)))


def gridded(spec: Specification) -> Recorded:
    """Return a specification with its grid."""
    return Recorded(spec, Plan(spec, (0, *spec.hidden, 0), 0, ""))
