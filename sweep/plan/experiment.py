"""An experiment: a specification with its data, and the plan of its runs."""

from __future__ import annotations

from typing import NamedTuple

from sweep.data.article import Article
from sweep.data.dataset import Dataset
from sweep.data.fold import fold_of, parts_of, widths
from sweep.data.loading import load
from sweep.errors import InputError
from sweep.plan.automatic import with_numbers
from sweep.plan.plan import Plan
from sweep.specification.spec import Specification


class Experiment(NamedTuple):
    """A specification, its data and its plan."""

    spec: Specification
    dataset: Dataset | Article
    plan: Plan


def prepare(spec: Specification) -> Experiment:
    """Load the data and plan the runs.

    Raises
    ------
    sweep.errors.InputError
        If the data cannot be used, or cannot be split as the specification asks.
    """
    dataset = load(spec)
    spec = _decided(spec, dataset)
    sizes = widths(spec, dataset)
    spec = _with_numbers(spec, dataset, sizes[-1])
    fold = fold_of(spec, dataset, spec.seeds[0], 0)
    outer = [parts_of(spec, dataset, spec.seeds[0], 0, one) for one in range(spec.outer_folds)]
    tested = max((len(parts.test) for parts in outer), default=len(fold.test))
    for option in ("patience", "outer_folds"):
        if getattr(spec, option) and not len(fold.val):
            raise InputError(
                f"`{option}` needs the validation loss, and nothing is held out of so few samples: "
                "give more data, or leave it out"
            )
    if spec.val_fraction and not spec.folds and not len(fold.val) and not spec.as_first_taken:
        few = "no class has" if dataset.classes else "there are not"
        origin = dataset.origin if isinstance(dataset, Dataset) else None
        guessed = origin is not None and origin.guessed
        numbers = "take its numbers as such by --task numbers, " * guessed
        raise InputError(
            f"nothing can be held out of {dataset.name}, since {few} two rows to train on: "
            f"{numbers}give more rows, or 0 as `val_fraction`"
        )
    if spec.test and not len(fold.test):
        raise InputError("`test` takes nothing of so few samples: give more data, or leave it out")
    # What a task carries: data in memory travel once, as the data set, and not in the plan.
    light = spec if isinstance(spec.data, str) else spec.without_data(dataset.name)
    told = len(fold.train), dataset.name, tested, len(fold.val), dataset.counts
    plan = Plan(light, sizes, *told, tuple(one.name for one in dataset.variables))
    return Experiment(spec, dataset, plan)


def _decided(spec: Specification, dataset: Dataset | Article) -> Specification:
    """Return the specification with the task and the loss that its data have."""
    numbers = any(target.levels is None for target in dataset.targets)
    by_task = "squared" if numbers else "logistic" if dataset.targets else "cross_entropy"
    task, loss = "numbers" if numbers else "classes", spec.loss or by_task
    return spec if (task, loss) == (spec.task, spec.loss) else spec.replace(task=task, loss=loss)


def _with_numbers(spec: Specification, dataset: Dataset | Article, outputs: int) -> Specification:
    """Return the specification with numbers where it asks for an automatic axis."""
    folds = (
        fold_of(spec, dataset, seed, fold, outer)
        for seed in spec.seeds
        for outer in range(max(spec.outer_folds, 1))
        for fold in range(max(spec.folds, 1))
    )
    return with_numbers(spec, folds, outputs, dataset.counts)
