"""An experiment: a specification with its data, and the plan of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sweep.fold import fold_of, widths
from sweep.plan import Plan
from sweep.spec import Sweep

if TYPE_CHECKING:
    from sweep.datasets import Dataset


class Experiment(NamedTuple):
    """A specification, its data (None for the article's, which each seed draws) and its plan."""

    spec: Sweep
    dataset: Dataset | None
    plan: Plan


def prepare(spec: Sweep) -> Experiment:
    """Load the data and plan the runs.

    Raises
    ------
    sweep.errors.InputError
        If the data cannot be used, or cannot be split as the specification asks.
    """
    dataset = None
    if not (isinstance(spec.data, str) and spec.data == "article"):
        from sweep.datasets import load

        dataset = load(spec.data, spec.target)
    name = dataset.name if dataset else "article"
    # What a task carries: data in memory travel once, as the data set, and not in the plan.
    light = spec if isinstance(spec.data, str) else spec.model_copy(update={"data": name})
    samples = len(fold_of(spec, dataset, spec.seeds[0], 0).train)
    return Experiment(spec, dataset, Plan(light, widths(spec, dataset), samples, name))
