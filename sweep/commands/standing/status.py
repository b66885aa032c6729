"""Where the runs of a results directory stand: counted, and gathered from several."""

from __future__ import annotations

import json as json_format
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.commands.printed import print_pairs
from sweep.commands.sweeps.plan import unequal
from sweep.commands.sweeps.run import left
from sweep.specification.spec import Specification

if TYPE_CHECKING:
    from sweep.plan.plan import Plan


def status(directory: str, as_json: bool) -> int:
    """Count the runs of a results directory."""
    from sweep.plan.recorded import recorded

    spec, plan = recorded(directory)
    shown = counted_runs(directory, spec, plan) | unequal(plan) | _kept(directory, plan)
    if as_json:
        print(json_format.dumps(shown))
    else:
        print_pairs(shown)
    return 0


def counted_runs(
    directory: str | os.PathLike[str], spec: Specification, plan: Plan
) -> dict[str, int]:
    """Count the runs of a results directory that is recorded so: by status, all, and those left."""
    from results.directory.reading import counts
    from sweep.running.same_sweep import placing

    found = counts(
        directory,
        spec.specification(),
        number=plan.grid.numbers,
        placing=lambda older: placing(older, plan),
        total=plan.grid.total,
    )
    return found | {"left": left(found)}


def merge(directories: Sequence[str], out: str, as_json: bool) -> int:
    """Gather several results directories in a new one."""
    from sweep.running.merging import merge as merge_directories

    found = merge_directories(directories, out)
    found["left"] = left(found)
    if as_json:
        print(json_format.dumps({"out": out, **found}))
    else:
        print_pairs(found)
    return 0


def _kept(directory: str, plan: Plan) -> dict[str, str]:
    """Say how far the runs are kept that are under way, where some are."""
    from results.directory.checkpoints import latest
    from sweep.plan.halving import rungs

    spec = plan.spec
    stage = latest(Path(directory))
    if stage is None:
        return {}
    if spec.halving:
        count = len(rungs(plan.grid.cells, spec.epochs, spec.halving))
        return {"kept": f"rung {stage + 1} of {count}"} if stage + 1 < count else {}
    steps = plan.parts[0].tasks.steps
    if not 0 < stage < steps:
        return {}
    return {"kept": f"{spec.path}: the furthest path to step {stage} of {steps}"}
