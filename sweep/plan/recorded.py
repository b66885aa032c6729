"""The experiment of a results directory as it was recorded: the data themselves may be gone."""

from __future__ import annotations

import os
from pathlib import Path

from sweep.plan.experiment import Experiment
from sweep.plan.grid import Plan
from sweep.specification.spec import Sweep


def recorded(directory: str | os.PathLike[str]) -> Experiment:
    """Read what a results directory is about.

    Raises
    ------
    results.errors.ResultsError
        If it is none, or damaged.
    """
    from results.directory.reading import specification
    from results.directory.sweeptoml import read

    spec = Sweep.from_toml(read(Path(directory)))
    return gridded(spec.of_content(specification(directory).get("data_sha256")))


def gridded(spec: Sweep) -> Experiment:
    """Return an experiment that knows its grid and its columns, and nothing of its data."""
    return Experiment(spec, None, Plan(spec, (0, *spec.hidden, 0), 0, ""))
